"""Attributes that are worked out from the row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Field, Model
from scim2_models import InvalidFilterException

from django_scim.mappings.check_messages import unknown_field
from django_scim.mappings.columns import HostPath
from django_scim.mappings.mapping import Mapping
from django_scim.schema.paths import AttributePath
from django_scim.sql.operand import ColumnOperand, Operand

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource


class Computed(Mapping):
    """A read-only attribute: ``Computed(lambda user: user.get_full_name(), columns=["first_name", …])``.

    :param function: Takes the row and returns the JSON value, or None.
    :param columns: The columns that the function reads.
    :param expression: The same as a Django expression, if it is to be filtered and sorted.
    """

    read_only = True

    def __init__(
        self, function: Callable[[Any], Any], *, columns: Sequence[str] = (), expression: Any = None
    ) -> None:
        self.function = function
        self.needed = columns
        self.expression = expression
        self.filterable = self.sortable = expression is not None

    def check(self) -> Iterable[CheckMessage]:
        for column in self.needed:
            try:
                HostPath(self.resource_type.model, column)
            except (FieldDoesNotExist, ValueError):
                yield unknown_field(self.resource_type, self.path.key, self.resource_type.model, column)

    def columns(self) -> Sequence[str]:
        return self.needed

    def read(self, obj: Resource) -> Any:
        instance: Model = obj.instance
        return self.function(instance)

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Compare the expression.

        :raises InvalidFilterException: If there is no expression.
        """
        if self.expression is None:
            raise InvalidFilterException(detail=f"'{path.key}' cannot be filtered")
        field: Field[Any, Any] = self.expression.output_field
        return ColumnOperand(self.expression, field, path.binding)
