"""``active`` where no column of a row says it: a member is active as long as it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scim2_models import InvalidValueException

from django_scim.mappings import Mapping
from django_scim.schema.paths import AttributePath
from django_scim.sql.operand import ConstantOperand, Operand

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource


class Belonging(Mapping):
    """``active`` of a row that is there as long as it is active: false ends it at the end of the write."""

    def read(self, obj: Resource) -> Any:
        """Return true until a write has ended it."""
        return not obj.is_ending

    def write(self, obj: Resource, value: Any) -> None:
        """End it.

        :raises InvalidValueException: If it is only being made.
        """
        obj.is_ending = value is False
        if obj.is_ending and obj.instance._state.adding:
            raise InvalidValueException(detail=f"{self.path.key}: there is no member that is not active")
        obj.changed_outside = True

    @property
    def clearable(self) -> bool:
        return False

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Every row that can be seen is active."""
        return ConstantOperand(True, path.binding)
