"""The adapters of the project."""

from __future__ import annotations

from django_scim.adapters import GroupAdapter, UserAdapter
from django_scim.mappings import Members, Reference
from django_scim.schema import ENTERPRISE
from tests.hosts.clubs.models import Team


class AccountAdapter(UserAdapter):
    """The accounts of an organisation."""

    tenant_field = "organisations"
    attributes = {
        "groups": Members("teams", to="Group", type="direct"),
        f"{ENTERPRISE}:department": "office__name",
        f"{ENTERPRISE}:manager": Reference("manager", to="User"),
    }


class TeamAdapter(GroupAdapter):
    """The teams of an organisation."""

    model = Team
    tenant_field = "organisation"
    attributes = {"members": Members("people", to="User")}
