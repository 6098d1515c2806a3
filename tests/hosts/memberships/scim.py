"""The adapters of the project."""

from __future__ import annotations

from django.db.models import Model

from django_scim.adapters import GroupAdapter, MembershipAdapter
from django_scim.mappings import Members, PrimaryValue, Reference
from django_scim.resources import Resource
from django_scim.schema import ENTERPRISE
from tests.hosts.memberships.models import Account, Arrival, Membership, Place, Team


class PersonAdapter(MembershipAdapter):
    """The memberships of an organisation."""

    model = Membership
    account = "user"
    tenant_field = "organisation"
    attributes = {
        "roles": PrimaryValue("role"),
        "groups": Members("teams", to="Group", type="direct"),
        f"{ENTERPRISE}:department": "office__name",
        f"{ENTERPRISE}:manager": Reference("manager", to="User"),
    }

    def joined(self, obj: Resource, account: Model) -> None:
        """Note an arrival."""
        note(obj, account)

    def left(self, obj: Resource, account: Model) -> None:
        """Note a departure."""
        note(obj, account, is_departure=True)


class PlaceAdapter(PersonAdapter):
    """The members of an organisation, who are active as long as they are members."""

    model = Place
    attributes = dict.fromkeys(PersonAdapter.attributes)


def note(obj: Resource, account: Model, *, is_departure: bool = False) -> None:
    """Write down who has come, or gone."""
    assert isinstance(account, Account)
    assert isinstance(obj.instance, Membership | Place)
    Arrival.objects.create(
        username=account.username, organisation=obj.instance.organisation, is_departure=is_departure
    )


class TeamAdapter(GroupAdapter):
    """The teams of an organisation."""

    model = Team
    attributes = {"members": Members("people", to="User")}
