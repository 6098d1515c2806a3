"""Settings of the project: owners are left alone."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.roles")
AUTH_USER_MODEL = "roles.Account"
ROOT_URLCONF = "tests.hosts.roles.urls"
INSTALLED_APPS.remove("django.contrib.admin")
DJANGO_SCIM = {
    "RESOURCES": {
        "User": {"protect": {"role": "owner"}},
        "Group": {"model": "roles.Team"},
    }
}
