"""Hosts that keep the externalId of their accounts elsewhere than in the row, or in a long column."""

from __future__ import annotations

from django_scim.adapters.adapter import Adapter
from django_scim.adapters.users import UserAdapter
from django_scim.models import ProvisioningEvent
from django_scim.schema.types import User
from tests.hosts.small.models import Person


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
