"""Settings of the project: an adapter of a few lines, and columns by name."""

from django_scim.schema import ENTERPRISE
from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.profiles")
DJANGO_SCIM = {
    "USER": {
        "adapter": "tests.hosts.profiles.scim.StaffAdapter",
        "attributes": {
            "title": "profile__title",
            "preferredLanguage": "profile__language",
            f"{ENTERPRISE}:department": "profile__department__name",
        },
    },
}
