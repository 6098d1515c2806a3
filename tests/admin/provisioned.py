"""Django's own admin of users and groups, with the panels of the app."""

from __future__ import annotations

from django.contrib.auth.admin import GroupAdmin, UserAdmin

from django_scim.admin import ProvisioningAdminMixin


class ProvisionedUserAdmin(ProvisioningAdminMixin, UserAdmin):  # type: ignore[type-arg]
    """Users, with what identity providers know of them."""


class ProvisionedGroupAdmin(ProvisioningAdminMixin, GroupAdmin):
    """Groups, with what identity providers know of them."""
