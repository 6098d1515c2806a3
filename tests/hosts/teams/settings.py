"""Settings of the project."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.teams")
DJANGO_SCIM = {
    "RESOURCES": {
        "User": {"adapter": "tests.hosts.teams.scim.PersonAdapter"},
        "Group": {"adapter": "tests.hosts.teams.scim.TeamAdapter"},
        "Squad": {"adapter": "tests.hosts.teams.scim.SquadAdapter"},
    }
}
