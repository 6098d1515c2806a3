"""Adapters of the small models."""

from __future__ import annotations

from typing import Annotated

from scim2_models import URN, AnyExtension, Required, Resource, Uniqueness

from django_scim.adapters import Adapter, GroupAdapter, UserAdapter
from django_scim.mappings import Computed, Members, PrimaryValue, Reference
from django_scim.schema import ENTERPRISE, Manager
from tests.hosts.small import models

THING = "urn:example:params:scim:schemas:Thing"


class Thing(Resource[AnyExtension]):
    """A resource with a name."""

    __schema__ = URN(THING)

    name: Annotated[str | None, Required.true, Uniqueness.server] = None
    """What the thing is called."""


class Owned(Resource[AnyExtension]):
    """A resource that refers to a user."""

    __schema__ = URN("urn:example:params:scim:schemas:Owned")

    name: Annotated[str | None, Required.true] = None
    """What the resource is called."""

    owner: Manager | None = None
    """Whose it is."""


class AccountAdapter(UserAdapter):
    """Accounts that sign in by their address."""

    model = models.Account


class TeamAdapter(GroupAdapter):
    """Teams of accounts."""

    model = models.Team


class PersonAdapter(UserAdapter):
    """People, with what the project keeps of them in other tables."""

    model = models.Person
    attributes = {
        "title": "profile__title",
        "name.formatted": Computed(
            lambda person: f"{person.login} {person.surname}".strip(), columns=["login", "surname"]
        ),
        "phoneNumbers": PrimaryValue("profile__phone"),
        "locale": "desk__place",
        f"{ENTERPRISE}:employeeNumber": "profile__number",
        f"{ENTERPRISE}:department": "profile__department__name",
        f"{ENTERPRISE}:manager": Reference("profile__manager", to="User"),
        f"{ENTERPRISE}:division": "home__name",
    }


class ContractorAdapter(UserAdapter):
    """People of another table, with the columns that it inherits."""

    model = models.Contractor
    attributes = {"name.familyName": "surname", "title": "agency"}


class CitizenAdapter(UserAdapter):
    """Users that a POST cannot make whole."""

    model = models.Citizen


class WorkerAdapter(UserAdapter):
    """Users whose columns hold values in a form of their own: the settings say in which."""

    model = models.Worker


class VisitorAdapter(UserAdapter):
    """Users of whom the project knows what to call them."""

    model = models.Visitor


class ThingAdapter(Adapter):
    """What the adapters of things share; it has no model, and cannot be used itself."""

    resource = Thing
    name = "Thing"
    endpoint = "/Things"
    attributes = {"name": "name"}


class ProfileAdapter(Adapter):
    """Profiles as resources of their own."""

    resource = Owned
    model = models.Profile
    name = "Profile"
    endpoint = "/Profiles"
    attributes = {"name": "title", "owner": Reference("manager", to="User")}


class DeviceAdapter(ThingAdapter):
    """Things with a UUID for a key."""

    model = models.Device
    name = "Device"
    endpoint = "/Devices"


class GuestAdapter(UserAdapter):
    """Users whom the default manager of their model hides once inactive."""

    model = models.Guest


class PartyAdapter(GroupAdapter):
    """Groups of them."""

    model = models.Party
    attributes = {"displayName": "name", "members": Members("guests", to="User")}


class StewardAdapter(UserAdapter):
    """Users whose power is in a column of the project's own."""

    model = models.Steward


class ToolAdapter(ThingAdapter):
    """Things that the project deletes softly."""

    model = models.Tool
    name = "Tool"
    endpoint = "/Tools"


class EnrolmentAdapter(ThingAdapter):
    """Things with the UUID of a device for a key."""

    model = models.Enrolment
    name = "Enrolment"
    endpoint = "/Enrolments"


class LicenseAdapter(ThingAdapter):
    """Things with text for a key."""

    model = models.License
    name = "License"
    endpoint = "/Licenses"


class LegacyAdapter(ThingAdapter):
    """Things that are known by a column of text."""

    model = models.Legacy
    name = "Legacy"
    endpoint = "/Legacies"
    id_field = "scim_id"


class NumberedAdapter(LegacyAdapter):
    """Things that are known by a number."""

    id_field = "number"


class TokenAdapter(LegacyAdapter):
    """Things that are known by a UUID beside their key."""

    id_field = "token"


class MeasurementAdapter(ThingAdapter):
    """Things whose key no record can hold."""

    model = models.Measurement
    attributes = {}
