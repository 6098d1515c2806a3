"""Settings of the project."""

from tests.hosts.host_settings import *  # noqa: F403
from tests.hosts.host_settings import apps

INSTALLED_APPS = apps("tests.hosts.devices")
DJANGO_SCIM = {"RESOURCES": {"Device": {"adapter": "tests.hosts.devices.scim.DeviceAdapter"}}}
