"""What a refused token leaves at its connection: when, from where and why, and nothing that a client sees."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import partial
from io import BytesIO
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections, connections
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.models import AccessToken, ProvisioningEvent
from django_scim.models.access_token import RefusalReason
from django_scim.token_format import make_token
from tests.api.endpoints import PROTECTED
from tests.api.tenants import client_of
from tests.conftest import ROOT, HttpsClient, ScimClient
from tests.factories import ConnectionFactory
from tests.hosts.small.models import Company
from tests.operations.simultaneous import at_once
from tests.representations import user

ADDRESS = "203.0.113.7"


@pytest.fixture
def kept_open():
    """Keep the database of the test open where a request begins and ends."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def change(scim: ScimClient, **fields: Any) -> None:
    """Change what is stored of the token of a client."""
    AccessToken.objects.filter(pk=scim.stored.pk).update(**fields)


def expire(scim: ScimClient) -> None:
    """Let the token of a client be expired."""
    change(scim, expires=timezone.now() - timedelta(days=1))


def revoke(scim: ScimClient) -> None:
    """Revoke the token of a client."""
    change(scim, revoked=timezone.now())


def switch_off(scim: ScimClient) -> None:
    """Make the connection of a client inactive."""
    type(scim.connection).objects.filter(pk=scim.connection.pk).update(is_active=False)


def keep_out(scim: ScimClient) -> None:
    """Let the connection of a client be used from elsewhere alone."""
    type(scim.connection).objects.filter(pk=scim.connection.pk).update(networks=["192.0.2.0/24"])


def take_scopes(scim: ScimClient) -> None:
    """Leave the token of a client nothing that reads or writes."""
    change(scim, scopes=["history"])


def ask(scim: ScimClient, path: str = "/Users", address: str = ADDRESS, **extra: Any) -> Any:
    """Send a GET from an address; return the response."""
    headers = {"Authorization": f"Bearer {scim.token}"}
    return scim.client.get(f"{ROOT}{path}", headers=headers, REMOTE_ADDR=address, **extra)


def trace(scim: ScimClient) -> tuple[str, str] | None:
    """Return from where and why the token of a client was refused last, or None if it never was."""
    scim.stored.refresh_from_db()
    return None if scim.stored.refused_at is None else (scim.stored.refused_from, scim.stored.refused_reason)


class TestReasons:
    @pytest.mark.parametrize(
        ("end", "status", "reason"),
        [
            (revoke, 401, "revoked"),
            (expire, 401, "expired"),
            (switch_off, 401, "inactive"),
            (keep_out, 401, "network"),
            (take_scopes, 403, "scope"),
        ],
    )
    def test_each_reason_is_noted_with_the_time_and_the_address(self, scim, end, status, reason):
        end(scim)

        assert ask(scim).status_code == status

        assert trace(scim) == (ADDRESS, reason)
        assert abs(timezone.now() - scim.stored.refused_at) < timedelta(minutes=1)

    def test_the_reason_that_lasts_comes_first(self, scim):
        for end, reason in ((keep_out, "network"), (switch_off, "inactive"), (expire, "expired")):
            end(scim)
            change(scim, refused_at=None)
            ask(scim)
            assert trace(scim) == (ADDRESS, reason)

    @pytest.mark.parametrize(("method", "path"), PROTECTED)
    def test_reasons_are_noted_at_each_endpoint(self, scim, method, path):
        revoke(scim)

        assert scim.request(method, path).status_code == 401
        assert trace(scim) == ("127.0.0.1", "revoked")

    @pytest.mark.parametrize("path", ["/Users", "/history"])
    def test_a_token_without_the_scope_is_noted_for_what_it_asks(self, scim, path):
        assert ask(scim, path).status_code == (200 if path == "/Users" else 403)

        assert trace(scim) == (None if path == "/Users" else (ADDRESS, "scope"))

    def test_a_token_that_may_read_leaves_a_trace_where_it_writes(self, connection):
        scim = ScimClient(connection, "read")

        assert scim.post("/Users", user()).status_code == 403
        assert trace(scim) == ("127.0.0.1", "scope")

    @pytest.mark.parametrize(
        ("address", "noted"),
        [("2001:db8::1", "2001:db8::1"), ("fe80::1%\0" + "x" * 500, "fe80::1"), ("", ""), ("x" * 500, "")],
        ids=["IPv6", "zone", "none", "nonsense"],
    )
    def test_an_address_is_noted_as_an_address_whatever_is_sent(self, scim, address, noted):
        revoke(scim)

        assert ask(scim, address=address).status_code == 401
        assert trace(scim) == (noted, "revoked")

    def test_the_address_is_that_of_the_client_behind_the_proxies_of_the_project(self, scim, settings):
        settings.DJANGO_SCIM = {"TRUSTED_PROXIES": 1}
        revoke(scim)

        ask(scim, address="192.0.2.1", HTTP_X_FORWARDED_FOR=f"198.51.100.1, {ADDRESS}")

        assert trace(scim) == (ADDRESS, "revoked")


class TestNothingElse:
    """A trace cannot fill anything, costs a valid request nothing, and tells a client nothing."""

    @pytest.mark.django_db
    def test_an_unknown_token_leaves_nothing_and_writes_nothing(self, scim, anonymous):
        for token in (make_token(), f"{scim.token}x", scim.stored.digest, "unknown", ""):
            with CaptureQueriesContext(database) as queries:
                anonymous.get(f"{ROOT}/Users", headers={"Authorization": f"Bearer {token}"})
            assert not [each for each in queries if each["sql"].startswith("UPDATE")]

        assert trace(scim) is None

    def test_a_valid_request_costs_no_query_more(self, scim, django_assert_num_queries):
        scim.get("/Users?count=0")
        with CaptureQueriesContext(database) as before:
            scim.get("/Users?count=0")
        change(scim, refused_at=timezone.now(), refused_reason="network")

        with CaptureQueriesContext(database) as queries:
            scim.get("/Users?count=0")

        assert len(queries) == len(before)
        assert len([each for each in queries if "accesstoken" in each["sql"]]) == 1

    def test_a_refused_request_costs_two_queries_more_and_one_within_the_minute(
        self, scim, django_assert_num_queries
    ):
        revoke(scim)

        with django_assert_num_queries(3):
            ask(scim)
        with django_assert_num_queries(2):
            ask(scim)

    def test_a_trace_is_written_once_a_minute(self, scim):
        revoke(scim)
        ask(scim)

        for ago, address in ((58, ADDRESS), (61, "198.51.100.1")):
            change(scim, refused_at=timezone.now() - timedelta(seconds=ago))
            ask(scim, address="198.51.100.1")
            assert trace(scim) == (address, "revoked")

    def test_a_trace_is_not_in_the_history_nor_in_the_last_use(self, scim):
        expire(scim)

        ask(scim)

        assert not ProvisioningEvent.objects.exists()
        scim.stored.refresh_from_db()
        assert (scim.stored.last_used, scim.stored.user_agent) == (None, "")

    def test_beyond_the_rate_of_wrong_tokens_nothing_is_noted(self, scim, settings, shared_cache):
        settings.DJANGO_SCIM = {"THROTTLE_RATES": {"failed_authentication": "1/minute"}}
        revoke(scim)
        assert ask(scim).status_code == 401
        change(scim, refused_at=None)

        assert ask(scim).status_code == 429
        assert trace(scim) is None

    @pytest.mark.usefixtures("kept_open")
    def test_the_answer_is_out_before_the_database_is_asked_whether_it_knows_the_token(self, scim):
        revoke(scim)

        known, close = answer(scim.token)
        unknown, _ = answer(make_token())

        assert known == unknown
        assert known[0].startswith("401")
        assert trace(scim) is None
        close()
        assert trace(scim) == (ADDRESS, "revoked")


def answer(token: str) -> Any:
    """Send a GET; return the answer with its number of queries, and what the server does afterwards."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"{ROOT}/Users",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(),
        "REMOTE_ADDR": ADDRESS,
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "HTTP_X_REQUEST_ID": "one",
    }
    started: list[Any] = []
    handler: Any = WSGIHandler()
    with CaptureQueriesContext(database) as queries:
        response = handler(environ, lambda *args: started.extend(args))
        body = b"".join(response)
    return (*started, body, len(queries)), response.close


class TestDatabase:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("number", [2, 3], ids=["the look-up", "the write"])
    def test_a_database_that_refuses_makes_no_other_answer_and_no_line_of_the_log(
        self, connection, number, caplog
    ):
        scim = ScimClient(connection)
        revoke(scim)
        caplog.set_level(logging.INFO)
        asked: list[str] = []

        def refuse(execute, sql, params, many, context):
            asked.append(sql)
            if len(asked) == number:
                raise OperationalError("read-only")
            return execute(sql, params, many, context)

        with database.execute_wrapper(refuse):
            response = ask(scim)

        assert response.status_code == 401
        assert len(asked) == number
        assert "read-only" not in caplog.text
        assert trace(scim) is None

    @pytest.mark.django_db(transaction=True)
    def test_of_requests_at_once_one_is_noted(self, connection):
        scim = ScimClient(connection)
        revoke(scim)
        addresses = [f"203.0.113.{number}" for number in range(1, 7)]

        responses = at_once(*[partial(one, scim.token, address) for address in addresses])

        assert {response.status_code for response in responses} == {401}
        first = trace(scim)
        assert first is not None
        assert first[0] in addresses

    @pytest.mark.django_db(transaction=True)
    def test_of_two_who_have_read_the_same_row_one_writes(self, connection):
        """The condition is the database's: both have seen that nothing was noted yet."""
        stored, _ = AccessToken.objects.issue(connection)
        rows = [AccessToken.objects.get(pk=stored.pk) for _ in range(2)]
        now = timezone.now()

        for row, address in zip(rows, ("203.0.113.1", "203.0.113.2"), strict=True):
            row.note_refusal(now, address, RefusalReason.REVOKED)

        stored.refresh_from_db()
        assert stored.refused_from == "203.0.113.1"

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize("end", [revoke, take_scopes])
    def test_a_project_that_has_each_request_in_a_transaction_keeps_the_trace(
        self, connection, end, monkeypatch
    ):
        monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
        scim = ScimClient(connection)
        end(scim)

        ask(scim)

        assert trace(scim) is not None


def one(token: str, address: str) -> Any:
    """Send a request with a client of its own."""
    headers = {"Authorization": f"Bearer {token}"}
    return HttpsClient().get(f"{ROOT}/Users", headers=headers, REMOTE_ADDR=address)


@pytest.mark.django_db
class TestTenants:
    @pytest.mark.urls("tests.api.urls_of_tenants")
    def test_a_trace_is_left_at_the_tokens_own_tenant_whichever_address_it_is_sent_to(self, settings):
        settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "name"}}
        acme, globex = (Company.objects.create(name=name) for name in ("acme", "globex"))
        own, other = client_of(acme), client_of(globex, root="/orgs/globex/scim/v2")
        expire(own)

        for root in (own.root, other.root):
            own.root = root
            change(own, refused_at=None)
            assert own.get("/Users").status_code == 401
            assert trace(own) == ("127.0.0.1", "expired")

        assert trace(other) is None

    def test_a_trace_is_of_the_token_that_was_sent(self):
        connection = ConnectionFactory.create()
        old, new = ScimClient(connection), ScimClient(connection)
        revoke(old)

        ask(old)
        ask(new)

        assert (trace(old), trace(new)) == ((ADDRESS, "revoked"), None)
