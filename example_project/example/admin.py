"""The project's own pages of users and groups, with what identity providers know of them."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User

from django_scim.admin import ProvisioningAdminMixin

admin.site.unregister([User, Group])


@admin.register(User)
class ProvisionedUserAdmin(ProvisioningAdminMixin, UserAdmin):  # type: ignore[type-arg]
    """Users, with the panel of the app below the form."""


@admin.register(Group)
class ProvisionedGroupAdmin(ProvisioningAdminMixin, GroupAdmin):
    """Groups, with the panel of the app below the form."""
