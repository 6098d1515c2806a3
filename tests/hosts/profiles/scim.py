"""What columns by name cannot say."""

from __future__ import annotations

from django_scim.adapters.users import UserAdapter
from django_scim.mappings import PrimaryValue, Reference
from django_scim.schema import ENTERPRISE


class StaffAdapter(UserAdapter):
    """Users with what their profiles hold."""

    attributes = {
        "phoneNumbers": PrimaryValue("profile__phone"),
        f"{ENTERPRISE}:manager": Reference("profile__manager", to="User"),
    }
