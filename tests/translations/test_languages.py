"""What a person reads is in their language; what is kept, sent to providers or printed is in English."""

from __future__ import annotations

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext, override, pgettext

from django_scim.history.statistics import time_text
from django_scim.models import ProvisioningEvent, Record
from django_scim.notifications.finding import pause_of
from django_scim.operations.breaker import REASON
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, EventCountFactory, UserFactory
from tests.operations.patch_operations import DEACTIVATE, replace
from tests.representations import path_of, user

GERMAN = {"Accept-Language": "de"}


@pytest.fixture(autouse=True)
def languages(settings):
    """A project that answers each browser in its language. Which one is active afterwards is as before."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.middleware.locale.LocaleMiddleware"]
    with override("en"):
        yield


def german(text, context=None):
    """Return a text in German, as it is on a page."""
    with override("de"):
        found = gettext(text) if context is None else pgettext(context, text)
    assert found != text
    return found


def page(connection, name):
    return reverse(f"admin:django_scim_connection_{name}", args=[connection.pk])


def paused_by_the_limit(**attributes):
    """Return a connection that was to lock more than it may."""
    scim = ScimClient(ConnectionFactory.create(deprovisioning_limit=0, **attributes))
    assert scim.patch(path_of(UserFactory.create()), DEACTIVATE).status_code == 503
    scim.connection.refresh_from_db()
    return scim.connection


class TestPages:
    def test_a_page_is_in_the_language_that_the_browser_asks_for(self, admin_client, connection):
        text = admin_client.get(page(connection, "change"), headers=GERMAN).text

        assert german("Health") in text
        assert german("What the connection may touch") in text
        assert capfirst(german("deprovisioning limit")) in text

    def test_an_event_is_called_in_the_language_of_the_reader(self, admin_client, scim):
        scim.post("/Users", user())
        address = reverse("admin:django_scim_provisioningevent_changelist")

        assert german("Created", "event") in admin_client.get(address, headers=GERMAN).text
        assert "Created" in admin_client.get(address).text

    def test_the_reason_of_a_limit_is_kept_in_english_and_shown_in_the_language_of_the_reader(
        self, admin_client, db
    ):
        connection = paused_by_the_limit()

        assert connection.pause_reason == REASON % {"limit": 0}
        for name in ("change", "resume"):
            assert (
                german(REASON) % {"limit": 0} in admin_client.get(page(connection, name), headers=GERMAN).text
            )

    def test_the_report_of_a_test_is_in_the_language_of_the_reader(self, admin_client, connection, settings):
        settings.DJANGO_SCIM = {"POLICIES": ["tests.preflight.broken.forbid"]}

        text = admin_client.post(page(connection, "test"), {"provider": "google"}, headers=GERMAN).text

        assert german("Nothing was changed.") in text
        answered = german("It is answered {status}: {detail}.")
        assert answered.format(status=403, detail="no addresses for names") in text

    def test_the_page_of_a_resource_has_no_word_of_python(self, admin_client, scim):
        scim.post("/Users", user(externalId="701984"))
        address = reverse("admin:django_scim_record_change", args=[Record.objects.get().pk])

        text = admin_client.get(address, headers=GERMAN).text

        assert capfirst(german("external ids")) in text
        assert capfirst(german("connection")) in text
        assert ">None<" not in text

    def test_why_a_deed_of_staff_is_refused_is_in_their_language(self, admin_client, scim):
        scim.post("/Users", user())
        key = Record.objects.get().pk
        address = reverse("admin:django_scim_record_act", args=["restore"])

        text = admin_client.post(address, {"resource": key}, headers=GERMAN, follow=True).text

        assert german("this %(type)s is not deleted") % {"type": "User"} in text


class TestNumbers:
    def test_numbers_and_months_are_as_the_language_writes_them(self, admin_client, connection):
        today = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
        EventCountFactory.create(connection=connection, hour=today, count=1234, duration=1500)

        text = admin_client.get(page(connection, "change"), headers=GERMAN).text

        assert "1.234" in text
        assert re.search(r"\d,\d s<", text)
        with override("de"):
            assert date_format(today.date(), "MONTH_DAY_FORMAT") in text

    def test_times_of_a_list_are_in_one_form_in_each_language(self, admin_client, scim):
        scim.post("/Users", user())
        address = reverse("admin:django_scim_provisioningevent_changelist")

        for headers in (GERMAN, {}):
            time = time_text(ProvisioningEvent.objects.get().time)
            assert time in admin_client.get(address, headers=headers).text


class TestNotifications:
    def test_a_notification_is_in_the_language_of_the_settings(self, settings, db):
        settings.LANGUAGE_CODE = "de"
        connection = paused_by_the_limit(name="Okta")

        notification = pause_of(connection)

        assert german("%(connection)s is paused") % {"connection": connection} in notification.subject
        reason = german(REASON) % {"limit": 0}
        assert german("Reason: %(reason)s") % {"reason": reason} in notification.text
        assert notification.facts["reason"] == connection.pause_reason


class TestEnglish:
    @pytest.mark.parametrize(
        ("method", "path", "payload", "headers", "status"),
        [
            ("POST", "/Users", user(), {}, 409),
            ("GET", "/Users/99", None, {}, 404),
            ("PUT", "/Users", user(), {}, 405),
            ("GET", "/Users", None, {"Accept": "text/html"}, 406),
            ("POST", "/Users", user("ada"), {"Content-Type": "text/plain"}, 415),
        ],
    )
    def test_an_identity_provider_is_answered_in_english(self, scim, method, path, payload, headers, status):
        scim.post("/Users", user())

        asked, in_german = (
            scim.request(method, path, payload, **headers, **language) for language in ({}, GERMAN)
        )

        assert in_german.status_code == status
        assert in_german.json()["detail"] == asked.json()["detail"]

    def test_the_log_of_the_admin_is_in_english(self, admin_client, connection):
        admin_client.post(page(connection, "pause"), {"reason": "Wartung"}, headers=GERMAN)
        admin_client.post(page(connection, "rehearse"), headers=GERMAN)

        texts = [entry.change_message for entry in LogEntry.objects.order_by("pk")]
        assert texts == ["Paused. Reason: Wartung", "Rehearsal begun."]

    def test_the_history_of_an_undoing_is_in_english(self, admin_client, scim):
        since = timezone.localtime() - timedelta(hours=1)
        path = path_of(UserFactory.create(first_name="Ada"))
        scim.patch(path, replace("title", "Guide"), replace("name.givenName", "Eva"))
        scim.patch(path, replace("title", "Lead"))
        ProvisioningEvent.objects.latest("pk").delete()

        window = {"since": since.strftime("%Y-%m-%dT%H:%M:%S"), "until": ""}
        shown = admin_client.post(page(scim.connection, "undo"), window, headers=GERMAN).text
        admin_client.post(page(scim.connection, "undo"), {**window, "give_back": "1"}, headers=GERMAN)

        assert german("it has changed since") in shown
        detail = ProvisioningEvent.objects.latest("pk").detail
        assert "left as it is: title: it has changed since" in detail

    def test_a_command_prints_english(self, settings, db):
        settings.LANGUAGE_CODE = "de"
        settings.DJANGO_SCIM = {"POLICIES": ["tests.preflight.broken.forbid"]}
        out = StringIO()

        with override("de"), pytest.raises(CommandError):
            call_command("scim_preflight", "--as", "google", stdout=out, no_color=True)

        assert "Google Workspace would fail: 1 problem" in out.getvalue()
        assert "It is answered 403: no addresses for names." in out.getvalue()
