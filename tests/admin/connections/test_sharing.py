"""Sending the set-up of a connection: who may make a link, and what the page says of links and as text."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone

from django_scim.models import AccessToken, Connection, SetupLink
from django_scim.token_format import LINK_PATTERN
from tests.admin.counting import counted
from tests.conftest import HttpsClient, ScimClient
from tests.factories import ConnectionFactory

SEES = ("view_connection", "view_accesstoken", "view_provisioningevent", "view_setuplink")


def page(connection: Connection) -> str:
    """Return the address of the page of a connection."""
    return reverse("admin:django_scim_connection_change", args=(connection.pk,))


def share_page(connection: Connection) -> str:
    """Return the address of the page that makes a link."""
    return reverse("admin:django_scim_connection_share", args=(connection.pk,))


def revoke_page(link: SetupLink, connection: Connection | None = None) -> str:
    """Return the address of the page that revokes a link."""
    key = link.connection_id if connection is None else connection.pk
    return reverse("admin:django_scim_connection_unshare", args=(key, link.pk))


def form(**fields: Any) -> dict[str, Any]:
    """Return what the form of a new link sends."""
    return {"description": "for Bob", "provider": "okta", "days": "7", **fields}


def shown(response: Any) -> str:
    """Return the path of the one link that a page shows."""
    (url,) = re.findall(r'id="scim-link" value="([^"]+)"', response.text)
    return str(url).removeprefix("http://testserver")


def made(connection: Connection, **fields: Any) -> SetupLink:
    """Return a link."""
    given = {"provider": "okta", "expires": timezone.now() + timedelta(days=7)}
    return SetupLink.objects.issue(connection, **{**given, **fields})[0]


# Making one


def test_a_link_is_made_and_works(admin_client, admin_user, connection):
    response = admin_client.post(share_page(connection), form(may_show_token="on", token_days="30"))

    link = SetupLink.objects.get()
    assert (link.connection, link.description, link.provider) == (connection, "for Bob", "okta")
    assert (link.may_show_token, link.token_days) == (True, 30)
    assert (link.created_by, link.created_by_key) == ("admin", str(admin_user.pk))
    assert abs(link.expires - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)
    assert "Show the token" in HttpsClient().get(shown(response)).text


def test_a_link_shows_no_token_unless_the_form_says_so(admin_client, connection):
    response = admin_client.post(share_page(connection), form())

    assert not SetupLink.objects.get().may_show_token
    assert "Show the token" not in HttpsClient().get(shown(response)).text


def test_the_form_of_a_link_begins_with_the_likely_provider_and_a_week(admin_client):
    text = admin_client.get(share_page(ConnectionFactory.create(dialect="entra"))).text

    assert re.search(r'<option value="entra" selected>', text)
    assert re.search(r'name="days" value="7"', text)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"days": "0"}, "greater than or equal to 1"),
        ({"days": "91"}, "less than or equal to 90"),
        ({"days": ""}, "This field is required"),
        ({"provider": "okra"}, "Select a valid choice"),
        ({"token_days": "3651"}, "less than or equal to 3650"),
        ({"description": "x" * 201}, "at most 200 characters"),
        ({"description": "\0"}, "Null characters are not allowed"),
    ],
)
def test_what_cannot_be_is_an_error_of_the_form(admin_client, connection, fields, error):
    response = admin_client.post(share_page(connection), form(**fields))

    assert error in response.text
    assert not SetupLink.objects.exists()


def test_a_new_link_is_shown_once_and_cached_nowhere(admin_client, connection):
    response = admin_client.post(share_page(connection), form())
    secret = shown(response).rpartition("/")[2]

    assert "no-store" in response.headers["Cache-Control"]
    assert secret in unescape(response.text.partition('id="scim-link-text"')[2])
    for address in (page(connection), share_page(connection), reverse("admin:index")):
        assert not LINK_PATTERN.search(admin_client.get(address).text)


def test_a_new_link_is_in_no_session_no_message_and_no_log(admin_client, connection, caplog):
    caplog.set_level(logging.DEBUG)
    response = admin_client.post(share_page(connection), form())
    secret = shown(response).rpartition("/")[2]

    kept = [str(session.get_decoded()) for session in Session.objects.all()]
    kept += [str(row) for model in (LogEntry, SetupLink) for row in model.objects.values()]
    kept += [str(morsel) for morsel in admin_client.cookies.values()]
    assert secret not in " ".join([*kept, caplog.text, str(response.headers)])


def test_the_admins_log_says_who_made_and_who_revoked_a_link(admin_client, connection):
    admin_client.post(share_page(connection), form())
    link = SetupLink.objects.get()
    admin_client.post(revoke_page(link))

    entries = [entry.get_change_message() for entry in LogEntry.objects.order_by("pk")]
    assert entries == [f"Added set-up link “{link}”.", f"Changed revoked for set-up link “{link}”."]


@pytest.mark.urls("tests.admin.connections.urls_without_scim")
def test_a_project_without_the_pages_is_told_what_to_add(admin_client, connection):
    for response in (
        admin_client.get(share_page(connection)),
        admin_client.post(share_page(connection), form()),
    ):
        assert (
            "add path(&quot;scim-setup/&quot;, include(&quot;django_scim.setup_urls&quot;)) first"
            in response.text
        )
        assert "Create link" not in response.text
    assert not SetupLink.objects.exists()


def test_a_connection_that_is_not_active_gets_no_link(admin_client):
    connection = ConnectionFactory.create(is_active=False)

    response = admin_client.post(share_page(connection), form())

    assert "The connection is not active: its links lead nowhere." in response.text
    assert not SetupLink.objects.exists()


# Who may


def test_making_a_link_takes_a_permission(staff, connection):
    browser = staff(*SEES, "change_connection", "add_accesstoken", "change_setuplink")

    assert browser.get(share_page(connection)).status_code == 403
    assert browser.post(share_page(connection), form()).status_code == 403
    assert not SetupLink.objects.exists()
    assert share_page(connection) not in browser.get(page(connection)).text


def test_making_a_link_takes_the_permission_to_see_the_connection(staff, connection):
    assert staff("add_setuplink").post(share_page(connection), form()).status_code == 403


def test_a_link_that_shows_a_token_takes_the_permission_to_make_tokens(staff, connection):
    browser = staff(*SEES, "add_setuplink")

    assert "may_show_token" not in browser.get(share_page(connection)).text
    browser.post(share_page(connection), form(may_show_token="on", token_days="5"))

    link = SetupLink.objects.get()
    assert (link.may_show_token, link.token_days) == (False, None)


def test_a_project_with_authentication_of_its_own_shows_no_token(admin_client, connection, settings):
    settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": ["tests.api.acting.OwnAccount"]}

    assert "may_show_token" not in admin_client.get(share_page(connection)).text


def test_revoking_a_link_takes_a_permission(staff, connection):
    link = made(connection)
    browser = staff(*SEES, "change_connection", "add_setuplink", "delete_setuplink")

    assert browser.post(revoke_page(link)).status_code == 403
    assert revoke_page(link) not in browser.get(page(connection)).text
    link.refresh_from_db()
    assert link.revoked is None


def test_seeing_links_takes_a_permission(staff, connection):
    link = made(connection)

    assert str(link) not in staff("view_connection", "add_setuplink").get(page(connection)).text


# Revoking


def test_a_link_is_revoked_after_a_question(admin_client, connection):
    link = made(connection)

    assert f"The link {link} leads nowhere from now on." in admin_client.get(revoke_page(link)).text
    link.refresh_from_db()
    assert link.revoked is None
    response = admin_client.post(revoke_page(link), follow=True)

    link.refresh_from_db()
    assert link.revoked is not None
    assert f"The link {link} is revoked." in response.text
    assert "was revoked already" in admin_client.post(revoke_page(link), follow=True).text


def test_a_link_is_revoked_on_the_page_of_its_own_connection_alone(admin_client, connection):
    link = made(connection)

    assert admin_client.post(revoke_page(link, ConnectionFactory.create())).status_code == 404


def test_the_question_says_that_a_token_stays_valid(admin_client, connection):
    link = made(connection, token_shown=timezone.now())

    assert "The token that it has shown stays valid" in admin_client.get(revoke_page(link)).text


# The page of a connection


def rows(text: str) -> list[list[str]]:
    """Return the cells of the table of links."""
    table = text.partition('class="scim-links"')[2].partition("</table>")[0]
    found = re.findall(r"<tr>\s*<th scope=\"row\">(.*?)</tr>", table, re.DOTALL)
    return [[re.sub(r"(<[^>]+>|\s)+", " ", cell).strip() for cell in re.split("<td>", row)] for row in found]


def test_the_page_lists_links_with_who_made_them_and_when_they_were_opened(admin_client, connection):
    now = timezone.now()
    token, _ = AccessToken.objects.issue(connection)
    made(connection, expires=now - timedelta(days=1))
    made(connection, revoked=now, may_show_token=True)
    last = made(
        connection,
        description="for <b>Bob</b>",
        created_by="ada",
        last_opened=now,
        may_show_token=True,
        token=token,
        token_shown=now,
    )

    text = admin_client.get(page(connection)).text
    newest, revoked, expired = rows(text)

    assert newest[0] == f"{last} for &lt;b&gt;Bob&lt;/b&gt;"
    assert newest[1].endswith("by ada")
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d", newest[3])
    assert newest[4].startswith(f"{token}, shown on 20")
    assert newest[5] == "open Revoke"
    assert (revoked[3:], expired[3:]) == (
        ["never", "may be shown once", "revoked"],
        ["never", "none", "expired"],
    )
    assert expired[1].endswith("on the command line")


def test_the_page_takes_the_same_queries_however_many_links_there_are(admin_client, connection):
    made(connection)
    admin_client.get(page(connection))
    with counted() as one:
        admin_client.get(page(connection))
    for _ in range(5):
        token, _secret = AccessToken.objects.issue(connection)
        made(connection, token=token)

    with counted() as six:
        admin_client.get(page(connection))

    assert len(six) == len(one)


def test_the_page_ticks_what_has_arrived_for_those_who_may_see_it(staff, connection):
    ScimClient(connection).get("/Users")
    browser = staff(*SEES)

    assert re.findall(r'class="done" data-step="(\w+)"', browser.get(page(connection)).text) == [
        "token",
        "request",
    ]


@pytest.mark.parametrize("missing", ["view_accesstoken", "view_provisioningevent"])
def test_the_page_ticks_nothing_for_those_who_may_not_see_it(staff, connection, missing):
    browser = staff(*set(SEES) - {missing})

    assert "data-step" not in browser.get(page(connection)).text


def test_the_set_up_can_be_copied_as_text_without_the_token(admin_client, connection):
    response = admin_client.post(
        reverse("admin:django_scim_connection_create_token", args=(connection.pk,)), {"scopes": ["read"]}
    )
    for text in (response.text, admin_client.get(page(connection)).text):
        (area,) = re.findall(r'<textarea id="scim-text-okta"[^>]*>(.*?)</textarea>', text, re.DOTALL)
        assert re.search(r'hidden data-scim-copy="scim-text-okta"[^>]*>Copy as text<', text)
        lines = unescape(area).splitlines()
        assert lines[0] == "Set up SCIM provisioning: Okta"
        assert "- SCIM connector base URL: http://testserver/scim/v2" in lines
        assert "- Authorization: the token" in lines
        assert "The token is a secret. It is not in this text." in lines
        assert "scim_" not in area
