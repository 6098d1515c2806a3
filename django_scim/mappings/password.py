"""The password: written, and never read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from scim2_models import InvalidValueException

from django_scim.mappings.mapping import Mapping

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource


class Password(Mapping):
    """``password`` through ``set_password``; an account that gets none has an unusable one."""

    filterable = False
    sortable = False

    def read(self, obj: Resource) -> Any:
        """Return None: the attribute is ``writeOnly``."""
        return None

    def initialize(self, obj: Resource) -> None:
        """Make the password unusable until one is set."""
        user: Any = obj.instance
        user.set_unusable_password()
        obj.touch(user, "password")

    def write(self, obj: Resource, value: Any) -> None:
        """Validate and set the password; None makes it unusable.

        :raises InvalidValueException: If a validator of the host refuses it.
        """
        user: Any = obj.instance
        if value is None:
            user.set_unusable_password()
        else:
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
