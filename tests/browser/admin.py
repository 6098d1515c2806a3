"""The project's own admin of its users and groups, with the panels of the app."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from django_scim.admin import ProvisioningAdminMixin

admin.site.unregister([User, Group])


@admin.register(User)
class ProvisionedUserAdmin(ProvisioningAdminMixin, UserAdmin):  # type: ignore[type-arg]
    """Users, with what identity providers know of them."""


@admin.register(Group)
class ProvisionedGroupAdmin(ProvisioningAdminMixin, GroupAdmin):
    """Groups, with what identity providers know of them."""
