"""Attributes with any number of values: never loaded to be changed, but changed by set operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from django_scim.mappings.mapping import Mapping
from django_scim.sql.sources import Source

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource


BATCH = 500
"""How many members one statement adds or removes."""

SHOWN_KEYS = 1000
"""How many members one event of the history names."""


class Collection(Mapping):
    """The contract of a mapping whose values PATCH adds and removes without looking at the others."""

    unbounded = True

    def add(self, obj: Resource, values: Sequence[Any]) -> None:
        """Add values; one that is there already is no change (RFC 7644 section 3.5.2.1).

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        raise NotImplementedError

    def remove(self, obj: Resource, values: Sequence[Any]) -> None:
        """Remove values; one that is not there is no change."""
        raise NotImplementedError

    def remove_where(self, obj: Resource, condition: Callable[[Source], Q]) -> int:
        """Remove the values that meet a condition, which each source gets to express.

        :returns: How many did.
        """
        raise NotImplementedError

    def replace(self, obj: Resource, values: Sequence[Any]) -> None:
        """Make the values exactly those that are given.

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        raise NotImplementedError

    def count(self, obj: Resource, most: int) -> int:
        """Count the values, up to a number. A collection that cannot tell has as many."""
        return most

    def shown(self, keys: Sequence[Any]) -> list[str]:
        """Return what the history shows for primary keys: the first of them, by ``id`` if it can be."""
        raise NotImplementedError

    def write(self, obj: Resource, value: Any) -> None:
        """Make the values exactly those that are given, once the resource's row exists."""
        obj.after_save.append(lambda: self.replace(obj, value or []))


def identifier_of(value: Any) -> str | None:
    """Return the ``id`` in a value: its ``value``, or else the end of its ``$ref``."""
    if isinstance(value, dict):
        value = value.get("value") or str(value.get("$ref") or "").rstrip("/").rpartition("/")[2]
    return value if isinstance(value, str) and value else None


def batches(keys: Sequence[Any]) -> Iterator[list[Any]]:
    """Cut a list of keys in pieces that fit into one statement."""
    iterator = iter(keys)
    while batch := list(islice(iterator, BATCH)):
        yield batch
