"""Settings of the project: one option for each resource type."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.tenants")
AUTH_USER_MODEL = "tenants.Member"
DJANGO_SCIM = {
    "RESOURCES": {
        "User": {
            "adapter": "tests.hosts.tenants.scim.MemberAdapter",
            "tenant_field": "organisation",
        },
        "Group": {"adapter": "tests.hosts.tenants.scim.TeamAdapter", "tenant_field": "organisation"},
    }
}
