"""The adapters of the project."""

from __future__ import annotations

from scim2_models import URN

from django_scim.adapters import Adapter, GroupAdapter, UserAdapter
from django_scim.mappings import Combined, Members
from django_scim.schema.types import Group
from tests.hosts.teams.models import Squad, Team


class PersonAdapter(UserAdapter):
    """Users, whose groups are teams."""

    attributes = {"groups": Members("teams", to="Group", type="direct")}


class TeamAdapter(GroupAdapter):
    """Teams of people and of teams. Whoever comes by SCIM is a member, and not a leader."""

    model = Team
    attributes = {
        "members": Combined(
            Members("people", to="User", defaults={"role": "member"}),
            Members("subteams", to="Group"),
        ),
    }


class SquadGroup(Group):
    """The schema of squads: that of groups under a name of its own."""

    __schema__ = URN("urn:example:params:scim:schemas:Squad")


class SquadAdapter(Adapter):
    """Squads of people."""

    resource = SquadGroup
    model = Squad
    name = "Squad"
    endpoint = "/Squads"
    display_column = "name"
    attributes = {"displayName": "name", "members": Members("seats", target="person", to="User")}
