"""When a resource was made and changed: as its record has it, or else as its row has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from scim2_models import AttributeBinding
from scim2_models.path import CompareOperator

from django_scim.sql.operand import ColumnOperand
from django_scim.sql.sources import Union
from django_scim.sql.values import column_of

if TYPE_CHECKING:
    from django_scim.resources.resource_type import ResourceType


class TimeOperand(ColumnOperand):
    """A time of the record, or of a resource without a record, when its row was made.

    Records and rows are looked for by themselves, so that each look-up is a range of an index: what has
    changed since the last time is little, and clients ask for it again and again.

    :param column: The column of the records that has the time.
    """

    def __init__(self, resource_type: ResourceType, column: str, binding: AttributeBinding) -> None:
        self.resource_type = resource_type
        own = resource_type.records().filter(**{resource_type.record_key: OuterRef("pk")})
        self.has_no_record = ~Exists(own)
        expression: Any = Subquery(own.values(column)[:1])
        if resource_type.adapter.created_field:
            expression = Coalesce(expression, F(resource_type.adapter.created_field))
        field = column_of(resource_type.records().model, column)
        self.recorded = ColumnOperand(column, field, binding)
        super().__init__(expression, field, binding)

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare in the records, and in the rows that have none."""
        if operator is CompareOperator.ne or value is None:
            return super().compare(operator, value)
        resource_type, name = self.resource_type, self.resource_type.adapter.created_field
        records = resource_type.records().filter(self.recorded.compare(operator, value))
        keys = records.order_by().values(resource_type.record_key)
        if name is None:
            return Q(pk__in=keys)
        row = ColumnOperand(name, column_of(resource_type.model, name), self.binding)
        rows = resource_type.model._base_manager.filter(row.compare(operator, value), self.has_no_record)
        return Q(pk__in=Union(keys, rows.order_by().values("pk")))
