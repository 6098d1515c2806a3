"""``manage.py scim_undo``: what an identity provider has changed by mistake is given back."""

from __future__ import annotations

import os
from datetime import timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.contrib.auth.hashers import is_password_usable, make_password
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.models import Link, Operation, ProvisioningEvent, Record
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE, add, remove, replace
from tests.representations import ENTERPRISE, current_path_of, group, member, path_of, user
from tests.tables import all_rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def scim(db):
    """A client of a connection that may deactivate as many as it likes."""
    return ScimClient(ConnectionFactory.create(name="okta", deprovisioning_limit=100_000))


def run(*arguments, since="1h", **options):
    """Run the command; return what it reports."""
    out = StringIO()
    call_command("scim_undo", "okta", "--since", since, *arguments, stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


def accounts():
    """Return what there is of all accounts, groups, memberships, tombstones and links.

    A password that nobody has is made anew by a deactivation, to end sessions.
    """
    rows = list(User.objects.order_by("pk").values())
    for row in rows:
        row["password"] = row["password"] if is_password_usable(row["password"]) else "!"
    return (
        rows,
        list(Group.objects.order_by("pk").values()),
        sorted(User.groups.through.objects.values_list("user_id", "group_id")),
        list(Record.objects.order_by("pk").values("integer_key", "attributes", "deleted_at", "managed_by")),
        sorted(Link.objects.values_list("record", "connection", "external_id")),
    )


@pytest.fixture
def bob(scim):
    """The row of a user that the connection made a day ago."""
    bob = user(
        "bob",
        externalId="e1",
        name={"givenName": "Bob", "familyName": "Doe"},
        title="Guide",
        emails=[{"value": "bob@example.com", "type": "work", "primary": True}],
        phoneNumbers=[{"value": "+49 1", "type": "work"}, {"value": "+49 2", "type": "home"}],
        active=True,
        **{ENTERPRISE: {"department": "Sales"}},
    )
    scim.post("/Users", bob)
    age()
    return User.objects.get(username="bob")


def age():
    """Let all that there is in the history be a day old."""
    ProvisioningEvent.objects.update(time=timezone.now() - timedelta(days=1))


CHANGES = {
    "a name": [replace("userName", "robert")],
    "a part of a name": [replace("name.givenName", "Robert")],
    "a stored attribute": [replace("title", "Boss")],
    "what was not there": [add("nickName", "Bobby")],
    "what is taken away": [remove("title")],
    "a list": [replace("phoneNumbers", [{"value": "+49 3", "type": "fax"}])],
    "a value of a list": [remove('phoneNumbers[type eq "home"]')],
    "an address": [replace("emails", [{"value": "x@example.com"}])],
    "an extension": [replace(f"{ENTERPRISE}:department", "IT"), add(f"{ENTERPRISE}:costCenter", "7")],
    "the externalId": [replace("externalId", "e2")],
    "activity": [DEACTIVATE],
    "much at once": [replace("title", "X"), DEACTIVATE, replace("name.familyName", "Y"), remove("emails")],
}


@pytest.mark.parametrize("operations", CHANGES.values(), ids=CHANGES.keys())
def test_undo_gives_back_what_a_modification_changed(scim, bob, operations):
    before, served = accounts(), scim.get(path_of(bob)).json()
    assert scim.patch(path_of(bob), *operations).status_code == 200
    assert accounts() != before

    assert "1 given back, 0 in part, 0 left" in run()

    assert accounts() == before
    assert {**scim.get(path_of(bob)).json(), "meta": 0} == {**served, "meta": 0}


@pytest.mark.parametrize("operations", CHANGES.values(), ids=CHANGES.keys())
def test_undo_leaves_alone_what_has_changed_since(scim, bob, operations):
    scim.patch(path_of(bob), *operations)
    other = [
        replace("userName", "z"),
        replace("title", "Z"),
        replace("nickName", "Z"),
        replace("active", True),
    ]
    other += [replace("name", {"givenName": "Z", "familyName": "Z"}), replace("externalId", "z")]
    other += [replace("phoneNumbers", [{"value": "+1"}]), replace("emails", [{"value": "z@example.com"}])]
    other += [replace(ENTERPRISE, {"department": "Z", "costCenter": "Z"})]
    scim.patch(path_of(bob), *other)
    ProvisioningEvent.objects.filter(changes__has_key="nickName").exclude(
        pk=ProvisioningEvent.objects.order_by("pk")[1].pk
    ).update(time=timezone.now() + timedelta(days=1))
    before = accounts()

    report = run()

    if operations is not CHANGES["activity"] and operations is not CHANGES["much at once"]:
        assert "it has changed since" in report
        assert accounts() == before
    assert User.objects.get(pk=bob.pk).username == "z"


def test_undo_goes_back_over_many_changes_of_one_attribute(scim, bob):
    before = accounts()
    for title in "ABCA":
        scim.patch(path_of(bob), replace("title", title))
    scim.put(path_of(bob), user("bob", active=False))
    scim.delete(path_of(bob))

    assert "6 given back" in run()

    assert accounts() == before


def test_undo_gives_back_a_deletion_with_groups_and_name(scim, bob):
    for row in GroupFactory.create_batch(3):
        row.user_set.add(bob)
    before = accounts()
    scim.delete(path_of(bob))

    run()

    assert accounts() == before
    assert scim.get("/Users", {"filter": 'externalId eq "e1"'}).json()["totalResults"] == 1
    assert scim.get("/Users", {"filter": 'userName eq "bob"'}).json()["totalResults"] == 1


@pytest.mark.parametrize("way", ["delete", "empty", "some", "rename"])
def test_undo_gives_back_what_became_of_a_group(scim, way):
    row = managed(scim.connection, GroupFactory.create(name="Guides"))
    people = UserFactory.create_batch(5)
    row.user_set.set(people[:4])
    scim.get(path_of(row))
    before = accounts()
    match way:
        case "delete":
            scim.delete(path_of(row))
        case "empty":
            scim.patch(path_of(row), replace("members", []))
        case "some":
            scim.put(path_of(row), group("Guides", members=[member(people[0]), member(people[4])]))
        case "rename":
            scim.patch(path_of(row), replace("displayName", "Others"))
    assert accounts() != before

    assert "1 given back" in run()

    assert accounts()[:3] == before[:3]


def test_undo_takes_interleaved_changes_back_in_their_order(scim, bob):
    row = managed(scim.connection, GroupFactory.create(name="Guides"))
    before = accounts()
    scim.patch(path_of(row), add("members", [member(bob)]))
    scim.delete(path_of(bob))
    scim.patch(path_of(row), replace("displayName", "Others"))
    scim.delete(path_of(row))

    assert "4 given back" in run()

    assert accounts()[:3] == before[:3]


ACCOUNTS = int(os.environ.get("UNDONE_ACCOUNTS", "100"))
"""How many accounts a mass deactivation locks. Each is changed, rehearsed and given back: 30 ms and more."""

HISTORY = {"django_scim.ProvisioningEvent", "django_scim.MembershipChange", "django_scim.EventCount"}

WRITTEN_BY_AN_UNDOING = {
    "django_scim.Record": {"revision", "last_modified"},
    "django_scim.AccessToken": {"last_used", "user_agent"},
    "django_scim.Link": {"id"},
    "django_scim.UniqueValue": {"id"},
    "django_scim.StoredValue": {"id"},
    "auth.User_groups": {"id"},
}
"""Versions and times: they tell of the mistake and of the undoing, as the history does, and stay.

What is taken away and put back, such as a membership, is a new row with the same values.
"""


def all_that_is_given_back():
    """Return whole rows of all tables, without what an undoing itself writes."""
    tables = {}
    for label, rows in all_rows().items():
        if label not in HISTORY:
            written = WRITTEN_BY_AN_UNDOING.get(label, set())
            kept = [{name: value for name, value in row.items() if name not in written} for row in rows]
            tables[label] = sorted(kept, key=repr) if "id" in written else kept
    return tables


def provisioned(number):
    """Return so many accounts that the connection has adopted, and two groups of all of them."""
    password = make_password("secret")
    people = User.objects.bulk_create(
        [UserFactory.build(username=f"person{each}", password=password) for each in range(number)]
    )
    groups = GroupFactory.create_batch(2)
    for row in groups:
        row.user_set.set(people)
    for resource_type, options in (("User", ["--external-id", "username"]), ("Group", [])):
        arguments = ["okta", "--resource-type", resource_type, *options]
        call_command("scim_adopt", *arguments, stdout=StringIO(), stderr=StringIO())
    return people, groups


def send(scim, jobs):
    """Send operations in as few bulk requests as there can be; what one has no time for, in the next one."""
    while jobs:
        answer = scim.post("/Bulk", {"schemas": [BULK], "Operations": jobs[:500]}).json()["Operations"]
        done = [each["status"] for each in answer if each["status"] != "413"]
        assert done
        assert {*done} <= {"200", "204"}
        jobs = jobs[len(done) :]


def test_undo_gives_back_a_mass_deactivation_with_groups_exactly(scim):
    people, groups = provisioned(ACCOUNTS)
    before = all_that_is_given_back()
    jobs = [{"method": "PATCH", "path": path_of(row), "data": patch(DEACTIVATE)} for row in people[::2]]
    jobs += [{"method": "DELETE", "path": path_of(row)} for row in people[1::2]]
    jobs += [{"method": "PATCH", "path": path_of(groups[0]), "data": patch(remove("members"))}]
    send(scim, jobs)
    assert User.objects.filter(is_active=True).count() == 0

    tables = all_rows()
    assert f"{ACCOUNTS + 1} given back, 0 in part, 0 left" in run("--dry-run")
    assert all_rows() == tables
    assert f"{ACCOUNTS + 1} given back, 0 in part, 0 left" in run()

    assert all_that_is_given_back() == before


def test_undo_takes_as_many_queries_for_each_account_however_many_there_are(scim):
    people, _ = provisioned(60)
    taken = []
    for number in (10, 20, 30):
        jobs = [
            {"method": "PATCH", "path": path_of(row), "data": patch(DEACTIVATE)} for row in people[:number]
        ]
        send(scim, jobs)
        with CaptureQueriesContext(database) as queries:
            assert f"{number} given back" in run()
        age()
        taken.append(len(queries))

    # A transaction, its row and its record, both of which are saved, and the event.
    assert [after - before for before, after in pairwise(taken)] == [10 * 7, 10 * 7]


BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def patch(*operations):
    return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(operations)}


def test_an_undoing_is_an_event_that_says_whose_it_is(scim, bob):
    scim.patch(path_of(bob), replace("title", "Boss"))

    run()

    event = ProvisioningEvent.objects.latest("pk")
    assert (event.connection, event.operation, event.outcome) == (None, Operation.MODIFY, "success")
    assert "undone by manage.py scim_undo" in event.detail
    assert event.changes == {"title": {"before": "Boss", "after": "Guide"}}


def test_undo_can_be_run_again(scim, bob):
    scim.patch(path_of(bob), replace("title", "Boss"))
    scim.delete(path_of(bob))
    run()
    before = accounts()

    assert "0 given back, 0 in part, 2 left" in run()

    assert accounts() == before


def test_undo_says_that_a_password_is_not_kept(scim, bob):
    scim.patch(path_of(bob), replace("password", "Another-secret-1"), replace("title", "Boss"))

    report = run()

    assert "password: the history does not keep what it was" in report
    assert "0 given back, 1 in part" in report
    assert scim.get(path_of(bob)).json()["title"] == "Guide"


def test_undo_leaves_what_was_made(scim):
    scim.post("/Users", user("new"))

    assert "what was made stays" in run()

    assert User.objects.get().is_active


def test_undo_leaves_a_deleted_row_that_is_used_again(scim, bob):
    scim.delete(path_of(bob))
    assert scim.post("/Users", user("bob", externalId="e1", active=True)).status_code == 201
    scim.patch(current_path_of(bob), DEACTIVATE)

    report = run()

    assert "Deleted User bob: left as it is" in report
    assert User.objects.get().is_active


def test_undo_leaves_what_somebody_has_activated_by_hand(scim, bob):
    scim.patch(path_of(bob), DEACTIVATE)
    User.objects.update(is_active=True)
    before = accounts()

    assert "1 left" in run()

    assert accounts() == before


def test_undo_gives_back_within_the_window_alone(scim, bob):
    scim.patch(path_of(bob), replace("title", "First"))
    ProvisioningEvent.objects.filter(operation="modify").update(time=timezone.now() - timedelta(hours=3))
    scim.patch(path_of(bob), replace("nickName", "Second"))

    assert "1 given back" in run(since="1h")
    assert scim.get(path_of(bob)).json()["title"] == "First"
    until = (timezone.now() - timedelta(hours=2)).isoformat()
    assert "1 given back" in run("--until", until, since="4h")
    assert scim.get(path_of(bob)).json()["title"] == "Guide"


def test_undo_gives_back_nothing_of_other_connections(scim, bob):
    other = ScimClient(ConnectionFactory.create())
    row = UserFactory.create()
    other.patch(path_of(row), ACTIVATE, replace("title", "Boss"))

    assert "0 given back, 0 in part, 0 left" in run()

    assert other.get(path_of(row)).json()["title"] == "Boss"


def test_a_dry_run_of_undo_changes_nothing(scim, bob):
    row = GroupFactory.create()
    row.user_set.add(bob)
    scim.patch(path_of(bob), replace("title", "Boss"))
    scim.delete(path_of(bob))
    before = all_rows()

    report = run("--dry-run")

    assert "2 given back" in report
    assert "Nothing was changed" in report
    assert all_rows() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("nobody", "--since", "1h"),
        ("okta", "--since", "soon"),
        ("okta",),
        ("okta", "--since", "1h", "--until", "2h"),
    ],
)
def test_undo_refuses_arguments_that_mean_nothing(scim, arguments):
    with pytest.raises(CommandError):
        call_command("scim_undo", *arguments)


def test_an_interruption_says_how_to_go_on(scim, bob, monkeypatch):
    def interrupt(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("django_scim.management.commands.scim_undo.undo", interrupt)

    with pytest.raises(CommandError, match=r"Interrupted after 0 changes. Run the command again") as raised:
        run()

    assert raised.value.returncode == 130
