"""Cursors (RFC 9865): a place in the order of a query, sealed so that a client cannot make one up.

Nothing is kept on the server. A cursor holds where the page before it ended, and is only good for the
query and the connection that it was given to.
"""

from __future__ import annotations

import hashlib
from dataclasses import astuple, dataclass
from typing import Any

from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from scim2_models import ExpiredCursorException, InvalidCursorException

from django_scim.conf import get_settings

SEPARATOR = "~"
"""RFC 9865 section 2 lets a cursor have unreserved characters alone, and the usual colon is none."""


@dataclass(frozen=True)
class Mark:
    """A resource's place in an order.

    :param position: The position of its resource type, in a query of several.
    :param key: Its value of the ``sortBy`` attribute as JSON has it, none if it has none.
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
