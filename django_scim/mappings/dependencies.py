"""What a mapping depends on: the columns that look-ups compare, and the rows whose change counts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import CharField, Field, Model, TextField
from scim2_models import AttributeBinding


@dataclass(frozen=True)
class LookupColumn:
    """A column of the host that a filter looks at.

    :param field: The field of the column, of whichever model has it.
    :param as_text: Whether the attribute is text, which is compared in its comparable form.
    :param case_exact: Whether the attribute tells upper from lower case.
    """

    field: Field[Any, Any]
    as_text: bool
    case_exact: bool

    @classmethod
    def of(cls, field: Field[Any, Any], binding: AttributeBinding) -> LookupColumn:
        """Return a column that holds an attribute."""
        kind = binding.target_type
        as_text = isinstance(kind, type) and issubclass(kind, str)
        return cls(field, as_text, binding.case_exact)

    @property
    def is_text(self) -> bool:
        """Whether the column is compared as the text that it is."""
        return self.as_text and isinstance(self.field, CharField | TextField)

    @property
    def is_converted(self) -> bool:
        """Whether a comparison looks at a conversion to text, for which no index is made."""
        return self.as_text and not self.is_text

    @property
    def model(self) -> type[Model]:
        """The model whose table has the column: that of an inherited field is the parent."""
        return self.field.model

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def column(self) -> str:
        """The name that the column has in the database."""
        return str(self.field.column)

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Dependency:
    """Rows whose change is a change of the resources that they belong to.

    :param model: The model of the rows.
    :param path: How the model of the resource type reaches them, in Django's lookups; empty for its own rows.
    :param fields: The columns that matter, as attribute names; None if all do. The end of a row matters
        anyway.
    :param reverse: For the table of a many-to-many relation, of which Django tells by ``m2m_changed``:
        whether another model than the resource type's declares it.
    :param is_inherited: Whether the rows are those that rows of another model inherit, with multi-table
        inheritance.
    """

    model: type[Model]
    path: str
    fields: frozenset[str] | None = None
    reverse: bool | None = None
    is_inherited: bool = False

    def merged(self, other: Dependency) -> Dependency:
        """Return the same with the columns that matter to another, too."""
        if self.fields is None or other.fields is None:
            return replace(self, fields=None)
        return replace(self, fields=self.fields | other.fields)


own_write: ContextVar[Model | None] = ContextVar("written", default=None)
"""The row that SCIM itself is saving: the operation moves the record of that one."""


own_resource: ContextVar[Model | None] = ContextVar("resource", default=None)
"""The row of the resource whose record is about to be saved, and if it has none yet, made."""


@contextmanager
def writing(instance: Model, *, of: Model | None = None) -> Iterator[None]:
    """Let the changes of one row pass unnoticed; those that the host makes on top of them are noticed.

    :param of: The row of the resource, if its record is saved afterwards.
    """
    tokens = own_write.set(instance), own_resource.set(of)
    try:
        yield
    finally:
        own_write.reset(tokens[0])
        own_resource.reset(tokens[1])
