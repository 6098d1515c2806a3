"""A stored list, one value of which is in a column of the host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.core.checks import CheckMessage

from django_scim.adapters.compared import ComparedColumn
from django_scim.adapters.mappings.columns import Column
from django_scim.adapters.mappings.stored import Stored
from django_scim.adapters.paths import AttributePath


class BesideColumn(Stored):
    """What the mappings of a list with a column beside it have in common: the column.

    :param column: The column, as for :class:`~django_scim.adapters.mappings.Column`.
    """

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = Column(column)

    def prepare(self) -> None:
        """Bind the column to the ``value`` of the entries."""
        super().prepare()
        binding = self.sub_binding("value")
        assert binding is not None
        value = AttributePath(self.path.extension, self.path.name, "value", binding)
        self.column = self.column.bind(self.adapter, value)

    def check(self) -> Iterable[CheckMessage]:
        """Check the column."""
        return self.column.check()

    def columns(self) -> Sequence[str]:
        """Return the column."""
        return self.column.columns()

    def compared(self) -> Iterable[ComparedColumn]:
        """Return the column."""
        return self.column.compared()
