"""What an event is called, and its change in a line."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from django_scim.history.pruning import events_before, prune
from django_scim.models import Effect, MembershipChange, ProvisioningEvent
from django_scim.operations.staff import Author, Deactivate, Restore
from django_scim.resources.registry import registry
from tests.factories import GroupFactory, UserFactory, managed
from tests.representations import group, id_of, member, path_of, user


def latest():
    """Return the latest event."""
    return ProvisioningEvent.objects.first()


def replace(path, value):
    """Return an operation of a PATCH."""
    return {"op": "replace", "path": path, "value": value}


@pytest.mark.parametrize(
    ("operation", "effect", "summary"),
    [
        (replace("active", False), Effect.DEACTIVATED, ""),
        (replace("title", "Lead"), Effect.CHANGED, "title: none → Lead"),
        (replace("userName", "barbara"), Effect.RENAMED, "userName: bjensen → barbara"),
        (replace("active", True), Effect.NOTHING, ""),
    ],
)
def test_a_patch_is_called_by_what_it_did(scim, operation, effect, summary):
    path = path_of(UserFactory.create(username="bjensen"))

    scim.patch(path, operation)

    assert (latest().effect, latest().summary) == (effect, summary)


def test_an_account_that_is_active_again_is_activated(scim):
    path = path_of(UserFactory.create(is_active=False))

    scim.patch(path, replace("active", True))

    assert latest().effect == Effect.ACTIVATED


def test_what_else_changes_with_the_activity_is_in_the_summary(scim):
    path = path_of(UserFactory.create())

    scim.patch(path, replace("active", False), replace("title", "Guest"))

    assert (latest().effect, latest().summary) == (Effect.DEACTIVATED, "title: none → Guest")


def test_a_post_creates_and_a_delete_deletes(scim):
    identifier = scim.post("/Users", user()).json()["id"]
    created = latest().effect
    scim.delete(f"/Users/{identifier}")

    assert (created, latest().effect) == (Effect.CREATED, Effect.DELETED)


def test_who_is_made_again_is_hired_again(scim):
    identifier = scim.post("/Users", user(externalId="okta-1")).json()["id"]
    scim.delete(f"/Users/{identifier}")
    scim.post("/Users", user(externalId="okta-1"))

    assert latest().effect == Effect.REHIRED


def test_members_of_a_group_join_and_leave(scim):
    account = UserFactory.create()
    path = path_of(GroupFactory.create(name="Engineers"))

    scim.patch(path, {"op": "add", "path": "members", "value": [member(account)]})
    joined = latest()
    scim.patch(path, {"op": "remove", "path": f'members[value eq "{id_of(account)}"]'})

    assert (joined.effect, joined.summary) == (Effect.JOINED, "members +1")
    assert (latest().effect, latest().summary) == (Effect.LEFT, "members -1")
    changes = MembershipChange.objects.order_by("pk").values_list("member_type", "member_key", "is_joined")
    assert list(changes) == [("User", str(account.pk), True), ("User", str(account.pk), False)]


def test_a_group_that_is_made_with_members_names_them(scim):
    account = UserFactory.create()

    scim.post("/Groups", {**group("Engineers"), "members": [member(account)]})

    assert latest().effect == Effect.CREATED
    assert MembershipChange.objects.get().member_key == str(account.pk)


def test_a_refusal_is_a_refusal_with_its_reason(scim):
    scim.patch("/Users/nobody", replace("title", "x"))

    assert latest().effect == Effect.REFUSED
    assert latest().summary == latest().detail


def test_what_staff_do_has_a_name_too(scim):
    account = UserFactory.create()
    scim.patch(path_of(account), replace("title", "Lead"))
    users = registry().by_name["User"]

    Deactivate(users, account.pk, Author("admin", "1")).run()
    deactivated = latest().effect
    scim.delete(path_of(account))
    Restore(users, account.pk, Author("admin", "2")).run()

    assert (deactivated, latest().effect) == (Effect.DEACTIVATED, Effect.RESTORED)


def test_a_secret_is_in_no_summary(scim):
    path = path_of(managed(scim.connection, UserFactory.create()))

    scim.patch(path, replace("password", "correct horse battery staple"))

    assert "horse" not in latest().summary
    assert latest().effect == Effect.CHANGED


@pytest.mark.parametrize("value", ["x" * 5000, "line\nbreak " * 200, "\u202e" * 300])
def test_a_summary_fits_its_column(scim, value):
    path = path_of(UserFactory.create())

    assert scim.patch(path, replace("title", value)).status_code == 200

    assert len(latest().summary) <= 255
    assert "\n" not in latest().summary


def test_events_that_are_pruned_take_their_members_along(scim):
    account = UserFactory.create()
    scim.patch(path_of(GroupFactory.create()), {"op": "add", "path": "members", "value": [member(account)]})

    pruned = list(prune(events_before(timezone.now()), 10))

    assert pruned == [1]
    assert not MembershipChange.objects.exists()
    assert User.objects.exists()
