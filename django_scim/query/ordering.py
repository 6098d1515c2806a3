"""``sortBy`` and ``sortOrder`` (RFC 7644 section 3.4.2.3), and cursors (RFC 9865): a place in that order.

Resources without a value come last in ascending order and first in descending order. The primary key
breaks ties, so that the order is one, and pages neither overlap nor leave anything out.

Of a cursor, nothing is kept on the server. It holds where the page before it ended, sealed so that a client
cannot make one up, and is only good for the query and the connection that it was given to.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from typing import Any

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import connections, router
from django.db.models import QuerySet
from scim2_models import (
    AttributeBinding,
    ExpiredCursorException,
    InvalidCursorException,
    InvalidPathException,
)

from django_scim.conf import get_settings
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import from_binding
from django_scim.sql.functions import Comparable
from django_scim.sql.index_candidates import InOrder
from django_scim.sql.keyset import BY_PRIMARY_KEY, KeyColumn, Keyset

SORT_KEY = "scim_sort_key"
"""The name of the annotation that holds what rows are ordered by."""


@dataclass(frozen=True)
class Order:
    """The order of the resources of one type.

    :param expression: What ``sortBy`` names, or None for an order by primary key alone.
    :param descending: Whether ``sortOrder`` is descending; the primary key that breaks ties ascends anyway.
    :param is_total: Whether every resource is known to have a key.
    :param is_unique: Whether no two resources have the same key.
    """

    expression: Any = None
    descending: bool = False
    is_total: bool = False
    is_unique: bool = False

    def annotate(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Add the key that rows are ordered by, if there is one."""
        return rows if self.expression is None else rows.annotate(**{SORT_KEY: self.expression})

    @property
    def column(self) -> KeyColumn:
        return KeyColumn(SORT_KEY, is_descending=self.descending, is_nullable=not self.is_total)

    @property
    def keyset(self) -> Keyset:
        """The order of rows that have the key."""
        if self.expression is None:
            return BY_PRIMARY_KEY
        if self.is_unique:
            return Keyset((self.column,))
        return Keyset((self.column, *BY_PRIMARY_KEY.columns))


def compile_order(
    resource_type: ResourceType,
    binding: AttributeBinding | None,
    caller: Caller,
    *,
    descending: bool,
    is_alone: bool = True,
) -> Order:
    """Return the order that an attribute stands for.

    :param is_alone: Whether no other resource type is queried with it.
    :raises InvalidPathException: If the attribute cannot be sorted by.
    """
    if binding is None:
        return Order(descending=descending)
    path = from_binding(resource_type.resource, binding)
    mapping = resource_type.mapping_for(path)
    if mapping is None:
        raise InvalidPathException(path=path.key, detail=f"'{path.key}' cannot be sorted by")
    expression = mapping.order(path, caller) if is_alone else mapping.order_among(path, caller)
    # Text that may be absent is not ordered by its comparable form alone.
    connection = connections[router.db_for_read(resource_type.model)]
    return Order(
        expression,
        descending,
        is_total=isinstance(expression, Comparable),
        is_unique=isinstance(expression, InOrder) and expression.has_no_ties(connection),
    )


SEPARATOR = "~"
"""RFC 9865 section 2 lets a cursor have unreserved characters alone, which the usual colon is not."""


@dataclass(frozen=True)
class Mark:
    """A resource's place in an order.

    :param position: The position of its resource type, in a query of several.
    :param key: Its value of the ``sortBy`` attribute as JSON has it, or None if it has none.
    :param pk: Its primary key as text.
    """

    position: int
    key: Any
    pk: str


@dataclass(frozen=True)
class Cursor:
    """Where a page starts.

    :param mark: The resource that the page comes after, or before.
    :param backwards: Whether the page is the one before.
    :param count: The page size of the query.
    """

    mark: Mark
    backwards: bool
    count: int

    def seal(self, query: str) -> str:
        """Return the cursor as a client gets it.

        :param query: What identifies the query.
        """
        content = [*astuple(self.mark), self.backwards, self.count]
        return signer(query).sign_object(content, compress=True)

    @classmethod
    def open(cls, text: str, query: str) -> Cursor:
        """Return what :meth:`seal` has sealed for the same query.

        :raises ExpiredCursorException: If it is older than ``CURSOR_TIMEOUT``.
        :raises InvalidCursorException: If it was not sealed here, or for another query.
        """
        try:
            content = signer(query).unsign_object(text, max_age=get_settings().CURSOR_TIMEOUT)
        except SignatureExpired as error:
            raise ExpiredCursorException(detail="the cursor has expired: start the query again") from error
        except BadSignature as error:
            raise InvalidCursorException(detail="the cursor does not belong to this query") from error
        position, key, pk, backwards, count = content
        return cls(Mark(position, key, pk), backwards, count)


def signer(query: str) -> TimestampSigner:
    """Return what seals the cursors of one query."""
    digest = hashlib.sha256(query.encode("utf-8", "surrogatepass")).hexdigest()
    return TimestampSigner(sep=SEPARATOR, salt=f"django_scim.cursor.{digest}")
