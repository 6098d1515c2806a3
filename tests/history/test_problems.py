"""A refusal is a problem until the same connection succeeds with the same resource."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from django_scim.history import problems as problems_module
from django_scim.history.problems import LOOKED_AT, WINDOW, cure_of, open_problems
from django_scim.models import Connection, ProvisioningEvent
from tests.admin.history.listed import many_events
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.hosts.small.models import Company
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db

TITLE = {"op": "replace", "path": "title", "value": "Guide"}
TOO_LONG = {"op": "replace", "path": "name.familyName", "value": "x" * 1000}


def answers(connection=None):
    """Return the open problems as their answers."""
    return [problem.answer for problem in open_problems(connection).problems]


def refused(scim, name="bjensen", **attributes):
    """Have a connection refused for a name that somebody has."""
    UserFactory.create(username=name)
    Connection.objects.filter(pk=scim.connection.pk).update(adoption="own")
    assert scim.post("/Users", user(name, **attributes)).status_code == 409


def refusals(connection, number, **fields):
    """Make refusals of one reason, each of somebody else, a second apart."""
    start = timezone.now() - timedelta(seconds=number)
    events = many_events(
        connection, number, **{"outcome": "refused", "status": 400, "scim_type": "invalidValue", **fields}
    )
    for index, event in enumerate(events):
        event.time = start + timedelta(seconds=index)
    ProvisioningEvent.objects.bulk_update(events, ["time"], batch_size=500)
    return events


# What closes a refusal


def test_a_refused_account_is_an_open_problem_with_its_reason_and_its_name(scim):
    refused(scim)
    (problem,) = open_problems().problems

    assert (problem.connection, problem.answer, problem.number) == (scim.connection, "409 uniqueness", 1)
    assert problem.reason.startswith("another resource has the same userName")
    assert [event.display for event in problem.events] == ["bjensen"]
    assert problem.first == problem.last == ProvisioningEvent.objects.get().time


def test_an_account_that_is_made_once_the_other_is_renamed_is_no_problem_any_more(scim):
    refused(scim)
    User.objects.update(username="somebody.else")
    assert scim.post("/Users", user("bjensen")).status_code == 201

    assert answers() == []


def test_an_account_that_is_made_by_another_name_is_no_problem_any_more(scim):
    refused(scim, externalId="e-1")
    assert scim.post("/Users", user("bjensen2", externalId="e-1")).status_code == 201

    assert answers() == []


def test_an_account_that_another_person_of_the_name_gets_is_a_problem_still(scim):
    refused(scim, externalId="e-1")
    User.objects.update(username="somebody.else")
    assert scim.post("/Users", user("bjensen", externalId="e-2")).status_code == 201

    assert answers() == ["409 uniqueness"]


def test_a_change_that_is_accepted_later_is_no_problem_any_more(scim):
    account = UserFactory.create()
    assert scim.patch(path_of(account), TOO_LONG).status_code == 400
    assert answers() == ["400 invalidValue"]
    assert scim.patch(path_of(account), TITLE).status_code == 200

    assert answers() == []


def test_a_refusal_after_a_success_is_open(scim):
    account = UserFactory.create()
    scim.patch(path_of(account), TITLE)
    scim.patch(path_of(account), TOO_LONG)

    assert answers() == ["400 invalidValue"]


def test_a_success_between_two_refusals_closes_the_first_one_alone(scim):
    account = UserFactory.create()
    for operation in (TOO_LONG, TITLE, TOO_LONG):
        scim.patch(path_of(account), operation)
    (problem,) = open_problems().problems

    assert problem.number == 1
    assert problem.events == [ProvisioningEvent.objects.latest("pk")]


def test_a_success_of_somebody_else_closes_nothing(scim):
    scim.patch(path_of(UserFactory.create()), TOO_LONG)
    scim.patch(path_of(UserFactory.create()), TITLE)

    assert answers() == ["400 invalidValue"]


def test_a_success_of_another_connection_closes_nothing(scim):
    account, other = UserFactory.create(), ScimClient(ConnectionFactory.create())
    scim.patch(path_of(account), TOO_LONG)
    Connection.objects.update(adoption="all")
    assert other.patch(path_of(account), TITLE).status_code == 200

    assert answers(scim.connection) == ["400 invalidValue"]
    assert answers(other.connection) == []


def test_the_same_name_in_another_tenant_closes_nothing(scim):
    refused(scim)
    tenant = Company.objects.create(name="Acme")
    other = ScimClient(ConnectionFactory.create(tenant=tenant))
    User.objects.update(username="somebody.else")
    assert other.post("/Users", user("bjensen")).status_code == 201

    assert answers(scim.connection) == ["409 uniqueness"]


def test_an_account_made_anew_closes_what_was_refused_under_an_id_that_is_gone(scim):
    created = scim.post("/Users", user("bjensen", externalId="e-1")).json()
    scim.delete(f"/Users/{created['id']}")
    assert scim.put(f"/Users/{created['id']}", user("bjensen", externalId="e-1")).status_code == 404
    assert answers() == ["404"]
    assert scim.post("/Users", user("bjensen", externalId="e-1")).status_code == 201

    assert answers() == []


def test_the_cure_of_a_refusal_is_the_first_success_after_it(scim):
    refused(scim)
    User.objects.update(username="somebody.else")
    made = scim.post("/Users", user("bjensen")).json()
    scim.patch(f"/Users/{made['id']}", TITLE)
    refusal, creation, change = ProvisioningEvent.objects.order_by("pk")

    assert cure_of(refusal) == creation
    assert cure_of(creation) is None
    assert cure_of(change) is None


def test_a_refusal_without_a_name_is_open_by_itself(scim):
    scim.post("/Users", {"schemas": []})
    scim.post("/Users", {"schemas": []})
    scim.post("/Users", user("bjensen"))
    (problem,) = open_problems().problems

    assert (problem.number, len(problem.events)) == (2, 2)


# What is no problem


@pytest.mark.parametrize("status", sorted(problems_module.NOT_CURED))
def test_what_says_nothing_of_a_resource_is_no_problem(connection, status):
    refusals(connection, 1, status=status, scim_type="")

    assert answers() == []
    assert cure_of(ProvisioningEvent.objects.get()) is None


def test_the_deletion_of_what_is_not_there_is_no_problem(scim):
    made = scim.post("/Users", user("bjensen")).json()
    scim.delete(f"/Users/{made['id']}")
    assert scim.delete(f"/Users/{made['id']}").status_code == 404

    assert answers() == []


def test_a_fault_of_the_project_and_a_pause_are_problems(connection):
    refusals(connection, 1, status=500, scim_type="")
    refusals(connection, 1, status=503, scim_type="", resource_id="other")

    assert sorted(answers()) == ["500", "503"]


def test_a_refused_look_up_and_an_old_refusal_are_no_problem(connection):
    refusals(connection, 1, operation="search")
    refusals(connection, 1)
    ProvisioningEvent.objects.filter(operation="modify").update(time=timezone.now() - WINDOW)

    assert answers() == []


def test_the_refusals_of_a_deleted_connection_are_no_problem(scim):
    refused(scim)
    scim.connection.delete()

    assert answers() == []


# Groups


def test_equal_reasons_are_one_problem_whatever_id_or_address_they_name(connection):
    for name in ("anna@example.com", "bob@example.com"):
        refusals(
            connection,
            2,
            resource_id="",
            display=name,
            display_key=name,
            summary=f"members: {name} and 67fbf7bb-a602-8000-8000-0000000000{len(name)} are nobody",
        )
    (problem,) = open_problems().problems

    assert problem.reason == "members: … and … are nobody"
    assert problem.number == 4
    assert sorted(event.display for event in problem.events) == ["anna@example.com", "bob@example.com"]
    assert problem.first < problem.last


def test_problems_of_one_connection_are_together_the_latest_first(connection):
    other = ConnectionFactory.create(name="A first one")
    refusals(connection, 1, status=403)
    refusals(other, 1, status=409)
    refusals(connection, 1, status=400)

    assert [problem.connection for problem in open_problems().problems] == sorted(
        (other, connection, connection), key=str
    )


# What it costs


@pytest.mark.parametrize("number", [3, 300])
def test_problems_take_the_same_queries_however_many_there_are(connection, django_assert_num_queries, number):
    refusals(connection, number)
    many_events(connection, number, time=timezone.now(), resource_id="id-1")

    with django_assert_num_queries(len(problems_module.WRITES) + 2):
        (problem,) = open_problems().problems
    assert problem.number == number - 1


def test_no_more_than_a_thousand_refusals_are_looked_at(connection):
    refusals(connection, LOOKED_AT)
    assert open_problems().number == "1"

    refusals(connection, 5, status=403)
    found = open_problems()
    assert sum(problem.number for problem in found.problems) == LOOKED_AT
    assert found.number == "2+"
