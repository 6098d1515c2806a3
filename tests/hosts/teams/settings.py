"""Settings of the project."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.teams")
DJANGO_SCIM = {
    "USER": {"adapter": "tests.hosts.teams.scim.PersonAdapter"},
    "GROUP": {"adapter": "tests.hosts.teams.scim.TeamAdapter"},
    "ADAPTERS": ["tests.hosts.teams.scim.SquadAdapter"],
}
