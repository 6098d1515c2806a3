"""Creating and revoking tokens: a token is shown once, and kept nowhere but with the identity provider."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_scim.models import AccessToken, Connection
from django_scim.token_format import PATTERN
from tests.conftest import ROOT, HttpsClient
from tests.factories import ConnectionFactory


def create_page(connection: Connection) -> str:
    """Return the address of the page that creates a token."""
    return reverse("admin:django_scim_connection_create_token", args=(connection.pk,))


def revoke_page(connection: Connection, token: AccessToken) -> str:
    """Return the address of the page that revokes a token."""
    return reverse("admin:django_scim_connection_revoke_token", args=(connection.pk, token.pk))


def connection_page(connection: Connection) -> str:
    """Return the address of the page of a connection."""
    return reverse("admin:django_scim_connection_change", args=(connection.pk,))


def form(**fields: Any) -> dict[str, Any]:
    """Return what the form of a new token sends."""
    return {
        "description": "for Okta",
        "scopes": ["read", "write"],
        "expires_0": "",
        "expires_1": "",
        **fields,
    }


def shown(response: Any) -> str:
    """Return the one token that a page shows."""
    (token,) = {found[0] for found in PATTERN.finditer(response.text)}
    return token


def status(token: str) -> int:
    """Return how a SCIM request with a token is answered."""
    return HttpsClient().get(f"{ROOT}/Users", headers={"Authorization": f"Bearer {token}"}).status_code


# Creating


def test_a_token_is_made_and_works(admin_client, connection):
    response = admin_client.post(create_page(connection), form())

    assert response.status_code == 200
    assert status(shown(response)) == 200
    stored = AccessToken.objects.get()
    assert (stored.connection, stored.description, stored.scopes) == (
        connection,
        "for Okta",
        ["read", "write"],
    )


def test_the_page_of_a_new_token_says_where_identity_providers_find_scim(admin_client, connection):
    response = admin_client.post(create_page(connection), form())

    assert 'value="http://testserver/scim/v2"' in response.text


def test_the_database_has_the_digest_of_a_new_token_alone(admin_client, connection):
    token = shown(admin_client.post(create_page(connection), form()))

    stored = AccessToken.objects.get()
    assert stored.digest == hashlib.sha256(token.encode()).hexdigest()
    assert token not in [str(value) for value in AccessToken.objects.values_list().get()]


def test_a_new_token_is_shown_once(admin_client, connection):
    token = shown(admin_client.post(create_page(connection), form()))

    for address in (create_page(connection), connection_page(connection), reverse("admin:index")):
        assert token not in admin_client.get(address).text
        assert not PATTERN.search(admin_client.get(address).text)


def test_the_token_is_in_no_session_no_message_and_no_log(admin_client, connection, caplog):
    caplog.set_level(logging.DEBUG)
    response = admin_client.post(create_page(connection), form())
    token = shown(response)

    kept = [str(session.get_decoded()) for session in Session.objects.all()]
    kept += [f"{entry.change_message}{entry.object_repr}" for entry in LogEntry.objects.all()]
    kept += [str(morsel) for morsel in admin_client.cookies.values()]
    kept += [caplog.text, str(response.headers)]
    assert token not in " ".join(kept)


def test_the_page_with_the_token_is_cached_nowhere(admin_client, connection):
    response = admin_client.post(create_page(connection), form())

    directives = response.headers["Cache-Control"]
    assert "no-store" in directives
    assert "private" in directives


def test_the_admins_log_says_who_made_a_token(admin_client, connection):
    admin_client.post(create_page(connection), form())

    entry = LogEntry.objects.get()
    assert entry.user.username == "admin"
    assert AccessToken.objects.get().hint in entry.get_change_message()


def test_a_second_token_leaves_the_first_as_it_is(admin_client, connection):
    first = shown(admin_client.post(create_page(connection), form()))
    second = shown(admin_client.post(create_page(connection), form()))

    assert first != second
    assert (status(first), status(second)) == (200, 200)


def test_a_token_that_may_read_cannot_write(admin_client, connection):
    token = shown(admin_client.post(create_page(connection), form(scopes="read")))
    response = HttpsClient().post(
        f"{ROOT}/Users", "{}", "application/scim+json", headers={"Authorization": f"Bearer {token}"}
    )

    assert status(token) == 200
    assert response.status_code == 403


def test_a_token_may_expire(admin_client, connection):
    when = timezone.localtime() + timedelta(days=30)
    fields = {"expires_0": when.strftime("%Y-%m-%d"), "expires_1": when.strftime("%H:%M:%S")}
    admin_client.post(create_page(connection), form(**fields))

    assert AccessToken.objects.get().expires == when.replace(microsecond=0)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"expires_0": "2001-01-01", "expires_1": "00:00:00"}, "This time has passed already."),
        ({"expires_0": "soon", "expires_1": "00:00:00"}, "Enter a valid date."),
        ({"expires_0": "2101-01-01", "expires_1": ""}, "Enter a valid time."),
        ({"scopes": "everything"}, "Select a valid choice."),
        ({"scopes": []}, "This field is required."),
        ({"description": "x" * 201}, "at most 200 characters"),
    ],
)
def test_a_token_that_would_be_of_no_use_is_not_made(admin_client, connection, fields, text):
    response = admin_client.post(create_page(connection), form(**fields))

    assert text in response.text
    assert not PATTERN.search(response.text)
    assert not AccessToken.objects.exists()


def test_what_a_token_may_do_is_said_once(admin_client, connection):
    assert "Scopes: read and write<" in admin_client.post(create_page(connection), form()).text

    assert "Scopes: read<" in admin_client.post(create_page(connection), form(scopes="read")).text


def test_looking_at_the_form_of_a_token_makes_none(admin_client, connection):
    assert admin_client.get(create_page(connection)).status_code == 200
    assert not AccessToken.objects.exists()


def test_the_description_of_a_token_is_escaped(admin_client, connection):
    admin_client.post(create_page(connection), form(description="<script>alert(1)</script>"))
    token = AccessToken.objects.get()

    for address in (connection_page(connection), revoke_page(connection, token)):
        text = admin_client.get(address).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


def test_a_connection_that_does_not_exist_gets_no_token(admin_client):
    gone = ConnectionFactory.build(pk=999)

    assert admin_client.get(create_page(gone)).status_code == 404
    assert admin_client.post(create_page(gone), form()).status_code == 404
    assert not AccessToken.objects.exists()


def test_a_form_from_elsewhere_makes_no_token(admin_user, connection):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin_user)

    assert browser.post(create_page(connection), form()).status_code == 403
    assert not AccessToken.objects.exists()


# Revoking


def test_a_revoked_token_is_refused(admin_client, connection):
    stored, token = AccessToken.objects.issue(connection)
    assert status(token) == 200
    response = admin_client.post(revoke_page(connection, stored), follow=True)

    assert response.redirect_chain == [(connection_page(connection), 302)]
    assert f"The token {stored.hint}… is revoked." in response.text
    assert status(token) == 401


def test_the_question_before_a_revocation_revokes_no_token(admin_client, connection):
    stored, token = AccessToken.objects.issue(connection, description="for Okta")
    text = admin_client.get(revoke_page(connection, stored)).text

    assert "Are you sure" in text
    assert "for Okta" in text
    assert status(token) == 200


def test_revoking_a_token_twice_keeps_the_time_of_the_first(admin_client, connection):
    stored, _ = AccessToken.objects.issue(connection)
    admin_client.post(revoke_page(connection, stored))
    stored.refresh_from_db()
    first = stored.revoked
    response = admin_client.post(revoke_page(connection, stored), follow=True)

    assert "was revoked already" in response.text
    stored.refresh_from_db()
    assert stored.revoked == first
    assert LogEntry.objects.count() == 1


def test_the_admins_log_says_who_revoked_a_token(admin_client, connection):
    stored, _ = AccessToken.objects.issue(connection)
    admin_client.post(revoke_page(connection, stored))

    message = LogEntry.objects.get().get_change_message()
    assert stored.hint in message
    assert "revoked" in message.lower()


def test_a_token_is_revoked_on_the_page_of_its_own_connection_alone(admin_client, connection):
    stored, token = AccessToken.objects.issue(connection)
    other = ConnectionFactory.create()

    assert admin_client.get(revoke_page(other, stored)).status_code == 404
    assert admin_client.post(revoke_page(other, stored)).status_code == 404
    assert status(token) == 200


# Replacing one by another


def statuses(response: Any) -> list[str]:
    """Return what the page of a connection says of its tokens, the newest first."""
    return re.findall(r'<td class="field-status">\s*<p>(.*?)</p>', response.text)


def use(token: AccessToken, ago: timedelta) -> None:
    """Have a token used some time ago."""
    AccessToken.objects.filter(pk=token.pk).update(last_used=timezone.now() - ago)


def test_two_tokens_work_until_one_is_revoked(admin_client, connection):
    stored, first = AccessToken.objects.issue(connection)
    second = shown(admin_client.post(create_page(connection), form()))
    assert (status(first), status(second)) == (200, 200)
    admin_client.post(revoke_page(connection, stored))

    assert (status(first), status(second)) == (401, 200)


def test_a_token_that_is_in_use_still_is_not_replaced(admin_client, connection):
    old, _ = AccessToken.objects.issue(connection)
    new, _ = AccessToken.objects.issue(connection)
    use(new, timedelta(hours=1))
    use(old, timedelta(minutes=1))

    assert statuses(admin_client.get(connection_page(connection))) == ["usable", "usable"]


@pytest.mark.parametrize("last_use", [timedelta(hours=2), None])
def test_a_token_is_replaced_once_a_newer_one_is_used_after_it(admin_client, connection, last_use):
    old, _ = AccessToken.objects.issue(connection)
    new, _ = AccessToken.objects.issue(connection)
    if last_use is not None:
        use(old, last_use)
    assert statuses(admin_client.get(connection_page(connection))) == ["usable", "usable"]
    use(new, timedelta(hours=-1))

    found = statuses(admin_client.get(connection_page(connection)))
    assert found == ["usable", "usable; a newer token was used after it"]


@pytest.mark.parametrize("fields", [{"revoked": timezone.now()}, {"expires": timezone.now()}])
def test_a_newer_token_that_is_refused_replaces_no_token(admin_client, connection, fields):
    AccessToken.objects.issue(connection)
    new, _ = AccessToken.objects.issue(connection)
    use(new, timedelta(hours=-1))
    AccessToken.objects.filter(pk=new.pk).update(**fields)

    assert statuses(admin_client.get(connection_page(connection)))[1] == "usable"


def test_a_token_of_another_connection_replaces_no_token(admin_client, connection):
    AccessToken.objects.issue(connection)
    new, _ = AccessToken.objects.issue(ConnectionFactory.create())
    use(new, timedelta(hours=-1))

    assert statuses(admin_client.get(connection_page(connection))) == ["usable"]


def test_revoking_the_last_usable_token_takes_a_warning(admin_client, connection):
    stored, _ = AccessToken.objects.issue(connection)
    expired, _ = AccessToken.objects.issue(connection, expires=timezone.now())
    warning = "No other token of the connection is usable"

    assert warning in admin_client.get(revoke_page(connection, stored)).text
    assert warning not in admin_client.get(revoke_page(connection, expired)).text
    AccessToken.objects.issue(connection)
    assert warning not in admin_client.get(revoke_page(connection, stored)).text


# Who may


@pytest.mark.parametrize(
    "permissions",
    [
        (),
        ("view_connection",),
        ("view_connection", "change_connection", "add_connection", "delete_connection"),
        ("view_connection", "view_accesstoken", "change_accesstoken", "delete_accesstoken"),
        ("add_accesstoken",),
    ],
)
def test_staff_without_both_permissions_makes_no_token(staff, connection, permissions):
    """It takes the view of the connection and the permission to add tokens."""
    browser = staff(*permissions)

    assert browser.get(create_page(connection)).status_code == 403
    assert browser.post(create_page(connection), form()).status_code == 403
    assert not AccessToken.objects.exists()


def test_staff_with_both_permissions_makes_tokens(staff, connection):
    browser = staff("view_connection", "add_accesstoken")

    assert "Create token" in browser.get(connection_page(connection)).text
    assert status(shown(browser.post(create_page(connection), form()))) == 200


@pytest.mark.parametrize(
    "permissions",
    [
        (),
        ("view_connection", "view_accesstoken", "add_accesstoken"),
        ("view_connection", "change_connection"),
        ("change_accesstoken",),
    ],
)
def test_staff_without_the_permission_revokes_no_token(staff, connection, permissions):
    stored, token = AccessToken.objects.issue(connection)
    browser = staff(*permissions)

    assert browser.get(revoke_page(connection, stored)).status_code == 403
    assert browser.post(revoke_page(connection, stored)).status_code == 403
    assert status(token) == 200


def test_staff_with_the_permission_revokes_tokens(staff, connection):
    stored, token = AccessToken.objects.issue(connection)
    browser = staff("view_connection", "view_accesstoken", "change_accesstoken")

    assert revoke_page(connection, stored) in browser.get(connection_page(connection)).text
    assert browser.post(revoke_page(connection, stored)).status_code == 302
    assert status(token) == 401


def test_whoever_is_not_signed_in_is_sent_from_the_tokens_to_the_login(client, connection):
    stored, token = AccessToken.objects.issue(connection)

    for address in (create_page(connection), revoke_page(connection, stored)):
        response = client.post(address, form())
        assert response.status_code == 302
        assert response.url.startswith(reverse("admin:login"))
    assert AccessToken.objects.count() == 1
    assert status(token) == 200
