"""An attribute of its own that is a column as long as no client has sent it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.db.models import Q
from django.db.models.functions import Coalesce
from scim2_models import Uniqueness
from scim2_models.path import CompareOperator

from django_scim.mappings.columns import UNIQUE, Column
from django_scim.mappings.conversions import is_empty
from django_scim.mappings.dependencies import LookupColumn
from django_scim.mappings.stored import Stored
from django_scim.schema.paths import AttributePath
from django_scim.sql.index_candidates import in_any_table
from django_scim.sql.operand import Operand
from django_scim.sql.sources import SourceOperand

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource


class StoredOrColumn(Stored):
    """What a client sends is kept; until then it is the column: ``"userName": StoredOrColumn("email")``.

    It is for a ``userName`` that is not what people sign in by: their login is the e-mail address, and the
    directory has a login name, or the other way round. The column is another attribute's, such as that of
    ``emails``, or the project's own. Only that of a new row that nothing else has filled gets the value.

    :param column: The column, as for :class:`~django_scim.mappings.Column`.
    """

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = Column(column)

    def prepare(self) -> None:
        super().prepare()
        self.column = self.column.bind(self.resource_type, self.path)
        self.is_unique = self.path.binding.get_annotation(Uniqueness) in UNIQUE
        self.sortable = self.column.sortable

    def check(self) -> Iterable[CheckMessage]:
        return self.column.check()

    def columns(self) -> Sequence[str]:
        return self.column.columns()

    def written_columns(self) -> Sequence[str]:
        return ()

    def lookup_columns(self) -> Iterable[LookupColumn]:
        return self.column.lookup_columns()

    def read(self, obj: Resource) -> Any:
        """Return what is kept, or else the column."""
        kept = super().read(obj)
        return self.column.read(obj) if is_empty(kept) else kept

    def write(self, obj: Resource, value: Any) -> None:
        """Keep the value, and fill the column of a new row."""
        super().write(obj, value)
        if obj.is_new and value is not None and is_empty(self.column.read(obj)):
            self.column.write(obj, value)

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Compare what is kept, or else the column."""
        stored = super().operand(path, caller)
        assert isinstance(stored, SourceOperand)
        return StoredOrColumnOperand(stored, self.column.operand(path, caller))


class StoredOrColumnOperand(SourceOperand):
    """What is kept in the record, or the column of a resource that has nothing there."""

    def __init__(self, stored: SourceOperand, column: Operand) -> None:
        super().__init__(stored.source, None, Coalesce(stored.order(), in_any_table(column.order())))
        self.stored = stored
        self.column = column

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare what is kept, or else the column."""
        if operator is CompareOperator.ne:
            return ~self.compare(CompareOperator.eq, value)
        if operator is CompareOperator.eq and value is None:
            return ~self.present()
        column = self.column.compare(operator, value) & ~self.stored.present()
        return self.stored.compare(operator, value) | column

    def present(self) -> Q:
        return self.stored.present() | self.column.present()

    def present_and_not_empty(self) -> Q:
        return self.stored.present_and_not_empty() | self.column.present_and_not_empty()
