"""The token that a link may show: to one click, once."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.test import Client
from django.utils import timezone

from django_scim.models import AccessToken, ProvisioningEvent, SetupLink
from django_scim.token_format import PATTERN
from tests.conftest import ROOT, HttpsClient
from tests.factories import UserFactory
from tests.operations.simultaneous import at_once
from tests.setup_links.conftest import shared

BUTTON = "Show the token"

ROUNDS = 4
"""How often the race is run."""


def tokens_in(response):
    """Return the tokens that a page shows."""
    return {found[0] for found in PATTERN.finditer(response.text)}


@pytest.mark.django_db
class TestShowing:
    def test_showing_makes_the_token_which_works(self, share, customer, connection):
        link, path = share()
        assert BUTTON in customer.get(path).text
        assert not AccessToken.objects.exists()

        (token,) = tokens_in(customer.post(path))

        assert customer.get(f"{ROOT}/Users", headers={"Authorization": f"Bearer {token}"}).status_code == 200
        stored = AccessToken.objects.get()
        link.refresh_from_db()
        assert (stored.connection, stored.scopes, stored.expires) == (connection, ["read", "write"], None)
        assert (stored.description, link.token) == (str(link), stored)

    def test_showing_makes_a_token_of_the_name_and_the_life_that_the_staff_chose(self, share, customer):
        _, path = share(description="for Bob of Acme", token_days=30)

        customer.post(path)

        stored = AccessToken.objects.get()
        assert stored.description == "for Bob of Acme"
        assert stored.expires is not None
        assert abs(stored.expires - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)

    @pytest.mark.parametrize("method", ["get", "head"])
    def test_showing_takes_a_post_as_programs_that_preview_links_send_none(self, share, customer, method):
        _, path = share()

        for _ in range(3):
            response = getattr(customer, method)(path)
            assert response.status_code == 200
            assert not tokens_in(response)

        assert not AccessToken.objects.exists()
        assert tokens_in(customer.post(path))

    def test_showing_takes_no_cookie_and_no_header_of_where_one_comes_from(self, share):
        _, path = share()
        browser = HttpsClient(enforce_csrf_checks=True)

        # With "Referrer-Policy: no-referrer", a browser sends this with the form.
        assert tokens_in(browser.post(path, headers={"Origin": "null"}))

    def test_showing_is_done_once(self, share, customer):
        _link, path = share()
        assert tokens_in(customer.post(path))

        for response in (customer.post(path), customer.get(path)):
            assert not tokens_in(response)
            assert BUTTON not in response.text
            assert re.search(r"The token was shown on 20\d\d-\d\d-\d\d \d\d:\d\d [A-Z]{3}", response.text)
            assert "ask whoever sent you the link for another one" in response.text
        assert AccessToken.objects.count() == 1

    def test_showing_is_not_done_where_the_staff_did_not_allow_it(self, share, customer):
        _, path = share(may_show_token=False)

        for response in (customer.get(path), customer.post(path)):
            assert BUTTON not in response.text
            assert "You get the token from whoever sent you the link" in response.text
        assert not AccessToken.objects.exists()

    def test_showing_again_takes_another_link(self, connection, customer):
        first, second = shared(connection)[1], shared(connection)[1]

        assert tokens_in(customer.post(first)) != tokens_in(customer.post(second))

    def test_showing_stays_shown_when_the_token_is_deleted(self, share, customer):
        _, path = share()
        customer.post(path)

        AccessToken.objects.all().delete()

        assert "The token was shown on" in customer.post(path).text
        assert not AccessToken.objects.exists()


@pytest.mark.django_db
class TestTraces:
    def test_traces_of_the_token_and_of_the_link_are_kept_nowhere(
        self, share, customer, caplog, django_capture_on_commit_callbacks
    ):
        caplog.set_level(logging.DEBUG)
        _link, path = share(created_by_key=str(UserFactory.create().pk))

        with django_capture_on_commit_callbacks(execute=True):
            response = customer.post(path)
        (token,) = tokens_in(response)

        kept = [
            str(row)
            for model in (AccessToken, SetupLink, LogEntry, ProvisioningEvent)
            for row in model.objects.values()
        ]
        kept += [caplog.text, str(response.headers), str(response.cookies)]
        for secret in (token, path.rpartition("/")[2]):
            assert secret not in " ".join(kept)

    def test_traces_are_in_the_admins_log_under_the_name_of_who_made_the_link(
        self, share, customer, connection
    ):
        ada = UserFactory.create(username="ada")
        link, path = share(created_by="ada", created_by_key=str(ada.pk))

        customer.post(path)

        entry = LogEntry.objects.get()
        assert (entry.user, entry.action_flag) == (ada, CHANGE)
        assert entry.get_edited_object() == connection
        assert entry.get_change_message() == f"Added access token “{AccessToken.objects.get()} ({link})”."

    @pytest.mark.parametrize("key", ["", "404", "no key"])
    def test_traces_are_in_the_log_where_no_account_has_made_the_link(
        self, share, customer, caplog, key, django_capture_on_commit_callbacks
    ):
        caplog.set_level(logging.INFO, "django_scim.request")
        link, path = share(created_by_key=key)

        with django_capture_on_commit_callbacks(execute=True):
            assert tokens_in(customer.post(path))

        assert not LogEntry.objects.exists()
        assert f"The set-up link {link} of {link.connection} has shown the token" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_of_clicks_at_the_same_moment_exactly_one_is_shown_the_token(connection):
    for number in range(ROUNDS):
        _, path = shared(connection)

        responses = at_once(*[partial(HttpsClient().post, path) for _ in range(6)])

        assert [response.status_code for response in responses] == [200] * 6
        assert sorted(len(tokens_in(response)) for response in responses) == [0] * 5 + [1]
        assert sum("The token was shown on" in response.text for response in responses) == 5
        assert AccessToken.objects.count() == number + 1


@pytest.mark.django_db
def test_somebody_of_the_staff_who_opens_the_link_stays_signed_in(share, staff_browser):
    _, path = share()

    assert tokens_in(staff_browser.post(path, secure=True))
    assert staff_browser.get("/admin/").status_code == 200


@pytest.fixture
def staff_browser(db):
    """A browser in which somebody of the staff is signed in."""
    browser = Client()
    browser.force_login(UserFactory.create(is_staff=True))
    return browser
