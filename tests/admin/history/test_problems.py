"""The page of open problems, and what leads to it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from django_scim.admin.history.problems import MOST_NAMED, MOST_SHOWN
from django_scim.models import Connection, ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.admin.history.listed import ATTACK, LIST, many_events, page
from tests.factories import ConnectionFactory, UserFactory
from tests.representations import user

PROBLEMS = reverse("admin:django_scim_provisioningevent_problems")
CONNECTIONS = reverse("admin:django_scim_connection_changelist")
INDEX = reverse("admin:app_list", args=("django_scim",))


def refusals(connection, number, **fields):
    """Make refusals of one reason, each of somebody else."""
    own = {"outcome": "refused", "status": 400, "scim_type": "invalidValue", "time": timezone.now()}
    return many_events(connection, number, **{**own, **fields})


@pytest.fixture
def refusal(scim):
    """A refusal that is open: the name is that of an account made by hand."""
    UserFactory.create(username="bjensen")
    Connection.objects.update(adoption="own")
    scim.post("/Users", user("bjensen"))
    return ProvisioningEvent.objects.get()


def test_a_problem_is_shown_with_its_reason_whom_it_is_about_and_what_to_do(admin_client, refusal):
    text = admin_client.get(PROBLEMS).text

    assert f"{refusal.connection}</bdi>: 409 uniqueness" in text
    assert "another resource has the same userName" in text
    assert f'<a href="{page(refusal)}"><bdi>User bjensen</bdi></a>' in text
    assert "At the identity provider" in text
    assert f"connection__id__exact={refusal.connection.pk}&amp;outcome__exact=refused" in text


def test_a_resource_leads_to_its_own_page_for_those_who_may_open_it(staff, scim):
    made = scim.post("/Users", user("bjensen")).json()
    scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "userName", "value": ""})

    assert "page of User bjensen" in staff("view_provisioningevent", "view_record").get(PROBLEMS).text


def test_a_resource_leads_to_no_page_for_others(staff, scim):
    made = scim.post("/Users", user("bjensen")).json()
    scim.patch(f"/Users/{made['id']}", {"op": "replace", "path": "userName", "value": ""})
    text = staff("view_provisioningevent").get(PROBLEMS).text

    assert "User bjensen" in text
    assert "page of" not in text
    assert reverse("admin:django_scim_connection_change", args=(scim.connection.pk,)) not in text


def test_the_lists_and_the_connection_have_the_number_of_problems(admin_client, refusal):
    connection = reverse("admin:django_scim_connection_change", args=(refusal.connection.pk,))

    assert f'<a href="{PROBLEMS}">Open problems (1)</a>' in admin_client.get(LIST).text
    assert f'<a href="{PROBLEMS}">Open problems (1)</a>' in admin_client.get(CONNECTIONS).text
    assert f'<a href="{PROBLEMS}">Open problems (1)</a>' in admin_client.get(INDEX).text
    own = f"{PROBLEMS}?connection={refusal.connection.pk}"
    assert f'<a href="{own}">1</a>' in admin_client.get(connection).text
    assert admin_client.get(own).status_code == 200


def test_the_problems_of_one_connection_are_without_those_of_others(admin_client, refusal):
    other = ConnectionFactory.create()

    assert "bjensen" not in admin_client.get(PROBLEMS, {"connection": other.pk}).text
    assert "bjensen" in admin_client.get(PROBLEMS, {"connection": refusal.connection.pk}).text


@pytest.mark.parametrize("key", ["0", "x", "-1", "9" * 30, "²", "\0"])
def test_the_problems_of_no_connection_are_not_found(admin_client, key):
    assert admin_client.get(PROBLEMS, {"connection": key}).status_code == 404


def test_whoever_may_not_see_the_history_sees_no_problems(staff, refusal):
    browser = staff("view_connection")

    assert browser.get(PROBLEMS).status_code == 403
    assert "Open problems" not in browser.get(CONNECTIONS).text
    assert "Open problems" not in browser.get(INDEX).text


def test_without_a_problem_the_page_says_so(admin_client):
    assert "There are none" in admin_client.get(PROBLEMS).text
    assert "Open problems (0)" in admin_client.get(LIST).text


def test_the_page_of_a_refusal_leads_to_the_request_that_cured_it(admin_client, scim, refusal):
    assert "cured by" not in admin_client.get(page(refusal)).text
    User.objects.filter(username="bjensen").update(username="somebody.else")
    assert scim.post("/Users", user("bjensen")).status_code == 201
    cure = ProvisioningEvent.objects.get(outcome="success")
    text = admin_client.get(page(refusal)).text

    assert f'<a href="{page(cure)}">cured by a later request' in text


@pytest.mark.parametrize("field", ["display", "summary"])
def test_whatever_a_refusal_says_is_text_on_the_page(admin_client, connection, field):
    refusals(connection, 1, **{field: ATTACK})

    assert ATTACK not in admin_client.get(PROBLEMS).text


def test_the_page_takes_the_same_queries_however_many_problems_there_are(admin_client, connection):
    refusals(connection, 2)
    admin_client.get(PROBLEMS)
    with counted() as few:
        admin_client.get(PROBLEMS)
    for status in range(402, 405):
        refusals(ConnectionFactory.create(), MOST_NAMED + 30, status=status)
    with counted() as many:
        text = admin_client.get(PROBLEMS).text

    assert len(many) == len(few)
    assert "and 30 more" in text


def test_of_many_problems_the_first_are_shown(admin_client, connection):
    for number in range(MOST_SHOWN + 1):
        refusals(connection, 1, summary=f"reason {number}", resource_id=str(number))

    assert "and 1 more" in admin_client.get(PROBLEMS).text


# What stands in the way


def test_the_account_in_the_way_is_named_and_linked_for_those_who_may_see_it(staff, refusal):
    account = User.objects.get(username="bjensen")
    url = reverse("admin:django_scim_record_why", args=("User", account.pk))
    browser = staff("view_provisioningevent", "view_record")

    assert (
        f'The userName belongs to: <a href="{url}"><bdi>User bjensen</bdi></a>'
        in browser.get(page(refusal)).text
    )
    assert "Search the resources for the value" not in browser.get(page(refusal)).text
    assert browser.get(url).status_code == 200


def test_the_account_in_the_way_of_a_connection_has_its_own_page(admin_client, scim):
    for _ in range(2):
        scim.post("/Users", user("bjensen"))
    refusal = ProvisioningEvent.objects.get(outcome="refused")
    url = reverse("admin:django_scim_record_change", args=(Record.objects.get().pk,))

    assert f'<a href="{url}"><bdi>User bjensen</bdi></a>' in admin_client.get(page(refusal)).text


def test_the_account_in_the_way_is_not_named_to_whoever_may_not_see_it(staff, refusal):
    assert "belongs to" not in staff("view_provisioningevent").get(page(refusal)).text


def test_the_account_that_a_later_request_made_is_not_in_the_way(admin_client, scim, refusal):
    User.objects.filter(username="bjensen").update(username="somebody.else")
    assert "No resource has the value now" in admin_client.get(page(refusal)).text
    scim.post("/Users", user("bjensen"))

    assert "belongs to" not in admin_client.get(page(refusal)).text
