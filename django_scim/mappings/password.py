"""The password: written, and never read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from scim2_models import InvalidValueException

from django_scim.allowance import PASSWORD
from django_scim.mappings.mapping import Mapping

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource


class Password(Mapping):
    """``password`` through ``set_password``; an account that gets none has an unusable one.

    :param part: The foreign key to the account, where that is a part of the resource: see ``parts`` of the
        adapter.
    """

    filterable = False
    sortable = False

    def __init__(self, part: str | None = None) -> None:
        self.part = part

    def written_columns(self) -> Sequence[str]:
        return ("password" if self.part is None else f"{self.part}__password",)

    def account(self, obj: Resource) -> Any:
        """Return the row with the password."""
        return obj.instance if self.part is None else getattr(obj.instance, self.part)

    def read(self, obj: Resource) -> Any:
        """Return None: the attribute is ``writeOnly``."""
        return None

    def initialize(self, obj: Resource) -> None:
        """Make the password unusable until one is set; an account that others have too keeps its own."""
        user = self.account(obj)
        if obj.is_joining or obj.resource_type.adapter.keeps(obj, self):
            return
        is_usable = getattr(user, "has_usable_password", lambda: True)
        if is_usable():
            user.set_unusable_password()
            obj.touch(user, "password")

    def write(self, obj: Resource, value: Any) -> None:
        """Validate and set the password; None makes it unusable.

        :raises InvalidValueException: If a validator of the host refuses it.
        :raises CostExceeded: If the request has too many.
        """
        user = self.account(obj)
        if value is None:
            user.set_unusable_password()
        else:
            obj.caller.allowance.charge(PASSWORD)
            try:
                validate_password(value, user=user)
            except ValidationError as error:
                raise InvalidValueException(detail=f"password: {' '.join(error.messages)}") from error
            user.set_password(value)
        obj.touch(user, "password")

    @property
    def clearable(self) -> bool:
        """A PUT that leaves the password out keeps it: no client can read it back."""
        return False
