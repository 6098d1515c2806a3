"""The admin of a project that shows provisioning on the pages of its own rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.urls import include, path

from django_scim.admin import (
    ConnectionAdmin,
    ProvisioningAdminMixin,
    ProvisioningEventAdmin,
    RecordAdmin,
)
from django_scim.models import Connection, ProvisioningEvent, Record
from tests.admin.provisioned import ProvisionedGroupAdmin, ProvisionedUserAdmin
from tests.hosts.small.models import Account, Device, Legacy, Person, Profile, Team

site = admin.AdminSite(name="staff")
"""The admin with the pages of the app."""

bare_site = admin.AdminSite(name="bare")
"""An admin that leaves them out."""


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that declares a field by itself."""

    surname = forms.CharField(required=False, help_text="As in the <b>passport</b>.")

    class Meta:
        model = Person
        fields = ("login", "surname", "is_active")


class ProfileInline(admin.StackedInline):  # type: ignore[type-arg]
    """What is kept of a person in another table."""

    model = Profile
    fk_name = "person"
    fields = ("title", "number", "phone", "joined")


class PersonAdmin(ProvisioningAdminMixin):
    """An admin with a form, an inline and a template of its own."""

    form = PersonForm
    inlines = [ProfileInline]
    change_form_template = "staff/person_form.html"


class ReadOnlyPersonAdmin(PersonAdmin):
    """The same, where nobody changes what belongs to the identity provider."""

    provisioned_fields_readonly = True


class TeamAdmin(ProvisioningAdminMixin):
    """An admin that places the panel by itself."""

    provisioning_panel = False
    change_form_template = "staff/team_form.html"


class DeviceAdmin(ProvisioningAdminMixin):
    """An admin of rows with a UUID for their key."""


class ReadOnlyDeviceAdmin(DeviceAdmin):
    """The same, where a field is filled in by a script from another that may be read-only."""

    provisioned_fields_readonly = True
    prepopulated_fields = {"id": ("name",)}


class PlainAdmin(ProvisioningAdminMixin):
    """An admin of rows that no adapter serves."""


for own_site in (site, bare_site):
    own_site.register(User, ProvisionedUserAdmin)
    own_site.register(Group, ProvisionedGroupAdmin)
    own_site.register(Legacy, DeviceAdmin)
    own_site.register(Account, PlainAdmin)
    own_site.register(Team, TeamAdmin)
site.register(Device, DeviceAdmin)
bare_site.register(Device, ReadOnlyDeviceAdmin)
site.register(Person, PersonAdmin)
bare_site.register(Person, ReadOnlyPersonAdmin)
site.register(Record, RecordAdmin)
site.register(Connection, ConnectionAdmin)
site.register(ProvisioningEvent, ProvisioningEventAdmin)

urlpatterns: list[Any] = [
    path("admin/", admin.site.urls),
    path("staff/", site.urls),
    path("bare/", bare_site.urls),
    path("scim/v2/", include("django_scim.urls")),
]
