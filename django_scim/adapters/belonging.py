"""``active`` where no column of a row says it: a member is active as long as it is one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scim2_models import InvalidValueException

from django_scim.mappings import Column, Mapping
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


class SharedActive(Column):
    """``active`` in the column of a row that several tenants share: false ends the caller's part of it.

    The column follows with the last tenant, and with the first.
    """

    def read(self, obj: Resource) -> Any:
        """Return false once a write has ended the caller's part."""
        return False if obj.is_ending else super().read(obj)

    def write(self, obj: Resource, value: Any) -> None:
        """End the caller's part, or make the row active if no other tenant has it.

        :raises InvalidValueException: If somebody is to join who is not active.
        """
        obj.is_ending = value is False and not obj.is_new
        if obj.is_ending and obj.is_joining:
            raise InvalidValueException(detail=f"{self.path.key}: who joins is active")
        if obj.is_new or not obj.resource_type.adapter.is_elsewhere(obj):
            super().write(obj, value)
