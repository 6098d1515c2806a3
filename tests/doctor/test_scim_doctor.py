"""``manage.py scim_doctor``: before the live server, and before proxies that are broken."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
from http.server import ThreadingHTTPServer
from io import StringIO
from shutil import which
from threading import Thread
from urllib.error import URLError
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError
from django.db.models.signals import post_save, pre_delete
from django.utils import timezone

from django_scim.doctor.examining import examine
from django_scim.doctor.findings import Level
from django_scim.doctor.http import Http
from django_scim.doctor.visitor import LIFETIME
from django_scim.models import AccessToken, Connection, ProvisioningEvent
from tests.doctor import proxies
from tests.factories import ConnectionFactory
from tests.hosts.small.models import Company
from tests.servers import free_port
from tests.tables import all_rows

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(live_server, settings):
    """The live server, without TLS: only this machine reads what is sent to it."""
    settings.DJANGO_SCIM = {"ALLOW_HTTP": True, "MAX_PAYLOAD_SIZE": 256 * 1024}
    return live_server.url


def failures(report):
    """Return the topics and texts of what fails."""
    return {
        finding.topic: f"{finding.text} {finding.remedy}" for finding in report.findings if finding.is_failure
    }


def topics(report, level):
    """Return the topics of the findings of a level."""
    return [finding.topic for finding in report.findings if finding.level is level]


def examined(site, kind, **options):
    """Return what is found before the live server by way of a proxy."""
    with proxies.before(site, kind) as address:
        return examine(f"{address}/scim/v2", **options)


class TestSoundServer:
    def test_a_server_that_is_sound_has_no_failure(self, site):
        report = examine(f"{site}/scim/v2")

        assert failures(report) == {}
        assert topics(report, Level.OK) == [
            "URLs",
            "tables",
            "reach",
            "addresses",
            "clock",
            "redirects",
            "Authorization",
            "methods",
            "filters",
            "bodies",
        ]

    def test_the_address_of_the_site_is_enough(self, site):
        assert examine(site).url == f"{site}/scim/v2"

    def test_nothing_stays_in_any_table(self, site):
        before = all_rows()

        examine(site, with_round_trip=True)

        assert all_rows() == before

    def test_a_proxy_that_passes_everything_on_has_no_failure(self, site):
        assert failures(examined(site, proxies.Proxy)) == {}

    def test_a_cache_that_is_shared_is_told(self, site, shared_cache):
        assert "cache" in topics(examine(site), Level.OK)

    def test_a_cache_that_is_not_shared_is_a_note(self, site):
        report = examine(site)

        assert "cache" in topics(report, Level.NOTE)
        assert "Use Redis or Memcached" in str(report)

    def test_what_system_checks_say_is_told_with_their_hints(self, site):
        report = examine(site)

        assert "check django_scim.W041" in topics(report, Level.NOTE)

    def test_missing_indexes_are_told(self, site):
        assert "manage.py scim_createindexes" in str(examine(site))


BROKEN = {
    proxies.StripsAuthorization: ("Authorization", "WSGIPassAuthorization On"),
    proxies.WantsPassword: ("Authorization", "wants a login of its own"),
    proxies.ForgetsHost: ("addresses", "proxy_set_header Host"),
    proxies.RedirectsToItself: ("proxy header", "SECURE_PROXY_SSL_HEADER"),
    proxies.RedirectsToTls: ("redirects", "the address with https"),
    proxies.WantsLogin: ("login", "/accounts/login/"),
    proxies.ShowsPage: ("login", "single-page app"),
    proxies.TakesSlashAway: ("redirects", "with a slash and without"),
    proxies.LimitsBodies: ("bodies", "client_max_body_size"),
    proxies.ForbidsMethods: ("methods", "PUT (405), PATCH (405), DELETE (405)"),
    proxies.FearsQuotes: ("filters", "look for SQL"),
    proxies.IsAlone: ("reach", "The proxy does not reach the app"),
    proxies.SpeaksNoHttp: ("reach", "speaks no HTTP"),
}
"""What each proxy breaks, and a part of what is said of it."""


class TestBrokenServer:
    @pytest.mark.parametrize("kind", BROKEN, ids=lambda kind: kind.__name__)
    def test_what_a_proxy_breaks_is_found_with_its_remedy(self, site, kind):
        topic, said = BROKEN[kind]

        found = failures(examined(site, kind))

        assert list(found) == [topic]
        assert said in found[topic]

    def test_the_size_of_body_that_a_proxy_takes_is_told(self, site):
        (said,) = failures(examined(site, proxies.LimitsBodies)).values()

        assert said.startswith("A body of 64 KiB arrives, and one of 128 KiB is refused before the app")

    def test_a_wrong_clock_is_a_note(self, site):
        report = examined(site, proxies.IsSlowWatch)

        assert "clock" in topics(report, Level.NOTE)

    def test_a_host_that_the_settings_do_not_allow_is_named(self, site, settings):
        settings.ALLOWED_HOSTS = ["app.example.com"]

        assert "ALLOWED_HOSTS has no" in failures(examine(site))["ALLOWED_HOSTS"]

    def test_a_server_that_takes_requests_for_such_without_tls_is_told(self, site, settings):
        settings.DJANGO_SCIM = {}

        assert "Give the address with https" in failures(examine(site))["TLS"]

    def test_routes_without_those_of_the_app_are_named(self, site, settings):
        settings.ROOT_URLCONF = "tests.admin.connections.urls_without_scim"

        found = failures(examine(f"{site}/scim/v2"))

        assert [*found] == ["URLs"]
        assert "SCIM is not there" in found["URLs"]

    def test_an_address_where_nobody_listens_is_told(self, site):
        assert "Nothing listens at" in failures(examine(f"http://127.0.0.1:{free_port()}"))["reach"]

    def test_no_token_is_sent_elsewhere_without_tls(self, site, monkeypatch):
        before = examine(site)
        monkeypatch.setattr("django_scim.doctor.examining.is_loopback", lambda _: False)
        with receiving_tokens() as made:
            report = examine(site)

        assert "TLS" not in failures(before)
        assert "no token was sent" in failures(report)["TLS"]
        assert made == []

    def test_a_host_name_that_is_not_known_is_told(self, site, monkeypatch):
        def fail(*arguments, **options):
            raise URLError(socket.gaierror(-2, "Name or service not known"))

        monkeypatch.setattr("urllib.request.OpenerDirector.open", fail)

        assert "is not known" in failures(examine("https://app.example.com"))["reach"]


def receiving_tokens():
    """Return a context manager with the tokens that are made in it."""
    return ReceivingSaves(AccessToken)


class ReceivingSaves:
    """Collects the rows of a model that are saved."""

    def __init__(self, model):
        self.model, self.saved = model, []

    def __enter__(self):
        post_save.connect(self.receive, sender=self.model)
        return self.saved

    def __exit__(self, *exception):
        post_save.disconnect(self.receive, sender=self.model)

    def receive(self, instance, **kwargs):
        self.saved.append(instance)


@pytest.fixture
def self_signed(tmp_path, monkeypatch):
    """A server with a certificate that nobody trusts."""
    openssl = which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout"
    subprocess.run(  # noqa: S603 - a program of the machine
        [openssl, *options.split(), key, "-out", certificate], check=True, capture_output=True
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), proxies.ShowsPage)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setattr(server, "handle_error", lambda *_: None)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


class TestTls:
    def test_a_certificate_that_nobody_trusts_is_told(self, site, self_signed):
        assert "signed by itself" in failures(examine(self_signed))["TLS"]

    def test_a_server_without_tls_at_an_https_address_is_told(self, site):
        assert "speaks no TLS" in failures(examine(site.replace("http:", "https:")))["TLS"]


class TestRoundTrip:
    def test_a_user_is_created_deactivated_and_deleted_without_a_trace(self, site):
        before = all_rows()
        with ReceivingSaves(User) as saved:
            report = examine(site, with_round_trip=True)

        assert "round trip" in topics(report, Level.OK)
        assert {user.username.partition("-")[0] for user in saved} == {"scim"}
        assert all_rows() == before

    def test_without_being_asked_no_user_is_made(self, site):
        with ReceivingSaves(User) as saved:
            examine(site)

        assert saved == []

    def test_what_the_project_puts_beside_the_user_is_deleted_too(self, site):
        def welcome(instance, **kwargs):
            instance.groups.add(Group.objects.get_or_create(name="Newcomers")[0])

        post_save.connect(welcome, sender=User)
        try:
            report = examine(site, with_round_trip=True)
        finally:
            post_save.disconnect(welcome, sender=User)

        assert failures(report) == {}
        assert not User.objects.exists()
        assert not User.groups.through.objects.exists()

    def test_a_round_trip_that_the_project_refuses_says_at_which_step(self, site, settings):
        settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "POLICIES": ["tests.preflight.broken.forbid"]}
        before = all_rows()

        found = failures(examine(site, with_round_trip=True))

        assert (
            "The creation of a user fails. It is answered 403: no addresses for names." in found["round trip"]
        )
        assert all_rows() == before

    def test_a_row_that_cannot_be_deleted_is_named(self, site):
        def protect(instance, **kwargs):
            raise ProtectedError("orders refer to it", {instance})

        pre_delete.connect(protect, sender=User)
        try:
            report = examine(site, with_round_trip=True)
        finally:
            pre_delete.disconnect(protect, sender=User)

        assert "is still there" in failures(report)["round trip"]
        assert not User.objects.get().is_active
        assert not Connection.objects.exists()

    def test_addresses_are_of_the_domain_of_the_connection(self, site):
        connection = ConnectionFactory.create(domains=["acme.example"], networks=["203.0.113.0/24"])

        assert failures(examine(site, connection, with_round_trip=True)) == {}

    def test_an_interruption_leaves_nothing(self, site, monkeypatch):
        def interrupt(*arguments):
            raise KeyboardInterrupt

        monkeypatch.setattr("django_scim.doctor.examining.round_trip", interrupt)

        with pytest.raises(KeyboardInterrupt):
            examine(site, with_round_trip=True)

        assert not Connection.objects.exists()
        assert not ProvisioningEvent.objects.exists()


class TestVisitor:
    def test_what_a_killed_command_has_left_is_deleted_and_nothing_else(self, site):
        left = ConnectionFactory.create(name=f"scim_doctor {uuid4()}")
        others = [ConnectionFactory.create(name=name) for name in ("scim_doctor of Ada", "Okta")]
        for connection in (left, *others):
            AccessToken.objects.issue(connection, expires=timezone.now())

        examine(site)

        assert {*Connection.objects.all()} == {*others}

    def test_the_connection_of_a_command_that_runs_is_left_alone(self, site):
        running = ConnectionFactory.create(name=f"scim_doctor {uuid4()}")
        AccessToken.objects.issue(running, expires=timezone.now() + LIFETIME)

        examine(site)

        assert Connection.objects.get() == running


@pytest.mark.urls("tests.api.urls_of_tenants")
class TestTenants:
    @pytest.fixture
    def acme(self, site, settings):
        """A connection whose tenant its address names."""
        settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "TENANT_IN_ADDRESS": {"org": "name"}}
        return ConnectionFactory.create(tenant=Company.objects.create(name="acme"))

    def test_the_address_is_that_of_the_tenant_of_the_connection(self, site, acme):
        report = examine(site, acme)

        assert report.url == f"{site}/orgs/acme/scim/v2"
        assert failures(report) == {}

    def test_without_a_connection_one_is_asked_for(self, site, acme):
        report = examine(site)

        assert "URLs" in topics(report, Level.NOTE)
        assert "--connection NAME" in str(report)


class TestCommand:
    def run(self, *arguments):
        out = StringIO()
        call_command("scim_doctor", *arguments, stdout=out, no_color=True)
        return out.getvalue()

    def test_people_read_what_was_looked_at(self, site):
        printed = self.run(site)

        assert printed.startswith(f"{site}/scim/v2: no problem\n")
        assert "ok     Authorization: The token arrives, and /Users can be read.\n" in printed

    def test_a_program_reads_json(self, site):
        report = json.loads(self.run(site, "--json"))

        assert report["passed"] is True
        assert {
            "level": "ok",
            "topic": "methods",
            "text": "PUT, PATCH, DELETE arrive at the app.",
            "remedy": "",
        } in report["findings"]

    def test_a_problem_is_an_exit_status_of_one(self, site):
        with (
            proxies.before(site, proxies.StripsAuthorization) as address,
            pytest.raises(CommandError, match="1 of these keeps identity providers out") as error,
        ):
            self.run(f"{address}/scim/v2")

        assert error.value.returncode == 1

    def test_without_a_url_the_first_allowed_host_is_asked(self, settings, monkeypatch):
        settings.ALLOWED_HOSTS = [".example.com", "app.example.com"]
        asked = []

        def send(self, method, url, **options):
            asked.append(url)
            raise AssertionError

        monkeypatch.setattr(Http, "send", send)
        with pytest.raises(AssertionError):
            self.run()

        assert asked == ["https://app.example.com/scim/v2/ServiceProviderConfig"]

    def test_without_a_url_and_a_host_the_url_is_asked_for(self, settings):
        settings.ALLOWED_HOSTS = ["*"]

        with pytest.raises(CommandError, match="give the URL"):
            self.run()

    @pytest.mark.parametrize(
        "url",
        [
            "app.example.com",
            "ftp://app.example.com",
            "https://",
            "https://[::1",
            "https://app.example.com/a b",
        ],
    )
    def test_what_is_no_address_is_refused(self, url):
        with pytest.raises(CommandError):
            self.run(url)

    def test_an_unknown_connection_is_refused_with_a_hint(self, site):
        ConnectionFactory.create(name="Acme")

        with pytest.raises(CommandError, match="Did you mean 'Acme'"):
            self.run(site, "--connection", "Acne")

    def test_a_timeout_that_is_none_is_refused(self):
        with pytest.raises(CommandError, match="is not a number of seconds"):
            self.run("https://app.example.com", "--timeout", "soon")
