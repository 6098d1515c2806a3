"""How often may be asked: by a connection, from an address, with wrong tokens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.core.checks import run_checks
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.api.throttling import Counter
from django_scim.conf import DEFAULT_THROTTLE_RATES, ScimSettings, check_settings
from django_scim.models import AccessToken, ProvisioningEvent
from django_scim.options import Rate, parse_rate
from django_scim.token_format import make_token
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.messages import BULK_REQUEST, SEARCH_REQUEST
from tests.representations import group, path_of, user

NOON = 1_800_000_000.0
"""A time at which a new second, minute and hour begins."""


@pytest.fixture
def clock(monkeypatch):
    """The time of day, which stands still, and can be set by tests."""

    class Clock:
        now = NOON

    monkeypatch.setattr("time.time", lambda: Clock.now)
    return Clock


@pytest.fixture
def rates(settings, clock, shared_cache):
    """Return what sets rates; those that are not given are switched off."""

    def configure(**given):
        off = dict.fromkeys(DEFAULT_THROTTLE_RATES)
        settings.DJANGO_SCIM = {"THROTTLE_RATES": {**off, **given}}

    return configure


def statuses(send, number):
    """Send a request several times; return the statuses."""
    return [send().status_code for _ in range(number)]


def search(scim):
    """Send a query in a body."""
    return scim.post("/.search", {"schemas": [SEARCH_REQUEST]})


def ask_from(scim, address, token=None, **headers):
    """Send a request from an address."""
    sent = {"Authorization": f"Bearer {token or scim.token}", **headers}
    return scim.client.get(f"{ROOT}/Users?count=0", headers=sent, REMOTE_ADDR=address)


class TestAConnection:
    def test_a_connection_is_answered_as_often_as_its_rate_says(self, scim, rates):
        rates(read="3/min")

        assert statuses(lambda: scim.get("/Users"), 4) == [200, 200, 200, 429]

    def test_a_connection_is_told_when_to_come_back(self, scim, rates, clock):
        rates(read="1/min")
        clock.now = NOON + 14.5

        scim.get("/Users")
        response = scim.get("/Users")

        assert "throttled" in assert_scim_error(response, 429)
        assert response.headers["Retry-After"] == "46"

    def test_a_connection_is_answered_again_in_the_next_period(self, scim, rates, clock):
        rates(read="1/min")
        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]

        clock.now = NOON + 60

        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]

    @pytest.mark.parametrize(
        ("rate", "seconds"), [("1/second", 1), ("1/m", 60), ("1/hour", 3600), ("1/day", 86400)]
    )
    def test_a_connection_is_counted_for_the_period_of_the_rate(self, scim, rates, clock, rate, seconds):
        rates(read=rate)
        clock.now = NOON - NOON % seconds
        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]

        clock.now += seconds - 0.01
        assert scim.get("/Users").status_code == 429

        clock.now += 0.01
        assert scim.get("/Users").status_code == 200

    def test_a_connection_has_rates_of_its_own(self, scim, rates):
        rates(read="1/min")
        other = ScimClient(ConnectionFactory.create())

        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]
        assert statuses(lambda: other.get("/Users"), 2) == [200, 429]

    def test_a_connection_has_its_rates_once_for_all_its_tokens(self, scim, rates):
        rates(read="1/min")

        assert scim.get("/Users").status_code == 200
        assert ScimClient(scim.connection).get("/Users").status_code == 429

    def test_a_connection_reads_and_writes_by_different_rates(self, scim, rates):
        rates(read="1/min", write="2/min")

        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]
        assert [scim.post("/Users", user(f"user{number}")).status_code for number in range(3)] == [
            201,
            201,
            429,
        ]
        assert User.objects.count() == 2

    @pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
    def test_a_connection_reads_by_all_methods_that_change_nothing(self, scim, rates, method):
        rates(read="1/min")

        assert statuses(lambda: scim.request(method, "/Users"), 2) in ([200, 429], [204, 429])

    def test_a_connection_reads_by_a_query_in_a_body(self, scim, rates):
        rates(read="1/min", write="1/min")

        assert statuses(lambda: search(scim), 2) == [200, 429]

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_a_connection_writes_by_all_methods_that_change_something(self, scim, rates, method):
        rates(write="1/min")
        path = path_of(UserFactory.create())

        assert statuses(lambda: scim.request(method, path, user()), 2)[1] == 429

    def test_a_connection_that_may_not_write_uses_up_no_writes(self, connection, rates):
        rates(write="1/min", read="2/min")
        reader = ScimClient(connection, "read")

        assert statuses(lambda: reader.post("/Users", user()), 3) == [403, 403, 429]
        assert ScimClient(connection).post("/Users", user()).status_code == 201

    @pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
    @pytest.mark.parametrize(
        ("scopes", "path", "headers", "status"),
        [
            (["read", "write", "groups"], "/Users", {}, 403),
            (["read", "write", "groups"], "/Users/1", {}, 403),
            (["history"], "/Users", {}, 403),
            (["history"], "/Me", {}, 403),
            (["read", "write"], "/Users", {"Accept": "text/html"}, 406),
            (["read", "write"], "/Users/1", {"Accept": "application/xml"}, 406),
            (["read", "write"], "/Me", {}, 501),
        ],
    )
    def test_a_connection_is_counted_whatever_it_is_refused_for(
        self, connection, rates, settings, method, scopes, path, headers, status
    ):
        rates(read="2/min", write="2/min")
        settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "RECORD_READS": True}
        client = ScimClient(connection, *scopes)

        found = statuses(lambda: client.request(method, path, user(), **headers), 5)

        assert found == [status, status, 429, 429, 429]
        assert ProvisioningEvent.objects.count() <= 2

    def test_a_connection_reads_the_history_by_the_same_rate(self, connection, rates):
        rates(read="1/min")
        collector = ScimClient(connection, "history")

        assert statuses(lambda: collector.get("/history"), 2) == [200, 429]

    def test_a_connection_is_refused_without_an_event_but_with_a_line_in_the_log(
        self, scim, rates, settings, caplog
    ):
        rates(read="1/min", write="1/min")
        settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "RECORD_READS": True}
        scim.get("/Users"), scim.post("/Users", user())
        before = ProvisioningEvent.objects.count()

        refused = [scim.get("/Users"), search(scim), scim.post("/Users", user("other")), scim.get("/Me")]

        assert {response.status_code for response in refused} == {429}
        assert ProvisioningEvent.objects.filter(status=429).count() == 0
        assert before == 2
        assert "The rate write is used up" in caplog.text

    def test_a_connection_is_asked_for_its_body_only_within_the_rate(self, scim, rates):
        rates(write="1/min")
        scim.post("/Users", user())

        assert_scim_error(scim.post("/Users", b"not even JSON"), 429)


class TestAnAddress:
    A, B = "192.0.2.1", "192.0.2.2"

    def test_an_address_has_a_rate_that_its_connections_share(self, scim, rates):
        rates(address_read="2/min")
        other = ScimClient(ConnectionFactory.create())

        assert [ask_from(each, self.A).status_code for each in (scim, other, scim)] == [200, 200, 429]
        assert ask_from(scim, self.B).status_code == 200

    def test_an_address_has_different_rates_for_reads_and_writes(self, scim, rates):
        rates(address_read="1/min", address_write="1/min")

        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]
        assert [scim.post("/Users", user(name)).status_code for name in "ab"] == [201, 429]

    def test_an_address_of_ipv6_counts_with_its_network(self, scim, rates):
        """One client has as many of them as it likes."""
        rates(address_read="1/min")

        assert ask_from(scim, "2001:db8:0:1::1").status_code == 200
        assert ask_from(scim, "2001:db8:0:1:ffff::2").status_code == 429
        assert ask_from(scim, "2001:db8:0:2::1").status_code == 200

    def test_an_address_is_the_same_in_the_form_of_ipv6(self, scim, rates):
        rates(address_read="1/min")

        assert [ask_from(scim, address).status_code for address in (self.A, f"::ffff:{self.A}")] == [200, 429]

    def test_an_address_cannot_be_made_up(self, scim, rates):
        rates(address_read="1/min")

        assert ask_from(scim, self.A, **{"X-Forwarded-For": self.B}).status_code == 200
        assert ask_from(scim, self.A, **{"X-Forwarded-For": "203.0.113.9"}).status_code == 429

    def test_an_address_is_that_of_the_client_behind_a_proxy(self, scim, rates, settings):
        rates(address_read="1/min")
        settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "TRUSTED_PROXIES": 1}

        found = [
            ask_from(scim, "10.0.0.1", **{"X-Forwarded-For": client}).status_code
            for client in (self.A, self.B, f"{self.B}, {self.A}")
        ]

        assert found == [200, 200, 429]


class TestBulkJobs:
    def job(self, scim, *names):
        """Send a job that makes groups."""
        operations = [
            {"method": "POST", "path": "/Groups", "bulkId": name, "data": group(name)} for name in names
        ]
        return scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations})

    def test_bulk_jobs_count_by_their_operations(self, scim, rates):
        rates(bulk="4/min")

        sizes = ("ab", "cd", "e")

        assert [self.job(scim, *names).status_code for names in sizes] == [200, 200, 429]

    @pytest.mark.parametrize("rate", ["bulk", "address_bulk"])
    def test_bulk_jobs_beyond_the_rate_are_refused_before_they_begin(self, scim, rates, rate):
        rates(**{rate: "3/min"})
        self.job(scim, "a", "b")
        before = ProvisioningEvent.objects.count()

        response = self.job(scim, "c", "d")

        assert_scim_error(response, 429)
        assert 0 < int(response.headers["Retry-After"]) <= 60
        assert sorted(Group.objects.values_list("name", flat=True)) == ["a", "b"]
        assert ProvisioningEvent.objects.count() == before

    def test_bulk_jobs_that_are_refused_use_up_nothing(self, scim, rates):
        rates(bulk="3/min")
        self.job(scim, "a", "b")

        assert self.job(scim, "c", "d").status_code == 429
        assert self.job(scim, "c").status_code == 200
        assert self.job(scim, "d").status_code == 429

    def test_bulk_jobs_are_one_write_each(self, scim, rates):
        rates(write="1/min", bulk="100/min")

        assert self.job(scim, "a", "b", "c").status_code == 200
        assert self.job(scim, "d").status_code == 429

    def test_bulk_jobs_leave_single_writes_their_rate(self, scim, rates):
        rates(write="2/min", bulk="1/min")

        assert self.job(scim, "a").status_code == 200
        assert scim.post("/Users", user()).status_code == 201

    def test_bulk_jobs_have_a_check_of_whether_the_largest_is_within_the_rate(self, settings):
        settings.DJANGO_SCIM = {"THROTTLE_RATES": {"bulk": "499/min"}}

        (warning,) = run_checks(tags=["django_scim"])

        assert (warning.id, warning.hint) == (
            "django_scim.W040",
            "Lower MAX_BULK_OPERATIONS, or raise the rate.",
        )


class TestWrongTokens:
    A, B = "192.0.2.1", "192.0.2.2"

    def wrong(self, client, address=A, token=None):
        """Send a wrong token; return the response."""
        headers = {"Authorization": f"Bearer {token or 'unknown'}"}
        return client.get(f"{ROOT}/Users", headers=headers, REMOTE_ADDR=address)

    def test_wrong_tokens_are_looked_up_as_often_as_the_rate_says(self, anonymous, rates):
        rates(failed_authentication="3/min")

        answers = [self.wrong(anonymous, token=f"unknown{number}") for number in range(5)]

        assert [answer.status_code for answer in answers] == [401, 401, 401, 429, 429]

    def test_wrong_tokens_beyond_the_rate_cost_no_query(self, anonymous, rates):
        rates(failed_authentication="1/min")
        self.wrong(anonymous)

        with CaptureQueriesContext(database) as queries:
            response = self.wrong(anonymous, token="another")

        assert [query["sql"] for query in queries] == []
        assert_scim_error(response, 429)
        assert 0 < int(response.headers["Retry-After"]) <= 60

    def test_wrong_tokens_from_another_address_are_counted_apart(self, anonymous, rates):
        rates(failed_authentication="1/min")

        assert [self.wrong(anonymous, address).status_code for address in (self.A, self.A, self.B)] == [
            401,
            429,
            401,
        ]

    def test_wrong_tokens_are_looked_up_again_in_the_next_period(self, anonymous, rates, clock):
        rates(failed_authentication="1/min")
        self.wrong(anonymous)

        clock.now = NOON + 60

        assert self.wrong(anonymous).status_code == 401

    def test_wrong_tokens_are_answered_alike_whether_they_have_the_form_of_one_or_not(self, anonymous, rates):
        rates(failed_authentication="1/min")
        self.wrong(anonymous)

        answers = {self.wrong(anonymous, token=token).content for token in (make_token(), "unknown")}

        assert len(answers) == 1

    def test_wrong_tokens_are_what_counts_and_not_right_ones(self, scim, anonymous, rates):
        rates(failed_authentication="2/min")

        assert [ask_from(scim, self.A).status_code for _ in range(5)] == [200] * 5
        assert [self.wrong(anonymous).status_code for _ in range(3)] == [401, 401, 429]

    def test_wrong_tokens_do_not_count_where_there_is_none(self, anonymous, rates):
        """A request without a token costs no query."""
        rates(failed_authentication="1/min")

        assert [anonymous.get(f"{ROOT}/Users").status_code for _ in range(3)] == [401] * 3

    def test_wrong_tokens_lock_nobody_out_whose_token_is_right(self, scim, anonymous, rates):
        """Behind one proxy, or at one provider, many have the same address."""
        rates(failed_authentication="1/min")

        assert [self.wrong(anonymous).status_code for _ in range(2)] == [401, 429]
        assert ask_from(scim, self.A).status_code == 200

    def test_wrong_tokens_lock_nobody_out_after_the_cache_is_emptied(
        self, scim, anonymous, rates, shared_cache
    ):
        rates(failed_authentication="1/min")
        ask_from(scim, self.A)
        shared_cache.clear()

        assert [self.wrong(anonymous).status_code for _ in range(2)] == [401, 429]
        assert ask_from(scim, self.A).status_code == 200

    def test_wrong_tokens_that_were_right_before_are_wrong_all_the_same(self, scim, anonymous, rates):
        rates(failed_authentication="1/min")
        ask_from(scim, self.A)
        scim.stored.revoke()

        assert [ask_from(scim, self.A).status_code for _ in range(2)] == [401, 429]

    @pytest.mark.parametrize(
        "attributes",
        [
            {"expires": timezone.now() - timedelta(days=1)},
            {"revoked": timezone.now()},
            {"connection": {"is_active": False}},
            {"connection": {"networks": ["203.0.113.0/24"]}},
        ],
    )
    def test_wrong_tokens_are_those_of_all_kinds(self, anonymous, rates, attributes):
        rates(failed_authentication="1/min")
        attributes = dict(attributes)
        of_connection = attributes.pop("connection", {})
        _, token = AccessToken.objects.issue(ConnectionFactory.create(**of_connection), **attributes)

        assert [self.wrong(anonymous, token=token).status_code for _ in range(2)] == [401, 429]

    def test_wrong_tokens_are_in_no_log_and_no_cache(self, scim, anonymous, rates, shared_cache, caplog):
        rates(failed_authentication="1/min")
        ask_from(scim, self.A)
        for _ in range(2):
            self.wrong(anonymous, token="secret-of-somebody")

        kept = f"{shared_cache._cache}{caplog.text}"
        assert self.A in caplog.text
        for secret in ("secret-of-somebody", scim.token, scim.stored.digest):
            assert secret not in kept

    def test_wrong_tokens_leave_discovery_open(self, anonymous, rates):
        rates(failed_authentication="1/min")
        for _ in range(2):
            self.wrong(anonymous)

        assert anonymous.get(f"{ROOT}/Schemas", REMOTE_ADDR=self.A).status_code == 200


class TestDiscovery:
    A, B = "192.0.2.1", "192.0.2.2"

    def ask(self, client, path="/Schemas", address=A, **headers):
        return client.get(f"{ROOT}{path}", headers=headers, REMOTE_ADDR=address).status_code

    def test_discovery_has_a_rate_for_each_address(self, anonymous, rates):
        rates(discovery="2/min")

        paths = ("/Schemas", "/ResourceTypes/User", "/ServiceProviderConfig")

        assert [self.ask(anonymous, path) for path in paths] == [200, 200, 429]
        assert self.ask(anonymous, address=self.B) == 200

    def test_discovery_is_open_to_a_right_token_whatever_others_ask(self, scim, anonymous, rates):
        rates(discovery="1/min")
        assert [self.ask(anonymous) for _ in range(2)] == [200, 429]

        assert self.ask(scim.client, Authorization=f"Bearer {scim.token}") == 200
        assert self.ask(scim.client, Authorization=f"Bearer {make_token()}") == 429

    def test_discovery_costs_no_query(self, anonymous, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert [self.ask(anonymous, path) for path in ("/Schemas", "/ResourceTypes")] == [200, 200]


class TestRates:
    @pytest.mark.parametrize("name", ["read", "address_read"])
    def test_rates_are_in_force_where_nothing_is_set(self, scim, shared_cache, clock, name):
        rate = parse_rate(DEFAULT_THROTTLE_RATES[name] or "")
        whose = scim.connection.pk if name == "read" else "127.0.0.1"
        Counter(name, whose, rate).add(rate.limit - 1)

        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]

    @pytest.mark.parametrize("name", ["read", "write", "address_read", "address_write"])
    def test_rates_leave_identity_providers_twice_what_they_need(self, name):
        """Microsoft Entra ID wants 25 requests a second."""
        limit, seconds = parse_rate(DEFAULT_THROTTLE_RATES[name] or "")

        assert limit / seconds >= 50

    def test_rates_let_the_largest_bulk_job_pass(self):
        rate = parse_rate(DEFAULT_THROTTLE_RATES["bulk"] or "")

        assert rate.limit >= 5 * ScimSettings.MAX_BULK_OPERATIONS

    def test_rates_that_are_left_out_are_the_default(self, scim, settings, shared_cache, clock):
        settings.DJANGO_SCIM = {"THROTTLE_RATES": {"read": "1/min"}}
        rate = parse_rate(DEFAULT_THROTTLE_RATES["write"] or "")
        Counter("write", scim.connection.pk, rate).add(rate.limit)

        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]
        assert scim.post("/Users", user()).status_code == 429

    def test_rates_are_switched_off_by_none(self, scim, rates, shared_cache):
        rates()

        assert statuses(lambda: scim.get("/Users"), 20) == [200] * 20
        assert shared_cache._cache == {}

    @pytest.mark.parametrize(
        "rate", ["fast", "", "0/min", "-1/min", "1/week", "1/", "/min", "1.5/min", 60, "\u0661/min"]
    )
    def test_rates_that_are_none_are_reported_and_the_default_is_in_force(
        self, settings, scim, shared_cache, rate
    ):
        settings.DJANGO_SCIM = {"THROTTLE_RATES": {"read": rate}}

        (error,) = check_settings()

        assert error.id == "django_scim.E006"
        assert error.msg.endswith("has to be a rate such as '60/min' or None.")
        assert scim.get("/Users").status_code == 200

    def test_rates_that_there_are_not_are_reported(self, settings):
        settings.DJANGO_SCIM = {"THROTTLE_RATES": {"reads": "1/min"}}

        (error,) = check_settings()

        assert (error.id, error.hint) == ("django_scim.E005", "Did you mean 'read'?")


class TestCounters:
    def test_counters_lose_nothing_when_many_count_at_once(self, settings):
        settings.CACHES = {"default": {"BACKEND": "tests.api.caches.Slow", "LOCATION": "race"}}
        caches["default"].clear()

        def take(number):
            return Counter("read", "race", Rate(50, 86400)).take(1)

        with ThreadPoolExecutor(8) as pool:
            taken = list(pool.map(take, range(200)))

        assert taken.count(True) == 50


class TestACacheThatIsAway:
    @pytest.fixture(autouse=True, params=["Away", "Redis"])
    def _away(self, request, settings):
        backend = "tests.api.caches.Away"
        if request.param == "Redis":
            pytest.importorskip("redis", reason="the package redis is not installed")
            backend = "django.core.cache.backends.redis.RedisCache"
        # Nobody listens on that port.
        settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1"}}

    def test_a_cache_that_is_away_keeps_no_request_from_its_answer(self, scim):
        assert scim.get("/Users").status_code == 200
        assert scim.post("/Users", user()).status_code == 201
        assert TestBulkJobs().job(scim, "a", "b").status_code == 200

    def test_a_cache_that_is_away_lets_nobody_in(self, anonymous):
        headers = {"Authorization": "Bearer unknown"}

        assert anonymous.get(f"{ROOT}/Users", headers=headers).status_code == 401

    def test_a_cache_that_is_away_is_logged(self, scim, caplog):
        scim.get("/Users")

        assert "The cache does not answer" in caplog.text


class TestCaches:
    @pytest.fixture
    def found(self, settings):
        """Return what the checks say of a cache, by id."""

        def run(backend, *, deploy=True, location="", **configured):
            if backend:
                path = f"django.core.cache.backends.{backend}"
                settings.CACHES = {"default": {"BACKEND": path, "LOCATION": location}}
            settings.DJANGO_SCIM = configured
            messages = run_checks(tags=["django_scim"], include_deployment_checks=deploy)
            ids = {str(message.id).removeprefix("django_scim.") for message in messages}
            return ids & {"E040", "W044", "W045"}

        return run

    @pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
    def test_caches_of_one_process_are_warned_of_in_a_deployment(self, found, backend):
        assert found(backend) == {"W044"}
        assert found(backend, deploy=False) == set()

    def test_caches_of_one_process_do_in_debug_mode(self, found, settings):
        settings.DEBUG = True

        assert found("locmem.LocMemCache") == set()

    @pytest.mark.parametrize(
        ("backend", "location"), [("db.DatabaseCache", "counts"), ("filebased.FileBasedCache", "/nowhere")]
    )
    def test_caches_that_do_not_count_atomically_are_warned_of(self, found, backend, location):
        assert found(backend, location=location) == {"W045"}

    def test_caches_that_all_processes_share_are_right(self, found):
        assert found("redis.RedisCache", location="redis://127.0.0.1:1") == set()

    def test_caches_that_there_are_not_are_an_error(self, found):
        assert found("", deploy=False, CACHE_ALIAS="counts") == {"E040"}

    def test_caches_that_there_are_not_limit_nothing(self, scim, settings):
        settings.DJANGO_SCIM = {"CACHE_ALIAS": "counts"}

        assert scim.get("/Users").status_code == 200

    def test_caches_may_be_one_for_the_throttles_alone(self, scim, settings):
        other = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "counts"}
        settings.CACHES = {**settings.CACHES, "counts": other}
        settings.DJANGO_SCIM = {"CACHE_ALIAS": "counts", "THROTTLE_RATES": {"read": "1/day"}}

        assert statuses(lambda: scim.get("/Users"), 2) == [200, 429]
