"""Why a person is active or not: who did it, when, by which request, and what to do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.history.selection import latest_of
from django_scim.models import ProvisioningEvent, Record
from django_scim.operations.staff import Author, Deactivate
from django_scim.resources.registry import registry
from django_scim.why.verdict import missing, verdict_of
from tests.admin.counting import counted
from tests.admin.history.listed import many_events
from tests.factories import GroupFactory, UserFactory
from tests.representations import group, id_of, path_of, user

pytestmark = pytest.mark.django_db


def verdict(row):
    """Return the verdict of an account or of a group, looked up anew."""
    return verdict_of(registry().by_name["Group" if isinstance(row, Group) else "User"], row.pk)


def set_active(scim, account, value, **headers):
    """Make an account active or not, as an identity provider does."""
    operation = {"op": "replace", "path": "active", "value": value}
    assert scim.patch(path_of(account), operation, **headers).status_code == 200


def test_who_was_locked_by_a_request_is_told_by_whom_when_and_by_which(scim):
    account = UserFactory.create(username="anna")
    set_active(scim, account, False, **{"X-Request-ID": "7d1f"})

    found = verdict(account)

    assert found.status == "inactive"
    assert found.explanation.startswith(f"anna is locked: {scim.connection} deactivated it on 20")
    assert found.request_text == f"PATCH {path_of(account)} (7d1f)"
    assert f"identity provider of {scim.connection}" in found.remedies[0]


def test_a_later_change_of_another_attribute_is_not_the_cause(scim):
    account = UserFactory.create()
    set_active(scim, account, False)
    scim.patch(path_of(account), {"op": "replace", "path": "title", "value": "Guest"})

    assert verdict(account).cause.effect == "deactivated"


def test_who_was_deleted_may_be_restored(scim):
    account = UserFactory.create(username="anna")
    scim.delete(path_of(account))

    found = verdict(account)

    assert found.status == "deleted"
    assert "deleted it" in found.explanation
    assert "restore" in found.remedies[0]


def test_who_was_made_inactive_is_told_so(scim):
    scim.post("/Users", user("anna", active=False))

    assert "made it inactive from the beginning" in verdict(User.objects.get()).explanation


def test_who_was_locked_by_staff_is_told_by_whom():
    account = UserFactory.create()
    Deactivate(registry().by_name["User"], account.pk, Author("root", "1")).run()

    found = verdict(account)

    assert "the project itself deactivated it" in found.explanation
    assert found.request_text == "deactivated by root (1)"


def test_who_was_locked_by_the_project_is_not_blamed_on_a_request(scim):
    account = UserFactory.create()
    set_active(scim, account, False)
    set_active(scim, account, True)
    User.objects.update(is_active=False)

    found = verdict(account)

    assert found.cause is None
    assert "by no request" in found.explanation
    assert "Make the account active" in found.remedies[0]


def test_who_is_active_is_told_to_look_elsewhere(scim):
    account = UserFactory.create()
    set_active(scim, account, False)
    set_active(scim, account, True)

    found = verdict(account)

    assert (found.status, found.cause.effect) == ("active", "activated")
    assert found.remedies == ["Nothing of SCIM keeps the person out. Look at how they sign in."]


def test_of_whom_scim_knows_nothing_that_is_said():
    found = verdict(UserFactory.create())

    assert "no request" in found.explanation


def test_the_refusal_of_the_latest_request_is_told(scim):
    account = UserFactory.create()
    UserFactory.create(username="taken")
    scim.patch(path_of(account), {"op": "replace", "path": "userName", "value": "taken"})

    assert "refused with 409: another resource has" in verdict(account).remedies[0]


def test_a_refusal_that_a_later_request_has_cured_is_not_told(scim):
    account = UserFactory.create()
    UserFactory.create(username="taken")
    scim.patch(path_of(account), {"op": "replace", "path": "userName", "value": "taken"})
    scim.patch(path_of(account), {"op": "replace", "path": "userName", "value": "free"})

    assert verdict(account).refusal is None


def test_a_pause_of_the_connection_is_told(scim):
    account = UserFactory.create()
    set_active(scim, account, False)
    scim.connection.pause("too many")

    assert f"{scim.connection} is paused" in verdict(account).remedies[-1]


def test_somebody_whom_no_request_could_make_is_missing(scim):
    scim.post("/Users", user("anna", emails="nonsense"))

    assert "was refused with 400" in str(missing("Anna"))
    assert missing("bert") is None


def test_a_verdict_takes_the_same_queries_however_long_the_history_is(scim):
    account = UserFactory.create()
    set_active(scim, account, False)
    with counted() as few:
        verdict(account).as_json()
    many_events(scim.connection, 600, resource_id=id_of(account), effect="changed")
    many_events(scim.connection, 600)
    ProvisioningEvent.objects.filter(request_id="request-1").update(time=timezone.now())
    with counted() as many:
        verdict(account).as_json()

    assert len(many) == len(few)
    assert all("LIMIT" in query["sql"] or "IN (" in query["sql"] for query in many)


def test_what_happened_before_somebody_was_hired_again_is_part_of_the_verdict(scim):
    paths = []
    for _ in range(3):
        anna = scim.post("/Users", user("anna", externalId="e1", active=True)).json()
        paths.append(f"/Users/{anna['id']}")
        scim.delete(paths[-1])
    account = User.objects.get(username="anna")

    events = ProvisioningEvent.objects.filter(resource_type="User")
    former_ids = Record.objects.get().former_ids
    newest = latest_of(events, paths[-1].rpartition("/")[2], former_ids, 5)

    assert verdict(account).cause == newest[0]
    assert [event.effect for event in newest] == ["deleted", "rehired", "deleted", "rehired", "deleted"]
    assert [event.path for event in newest if event.effect == "deleted"] == paths[::-1]


@pytest.mark.skipif(database.vendor != "sqlite", reason="the plan is that of SQLite")
def test_no_event_of_somebody_hired_again_is_sorted(scim):
    for _ in range(2):
        anna = scim.post("/Users", user("anna", externalId="e1", active=True)).json()
        scim.delete(f"/Users/{anna['id']}")

    with CaptureQueriesContext(database) as queries:
        assert verdict(User.objects.get()).cause is not None
    events = [query["sql"] for query in queries if '"resource_id" = ' in query["sql"]]

    assert len(events) == 2
    with database.cursor() as cursor:
        for sql in events:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            assert [row[3].partition(" (")[0] for row in cursor.fetchall()] == [
                "SEARCH django_scim_provisioningevent USING INDEX scim_event_resource"
            ]


def test_a_group_is_there_and_not_active(scim):
    made = scim.post("/Groups", group("Engineers")).json()
    team = Group.objects.get()
    path = f"/Groups/{made['id']}"

    there = verdict(team)
    assert there.explanation.startswith(f"Engineers is there: {scim.connection} created it on 20")
    assert there.remedies == []

    scim.delete(path)
    gone = verdict(team)
    assert gone.explanation.startswith(f"Engineers is deleted: {scim.connection} deleted it on 20")
    assert gone.remedies == [
        f"Send it again from the identity provider of {scim.connection}, or restore it on its page if the "
        "deletion was a mistake."
    ]


def test_a_group_that_was_made_by_hand_is_there():
    found = verdict(GroupFactory.create(name="Guides"))

    assert found.explanation == "Guides is there. The history has no request that created it."


def test_no_name_is_not_that_of_a_request_that_named_nobody(scim):
    scim.post("/Users", {"schemas": [], "userName": ""})
    assert ProvisioningEvent.objects.get().display == ""

    assert missing("") is None
