"""A stored list, one value of which is in a column of the host."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.core.checks import CheckMessage

from django_scim.adapters.compared import ComparedColumn
from django_scim.adapters.mappings.columns import Column
from django_scim.adapters.mappings.stored import Stored
from django_scim.adapters.paths import AttributePath, Json


class BesideColumn(Stored):
    """What the mappings of a list with a column beside it have in common: the column.

    :param column: The column, as for :class:`~django_scim.adapters.mappings.Column`.
    :param type: The ``type`` of the column's value while no client has sent it, such as ``work``. Microsoft
        Entra ID looks for ``emails[type eq "work"].value`` and knows no other address.
    """

    def __init__(self, column: str, *, type: str | None = None) -> None:
        super().__init__()
        self.column = Column(column)
        self.assumed: Json = {"primary": True} if type is None else {"primary": True, "type": type}
        """The sub-attributes of the column's value while no client has sent it."""

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
