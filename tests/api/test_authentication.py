"""Who may ask: bearer tokens, and the host's own authentication. Read it as the threat model."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.models import AccessToken, ProvisioningEvent
from tests.api.endpoints import HEALTH, HISTORY, OPEN, PROTECTED
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM, HttpsClient, ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.representations import path_of, user


@pytest.fixture
def browser(db):
    """The browser of a superuser who is signed in."""
    client = HttpsClient()
    client.force_login(User.objects.create_superuser("root"))
    return client


def get(client, path="/Users", **headers):
    return client.get(f"{ROOT}{path}", headers=headers)


def with_token(client, token, path="/Users"):
    return get(client, path, Authorization=f"Bearer {token}")


def issue(**attributes):
    return AccessToken.objects.issue(ConnectionFactory.create(), **attributes)


def expired():
    _, token = issue(expires=timezone.now() - timedelta(seconds=1))
    return f"Bearer {token}"


def revoked():
    stored, token = issue()
    stored.revoke()
    return f"Bearer {token}"


def of_an_inactive_connection():
    _, token = AccessToken.objects.issue(ConnectionFactory.create(is_active=False))
    return f"Bearer {token}"


def of_a_deleted_connection():
    stored, token = issue()
    stored.connection.delete()
    return f"Bearer {token}"


def its_digest():
    stored, _ = issue()
    return f"Bearer {stored.digest}"


def of_a_connection_that_is_used_elsewhere():
    _, token = AccessToken.objects.issue(ConnectionFactory.create(networks=["192.0.2.0/24"]))
    return f"Bearer {token}"


def under_another_scheme():
    _, token = issue()
    return f"Token {token}"


def in_basic():
    _, token = issue()
    return f"Basic {token}"


def bare():
    _, token = issue()
    return token


def with_one_more_character():
    _, token = issue()
    return f"Bearer {token}x"


def in_other_case():
    _, token = issue()
    return f"Bearer {token.swapcase()}"


def twice():
    _, token = issue()
    return f"Bearer {token}, Bearer {token}"


REFUSED = [
    lambda: None,
    lambda: "",
    lambda: "Bearer",
    lambda: "Bearer ",
    lambda: "Bearer unknown",
    lambda: "Bearer scim_" + "x" * 43,
    lambda: "Bearer " + "x" * 8000,
    lambda: "Bearer é",
    lambda: "Bearer \x00",
    lambda: "nonsense",
    expired,
    revoked,
    of_an_inactive_connection,
    of_a_deleted_connection,
    of_a_connection_that_is_used_elsewhere,
    its_digest,
    under_another_scheme,
    in_basic,
    bare,
    with_one_more_character,
    in_other_case,
    twice,
]


class TestRefusals:
    @pytest.mark.parametrize("authorization", REFUSED, ids=lambda each: getattr(each, "__name__", ""))
    @pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
    def test_refusals_are_one_and_the_same_whatever_is_wrong(self, anonymous, authorization, method):
        header = authorization()
        headers = {} if header is None else {"Authorization": header}

        response = anonymous.generic(method, f"{ROOT}/Users", b"{}", content_type=SCIM, headers=headers)

        assert assert_scim_error(response, 401) == "a valid token is required"
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="SCIM"'

    @pytest.mark.parametrize(("method", "path"), [*PROTECTED, *HISTORY])
    def test_refusals_are_everywhere_but_in_discovery(self, anonymous, method, path):
        for headers in ({}, {"Authorization": "Bearer unknown"}):
            response = anonymous.generic(method, f"{ROOT}{path}", b"{}", content_type=SCIM, headers=headers)
            assert response.status_code == 401

    def test_refusals_come_before_anything_is_said_of_the_request(self, anonymous):
        account = UserFactory.create()

        assert_scim_error(get(anonymous, path_of(account)), 401)
        assert_scim_error(get(anonymous, "/Users/none"), 401)
        assert_scim_error(anonymous.post(f"{ROOT}/Users", b"not JSON", content_type="text/plain"), 401)

    def test_refusals_leave_no_trace_in_the_history(self, anonymous):
        anonymous.post(f"{ROOT}/Users", b"{}", content_type=SCIM)

        assert not ProvisioningEvent.objects.exists()

    @pytest.mark.parametrize(("method", "path"), PROTECTED)
    def test_refusals_of_a_session_are_made_although_its_user_may_do_anything(self, browser, method, path):
        response = browser.generic(method, f"{ROOT}{path}", b"{}", content_type=SCIM)

        assert response.status_code == 401

    def test_refusals_of_a_token_in_the_address_or_the_body_are_made(self, anonymous):
        _, token = issue()

        assert_scim_error(get(anonymous, f"/Users?access_token={token}"), 401)
        assert_scim_error(anonymous.post(f"{ROOT}/Users", {"access_token": token}), 401)


class TestBrowsers:
    """A page of another site learns and does nothing by the browser of somebody who is signed in."""

    @pytest.mark.parametrize(("method", "path"), [*PROTECTED, *HISTORY, *OPEN, *HEALTH])
    def test_browsers_are_told_of_no_other_site_that_may_ask(self, scim, browser, method, path):
        asked = {
            "Origin": "https://evil.example",
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization",
        }
        authorized = {"Authorization": f"Bearer {scim.token}", **asked}

        answers = [
            browser.generic("OPTIONS", f"{ROOT}{path}", headers=asked),
            browser.generic(method, f"{ROOT}{path}", b"{}", content_type=SCIM, headers=asked),
            browser.generic(method, f"{ROOT}{path}", b"{}", content_type=SCIM, headers=authorized),
        ]

        names = {name.lower() for answer in answers for name in answer.headers}
        assert [name for name in names if name.startswith("access-control-")] == []

    def test_browsers_get_no_cookie(self, scim, browser):
        for response in (scim.get("/Users"), browser.get(f"{ROOT}/Users")):
            assert not response.cookies


class TestBearerTokens:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
    def test_bearer_tokens_are_accepted_under_the_scheme_in_any_case(self, scim, scheme):
        response = scim.client.get(f"{ROOT}/Users", headers={"Authorization": f"{scheme} {scim.token}"})

        assert response.status_code == 200

    def test_bearer_tokens_are_accepted_until_they_expire(self, anonymous):
        stored, token = issue(expires=timezone.now() + timedelta(minutes=1))

        assert with_token(anonymous, token).status_code == 200
        AccessToken.objects.filter(pk=stored.pk).update(expires=timezone.now())
        assert with_token(anonymous, token).status_code == 401

    def test_bearer_tokens_are_refused_from_their_revocation_on(self, anonymous):
        stored, token = issue()

        assert with_token(anonymous, token).status_code == 200
        stored.revoke()
        assert with_token(anonymous, token).status_code == 401

    def test_bearer_tokens_are_refused_while_their_connection_is_not_active(self, anonymous):
        stored, token = issue()
        connection = stored.connection

        for is_active, status in ((False, 401), (True, 200)):
            connection.is_active = is_active
            connection.save()
            assert with_token(anonymous, token).status_code == status

    def test_bearer_tokens_may_be_two_for_one_connection_so_that_one_can_replace_the_other(
        self, anonymous, connection
    ):
        old, first = AccessToken.objects.issue(connection)
        _, second = AccessToken.objects.issue(connection)

        assert [with_token(anonymous, each).status_code for each in (first, second)] == [200, 200]
        old.revoke()
        assert [with_token(anonymous, each).status_code for each in (first, second)] == [401, 200]

    def test_bearer_tokens_are_found_by_their_digest_in_one_query(self, scim):
        scim.get("/Users")  # notes the first use

        with CaptureQueriesContext(
            database,
        ) as queries:
            scim.client.get(f"{ROOT}/Users?count=0", headers={"Authorization": f"Bearer {scim.token}"})

        of_tokens = [each["sql"] for each in queries if "accesstoken" in each["sql"]]
        assert len(of_tokens) == 1
        assert scim.token not in of_tokens[0]
        assert hashlib.sha256(scim.token.encode()).hexdigest() in of_tokens[0]

    def test_bearer_tokens_act_for_their_own_connection(self, anonymous):
        one, other = (ScimClient(ConnectionFactory.create()) for _ in range(2))
        path = path_of(UserFactory.create())

        one.patch(path, {"op": "add", "path": "externalId", "value": "one's"})

        assert one.get(path).json()["externalId"] == "one's"
        assert "externalId" not in other.get(path).json()
        event = ProvisioningEvent.objects.get()
        assert (event.connection, event.token) == (one.connection, one.stored)

    def test_bearer_tokens_are_no_protection_that_a_browser_could_be_talked_out_of(self, scim, settings):
        """No cookie authenticates, so that there is nothing for a CSRF token to protect."""
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.csrf.CsrfViewMiddleware"]
        scim.client = HttpsClient(enforce_csrf_checks=True)

        assert scim.post("/Users", user()).status_code == 201


class TestLastUse:
    def test_the_last_use_of_a_token_is_noted(self, scim):
        before = timezone.now()

        scim.get("/Users")

        scim.stored.refresh_from_db()
        assert scim.stored.last_used is not None
        assert before - timedelta(seconds=1) <= scim.stored.last_used <= timezone.now()

    def test_the_last_use_of_a_token_is_noted_once_a_minute_at_most(self, scim):
        noted = timezone.now() - timedelta(seconds=58)
        AccessToken.objects.filter(pk=scim.stored.pk).update(last_used=noted)

        scim.get("/Users")

        scim.stored.refresh_from_db()
        assert abs(scim.stored.last_used - noted) < timedelta(seconds=1)

    def test_the_last_use_of_a_token_is_noted_again_after_a_minute(self, scim):
        noted = timezone.now() - timedelta(seconds=61)
        AccessToken.objects.filter(pk=scim.stored.pk).update(last_used=noted)

        scim.get("/Users")

        scim.stored.refresh_from_db()
        assert scim.stored.last_used - noted > timedelta(seconds=59)

    def test_the_last_use_of_a_token_is_noted_of_a_request_that_fails_too(self, scim):
        assert scim.get("/Users/none").status_code == 404

        scim.stored.refresh_from_db()
        assert scim.stored.last_used is not None

    def test_the_last_use_of_a_token_is_not_noted_of_a_token_that_is_refused(self, anonymous):
        stored, token = issue(expires=timezone.now() - timedelta(seconds=1))

        with_token(anonymous, token)

        stored.refresh_from_db()
        assert stored.last_used is None


class TestAuthenticationOfTheHost:
    @pytest.fixture(autouse=True)
    def _gateway(self, settings):
        settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": ["tests.api.hosts.NamedConnection"]}

    def send(self, client, method="GET", path="/Users", payload=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.generic(method, f"{ROOT}{path}", payload or b"", content_type=SCIM, headers=headers)

    def test_authentication_of_the_host_takes_the_place_of_the_tokens(self, anonymous, connection):
        _, token = AccessToken.objects.issue(connection)

        assert self.send(anonymous, X_Connection=connection.name).status_code == 200
        assert_scim_error(self.send(anonymous, Authorization=f"Bearer {token}"), 401)

    def test_authentication_of_the_host_may_write_and_is_in_the_history_without_a_token(
        self, anonymous, connection
    ):
        body = b'{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "barbara"}'

        response = self.send(anonymous, "POST", payload=body, X_Connection=connection.name)

        assert response.status_code == 201
        event = ProvisioningEvent.objects.get()
        assert (event.connection, event.token) == (connection, None)

    def test_authentication_of_the_host_gives_its_own_reasons_and_its_own_challenge(self, anonymous):
        unknown = self.send(anonymous, X_Connection="nobody")
        absent = self.send(anonymous)

        assert assert_scim_error(unknown, 401) == "the gateway sent an unknown name"
        assert assert_scim_error(absent, 401) == "a valid token is required"
        for response in (unknown, absent):
            assert response.headers["WWW-Authenticate"] == 'Gateway realm="tests"'

    def test_authentication_of_the_host_does_not_let_a_connection_in_that_is_not_active(
        self, anonymous, connection
    ):
        connection.is_active = False
        connection.save()

        assert_scim_error(self.send(anonymous, X_Connection=connection.name), 401)

    def test_authentication_of_the_host_may_stand_beside_the_tokens(self, anonymous, connection, settings):
        settings.DJANGO_SCIM = {
            "AUTHENTICATION_CLASSES": [
                "django_scim.api.authentication.AccessTokenAuthentication",
                "tests.api.hosts.NamedConnection",
            ]
        }
        _, token = AccessToken.objects.issue(connection)

        assert self.send(anonymous, X_Connection=connection.name).status_code == 200
        assert self.send(anonymous, Authorization=f"Bearer {token}").status_code == 200

    def test_authentication_of_the_host_that_names_no_connection_may_nothing(self, anonymous, settings):
        settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": ["tests.api.hosts.Stranger"]}

        for method in ("GET", "POST"):
            assert_scim_error(self.send(anonymous, method), 403)

    def test_authentication_of_the_host_that_names_no_connection_may_nothing_whatever_the_permissions_say(
        self, anonymous, settings
    ):
        settings.DJANGO_SCIM = {
            "AUTHENTICATION_CLASSES": ["tests.api.hosts.Stranger"],
            "PERMISSION_CLASSES": [],
        }

        for method, path in (("GET", "/Users"), ("POST", "/Users"), ("POST", "/Bulk"), ("POST", "/.search")):
            assert_scim_error(self.send(anonymous, method, path, b"{}"), 403)

    def test_authentication_of_the_host_that_is_left_out_lets_nobody_in(self, anonymous, settings):
        settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": [], "PERMISSION_CLASSES": []}

        assert_scim_error(self.send(anonymous), 403)
