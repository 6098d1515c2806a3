"""A stored list for which a column stands in, such as ``emails`` where the address is the ``userName``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models.functions import Coalesce

from django_scim.adapters.mappings.beside_column import BesideColumn
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.adapters.paths import AttributePath
from django_scim.query.operands import (
    AbsentOperand,
    ColumnOperand,
    ConstantOperand,
    HostSource,
    Operand,
    Source,
)


class DefaultValue(BesideColumn):
    """The values are stored as they come; until there are any, the column is the one and primary value.

    The column is read and never written: it belongs to another attribute. Two attributes that write one
    column would change each other.

    :param column: The column, as for :class:`~django_scim.adapters.mappings.Column`.
    :param type: The ``type`` of that value, such as ``work``.
    """

    def read(self, obj: ResourceObject) -> Any:
        """Return the stored entries, or else the column's value."""
        return super().read(obj) or self.default(obj)

    def default(self, obj: ResourceObject) -> Any:
        """Return the column's value as the one entry."""
        value = self.column.read(obj)
        return None if value is None else [{"value": value, **self.assumed}]

    def sources(self, scope: Scope) -> Sequence[Source]:
        """Return the stored entries, and the column where there are none."""
        (stored,) = super().sources(scope)
        value = self.in_column("value")
        assert value is not None
        return [stored, HostSource(value.present() & ~stored.exists(), self.in_column)]

    def in_column(self, sub: str | None) -> Operand | None:
        """Return what to compare for a sub-attribute of the column's value."""
        name = sub or "value"
        binding = self.sub_binding(name)
        if binding is None:
            return None
        if name == "value":
            return ColumnOperand(self.column.column, self.column.found.field, binding)
        if name in self.assumed:
            return ConstantOperand(self.assumed[name], binding)
        return AbsentOperand(binding)

    def order(self, path: AttributePath, scope: Scope) -> Any:
        """Sort by the stored value, or else by the column."""
        stored = super().order(path, scope)
        column = self.in_column(path.sub)
        assert column is not None
        is_known = (path.sub or "value") in ("value", *self.assumed)
        return Coalesce(stored, column.order()) if is_known else stored
