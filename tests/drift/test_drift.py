"""What nobody provisions, what is silent, and what somebody else has changed."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_scim.drift import finding
from django_scim.drift.finding import Kind, drifts, silence
from django_scim.management.commands.scim_drift import TEXTS
from django_scim.models import ProvisioningEvent, Record
from django_scim.resources.registry import registry
from tests.admin.counting import counted
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db


def found(connection, days=30, names=("User",)):
    """Return what has drifted, in a short form."""
    types = [registry().by_name[name] for name in names]
    since, _ = silence(connection, days)
    return [
        (str(each.kind), each.name, each.attribute) for each in drifts(connection, types, silent_since=since)
    ]


def age(days):
    """Make all that is in the history and in the records older."""
    time = timezone.now() - timedelta(days=days)
    ProvisioningEvent.objects.update(time=time)
    Record.objects.update(created=time)


def command(*arguments):
    """Return what the command prints, and what it complains of."""
    out, errors = StringIO(), StringIO()
    call_command("scim_drift", *arguments, stdout=out, stderr=errors)
    return out.getvalue(), errors.getvalue()


@pytest.fixture
def anna(scim):
    """An account that the connection has made."""
    scim.post("/Users", user("Anna@Example.com", externalId="a", title="Guide", name={"familyName": "Lee"}))
    return User.objects.get()


# What has drifted


def test_an_account_that_nobody_provisions_is_unlinked(scim, anna):
    UserFactory.create(username="bert")

    assert found(scim.connection) == [("unlinked", "bert", "")]


def test_an_account_of_another_connection_has_not_drifted(scim, anna):
    managed(ConnectionFactory.create(), UserFactory.create(username="bert"))

    assert found(scim.connection) == []


def test_an_account_that_is_managed_without_an_external_id_is_linked(scim):
    scim.post("/Users", user("carl"))

    assert found(scim.connection) == []


def test_a_deleted_account_has_not_drifted(scim, anna):
    scim.delete(path_of(anna))

    assert found(scim.connection) == []


def test_an_account_of_which_nothing_was_heard_for_long_is_silent(scim, anna):
    scim.post("/Users", user("bert"))
    age(40)
    scim.patch(path_of(User.objects.get(username="bert")), {"op": "replace", "path": "title", "value": "x"})

    assert found(scim.connection) == [("silent", anna.username, "")]
    assert found(scim.connection, days=39) == [("silent", anna.username, "")]
    assert found(scim.connection, days=41) == []


def test_a_refused_request_is_heard_too(scim, anna):
    age(40)
    scim.patch(path_of(anna), {"op": "replace", "path": "userName", "value": ""})

    assert found(scim.connection) == []


@pytest.mark.parametrize(
    ("change", "attribute"),
    [
        ({"last_name": "Smith"}, "name.familyName"),
        ({"is_active": False}, "active"),
        ({"last_name": ""}, "name.familyName"),
    ],
)
def test_what_the_project_has_changed_since_is_changed(scim, change, attribute):
    scim.post("/Users", user("anna", active=True, name={"familyName": "Lee"}))
    User.objects.update(**change)

    assert found(scim.connection) == [("changed", "anna", attribute)]


def test_the_latest_that_was_sent_counts(scim, anna):
    scim.patch(path_of(anna), {"op": "replace", "path": "name.familyName", "value": "Jones"})
    User.objects.update(last_name="Lee")

    (drift,) = drifts(scim.connection, [registry().by_name["User"]], silent_since=None)

    assert (drift.attribute, drift.sent, drift.found) == ("name.familyName", "Jones", "Lee")


def test_what_the_connection_has_never_sent_is_not_its_own(scim):
    scim.post("/Users", user("anna"))
    User.objects.update(last_name="Smith")

    assert found(scim.connection) == []


def test_what_another_connection_has_sent_is_not_its_own(scim, anna):
    User.objects.update(last_name="Smith")
    other = ScimClient(ConnectionFactory.create())

    assert found(other.connection) == []


def test_what_differs_in_case_alone_is_said_so(scim, anna):
    User.objects.update(last_name="LEE")

    assert found(scim.connection) == [("case", anna.username, "name.familyName")]


def test_a_password_has_not_drifted(scim):
    scim.post("/Users", user("anna", password="correct horse battery staple"))
    User.objects.get().set_password("another")
    User.objects.update(password="x")

    assert found(scim.connection) == []


def test_a_group_drifts_too(scim):
    scim.post(
        "/Groups", {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Guides"}
    )
    GroupFactory.create(name="By hand")

    assert found(scim.connection, names=["Group"]) == [("unlinked", "By hand", "")]


def test_what_was_rehearsed_was_not_sent(scim, anna):
    scim.connection.rehearse()
    scim.patch(path_of(anna), {"op": "replace", "path": "name.familyName", "value": "Jones"})
    scim.connection.go_live()

    assert found(scim.connection) == []


# At any number


def test_the_number_of_queries_is_that_of_the_batches(scim, monkeypatch):
    def queries():
        with counted() as made:
            found(scim.connection)
        return len(made)

    for number in range(3):
        scim.post("/Users", user(f"user-{number}"))
    few = queries()
    for number in range(3, 12):
        scim.post("/Users", user(f"user-{number}"))
    UserFactory.create_batch(20)

    assert queries() == few


def test_all_batches_are_walked_through(scim, monkeypatch):
    monkeypatch.setattr(finding, "BATCH", 2)
    UserFactory.create_batch(5)

    assert len(found(scim.connection)) == 5


def test_of_many_events_the_latest_are_read(scim, anna, monkeypatch):
    monkeypatch.setattr("django_scim.drift.sent.MOST_EVENTS", 2)
    for value in ("a", "b", "c"):
        scim.patch(path_of(anna), {"op": "replace", "path": "title", "value": value})
    User.objects.update(last_name="Smith")

    assert found(scim.connection) == []


# The command


def test_the_command_prints_lines_and_numbers(scim, anna):
    UserFactory.create(username="bert")
    User.objects.filter(pk=anna.pk).update(last_name="Smith")

    text, errors = command(scim.connection.name)

    assert 'name.familyName is "Smith", sent was "Lee"' in text
    assert "User bert" in text
    assert "1 unlinked; 0 silent; 1 changed; 0 case" in text
    assert "cannot tell who is silent for 30" in errors


def test_the_command_prints_csv_that_no_spreadsheet_runs(scim, anna):
    User.objects.update(last_name="=1+1")

    rows = list(csv.DictReader(StringIO(command(scim.connection.name, "--format", "csv")[0])))

    assert [(row["kind"], row["attribute"], row["sent"]) for row in rows] == [
        ("changed", "name.familyName", "Lee")
    ]
    assert rows[0]["found"] == "'=1+1"


@pytest.mark.parametrize("number", [0, 1, 3])
def test_the_command_prints_json(scim, number):
    UserFactory.create_batch(number)

    entries = json.loads(command(scim.connection.name, "--format", "json")[0])

    assert [each["kind"] for each in entries] == ["unlinked"] * number


def test_the_command_prints_one_kind_and_one_type(scim, anna):
    UserFactory.create(username="bert")
    GroupFactory.create(name="Guides")
    User.objects.filter(pk=anna.pk).update(last_name="Smith")
    arguments = (scim.connection.name, "--kind", "unlinked", "--resource-type", "Group")

    assert command(*arguments)[0].splitlines()[0].startswith("Group Guides")
    assert "changed" not in command(*arguments, "--format", "json")[0]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["Nobody"], "There is no connection Nobody"),
        (["Okta", "--resource-type", "Usr"], "There is no resource type Usr"),
        (["Okta", "--days", "0"], "no number of days"),
        (["Okta", "--days", "many"], "no number of days"),
    ],
)
def test_the_command_refuses_what_there_is_not(arguments, text):
    ConnectionFactory.create(name="Okta")

    with pytest.raises(CommandError, match=text):
        command(*arguments)


def test_each_kind_has_a_text():
    assert set(TEXTS) == set(Kind)
