"""Where a request comes from, and from where a connection may be used."""

from __future__ import annotations

import orjson
import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks

from django_scim.models import ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM, ScimClient
from tests.factories import ConnectionFactory
from tests.representations import user

INSIDE = "192.0.2.7"
OUTSIDE = "198.51.100.7"


@pytest.fixture
def office():
    """Return a client whose connection may be used from some networks."""

    def make(*networks: str) -> ScimClient:
        return ScimClient(ConnectionFactory.create(networks=list(networks)))

    return make


def ask(scim, address, forwarded=None, method="GET", body=b""):
    """Send a request from an address; return the response."""
    headers = {"Authorization": f"Bearer {scim.token}"}
    if forwarded is not None:
        headers["X-Forwarded-For"] = forwarded
    return scim.client.generic(
        method, f"{ROOT}/Users", body, content_type=SCIM, headers=headers, REMOTE_ADDR=address
    )


@pytest.mark.django_db
class TestNetworks:
    @pytest.mark.parametrize(
        ("networks", "address"),
        [
            ([], OUTSIDE),
            ([], ""),
            (["192.0.2.0/24"], INSIDE),
            (["192.0.2.7"], INSIDE),
            (["198.51.100.0/24", "192.0.2.0/24"], INSIDE),
            (["2001:db8::/32"], "2001:db8::1"),
            (["0.0.0.0/0"], OUTSIDE),
            (["192.0.2.0/24"], f"::ffff:{INSIDE}"),
        ],
    )
    def test_networks_let_in_who_comes_from_one(self, office, networks, address):
        assert ask(office(*networks), address).status_code == 200

    @pytest.mark.parametrize(
        ("networks", "address"),
        [
            (["192.0.2.0/24"], OUTSIDE),
            (["192.0.2.7"], "192.0.2.8"),
            (["192.0.2.0/24"], "2001:db8::1"),
            (["2001:db8::/32"], INSIDE),
            (["::/0"], f"::ffff:{INSIDE}"),
            (["0.0.0.0/0"], ""),
            (["0.0.0.0/0"], "unknown"),
            (["0.0.0.0/0"], "192.0.2.7.example"),
        ],
    )
    def test_networks_keep_out_who_comes_from_elsewhere(self, office, networks, address):
        assert_scim_error(ask(office(*networks), address), 401)

    def test_networks_keep_out_with_the_answer_to_a_wrong_token(self, office, anonymous):
        refused = ask(office("192.0.2.0/24"), OUTSIDE)
        unknown = anonymous.get(f"{ROOT}/Users", headers={"Authorization": "Bearer unknown"})

        assert (refused.status_code, refused.content) == (unknown.status_code, unknown.content)
        assert refused.headers["WWW-Authenticate"] == unknown.headers["WWW-Authenticate"]

    def test_networks_keep_out_without_a_trace_but_in_the_log(self, office, caplog):
        scim = office("192.0.2.0/24")

        ask(scim, OUTSIDE, method="POST", body=orjson.dumps(user("barbara")))

        assert not User.objects.exists()
        scim.stored.refresh_from_db()
        assert scim.stored.last_used is None
        assert not ProvisioningEvent.objects.exists()
        assert f"{scim.connection} may not be used from {OUTSIDE}" in caplog.text
        assert scim.token not in caplog.text

    def test_networks_are_asked_of_connections_that_the_project_authenticates_too(self, anonymous, settings):
        settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": ["tests.api.hosts.NamedConnection"]}
        connection = ConnectionFactory.create(networks=["192.0.2.0/24"])
        headers = {"X-Connection": connection.name}

        statuses = [
            anonymous.get(f"{ROOT}/Users", headers=headers, REMOTE_ADDR=address).status_code
            for address in (INSIDE, OUTSIDE)
        ]

        assert statuses == [200, 401]

    @pytest.mark.parametrize("networks", [["nonsense"], ["10.0.0.1/8"], [""], ["192.0.2.0/24/8"]])
    def test_networks_that_are_none_let_nobody_in(self, office, networks, caplog):
        """No form accepts them, but a script may write them."""
        assert_scim_error(ask(office(*networks), INSIDE), 401)
        assert "among its networks" in caplog.text


@pytest.mark.django_db
class TestProxies:
    """The header X-Forwarded-For counts as far as proxies of the project have written it."""

    @pytest.mark.parametrize("forwarded", [INSIDE, f"{INSIDE}, 10.0.0.1"])
    def test_proxies_that_nobody_has_named_change_nothing(self, office, forwarded):
        scim = office("192.0.2.0/24")

        assert ask(scim, OUTSIDE, forwarded).status_code == 401
        assert ask(scim, INSIDE, OUTSIDE).status_code == 200

    @pytest.mark.parametrize(
        ("proxies", "forwarded"),
        [
            (1, INSIDE),
            (1, f"{OUTSIDE},{INSIDE}"),
            (1, f"{OUTSIDE} ,  {INSIDE} "),
            (2, f"{INSIDE}, 10.0.0.1"),
            (2, f"{OUTSIDE}, {INSIDE}, 10.0.0.1"),
            (2, INSIDE),
            (1, f"{INSIDE}:49152"),
            (1, f"::ffff:{INSIDE}"),
            (1, f"[::ffff:{INSIDE}]:443"),
        ],
    )
    def test_proxies_tell_the_address_of_the_client(self, office, settings, proxies, forwarded):
        settings.DJANGO_SCIM = {"TRUSTED_PROXIES": proxies}

        assert ask(office("192.0.2.0/24"), "10.0.0.2", forwarded).status_code == 200

    @pytest.mark.parametrize(
        ("proxies", "forwarded"),
        [
            (1, f"{INSIDE}, {OUTSIDE}"),
            (2, f"{INSIDE}, {OUTSIDE}, 10.0.0.1"),
            (1, "unknown"),
            (1, ""),
            (1, ","),
            (1, f"{INSIDE} {OUTSIDE}"),
            (1, "[192.0.2.7"),
            (1, "192.0.2.7:x"),
            (1, "\x00"),
            (1, "9" * 5000),
        ],
    )
    def test_proxies_do_not_let_a_client_choose_its_address(self, office, settings, proxies, forwarded):
        settings.DJANGO_SCIM = {"TRUSTED_PROXIES": proxies}

        assert_scim_error(ask(office("192.0.2.0/24"), INSIDE, forwarded), 401)

    def test_proxies_that_add_no_header_leave_the_address_of_the_connection(self, office, settings):
        settings.DJANGO_SCIM = {"TRUSTED_PROXIES": 1}

        assert ask(office("192.0.2.0/24"), INSIDE).status_code == 200

    def test_proxies_may_be_named_in_the_settings_of_rest_framework(self, office, settings):
        settings.REST_FRAMEWORK = {"NUM_PROXIES": 1}

        assert ask(office("192.0.2.0/24"), "10.0.0.2", f"{OUTSIDE}, {INSIDE}").status_code == 200

    def test_proxies_are_none_where_the_setting_says_so_whatever_rest_framework_is_told(
        self, office, settings
    ):
        settings.DJANGO_SCIM = {"TRUSTED_PROXIES": 0}
        settings.REST_FRAMEWORK = {"NUM_PROXIES": 1}

        assert ask(office("192.0.2.0/24"), OUTSIDE, INSIDE).status_code == 401

    @pytest.mark.parametrize("number", [None, 0])
    def test_proxies_that_rest_framework_knows_nothing_of_are_not_trusted(self, office, settings, number):
        settings.REST_FRAMEWORK = {"NUM_PROXIES": number}

        assert ask(office("192.0.2.0/24"), OUTSIDE, INSIDE).status_code == 401


class TestChecks:
    @pytest.fixture
    def warns(self, settings):
        """Return whether the checks of a deployment warn of addresses, with settings."""

        def run(scim=None, **configured):
            settings.DJANGO_SCIM = scim or {}
            for name, value in configured.items():
                setattr(settings, name, value)
            messages = run_checks(tags=["django_scim"], include_deployment_checks=True)
            return "django_scim.W043" in {message.id for message in messages}

        return run

    @pytest.mark.parametrize(
        "configured",
        [{}, {"SECURE_PROXY_SSL_HEADER": None, "USE_X_FORWARDED_HOST": True}],
    )
    def test_checks_warn_of_a_proxy_whose_clients_are_not_known(self, warns, configured):
        assert warns(**configured)

    @pytest.mark.parametrize(
        "configured",
        [
            {"scim": {"TRUSTED_PROXIES": 1}},
            {"REST_FRAMEWORK": {"NUM_PROXIES": 1}},
            {"SECURE_PROXY_SSL_HEADER": None},
        ],
    )
    def test_checks_are_content_where_they_are_or_there_is_none(self, warns, configured):
        assert not warns(**configured)
