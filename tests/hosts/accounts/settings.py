"""Settings of the project: the user model, and nothing for SCIM."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.accounts")
AUTH_USER_MODEL = "accounts.Account"
