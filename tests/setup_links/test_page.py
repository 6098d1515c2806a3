"""What a link shows, to whom, and for how long."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import DatabaseError, OperationalError, connections
from django.utils import timezone, translation

from django_scim.models import AccessToken, Connection, SetupLink
from django_scim.setup_guides import PROVIDERS
from django_scim.setup_links import views
from django_scim.setup_links.addresses import is_routed, page_path
from django_scim.token_format import LINK_PATTERN, PATTERN, is_link, is_token, make_link
from tests.factories import ConnectionFactory
from tests.hosts.small.models import Company
from tests.setup_guides.guides import fields_of
from tests.setup_links.conftest import shared

pytestmark = pytest.mark.django_db

BASE_URL = "https://testserver/scim/v2"


def secret_of(path):
    """Return the secret in the path of a link."""
    return path.rpartition("/")[2]


class TestTheLink:
    def test_the_link_is_stored_as_a_digest_alone(self, share):
        link, path = share()

        row = SetupLink.objects.filter(pk=link.pk).values().get()
        assert secret_of(path) not in str(row)
        assert str(link) == f"{secret_of(path)[:17]}…"

    def test_the_link_is_long_random_and_known_by_its_form(self, share):
        secrets = {secret_of(share()[1]) for _ in range(20)}

        assert len(secrets) == 20
        assert all(is_link(secret) and LINK_PATTERN.fullmatch(secret) for secret in secrets)
        assert not any(is_token(secret) or PATTERN.fullmatch(secret) for secret in secrets)

    @pytest.mark.parametrize("text", ["", "scim_setup_", "scim_setup_" + "x" * 49, "scim_" + "x" * 49])
    def test_the_link_is_no_text_that_only_looks_like_it(self, text):
        assert not is_link(text)

    def test_the_link_is_good_as_no_token(self, share, customer):
        _, path = share()

        answer = customer.get("/scim/v2/Users", headers={"Authorization": f"Bearer {secret_of(path)}"})

        assert answer.status_code == 401


class TestWhatItShows:
    def test_what_it_shows_is_the_base_url_and_the_steps_and_fields_of_the_provider(self, share, customer):
        _, path = share(provider="entra")

        text = customer.get(path).text

        assert f'value="{BASE_URL}"' in text
        assert "Set up provisioning: Microsoft Entra ID" in text
        for label, value in fields_of(PROVIDERS["entra"], BASE_URL):
            shown = re.escape(value.strip("`"))
            assert re.search(rf'<th scope="row">{label}</th><td>(<code>)?{shown}', text)
        assert "Okta" not in text

    @pytest.mark.parametrize("slug", PROVIDERS)
    def test_what_it_shows_is_there_as_text_too_for_each_provider(self, share, customer, slug):
        _, path = share(provider=slug)

        (area,) = re.findall(r"<textarea[^>]*>(.*?)</textarea>", customer.get(path).text, re.DOTALL)

        lines = unescape(area).splitlines()
        for label, value in fields_of(PROVIDERS[slug], BASE_URL):
            assert f"- {label}: {value.strip('`')}" in lines
        assert any(line.startswith("1. ") for line in lines)
        assert "<" not in "".join(lines)

    def test_what_it_shows_is_nothing_else_of_the_connection(self, customer):
        connection = ConnectionFactory.create(
            name="Acme, who pay late",
            dialect="okta",
            domains=["acme.example"],
            networks=["192.0.2.0/24"],
            notify=["ada@service.example"],
        )
        connection.pause("a reason of our own")
        token, _ = AccessToken.objects.issue(connection, description="in the vault")
        _, path = shared(connection, description="for Bob", created_by="ada")

        text = customer.get(path).text

        for told in (
            "Acme",
            "acme.example",
            "192.0.2.0",
            "ada",
            "a reason",
            "the vault",
            "for Bob",
            token.hint,
        ):
            assert told not in text

    def test_what_it_shows_is_that_of_another_provider_where_its_own_is_gone(self, share, customer):
        _, path = share(provider="one of before")

        assert "Set up provisioning: Another provider" in customer.get(path).text

    @pytest.mark.urls("tests.setup_links.urls_of_tenants")
    def test_what_it_shows_is_the_address_of_the_tenant(self, customer, settings):
        settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "name"}}
        acme = Company.objects.create(name="acme")
        tenant = {"tenant_type": ContentType.objects.get_for_model(Company), "tenant_id": str(acme.pk)}
        _, path = shared(ConnectionFactory.create(**tenant))
        _, other = shared(ConnectionFactory.create())

        assert 'value="https://testserver/orgs/acme/scim/v2"' in customer.get(path).text
        assert "Ask whoever sent you the link for the SCIM base URL" in customer.get(other).text

    def test_what_it_shows_is_in_the_language_that_is_active(self, share, customer):
        _, path = share()

        with translation.override("ar"):
            assert '<html lang="ar" dir="rtl">' in customer.get(path, headers={"Accept-Language": "ar"}).text

    def test_what_it_shows_needs_no_inline_script_and_no_style(self, share, customer):
        _, path = share()

        text = customer.get(path).text

        assert re.findall(r"<script[^>]*>([^<]*)</script>", text) == ["", ""]
        assert "<style" not in text
        assert not re.search(r"""\s(on\w+|style)=["']""", text)
        assert "http-equiv" not in text

    def test_what_it_shows_takes_the_same_queries_whatever_has_happened(
        self, share, customer, scim, django_assert_num_queries
    ):
        _link, path = share()
        with django_assert_num_queries(3):  # The link, its last opening, what has arrived.
            customer.get(path)
        for number in range(3):
            scim.post(
                "/Users",
                {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": f"u{number}"},
            )

        with django_assert_num_queries(2):
            customer.get(path)


class TestWhoOpensIt:
    def test_who_opens_it_needs_no_login_and_gets_no_cookie(self, share, customer):
        _, path = share()

        response = customer.get(path)

        assert response.status_code == 200
        assert not response.cookies
        assert not Session.objects.exists()

    def test_who_opens_it_is_noted_once_a_minute(self, share, customer):
        link, path = share()

        customer.get(path)
        link.refresh_from_db()
        opened = link.last_opened
        customer.get(path)
        link.refresh_from_db()

        assert timezone.now() - opened < timedelta(seconds=30)
        assert link.last_opened == opened
        SetupLink.objects.update(last_opened=opened - timedelta(minutes=2))
        customer.get(path)
        link.refresh_from_db()
        assert link.last_opened > opened - timedelta(minutes=1)

    @pytest.mark.parametrize("end", ["", "/"])
    def test_who_opens_it_with_or_without_a_slash_sees_it(self, share, customer, end):
        assert customer.get(share()[1] + end).status_code == 200

    def test_who_opens_it_by_http_sees_nothing(self, share, client):
        link, path = share()

        response = client.get(path)

        assert response.status_code == 403
        assert "scim/v2" not in response.text
        link.refresh_from_db()
        assert link.last_opened is None

    def test_who_opens_it_by_http_may_where_the_service_may_be_reached_so(self, share, client, settings):
        settings.DJANGO_SCIM = {"ALLOW_HTTP": True}

        assert client.get(share()[1]).status_code == 200

    @pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
    def test_who_opens_it_by_another_method_is_told_which_there_are(self, share, customer, method):
        response = getattr(customer, method)(share()[1])

        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, POST")


class TestLinksThatLeadNowhere:
    def nowhere(self):
        """Return the paths of links that are wrong, each for another reason."""
        now = timezone.now()
        connection = ConnectionFactory.create()
        inactive = ConnectionFactory.create(is_active=False)
        deleted, path_of_deleted = shared(connection)
        deleted.delete()
        return [
            shared(connection, expires=now - timedelta(seconds=1))[1],
            shared(connection, revoked=now)[1],
            shared(inactive)[1],
            path_of_deleted,
            page_path(make_link()),
            page_path("anything"),
            page_path("%00é"),
        ]

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_links_that_lead_nowhere_are_one_and_the_same_answer(self, customer, method):
        answers = [getattr(customer, method)(path) for path in self.nowhere()]

        assert {answer.status_code for answer in answers} == {404}
        assert len({answer.content for answer in answers}) == 1
        assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
        assert not AccessToken.objects.exists()

    def test_links_that_lead_nowhere_include_one_from_its_revocation_on(self, share, customer):
        link, path = share()
        assert customer.get(path).status_code == 200

        link.revoke()

        assert customer.get(path).status_code == 404

    def test_links_that_cannot_be_right_cost_no_query(self, customer, django_assert_num_queries):
        with django_assert_num_queries(0):
            customer.get(page_path("anything"))


class TestGuesses:
    @pytest.fixture(autouse=True)
    def rate(self, settings, shared_cache):
        """A rate of wrong tokens."""
        settings.DJANGO_SCIM = {"THROTTLE_RATES": {"failed_authentication": "2/hour"}}

    def test_guesses_have_the_rate_of_wrong_tokens(self, customer, django_assert_num_queries):
        customer.get("/scim/v2/Users", headers={"Authorization": "Bearer wrong"})
        assert [customer.get(page_path(make_link())).status_code for _ in range(3)] == [404, 429, 429]

        with django_assert_num_queries(0):
            response = customer.get(page_path("anything"))
        assert response.status_code == 429
        assert 0 < int(response["Retry-After"]) <= 3600

    @pytest.mark.parametrize("guess", ["1", "192", "x" * 30])
    def test_guesses_do_not_hide_from_where_they_come(self, customer, guess):
        answers = [customer.get(page_path(guess), REMOTE_ADDR="192.0.2.1") for _ in range(3)]
        elsewhere = customer.get(page_path(guess), REMOTE_ADDR="192.0.2.2")

        assert [answer.status_code for answer in answers] == [404, 404, 429]
        assert elsewhere.status_code == 404

    def test_guesses_lock_nobody_out_who_has_the_link(self, share, customer):
        _, path = share()
        for _ in range(5):
            customer.get(page_path("anything"))

        assert customer.get(path).status_code == 200


class TestHeaders:
    @pytest.mark.parametrize("kind", ["right", "wrong", "by HTTP", "by PUT", "broken"])
    def test_headers_keep_the_page_from_caches_referrers_robots_and_frames(
        self, share, customer, client, kind, monkeypatch
    ):
        _, path = share()
        if kind == "broken":
            monkeypatch.setattr(views, "progress", failing(ZeroDivisionError()))
        browser = client if kind == "by HTTP" else customer
        send = browser.put if kind == "by PUT" else browser.get

        response = send(path if kind != "wrong" else path[:-1])

        assert "no-store" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "no-referrer"
        assert "noindex" in response["X-Robots-Tag"]
        assert response["X-Frame-Options"] == "DENY"


def failing(error):
    """Return a function that raises an exception."""

    def fail(*args, **kwargs):
        raise error

    return fail


class TestFailures:
    def test_failures_tell_nothing(self, share, customer, monkeypatch):
        _, path = share()
        monkeypatch.setattr(views, "progress", failing(ZeroDivisionError("inner matters")))

        response = customer.get(path)

        assert response.status_code == 500
        assert "inner matters" not in response.text

    def test_failures_of_the_database_are_503(self, share, customer, monkeypatch):
        _, path = share()
        away = OperationalError("database is locked")
        monkeypatch.setattr(SetupLink.objects, "usable", failing(away))

        response = customer.get(path)

        assert (response.status_code, response["Retry-After"]) == (503, "1")

    @pytest.mark.parametrize("atomic", [False, True], ids=["", "in the transaction of the request"])
    @pytest.mark.parametrize(("place", "name"), [(type(AccessToken.objects), "issue"), (views, "progress")])
    def test_failures_to_make_or_show_a_token_leave_it_to_be_shown(
        self, share, customer, monkeypatch, place, name, atomic
    ):
        monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", atomic)
        _, path = share()
        monkeypatch.setattr(place, name, failing(DatabaseError("no")))

        assert customer.post(path).status_code == 500
        monkeypatch.undo()

        assert not AccessToken.objects.exists()
        assert PATTERN.search(customer.post(path).text)


class TestLogs:
    @pytest.mark.parametrize("kind", ["right", "revoked", "by HTTP", "broken", "by PUT", "with a query"])
    def test_logs_and_reports_have_no_secret_of_the_address(
        self, share, customer, client, kind, caplog, monkeypatch
    ):
        caplog.set_level(logging.DEBUG)
        _link, path = share(revoked=timezone.now() if kind == "revoked" else None)
        if kind == "broken":
            monkeypatch.setattr(views, "progress", failing(ZeroDivisionError()))
        browser = client if kind == "by HTTP" else customer
        send = browser.put if kind == "by PUT" else browser.get
        caplog.clear()

        send(
            f"{path}?again={secret_of(path)}" if kind == "with a query" else path,
            headers={"X-Original-URI": path},
        )

        assert secret_of(path) not in caplog.text
        for record in caplog.records:
            if request := getattr(record, "request", None):
                assert secret_of(path) not in f"{request!r} {request.META} {request.resolver_match.kwargs}"
        assert kind in ("right", "with a query") or "(redacted)" in caplog.text


class TestRoutes:
    @pytest.mark.urls("tests.admin.connections.urls_without_scim")
    def test_routes_that_a_project_does_not_have_lead_nowhere(self, customer):
        assert not is_routed()
        assert customer.get(f"/scim-setup/{make_link()}").status_code == 404

    @pytest.mark.urls("tests.setup_links.urls_of_tenants")
    def test_routes_with_arguments_of_the_project_show_the_page_too(self, customer, settings):
        _link, secret = SetupLink.objects.issue(
            ConnectionFactory.create(), provider="okta", expires=timezone.now() + timedelta(days=1)
        )

        assert customer.get(f"/orgs/acme/scim-setup/{secret}").status_code == 200


def test_deleting_a_connection_deletes_its_links(share, connection, customer):
    _, path = share()

    Connection.objects.get(pk=connection.pk).delete()

    assert not SetupLink.objects.exists()
    assert customer.get(path).status_code == 404
