"""HTTPS alone: what comes without is refused before anybody looks at the token."""

from __future__ import annotations

import io
import re

import orjson
import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from tests.api.endpoints import HEALTH, HISTORY, OPEN, PROTECTED
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM
from tests.factories import UserFactory
from tests.representations import path_of, user


@pytest.fixture
def in_clear(db):
    """A client without TLS."""
    return Client()


def send(client, method, path, token, **headers):
    """Send a request with a token."""
    sent = {"Authorization": f"Bearer {token}", **headers}
    return client.generic(method, f"{ROOT}{path}", b"{}", content_type=SCIM, headers=sent)


def test_the_endpoints_that_tests_ask_are_all_that_there_are():
    resolver = get_resolver("django_scim.urls")
    routes = {pattern.pattern.regex.pattern for pattern in resolver.url_patterns}

    named = {path.lstrip("/") for _, path in [*PROTECTED, *HISTORY, *OPEN, *HEALTH]}

    assert [route for route in routes if not any(re.match(route, path) for path in named)] == []


class TestRequestsInClear:
    @pytest.mark.parametrize(("method", "path"), [*PROTECTED, *HISTORY, *OPEN])
    def test_requests_in_clear_are_refused_at_every_endpoint(self, in_clear, scim, method, path):
        response = send(in_clear, method, path, scim.token)

        assert response.status_code == 403
        if method != "HEAD":
            assert "HTTPS" in assert_scim_error(response, 403)

    @pytest.mark.parametrize(("method", "path"), [*PROTECTED, *HISTORY])
    def test_requests_in_clear_have_their_token_looked_at_by_nobody(self, in_clear, scim, method, path):
        with CaptureQueriesContext(database) as queries:
            send(in_clear, method, path, scim.token)

        assert [query["sql"] for query in queries] == []
        scim.stored.refresh_from_db()
        assert scim.stored.last_used is None

    def test_requests_in_clear_tell_nothing_of_the_token(self, in_clear, scim):
        answers = {send(in_clear, "GET", "/Users", token).content for token in (scim.token, "unknown")}

        assert len(answers) == 1

    def test_requests_in_clear_are_logged_with_what_may_be_wrong(self, in_clear, scim, caplog):
        send(in_clear, "GET", "/Users", scim.token)

        assert "SECURE_PROXY_SSL_HEADER" in caplog.text
        assert scim.token not in caplog.text

    def test_requests_in_clear_are_not_redirected(self, in_clear, scim):
        """A client would follow, and send its next token in clear too."""
        assert "Location" not in send(in_clear, "GET", "/Users", scim.token).headers

    def test_requests_in_clear_are_answered_in_debug_mode(self, in_clear, scim, settings):
        settings.DEBUG = True

        assert send(in_clear, "GET", "/Users", scim.token).status_code == 200

    def test_requests_in_clear_are_answered_where_the_settings_allow_them(self, in_clear, scim, settings):
        settings.DJANGO_SCIM = {"ALLOW_HTTP": True}

        assert send(in_clear, "GET", "/Users", scim.token).status_code == 200

    def test_requests_in_clear_are_told_the_health_of_the_service(self, in_clear):
        assert in_clear.get(f"{ROOT}/health").status_code == 200


class TestProxies:
    """What ends TLS in front of the project says so by the header that Django is told to believe."""

    def test_proxies_that_say_https_are_believed(self, in_clear, scim):
        response = send(in_clear, "GET", "/Users", scim.token, **{"X-Forwarded-Proto": "https"})

        assert response.status_code == 200

    def test_proxies_that_say_http_are_believed_too(self, scim):
        assert scim.get("/Users", **{"X-Forwarded-Proto": "http"}).status_code == 403

    def test_proxies_are_not_believed_unless_the_settings_say_so(self, in_clear, scim, settings):
        settings.SECURE_PROXY_SSL_HEADER = None

        response = send(in_clear, "GET", "/Users", scim.token, **{"X-Forwarded-Proto": "https"})

        assert response.status_code == 403

    def test_proxies_give_the_addresses_in_answers_their_scheme(self, in_clear, scim):
        body = user("barbara")

        response = in_clear.post(
            f"{ROOT}/Users",
            body,
            SCIM,
            headers={"Authorization": f"Bearer {scim.token}", "X-Forwarded-Proto": "https"},
        )

        assert response.status_code == 201
        assert response.headers["Location"].startswith("https://")


class TestChecks:
    @pytest.fixture
    def found(self, settings):
        """Return the ids of what the checks of a deployment say with settings."""

        def run(scim=None, **configured):
            settings.DJANGO_SCIM = scim or {}
            for name, value in configured.items():
                setattr(settings, name, value)
            messages = run_checks(tags=["django_scim"], include_deployment_checks=True)
            return {str(message.id).removeprefix("django_scim.") for message in messages} & {"W041", "W042"}

        return run

    def test_checks_warn_of_http_that_is_allowed(self, found):
        assert found({"ALLOW_HTTP": True}) == {"W041"}

    def test_checks_warn_where_nothing_tells_of_tls(self, found):
        assert found(SECURE_PROXY_SSL_HEADER=None) == {"W042"}

    @pytest.mark.parametrize(
        "configured",
        [
            {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")},
            {"SECURE_PROXY_SSL_HEADER": None, "SECURE_SSL_REDIRECT": True},
        ],
    )
    def test_checks_are_content_where_something_does(self, found, configured):
        assert found(**configured) == set()

    def test_checks_warn_of_a_deployment_alone(self, settings):
        settings.DJANGO_SCIM = {"ALLOW_HTTP": True}
        settings.SECURE_PROXY_SSL_HEADER = None

        assert run_checks(tags=["django_scim"]) == []


@pytest.mark.parametrize("path", ["/Users", "/Users/none", "/Schemas", "/health", "/nowhere", "/history"])
def test_an_answer_is_kept_by_no_cache(scim, path):
    assert scim.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_body_that_is_shorter_than_it_says_is_refused(scim, method):
    body = orjson.dumps(user("barbara"))

    headers = {"Authorization": f"Bearer {scim.token}", "Content-Type": SCIM}
    path = "/Users" if method == "POST" else path_of(UserFactory.create(username="b"))
    sent = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body) + 1)}

    response = scim.client.generic(method, f"{ROOT}{path}", b"", headers=headers, **sent)

    assert "shorter" in assert_scim_error(response, 400, "invalidSyntax")
    assert not User.objects.filter(username="barbara").exists()
