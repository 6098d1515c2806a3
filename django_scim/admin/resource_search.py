"""Searching the list of resources: by what an index finds, whatever the number of resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from django_scim.adapters.base import Adapter
from django_scim.adapters.identifiers import parse_uuid
from django_scim.adapters.mappings.builtin import link_digest
from django_scim.models import Connection, Link
from django_scim.models.columns import column_of
from django_scim.query.comparable import INTEGER_RANGE
from django_scim.query.functions import compose
from django_scim.registry import registry

MOST_FOUND = 500
"""How many resources that have the same external id, or the same name, are found."""


def matching(term: str) -> Q:
    """Return the condition that a record is of a resource with a name, a key, an ``id`` or an ``externalId``.

    What is in other tables is looked up first: no database finds both sides of an OR by index otherwise.
    """
    condition = Q(pk__in=linked(term))
    for adapter in registry():
        keys = [*keys_in(adapter, term), *keys_named(adapter, term)]
        if keys:
            condition |= Q(resource_type=adapter.name, **{f"{adapter.record_key}__in": keys})
    return condition


def linked(term: str) -> list[Any]:
    """Return the records that a connection has given an ``externalId``."""
    links = Link.objects.filter(
        connection__in=Connection.objects.values("pk"), digest=link_digest(compose(term) or "")
    )
    return list(links.values_list("record", flat=True)[:MOST_FOUND])


def keys_in(adapter: Adapter, term: str) -> Iterator[Any]:
    """Yield the keys of rows that a term may be: a primary key, or one that an ``id`` is made from."""
    if adapter.record_key == "text_key":
        yield term
    elif adapter.record_key == "uuid_key":
        yield from filter(None, [parse_uuid(term.lower())])
    elif is_integer(term):
        yield int(term)
    key = adapter.scheme.decode(term) if adapter.id_field is None else None
    if key is not None:
        yield key


def is_integer(term: str) -> bool:
    """Whether a term is an integer that a column can hold."""
    digits = term.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) < 20 and int(term) in INTEGER_RANGE


def keys_named(adapter: Adapter, term: str) -> list[Any]:
    """Return the keys of rows by their name, or by the column of their ``id``, where it has an index."""
    columns = [name for name in (adapter.display_column, adapter.id_field) if name is not None]
    keys: list[Any] = []
    for column in columns:
        field: Any = column_of(adapter.model, column)
        if field.get_internal_type() in ("CharField", "EmailField", "SlugField") and (
            field.unique or field.db_index
        ):
            rows = adapter.model._base_manager.filter(**{column: term})
            keys += rows.values_list("pk", flat=True)[:MOST_FOUND]
    return keys
