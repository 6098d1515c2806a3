"""An organisation rehearses before it shares accounts: nobody joins, and nobody leaves."""

from __future__ import annotations

from django.apps import apps

from django_scim.models import (
    AccessToken,
    MembershipChange,
    ProvisioningEvent,
    RehearsedName,
    RehearsedResource,
)
from django_scim.rehearsal.report import report_on
from tests.hosts.memberships.models import Membership
from tests.representations import user

OWN = {ProvisioningEvent, MembershipChange, RehearsedName, RehearsedResource, AccessToken}


def everything():
    """Return all rows of all tables but those of the rehearsal itself."""
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values()))
        for model in apps.get_models(include_auto_created=True)
        if model not in OWN
    }


def test_who_would_join_is_matched_and_nothing_changes(here, there):
    there.post("/Users", user("bob"))
    here.connection.rehearse()
    before = everything()

    joined = here.post("/Users", user("bob", externalId="1"))
    made = here.post("/Users", user("carl"))

    assert (joined.status_code, made.status_code) == (201, 201)
    assert everything() == before
    report = report_on(here.connection)
    assert report is not None
    assert list(report["matched"].names()) == ["User bob"]
    assert list(report["created"].names()) == ["User carl"]


def test_who_has_joined_in_a_rehearsal_is_there_and_may_leave(here, there):
    there.post("/Users", user("bob"))
    here.connection.rehearse()
    path = f"/Users/{here.post('/Users', user('bob', externalId='1')).json()['id']}"

    assert here.get(path).json()["userName"] == "bob"
    locked = here.patch(path, {"op": "replace", "path": "active", "value": False})
    assert locked.status_code == 200
    assert here.delete(path).status_code in (204, 404)
    assert Membership.objects.count() == 1


def test_the_membership_of_who_would_leave_stays(here):
    path = f"/Users/{here.post('/Users', user('bob')).json()['id']}"
    here.connection.rehearse()

    assert here.delete(path).status_code == 204
    assert here.get(path).status_code == 404
    assert Membership.objects.get().user.is_active
