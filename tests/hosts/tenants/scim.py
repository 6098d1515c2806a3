"""The adapters of the project."""

from __future__ import annotations

from django_scim.adapters.groups import GroupAdapter
from django_scim.adapters.users import UserAdapter
from django_scim.mappings import Members, Reference
from django_scim.schema import ENTERPRISE
from tests.hosts.tenants.models import Team


class MemberAdapter(UserAdapter):
    """The members of an organisation."""

    attributes = {
        "groups": Members("teams", to="Group", type="direct"),
        f"{ENTERPRISE}:department": "office__name",
        f"{ENTERPRISE}:manager": Reference("manager", to="User"),
    }


class TeamAdapter(GroupAdapter):
    """The teams of an organisation."""

    model = Team
    attributes = {"members": Members("people", to="User")}
