"""What a mapping reads besides SCIM's own records, so that changes by the host are noticed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.db.models import Model


@dataclass(frozen=True)
class Watched:
    """Rows whose change is a change of the resources that they belong to.

    :param model: The model of the rows.
    :param path: How the adapter's model reaches them, in Django's lookups; empty for its own rows.
    :param fields: The columns that matter, as attribute names; none if all do. The end of a row matters
        anyway.
    :param reverse: For the table of a many-to-many relation, of which Django tells by ``m2m_changed``:
        whether the adapter's model is not the one that declares it.
    :param in_columns: Whether the version is made from the columns: otherwise the revision of the record has
        to count the change, and a resource that has no record gets one.
    """

    model: type[Model]
    path: str
    fields: frozenset[str] | None = None
    reverse: bool | None = None
    in_columns: bool = False

    def merged(self, other: Watched) -> Watched:
        """Return the same with the columns that matter to another, too."""
        if self.fields is None or other.fields is None:
            return replace(self, fields=None)
        return replace(self, fields=self.fields | other.fields)


written: ContextVar[Model | None] = ContextVar("written", default=None)
"""The row that SCIM itself is saving: the operation moves the record of that one."""


@contextmanager
def writing(instance: Model) -> Iterator[None]:
    """Let the changes of one row pass unnoticed; those that the host makes on top of them are noticed."""
    token = written.set(instance)
    try:
        yield
    finally:
        written.reset(token)
