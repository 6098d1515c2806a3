"""The page that tests a connection."""

from __future__ import annotations

import logging
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.db.models.signals import post_save
from django.urls import reverse, set_script_prefix
from django.utils import translation

from django_scim.preflight.running import preflight
from tests.factories import ConnectionFactory
from tests.tables import all_rows


def url(connection):
    """Return the address of the page."""
    return reverse("admin:django_scim_connection_test", args=(connection.pk,))


@pytest.fixture
def acme(db):
    """A connection of Okta."""
    return ConnectionFactory.create(name="Acme", dialect="okta")


@pytest.fixture
def saving():
    """Return what runs a function at each save of a user."""
    receivers = []

    def connect(function):
        def receive(instance, **kwargs):
            function()

        receivers.append(receive)
        post_save.connect(receive, sender=User)

    yield connect
    for receiver in receivers:
        post_save.disconnect(receiver, sender=User)


def elsewhere(function, *arguments):
    """Return what calls a function in another thread, as another request would, and waits for it."""

    def call():
        thread = Thread(target=function, args=arguments)
        thread.start()
        thread.join()

    return call


def test_the_page_of_a_connection_leads_to_its_test(admin_client, acme):
    page = reverse("admin:django_scim_connection_change", args=(acme.pk,))

    assert url(acme) in admin_client.get(page).text


@pytest.mark.parametrize(
    ("attributes", "provider"),
    [
        ({"dialect": "entra", "name": "Acme"}, "entra"),
        ({"dialect": "", "name": "Google of Acme"}, "google"),
        ({"dialect": "", "name": "Acme"}, ""),
    ],
)
def test_the_provider_of_the_connection_is_chosen_already(admin_client, db, attributes, provider):
    connection = ConnectionFactory.create(**attributes)

    assert admin_client.get(url(connection)).context["form"]["provider"].value() == provider


@pytest.mark.django_db(transaction=True)
def test_a_test_shows_what_would_happen_and_changes_nothing(admin_client, acme):
    admin_client.get(url(acme))
    before = all_rows()

    response = admin_client.post(url(acme), {"provider": "okta"})

    assert "Okta would work (21 requests)" in response.text
    assert all_rows() == before


def test_a_test_says_what_would_fail_and_what_to_change(admin_client, acme, settings):
    settings.DJANGO_SCIM = {"POLICIES": ["tests.preflight.broken.forbid"]}

    text = admin_client.post(url(acme), {"provider": "google"}).text

    assert "Google Workspace would fail: 1 problem" in text
    assert "Fails: create (POST /Users, for ada@example.com)" in text
    assert "It is answered 403: no addresses for names." in text
    assert "→" in text


def test_a_test_without_a_provider_asks_for_one(admin_client, acme):
    assert "This field is required" in admin_client.post(url(acme)).text


def test_a_test_of_a_project_without_the_urls_of_the_app_says_so(admin_client, acme, settings):
    settings.ROOT_URLCONF = "tests.admin.connections.urls_without_scim"

    text = admin_client.post(url(acme), {"provider": "okta"}).text

    assert "add include(&quot;django_scim.urls&quot;) to ROOT_URLCONF" in text


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_test_takes_the_permission_to_change_connections(staff, acme, method):
    browser = staff("view_connection")

    assert getattr(browser, method)(url(acme), {"provider": "okta"}).status_code == 403


def test_a_test_below_a_prefix_of_the_server_finds_the_routes(acme):
    set_script_prefix("/below/")
    try:
        assert preflight("okta", acme).findings == []
    finally:
        set_script_prefix("/")


def test_mail_of_other_requests_is_sent_while_a_connection_is_tested(acme, saving):
    def welcome():
        mail.send_mail("Welcome", "Sign in", None, ["new@example.com"])

    saving(welcome)
    saving(elsewhere(mail.send_mail, "Order", "Thanks", None, ["buyer@example.com"]))

    report = preflight("okta", acme, is_alone=False)

    assert report.mails > 0
    assert {message.subject for message in mail.outbox} == {"Order"}


def test_other_requests_are_logged_while_a_connection_is_tested(acme, saving, caplog):
    log = logging.getLogger("django_scim.access")

    saving(elsewhere(log.warning, "somebody else"))
    with caplog.at_level("INFO"):
        preflight("okta", acme, is_alone=False)

    assert {record.getMessage() for record in caplog.records if record.name == log.name} == {"somebody else"}


def test_a_test_leaves_the_request_that_asks_for_it_its_language(acme):
    with translation.override("de"):
        preflight("okta", acme, is_alone=False)

        assert translation.get_language() == "de"
