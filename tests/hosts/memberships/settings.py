"""Settings of the project: users are memberships."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.memberships")
AUTH_USER_MODEL = "memberships.Account"
DJANGO_SCIM = {
    "RESOURCES": {
        "User": {"adapter": "tests.hosts.memberships.scim.PersonAdapter"},
        "Group": {"adapter": "tests.hosts.memberships.scim.TeamAdapter", "tenant_field": "organisation"},
    },
    "DEPROVISIONING": ["django_scim.deprovisioning.end_sessions"],
}
