"""The project's own admin of its users and groups, with the panels of the app."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.models import Group, User

from tests.admin.provisioned import ProvisionedGroupAdmin, ProvisionedUserAdmin

admin.site.unregister([User, Group])
admin.site.register(User, ProvisionedUserAdmin)
admin.site.register(Group, ProvisionedGroupAdmin)
