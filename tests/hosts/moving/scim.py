"""What of the project SCIM cannot see by itself."""

from __future__ import annotations

from django_scim.adapters import GroupAdapter
from tests.hosts.moving.models import Team


class TeamAdapter(GroupAdapter):
    """Maps groups to teams."""

    model = Team
    display_column = "scim_display_name"
