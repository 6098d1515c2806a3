"""Settings of the project."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import MIDDLEWARE as SHARED_MIDDLEWARE
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("allauth", "allauth.account", "tests.hosts.addresses")
MIDDLEWARE = [*SHARED_MIDDLEWARE, "allauth.account.middleware.AccountMiddleware"]
DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.addresses.scim.AddressedUserAdapter"}}}
