"""Settings of the project: the tenants of users are a many-to-many relation."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.clubs")
AUTH_USER_MODEL = "clubs.Account"
DJANGO_SCIM = {
    "RESOURCES": {
        "User": {"adapter": "tests.hosts.clubs.scim.AccountAdapter"},
        "Group": {"adapter": "tests.hosts.clubs.scim.TeamAdapter"},
    },
    "DEPROVISIONING": ["django_scim.deprovisioning.end_sessions"],
}
