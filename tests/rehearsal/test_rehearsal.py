"""A connection in rehearsal is answered as if it worked, and nothing of the project changes."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models.signals import post_save
from django.utils import timezone

from django_scim import signals
from django_scim.models import (
    AccessToken,
    Connection,
    MembershipChange,
    ProvisioningEvent,
    RehearsedName,
    RehearsedResource,
)
from django_scim.operations.undo.window import window
from django_scim.rehearsal import memory
from django_scim.rehearsal.report import report_on
from tests.admin.counting import counted
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.rehearsal import ending
from tests.representations import group, id_of, member, path_of, user

pytestmark = pytest.mark.django_db

OWN = {ProvisioningEvent, MembershipChange, RehearsedName, RehearsedResource, AccessToken}
"""What a rehearsal writes: the history, what it remembers, and that a token was used."""


@pytest.fixture
def rehearsing(scim):
    """A client whose connection is in rehearsal."""
    scim.connection.rehearse()
    return scim


def everything():
    """Return all rows of all tables but those of the rehearsal itself, as the database has them."""
    # Other tests have models without a table.
    tables = connection.introspection.table_names()
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values()))
        for model in apps.get_models(include_auto_created=True)
        if model not in OWN and model._meta.db_table in tables
    }


def report_of(connection):
    """Return the report on a rehearsal."""
    report = report_on(connection)
    assert report is not None
    return report


def replace(path, value):
    """Return an operation of a PATCH."""
    return {"op": "replace", "path": path, "value": value}


def provider_run(scim, anna, bert, team):
    """Do what an identity provider does in its first cycle, and return the statuses."""
    carl = scim.post("/Users", user("carl", externalId="c", emails=[{"value": "carl@example.com"}]))
    answers = [
        carl,
        scim.post("/Users", user("dora", externalId="d")),
        scim.patch(path_of(anna), replace("active", False)),
        scim.put(path_of(bert), user(bert.username, externalId="b", title="Lead")),
        scim.patch(path_of(team), {"op": "add", "path": "members", "value": [{"value": carl.json()["id"]}]}),
        scim.post("/Groups", group("Engineers", members=[{"value": carl.json()["id"]}, member(bert)])),
        scim.post("/Users", user("carl")),
        scim.post("/Users", user("emil", emails="nonsense")),
    ]
    return [answer.status_code for answer in answers]


@pytest.fixture
def people():
    """Two accounts and a group that were made by hand."""
    return (
        UserFactory.create(username="anna"),
        UserFactory.create(username="bert"),
        GroupFactory.create(name="Guides"),
    )


def test_a_rehearsal_changes_nothing_in_any_table(rehearsing, people):
    before = everything()

    statuses = provider_run(rehearsing, *people)

    assert statuses == [201, 201, 200, 200, 204, 201, 409, 400]
    assert everything() == before


def test_the_numbers_of_a_rehearsal_come_true_after_going_live(rehearsing, people):
    rehearsed = provider_run(rehearsing, *people)
    report = report_of(rehearsing.connection)
    names = {part.name: list(part.names()) for part in report.parts}
    users, groups = User.objects.count(), Group.objects.count()

    rehearsing.connection.go_live()
    live = provider_run(rehearsing, *people)

    assert live == rehearsed
    assert report["created"].number == {"User": User.objects.count() - users, "Group": 1}
    assert Group.objects.count() - groups == 1
    assert report["locked"].number == {"User": User.objects.filter(is_active=False).count()}
    assert names["locked"] == ["User anna"]
    assert names["created"] == ["User carl", "User dora", "Group Engineers"]
    assert names["changed"] == ["User bert", "Group Guides"]
    matched = rehearsing.connection.links.values_list("external_id", flat=True)
    assert sorted(matched) == ["b", "c", "d"]
    assert "User bert" in names["matched"]
    assert [each.name for each in report.refused] == ["User emil", "User carl"]


def test_the_history_marks_what_was_rehearsed(rehearsing, people):
    provider_run(rehearsing, *people)

    events = ProvisioningEvent.objects.order_by("pk").values_list("outcome", "effect")
    assert list(events) == [
        ("rehearsed", "created"),
        ("rehearsed", "created"),
        ("rehearsed", "deactivated"),
        ("rehearsed", "changed"),
        ("rehearsed", "joined"),
        ("rehearsed", "created"),
        ("refused", "refused"),
        ("refused", "refused"),
    ]
    assert MembershipChange.objects.count() == 3


# What was rehearsed is there for who rehearses


def test_what_was_made_is_there_under_the_id_that_was_given(rehearsing):
    made = rehearsing.post("/Users", user("carl", externalId="c", title="Guide"))

    read = rehearsing.get(f"/Users/{made.json()['id']}")

    assert read.status_code == 200
    assert read.json() == made.json()
    assert read["ETag"] == made["ETag"]


@pytest.mark.parametrize(
    "query",
    [
        'userName eq "carl"',
        'externalId eq "c"',
        'USERNAME eq "CARL"',
        'emails eq "carl@example.com"',
        'emails[type eq "work"].value eq "carl@example.com"',
    ],
)
def test_what_was_made_is_found_by_what_providers_match_by(rehearsing, query):
    address = {"value": "carl@example.com", "type": "work", "primary": True}
    made = rehearsing.post("/Users", user("carl", externalId="c", emails=[address])).json()
    UserFactory.create()

    found = rehearsing.get("/Users", {"filter": query}).json()
    posted = rehearsing.post(
        "/Users/.search",
        {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": query},
    ).json()

    assert [each["id"] for each in found["Resources"]] == [made["id"]]
    assert [each["id"] for each in posted["Resources"]] == [made["id"]]


def test_each_that_is_made_has_an_id_of_its_own(rehearsing):
    identifiers = {rehearsing.post("/Users", user(f"user-{n}")).json()["id"] for n in range(3)}
    live = UserFactory.create()

    assert len(identifiers | {id_of(live)}) == 4


def test_what_was_changed_stays_changed_for_the_rehearsal(rehearsing):
    account = UserFactory.create()
    rehearsing.patch(path_of(account), replace("active", False))
    rehearsing.patch(path_of(account), replace("title", "Guest"))

    read = rehearsing.get(path_of(account)).json()

    assert (read["active"], read["title"]) == (False, "Guest")
    account.refresh_from_db()
    assert account.is_active


def test_what_was_made_can_be_changed_and_deleted(rehearsing):
    path = f"/Users/{rehearsing.post('/Users', user('carl')).json()['id']}"

    assert rehearsing.patch(path, replace("title", "Lead")).json()["title"] == "Lead"
    assert rehearsing.get(path).json()["title"] == "Lead"
    assert rehearsing.delete(path).status_code == 204
    assert rehearsing.get(path).status_code == 404
    assert report_of(rehearsing.connection)["created"].total == 0


def test_an_account_that_there_is_may_be_deleted_and_made_again(rehearsing):
    account = UserFactory.create(username="anna")
    rehearsing.patch(path_of(account), replace("externalId", "a"))
    rehearsing.delete(path_of(account))
    gone = rehearsing.get(path_of(account)).status_code
    again = rehearsing.post("/Users", user("anna", externalId="a"))

    assert (gone, again.status_code) == (404, 201)
    assert again.json()["id"] != id_of(account)
    assert User.objects.get().is_active


def test_a_name_that_was_rehearsed_is_taken(rehearsing):
    rehearsing.post("/Users", user("carl"))

    assert rehearsing.post("/Users", user("Carl")).status_code == 409


def test_a_name_that_somebody_has_taken_meanwhile_is_theirs(rehearsing):
    path = f"/Users/{rehearsing.post('/Users', user('carl')).json()['id']}"
    UserFactory.create(username="carl")

    assert rehearsing.get(path).status_code == 404


def test_members_that_were_rehearsed_are_members(rehearsing):
    carl = rehearsing.post("/Users", user("carl")).json()["id"]
    team = rehearsing.post("/Groups", group("Guides")).json()["id"]
    added = rehearsing.patch(f"/Groups/{team}", {"op": "add", "path": "members", "value": [{"value": carl}]})

    assert added.status_code == 204
    members = rehearsing.get(f"/Groups/{team}").json()["members"]
    assert [each["value"] for each in members] == [carl]


def test_of_a_group_with_too_many_members_nothing_is_kept(rehearsing, monkeypatch):
    monkeypatch.setattr(memory, "MOST_MEMBERS", 1)
    team = GroupFactory.create()
    team.user_set.set(UserFactory.create_batch(2))

    rehearsing.patch(path_of(team), replace("displayName", "Renamed"))

    assert rehearsing.get(path_of(team)).json()["displayName"] == team.name
    assert report_of(rehearsing.connection)["changed"].total == 1


def test_a_bulk_job_is_rehearsed_as_a_whole(rehearsing):
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "c", "data": user("carl")},
        {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group(members=[{"value": "bulkId:c"}])},
        {"method": "POST", "path": "/Users", "bulkId": "x", "data": user("carl")},
    ]
    answer = rehearsing.post(
        "/Bulk", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    ).json()

    assert [each["status"] for each in answer["Operations"]] == ["201", "201", "409"]
    assert not User.objects.exists()
    outcomes = ProvisioningEvent.objects.order_by("pk").values_list("outcome", flat=True)
    assert list(outcomes) == ["rehearsed", "rehearsed", "refused"]


def test_the_other_connections_see_nothing_of_it(rehearsing):
    made = rehearsing.post("/Users", user("carl")).json()["id"]
    other = ScimClient(ConnectionFactory.create())

    assert other.get(f"/Users/{made}").status_code == 404
    assert other.post("/Users", user("carl")).status_code == 201


# Side effects


@pytest.mark.django_db(transaction=True)
def test_nothing_that_waits_for_a_commit_is_run(scim):
    scim.connection.rehearse()
    account, told = UserFactory.create(), []

    def tell(**arguments):
        told.append(arguments)

    def write_mail(sender, instance, **arguments):
        transaction.on_commit(lambda: mail.send_mail("Welcome", "", None, ["a@example.com"]))

    own = [signals.resource_created, signals.resource_updated, signals.resource_deactivated]
    for signal in own:
        signal.connect(tell)
    post_save.connect(write_mail, sender=User)
    try:
        scim.post("/Users", user("carl"))
        scim.patch(path_of(account), replace("active", False))
    finally:
        for signal in own:
            signal.disconnect(tell)
        post_save.disconnect(write_mail, sender=User)

    assert told == []
    assert mail.outbox == []


def test_nobody_is_signed_out(rehearsing, settings, monkeypatch):
    called: list[object] = []
    settings.DJANGO_SCIM = {"DEPROVISIONING": ["tests.rehearsal.ending.note"]}
    monkeypatch.setattr(ending, "CALLED", called)
    account = UserFactory.create()

    rehearsing.patch(path_of(account), replace("active", False))

    assert called == []


def test_a_mass_deactivation_pauses_nobody_and_is_said(rehearsing, settings):
    settings.DJANGO_SCIM = {"DEPROVISIONING_LIMIT": 2}
    for account in UserFactory.create_batch(4):
        assert rehearsing.patch(path_of(account), replace("active", False)).status_code == 200

    report = report_of(rehearsing.connection)

    assert report["locked"].number == {"User": 4}
    assert report.is_pausing
    assert Connection.objects.get().paused_at is None


def test_a_share_that_is_over_the_limit_is_said_too(rehearsing, settings):
    settings.DJANGO_SCIM = {"DEPROVISIONING_SHARE": 20}
    for account in UserFactory.create_batch(26):
        rehearsing.patch(path_of(account), replace("active", False))

    assert report_of(rehearsing.connection).is_pausing

    UserFactory.create_batch(120)
    assert not report_of(rehearsing.connection).is_pausing


def test_what_was_rehearsed_does_not_count_for_the_limit_afterwards(rehearsing, settings):
    settings.DJANGO_SCIM = {"DEPROVISIONING_LIMIT": 2}
    accounts = UserFactory.create_batch(3)
    for account in accounts:
        rehearsing.patch(path_of(account), replace("active", False))
    rehearsing.connection.go_live()

    statuses = [rehearsing.patch(path_of(each), replace("active", False)).status_code for each in accounts]

    assert statuses == [200, 200, 503]


# Beginning and ending


def test_going_live_forgets_what_was_rehearsed_and_keeps_the_history(rehearsing):
    rehearsing.post("/Users", user("carl"))

    assert rehearsing.connection.go_live()
    assert not RehearsedResource.objects.exists()
    assert not RehearsedName.objects.exists()
    assert ProvisioningEvent.objects.count() == 1
    assert not rehearsing.connection.go_live()
    assert rehearsing.post("/Users", user("carl")).status_code == 201
    assert User.objects.get().username == "carl"


def test_a_connection_that_is_live_has_no_report(connection):
    assert report_on(connection) is None


def test_undoing_leaves_what_was_only_rehearsed(rehearsing):
    rehearsing.post("/Users", user("carl"))

    assert not window(rehearsing.connection, rehearsing.connection.created, timezone.now()).exists()


def test_a_rehearsal_stands_hostile_texts(rehearsing):
    for text in ("\0", "x" * 5000, '"', 'userName eq "', "é" * 400):
        assert rehearsing.get("/Users", {"filter": f'userName eq "{text}"'}).status_code in (200, 400)
        assert rehearsing.get(f"/Users/{'x' * 600}").status_code == 404


def test_a_rehearsed_request_takes_the_same_queries_however_much_was_rehearsed(rehearsing):
    def post(number):
        with counted() as queries:
            assert rehearsing.post("/Users", user(f"user-{number}")).status_code == 201
        return len(queries)

    post(0)
    few = post(1)
    for number in range(2, 20):
        post(number)

    assert post(20) == few


def test_the_command_says_how_many_and_who(rehearsing, people):
    provider_run(rehearsing, *people)
    out = StringIO()

    call_command("scim_rehearsal", rehearsing.connection.name, stdout=out)

    text = out.getvalue()
    for line in ("Would be created: 1 Group, 2 User", "  User carl", "Active, would be locked: 1 User"):
        assert line in text
    assert "  User emil: 400" in text


def test_the_command_prints_json_with_all_names(rehearsing, people):
    provider_run(rehearsing, *people)
    out = StringIO()

    call_command("scim_rehearsal", rehearsing.connection.name, "--json", stdout=out)

    report = json.loads(out.getvalue())
    assert report["created"] == {
        "number": 3,
        "byType": {"Group": 1, "User": 2},
        "who": ["User carl", "User dora", "Group Engineers"],
    }
    assert report["locked"]["who"] == ["User anna"]


def test_the_command_refuses_a_connection_in_no_rehearsal(connection):
    with pytest.raises(CommandError, match="is in no rehearsal"):
        call_command("scim_rehearsal", connection.name)


def test_a_rehearsed_request_costs_what_it_has_to_do_again(rehearsing, settings):
    made = [rehearsing.post("/Users", user(f"person{number}")).json()["id"] for number in range(30)]
    settings.DJANGO_SCIM = {"MAX_REQUEST_COST": 100}

    response = rehearsing.post("/Groups", group("all", members=[{"value": each} for each in made]))

    assert_scim_error(response, 413)
    few = rehearsing.post("/Groups", group("few", members=[{"value": each} for each in made[:3]]))
    assert few.status_code == 201
