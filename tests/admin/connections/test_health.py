"""How a connection does: on its page, in the list, and for whom."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, strip_tags

from django_scim.history.statistics import time_text
from django_scim.models import AccessToken, Connection, EventCount, Link, Record
from tests.admin.counting import counted
from tests.factories import ConnectionFactory

LIST = reverse("admin:django_scim_connection_changelist")


def page(connection: Connection) -> str:
    """Return the address of the page of a connection."""
    return reverse("admin:django_scim_connection_change", args=(connection.pk,))


def figures(response: Any) -> dict[str, str]:
    """Return what the page says of the health of a connection."""
    section = re.search(r'aria-labelledby="scim-health-heading">(.*?)</section>', response.text, re.DOTALL)
    rows = re.findall(r"<th[^>]*>(.*?)</th>\s*<td>(.*?)</td>", section[1] if section else "", re.DOTALL)
    return {name: " ".join(strip_tags(value).split()) for name, value in rows}


def row(response: Any, connection: Connection) -> dict[str, str]:
    """Return the columns of a connection in the list."""
    (found,) = (part for part in response.text.split("<tr") if f">{escape(connection.name)}</a>" in part)
    cells = re.findall(r'class="field-([\w-]+)[^"]*">(.*?)</t[dh]>', found, re.DOTALL)
    return {name: strip_tags(value) for name, value in cells}


def messages(response: Any) -> list[tuple[str, str]]:
    """Return what the page says is wrong: how bad, and what."""
    overview = response.text.split('class="scim-overview"')[1].split("<section")[0]
    return re.findall(r'<li class="(\w+)">(.*?)</li>', overview)


def token(connection: Connection, **fields: Any) -> AccessToken:
    """Issue a token, and set what only use and time set."""
    stored, _ = AccessToken.objects.issue(connection)
    AccessToken.objects.filter(pk=stored.pk).update(**fields)
    stored.refresh_from_db()
    return stored


def refuse(connection: Connection, number: int = 1, hours_ago: int = 0, **fields: Any) -> EventCount:
    """Count events that were refused."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
    defaults: dict[str, Any] = {
        "outcome": "refused",
        "status": 409,
        "scim_type": "uniqueness",
        "duration": 10,
    }
    return EventCount.objects.create(connection=connection, hour=hour, count=number, **{**defaults, **fields})


def provision(connection: Connection, resource_type: str, number: int) -> None:
    """Make resources that a connection has an external id for."""
    first = Record.objects.count()
    for key in range(first, first + number):
        record = Record.objects.create(resource_type=resource_type, integer_key=key)
        Link.objects.create(record=record, connection=connection, external_id=str(key), digest=str(key))


# The last request


def test_the_last_request_of_a_connection_is_the_last_use_of_any_token(admin_client, connection):
    now = timezone.now()
    token(connection, last_used=now - timedelta(days=3), revoked=now)
    token(connection, last_used=now - timedelta(hours=2))
    token(connection)

    assert "(2 hours ago)" in figures(admin_client.get(page(connection)))["Last request"]


def test_a_request_through_the_api_is_the_last_request_of_its_connection(admin_client, scim):
    assert figures(admin_client.get(page(scim.connection)))["Last request"] == "none yet"
    scim.get("/Users")

    assert "0 minutes ago" in figures(admin_client.get(page(scim.connection)))["Last request"]


def test_the_last_request_is_not_before_the_last_success(admin_client, connection, event):
    token(connection, last_used=timezone.now() - timedelta(minutes=5))
    event(time=timezone.now() - timedelta(minutes=3))

    assert "(3 minutes ago)" in figures(admin_client.get(page(connection)))["Last request"]


# The last success


def test_the_last_success_of_a_connection_is_the_time_of_its_event(admin_client, connection, event):
    event(time=timezone.now() - timedelta(minutes=50))
    event(time=timezone.now() - timedelta(minutes=20), outcome="refused", status=409)
    event(time=timezone.now() - timedelta(minutes=10), connection=ConnectionFactory.create())

    assert "50 minutes ago" in figures(admin_client.get(page(connection)))["Last success"]


def test_the_last_success_is_known_by_the_hour_when_its_event_is_pruned(admin_client, connection):
    refuse(connection, hours_ago=24 * 9, outcome="success", status=200)
    refuse(connection, hours_ago=24 * 5, outcome="success", status=200)
    refuse(connection)

    assert "(5 days ago)" in figures(admin_client.get(page(connection)))["Last success"]


# Errors


def test_errors_of_a_connection_are_counted_with_their_most_frequent_reason(admin_client, connection):
    refuse(connection, 3)
    refuse(connection, 2, hours_ago=5)
    refuse(connection, 1_000, hours_ago=5, status=400, scim_type="invalidValue")
    refuse(connection, 50, hours_ago=30)
    refuse(connection, 70, outcome="success", status=200, scim_type="")
    refuse(ConnectionFactory.create(), 7)
    response = admin_client.get(page(connection))

    assert figures(response)["Errors in 24 hours"] == "1,005, most often 400 invalidValue (1,000)"


def test_the_number_of_errors_leads_to_their_events(admin_client, connection, event):
    refuse(connection)
    event(outcome="refused", status=409, display="bjensen")
    event(display="jsmith")
    (address,) = re.findall(r'<a href="([^"]*outcome[^"]*)">1</a>', admin_client.get(page(connection)).text)
    rows = admin_client.get(address.replace("&amp;", "&")).context["cl"].result_list

    assert [row.display for row in rows] == ["bjensen"]


def test_a_connection_without_errors_says_so(admin_client, connection):
    assert figures(admin_client.get(page(connection)))["Errors in 24 hours"] == "none"


# Resources


def test_resources_of_a_connection_are_counted_by_type(admin_client, connection):
    provision(connection, "User", 3)
    provision(connection, "Group", 1)
    provision(ConnectionFactory.create(), "User", 5)
    found = figures(admin_client.get(page(connection)))

    assert (found["Users with an external id"], found["Groups with an external id"]) == ("3", "1")


def test_a_resource_that_a_provider_makes_is_counted_until_the_provider_deletes_it(admin_client, scim):
    document = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "a", "externalId": "1"}
    identifier = scim.post("/Users", document).json()["id"]
    assert figures(admin_client.get(page(scim.connection)))["Users with an external id"] == "1"
    scim.delete(f"/Users/{identifier}")

    assert figures(admin_client.get(page(scim.connection)))["Users with an external id"] == "0"


@pytest.mark.parametrize(
    ("users", "groups", "expected"),
    [
        (4, 0, ("4", "0")),
        (5, 0, ("more than 4", "0")),
        # The first links are those of users; the groups are few enough to be counted by themselves.
        (6, 3, ("more than 4", "3")),
        (9, 4, ("more than 4", "4")),
        (9, 9, ("more than 4", "more than 0")),
    ],
)
def test_counting_the_resources_of_a_connection_ends_at_a_limit(
    admin_client, connection, users, groups, expected
):
    provision(connection, "User", users)
    provision(connection, "Group", groups)
    with patch("django_scim.admin.connections.health.MOST_COUNTED", 4):
        found = figures(admin_client.get(page(connection)))

    assert (found["Users with an external id"], found["Groups with an external id"]) == expected


def test_the_groups_of_other_connections_are_not_counted_for_a_connection(admin_client, connection):
    provision(connection, "User", 6)
    provision(ConnectionFactory.create(), "Group", 3)
    with patch("django_scim.admin.connections.health.MOST_COUNTED", 4):
        found = figures(admin_client.get(page(connection)))

    assert found["Groups with an external id"] == "0"


# What is wrong, or will be


def test_a_connection_that_does_well_is_active(admin_client, connection):
    token(connection)

    assert row(admin_client.get(LIST), connection)["state"] == "Active"
    assert messages(admin_client.get(page(connection))) == []


def test_a_connection_without_a_usable_token_refuses_all(admin_client, connection):
    token(connection, revoked=timezone.now())
    token(connection, expires=timezone.now() - timedelta(seconds=1))
    ((level, text),) = messages(admin_client.get(page(connection)))

    assert row(admin_client.get(LIST), connection)["state"] == "No usable token"
    assert level == "error"
    assert "each request is refused with 401" in text


def test_a_connection_whose_last_token_has_expired_answers_401(scim):
    AccessToken.objects.update(expires=timezone.now())

    assert scim.get("/Users").status_code == 401


def test_a_warning_comes_before_the_last_token_expires(admin_client, connection):
    expires = timezone.now() + timedelta(days=13)
    token(connection, expires=expires)
    token(connection, expires=timezone.now() + timedelta(days=5))
    ((level, text),) = messages(admin_client.get(page(connection)))
    date = time_text(expires)

    assert row(admin_client.get(LIST), connection)["state"] == f"Last token expires on {date}"
    assert level == "warning"
    assert f"On {date} the last usable token expires." in text


def test_a_token_that_expires_while_another_remains_has_a_warning_of_its_own(admin_client, connection):
    expires = timezone.now() + timedelta(days=5)
    token(connection, expires=expires)
    token(connection)
    ((level, text),) = messages(admin_client.get(page(connection)))
    date = time_text(expires)

    assert row(admin_client.get(LIST), connection)["state"] == f"Token expires on {date}"
    assert level == "warning"
    assert "another one is valid for longer" in text


@pytest.mark.parametrize(
    "fields",
    [
        {"expires": timezone.now() + timedelta(days=15)},
        # It is refused already, so its end is no news.
        {"expires": timezone.now() + timedelta(days=5), "revoked": timezone.now()},
    ],
)
def test_an_expiry_that_is_far_away_or_over_has_no_warning(admin_client, connection, fields):
    token(connection, **fields)
    token(connection, expires=timezone.now() + timedelta(days=15))

    assert messages(admin_client.get(page(connection))) == []


def test_the_page_of_a_connection_marks_the_token_that_expires_soon(admin_client, connection):
    soon = token(connection, expires=timezone.now() + timedelta(days=5))
    late = token(connection, expires=timezone.now() + timedelta(days=50))
    text = admin_client.get(page(connection)).text

    for stored, is_marked in ((soon, True), (late, False)):
        assert stored.expires is not None
        date = time_text(stored.expires)
        assert (f"<strong>{date}</strong>" in text) is is_marked
        assert date in text


def test_a_connection_that_is_switched_off_says_nothing_else(admin_client):
    connection = ConnectionFactory.create(is_active=False)
    ((_, text),) = messages(admin_client.get(page(connection)))

    assert row(admin_client.get(LIST), connection)["state"] == "Not active"
    assert "all of its requests are refused" in text


def test_a_project_that_authenticates_otherwise_needs_no_token(admin_client, connection, settings):
    settings.DJANGO_SCIM = {
        "AUTHENTICATION_CLASSES": [
            "django_scim.api.authentication.AccessTokenAuthentication",
            "rest_framework.authentication.TokenAuthentication",
        ]
    }

    assert row(admin_client.get(LIST), connection)["state"] == "Active"
    assert messages(admin_client.get(page(connection))) == []


# The list


def test_the_list_of_connections_says_in_short_how_connections_do(admin_client, connection, event):
    used = timezone.now()
    token(connection, last_used=used)
    success = event()
    refuse(connection, 3)
    refuse(connection, 2, hours_ago=30)
    found = row(admin_client.get(LIST), connection)

    assert found["usable_tokens"] == "1"
    assert found["last_request"] == time_text(used)
    assert found["last_success"] == time_text(success.time)
    assert found["recent_refusals"] == "3"


def test_the_list_of_connections_says_never_and_none_of_what_is_not(admin_client, connection):
    found = row(admin_client.get(LIST), connection)

    assert [found[name] for name in ("last_request", "last_success", "recent_refusals")] == [
        "never",
        "never",
        "0",
    ]


@pytest.mark.parametrize("column", range(1, 7))
def test_the_list_of_connections_can_be_sorted_by_each_column(admin_client, connection, column):
    token(connection)
    refuse(ConnectionFactory.create())

    assert admin_client.get(LIST, {"o": f"-{column}"}).status_code == 200


def test_the_list_of_connections_can_be_counted_by_its_filter(admin_client, connection):
    token(connection)
    refuse(connection)
    text = admin_client.get(LIST, {"_facets": "True"}).text

    assert "Yes (1)" in text
    assert "No (0)" in text


def test_the_list_of_connections_can_delete_them(admin_client, connection):
    token(connection)
    refuse(connection)
    admin_client.post(
        LIST, {"action": "delete_selected", "_selected_action": [str(connection.pk)], "post": "yes"}
    )

    assert not Connection.objects.exists()


def test_the_list_of_connections_takes_the_same_queries_whatever_connections_did(
    admin_client, connection, event
):
    event()
    admin_client.get(LIST)
    with counted() as few:
        admin_client.get(LIST)
    for other in ConnectionFactory.create_batch(10):
        for hours_ago in range(5):
            refuse(other, hours_ago=hours_ago)
        token(other, last_used=timezone.now())
        event(connection=other)
    admin_client.get(LIST)
    with counted() as many:
        admin_client.get(LIST)

    assert len(many) == len(few)


def test_the_page_of_a_connection_takes_the_same_queries_whatever_the_connection_did(
    admin_client, connection, event
):
    event()
    admin_client.get(page(connection))
    with counted() as few:
        admin_client.get(page(connection))
    provision(connection, "User", 10)
    provision(connection, "Group", 10)
    for hours_ago in range(30):
        refuse(connection, hours_ago=hours_ago)
        event()
    token(connection)
    admin_client.get(page(connection))
    with counted() as many:
        admin_client.get(page(connection))

    assert len(many) == len(few)


def test_counting_the_resources_of_a_large_connection_takes_two_queries_more_for_a_type(
    admin_client, connection
):
    provision(connection, "User", 3)
    with counted() as few:
        admin_client.get(page(connection))
    with patch("django_scim.admin.connections.health.MOST_COUNTED", 1), counted() as many:
        admin_client.get(page(connection))

    # The users are known to be many. Of the groups it is asked whether they are few, and how many.
    assert len(many) == len(few) + 2


# Who may


@pytest.fixture
def busy(connection, event):
    """A connection that has something to hide of each kind."""
    token(connection, last_used=timezone.now(), expires=timezone.now() + timedelta(days=1))
    provision(connection, "User", 3)
    refuse(connection, 5)
    event()
    return connection


COLUMNS = {
    "view_accesstoken": {"usable_tokens", "last_request"},
    "view_provisioningevent": {"last_success", "recent_refusals"},
    "view_record": set(),
}
FIGURES = {
    "view_accesstoken": {"Last request"},
    "view_provisioningevent": {"Last success", "Errors in 24 hours", "Open problems"},
    "view_record": {"Users with an external id", "Groups with an external id"},
}


@pytest.mark.parametrize("permission", ["view_accesstoken", "view_provisioningevent", "view_record"])
def test_each_permission_shows_those_figures_of_a_connection_that_come_from_its_model(
    staff, busy, permission
):
    browser = staff("view_connection", permission)

    assert set(figures(browser.get(page(busy)))) == FIGURES[permission]
    assert set(row(browser.get(LIST), busy)) == {"name", "state"} | COLUMNS[permission]


def test_staff_that_may_view_the_connection_alone_sees_no_figures(staff, busy):
    browser = staff("view_connection")

    assert figures(browser.get(page(busy))) == {}
    assert "scim-health-heading" not in browser.get(page(busy)).text
    assert set(row(browser.get(LIST), busy)) == {"name", "state"}


def test_staff_that_may_not_view_tokens_is_not_told_when_they_expire(staff, busy):
    browser = staff("view_connection", "view_provisioningevent", "view_record")

    assert messages(browser.get(page(busy))) == []
    assert row(browser.get(LIST), busy)["state"] == "Active"


def test_sorting_connections_by_a_column_that_staff_may_not_see_does_not_work(staff, busy):
    browser = staff("view_connection")

    assert browser.get(LIST, {"o": "-5"}).status_code == 200


# Tokens that are refused


def refused(connection: Connection, reason: str, hours_ago: int = 1, **fields: Any) -> AccessToken:
    """Issue a token that was refused."""
    at = timezone.now() - timedelta(hours=hours_ago)
    return token(connection, refused_at=at, refused_from="203.0.113.7", refused_reason=reason, **fields)


def refusal(token: AccessToken) -> datetime:
    """Return when a token was refused."""
    assert token.refused_at is not None
    return token.refused_at


def test_a_refused_token_that_is_still_sent_is_a_warning_with_what_to_do(admin_client, connection):
    token(connection)
    expiry = timezone.now() - timedelta(days=2)
    expired = refused(connection, "expired", expires=expiry)

    ((level, text),) = messages(admin_client.get(page(connection)))

    assert level == "warning"
    assert text == (
        f"A refused token is still sent: {expired}, expired on {time_text(expiry)}; last at "
        f"{time_text(refusal(expired))} from 203.0.113.7. Enter a usable token at the identity provider."
    )
    assert row(admin_client.get(LIST), connection)["state"] == f"The token {expired} is refused"


@pytest.mark.parametrize(
    ("reason", "of_token", "of_connection", "remedy"),
    [
        ("revoked", {"revoked": timezone.now()}, {}, "Enter a usable token"),
        ("inactive", {}, {"is_active": False}, "Make the connection active"),
        ("network", {}, {"networks": ["192.0.2.0/24"]}, "add it to the source networks"),
        ("scope", {"scopes": ["read"]}, {}, "a token with the scopes"),
    ],
)
def test_each_reason_for_which_a_token_is_refused_has_its_remedy(
    admin_client, reason, of_token, of_connection, remedy
):
    connection = ConnectionFactory.create(**of_connection)
    token(connection)
    refused(connection, reason, **of_token)

    assert remedy in messages(admin_client.get(page(connection)))[-1][1]


@pytest.mark.parametrize(
    ("reason", "of_token", "of_connection"),
    [
        ("revoked", {"revoked": timezone.now(), "hours_ago": 25}, {}),
        ("expired", {"expires": timezone.now() + timedelta(days=90)}, {}),
        ("inactive", {}, {"is_active": True}),
        ("network", {}, {"networks": ["203.0.113.0/24"]}),
        ("network", {}, {"networks": []}),
        ("scope", {"revoked": timezone.now()}, {}),
    ],
)
def test_a_token_that_was_refused_is_no_warning_a_day_later_or_once_the_reason_is_gone(
    admin_client, reason, of_token, of_connection
):
    connection = ConnectionFactory.create(**of_connection)
    token(connection)
    refused(connection, reason, **of_token)

    assert messages(admin_client.get(page(connection))) == []


def test_a_token_that_is_refused_is_a_warning_at_its_own_connection_alone(admin_client, connection):
    other = ConnectionFactory.create()
    token(other)
    refused(connection, "revoked", revoked=timezone.now())

    assert messages(admin_client.get(page(other))) == []


def test_refused_tokens_cost_the_list_one_query_however_many_there_are(admin_client):
    numbers = []
    for _ in range(2):
        for _ in range(3):
            refused(ConnectionFactory.create(), "revoked", revoked=timezone.now())
        with CaptureQueriesContext(database) as queries:
            admin_client.get(LIST)
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]


def test_the_list_of_tokens_says_when_each_was_refused_last(admin_client, connection):
    revoked = timezone.now()
    of_old, of_new = refused(connection, "revoked", hours_ago=48, revoked=revoked), token(connection)

    text = admin_client.get(page(connection)).text

    said = f"last at {time_text(refusal(of_old))} from 203.0.113.7, revoked on {time_text(revoked)}"
    assert f"revoked<br>refused: {said}" in text
    assert text.count("refused: last at") == 1
    assert of_new.refused_at is None


def test_who_may_not_see_tokens_is_told_of_no_refused_one(client, connection, django_user_model):
    staff = django_user_model.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_connection"))
    client.force_login(staff)
    refused(connection, "revoked", revoked=timezone.now())

    assert "203.0.113.7" not in client.get(page(connection)).text
