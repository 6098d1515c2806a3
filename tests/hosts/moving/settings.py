"""Settings of the project: the columns that have the identifiers, and the model of the groups."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.moving")
AUTH_USER_MODEL = "moving.User"

DJANGO_SCIM = {
    "RESOURCES": {
        "User": {"id_field": "scim_id"},
        "Group": {"id_field": "scim_id", "adapter": "tests.hosts.moving.scim.TeamAdapter"},
    }
}
