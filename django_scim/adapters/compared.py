"""The columns that comparisons look at, so that indexes for them can be told of and made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Field, Model, TextField
from scim2_models import AttributeBinding


@dataclass(frozen=True)
class ComparedColumn:
    """A column of the host that a filter looks at.

    :param field: The field of the column, of whichever model has it.
    :param as_text: Whether the attribute is text, which is compared in its comparable form.
    :param case_exact: Whether the attribute tells upper from lower case.
    """

    field: Field[Any, Any]
    as_text: bool
    case_exact: bool

    @classmethod
    def of(cls, field: Field[Any, Any], binding: AttributeBinding) -> ComparedColumn:
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
        """The table of the column."""
        return str(self.model._meta.db_table)

    @property
    def column(self) -> str:
        """The name that the column has in the database."""
        return str(self.field.column)

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"
