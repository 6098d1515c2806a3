"""Hosts that say more of their resources than the defaults do."""

from __future__ import annotations

from django.db.models import CharField
from django.db.models.functions import Lower

from django_scim.adapters.adapter import Adapter
from django_scim.adapters.users import UserAdapter
from django_scim.mappings import Computed
from django_scim.models import ProvisioningEvent
from django_scim.schema.types import User
from tests.hosts.small.models import Person


class SurnameAdapter(UserAdapter):
    """Users whom an identity provider looks up by family name."""

    looked_up = (*UserAdapter.looked_up, "name.familyName")


class ComputedAdapter(UserAdapter):
    """Users with attributes that are worked out, of which one can be looked for."""

    attributes = {
        "displayName": Computed(lambda user: user.get_full_name(), columns=["first_name", "last_name"]),
        "nickName": Computed(
            lambda user: user.first_name.lower(),
            columns=["first_name"],
            expression=Lower("first_name", output_field=CharField()),
        ),
    }


class WideAdapter(Adapter):
    """Rows with text of any length."""

    resource = User
    model = ProvisioningEvent
    name = "User"
    endpoint = "/Users"
    attributes = {"userName": "request_id"}
    display_column = "request_id"


class PersonAdapter(UserAdapter):
    """Users of a host with a profile of its own for each."""

    model = Person
