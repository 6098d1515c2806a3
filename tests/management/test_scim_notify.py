"""scim_notify tells what no request tells, and each thing once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_scim.models import AccessToken, Connection, ProvisioningEvent, SentNotification
from django_scim.notifications.claims import ABANDONED, KEPT
from django_scim.signals import connection_refused, connection_silent, digest_due, token_expiring
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, EventFactory
from tests.notifications.conftest import admins
from tests.operations.simultaneous import at_once
from tests.registered import receiving
from tests.representations import user
from tests.tables import all_rows

__all__ = ["admins"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admins")]

DAY = timedelta(days=1)


def fail(notification):
    raise OSError("the mail server is away")


def notify(*arguments: str) -> str:
    """Return what the command prints; the digest is left out unless a test is about it."""
    out = StringIO()
    call_command("scim_notify", "--no-digest", *arguments, stdout=out, stderr=out, no_color=True)
    return out.getvalue()


def digest(*arguments: str) -> str:
    """Return what the command prints that tells of nothing but the week."""
    out = StringIO()
    others = ("--expiry=0", "--silence=0", "--refusals=0")
    call_command("scim_notify", *others, *arguments, stdout=out, stderr=out, no_color=True)
    return out.getvalue()


def token(connection: Connection, **fields: Any) -> AccessToken:
    """Return a token of a connection."""
    stored, _ = AccessToken.objects.issue(connection, **fields)
    return stored


@pytest.fixture
def okta(db):
    return ConnectionFactory.create(name="Okta")


def refuse(connection, number, *, since=timedelta(hours=3), **fields):
    """Let the history have some refusals."""
    for index in range(number):
        time = timezone.now() - since + timedelta(minutes=index)
        defaults = {"outcome": "refused", "status": 409, "scim_type": "uniqueness", "time": time}
        EventFactory.create(connection=connection, **{**defaults, **fields})


class TestExpiry:
    def test_a_token_that_expires_soon_is_told_once_with_what_follows(self, okta):
        stored = token(okta, expires=timezone.now() + 5 * DAY)

        with receiving(token_expiring) as told:
            assert "Told ADMINS: The last token of Okta expires on" in notify()
            assert notify() == "There is nothing new to tell.\n"

        ((_, arguments),) = told
        assert (arguments["connection"], arguments["token"], arguments["is_last"]) == (okta, stored, True)
        (message,) = mail.outbox
        assert f"the token {stored.hint}… of the connection Okta expires" in message.body
        assert "each request is refused with 401" in message.body
        assert stored.digest not in message.body

    def test_a_token_beside_one_that_is_good_for_longer_is_told_as_such(self, okta):
        token(okta, expires=timezone.now() + 5 * DAY)
        token(okta)

        assert "Told ADMINS: A token of Okta expires on" in notify()

        assert "Another one is good for longer" in mail.outbox[0].body

    def test_a_revoked_token_is_no_successor(self, okta):
        token(okta, expires=timezone.now() + 5 * DAY)
        token(okta).revoke()

        assert "The last token of Okta" in notify()

    @pytest.mark.parametrize("days", [-1, 15])
    def test_a_token_that_has_expired_or_is_good_for_long_is_not_told(self, okta, days):
        token(okta, expires=timezone.now() + days * DAY)

        assert notify() == "There is nothing new to tell.\n"

    def test_a_token_that_is_revoked_or_of_an_inactive_connection_is_not_told(self, okta):
        token(okta, expires=timezone.now() + DAY).revoke()
        token(ConnectionFactory.create(is_active=False), expires=timezone.now() + DAY)

        assert notify() == "There is nothing new to tell.\n"

    def test_a_token_that_is_good_for_longer_after_all_is_told_again_before_it_expires(self, okta):
        stored = token(okta, expires=timezone.now() + DAY)
        notify()
        AccessToken.objects.filter(pk=stored.pk).update(expires=timezone.now() + 2 * DAY)

        assert "Told ADMINS" in notify()

    def test_a_number_of_days_can_be_given_and_0_tells_of_none(self, okta):
        token(okta, expires=timezone.now() + 20 * DAY)

        assert notify("--expiry=0") == "There is nothing new to tell.\n"
        assert "Told ADMINS" in notify("--expiry=30")


class TestSilence:
    def test_a_silent_connection_is_told_once(self, okta):
        stored = token(okta)
        AccessToken.objects.filter(pk=stored.pk).update(last_used=timezone.now() - 15 * DAY)

        with receiving(connection_silent) as told:
            assert "Told ADMINS: Nothing was heard of Okta since" in notify()
            assert notify() == "There is nothing new to tell.\n"

        ((_, arguments),) = told
        stored.refresh_from_db()
        assert (arguments["connection"], arguments["since"]) == (okta, stored.last_used)

    def test_the_next_silence_is_told_again(self, okta):
        AccessToken.objects.filter(pk=token(okta).pk).update(last_used=timezone.now() - 30 * DAY)
        notify()
        AccessToken.objects.update(last_used=timezone.now() - 15 * DAY)

        assert "Nothing was heard of Okta" in notify()

    def test_a_connection_without_tokens_is_heard_by_its_history(self, okta):
        EventFactory.create(connection=okta, time=timezone.now() - 20 * DAY)
        assert "Nothing was heard of Okta" in notify()

        EventFactory.create(connection=okta)
        SentNotification.objects.all().delete()

        assert notify() == "There is nothing new to tell.\n"

    def test_a_connection_of_which_nothing_was_ever_heard_is_not_silent(self, okta):
        token(okta)

        assert notify() == "There is nothing new to tell.\n"

    def test_an_inactive_connection_is_not_silent(self):
        EventFactory.create(connection__is_active=False, time=timezone.now() - 20 * DAY)

        assert notify() == "There is nothing new to tell.\n"


class TestRefusals:
    def test_a_row_of_refusals_is_told_once_with_its_reasons(self, okta):
        EventFactory.create(connection=okta, time=timezone.now() - 4 * DAY)
        refuse(okta, 2)
        refuse(okta, 1, since=timedelta(hours=2), status=400, scim_type="invalidValue")

        with receiving(connection_refused) as told:
            assert "Told ADMINS: 3 writes of Okta were refused in a row" in notify("--refusals=3")
            refuse(okta, 1, since=timedelta(hours=1))
            assert notify("--refusals=3") == "There is nothing new to tell.\n"

        ((_, arguments),) = told
        assert arguments["number"] == 3
        assert arguments["reasons"] == [(409, "uniqueness", 2), (400, "invalidValue", 1)]
        body = mail.outbox[0].body
        assert "- 409 uniqueness: 2\n- 400 invalidValue: 1\n" in body
        assert f"provisioningevent/?connection__id__exact={okta.pk}&outcome__exact=refused" in body

    def test_real_refusals_of_requests_are_a_row_until_a_write_succeeds(self, connection):
        scim = ScimClient(connection)
        scim.post("/Users", user(""))
        scim.post("/Users", user(""))
        assert "Would tell" in notify("--refusals=2", "--dry-run")

        assert scim.post("/Users", user("barbara")).status_code == 201

        assert notify("--refusals=2") == "There is nothing new to tell.\n"

    def test_the_next_row_is_told_again(self, okta):
        refuse(okta, 2)
        notify("--refusals=2")
        EventFactory.create(connection=okta, time=timezone.now() - timedelta(hours=2))
        refuse(okta, 2, since=timedelta(hours=1))

        assert "2 writes of Okta" in notify("--refusals=2")

    @pytest.mark.parametrize(
        "other", [{"status": 503, "scim_type": ""}, {"operation": "read"}, {"since": 8 * DAY}]
    )
    def test_what_a_pause_refuses_and_reads_and_old_refusals_make_no_row(self, okta, other):
        refuse(okta, 3, **other)

        assert "refused" not in notify("--refusals=2")

    def test_what_a_rehearsal_would_have_done_ends_a_row(self, okta):
        refuse(okta, 3)
        EventFactory.create(connection=okta, outcome="rehearsed")

        assert notify("--refusals=2") == "There is nothing new to tell.\n"

    def test_the_queries_do_not_grow_with_the_refusals(self, okta, django_assert_max_num_queries):
        refuse(okta, 60)

        with django_assert_max_num_queries(25):
            notify()


class TestPause:
    def test_a_pause_that_could_not_be_told_is_told_by_the_next_run(self, okta):
        okta.pause("too much")

        assert notify() == "Told ADMINS: Okta is paused\n"
        assert notify() == "There is nothing new to tell.\n"

    def test_a_pause_that_was_lifted_meanwhile_is_not_told(self, okta):
        okta.pause("too much")
        okta.resume()

        assert notify() == "There is nothing new to tell.\n"


class TestDigest:
    @pytest.fixture(autouse=True)
    def wednesday(self, monkeypatch):
        """It is Wednesday, 4 March 2026, and all connections are older."""
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 4, 12, tzinfo=UTC))

    @pytest.fixture
    def old(self):
        def make(name, **fields):
            connection = ConnectionFactory.create(name=name, **fields)
            Connection.objects.filter(pk=connection.pk).update(created=datetime(2026, 1, 1, tzinfo=UTC))
            return connection

        return make

    def test_the_week_before_is_told_once_with_figures_of_each_connection(self, old):
        okta = old("Okta")
        inside, outside = datetime(2026, 2, 24, 9, tzinfo=UTC), datetime(2026, 3, 2, 9, tzinfo=UTC)
        EventFactory.create_batch(2, connection=okta, time=inside, effect="created")
        EventFactory.create(connection=okta, time=inside, effect="deactivated")
        EventFactory.create(connection=okta, time=inside, outcome="rehearsed", effect="deactivated")
        EventFactory.create(connection=okta, time=inside, outcome="refused", status=409, effect="refused")
        EventFactory.create(connection=okta, time=outside, effect="deleted")
        old("Entra ID")

        with receiving(digest_due) as told:
            assert digest() == "Told ADMINS: Provisioning in the week of Feb. 23, 2026\n"
            assert digest() == "There is nothing new to tell.\n"

        ((_, arguments),) = told
        entra, week = arguments["connections"]
        assert (entra.connection.name, entra.succeeded, entra.heard) == ("Entra ID", 0, None)
        assert (week.succeeded, week.refused) == (3, 1)
        assert (week.created, week.deactivated, week.deleted) == (2, 1, 0)
        (message,) = mail.outbox
        assert "Okta\n  Writes: 3 succeeded, 1 refused\n" in message.body
        assert "Entra ID\n" in message.body
        assert "Never heard of" in message.body

    def test_those_who_are_told_of_the_same_connections_read_one_digest(self, old):
        for number in range(2):
            old(f"Ours {number}")
            old(f"Theirs {number}", notify=["ada@customer.example"])

        digest()

        assert [(message.to, message.body.count("Writes:")) for message in mail.outbox] == [
            (["ops@project.example"], 2),
            (["ada@customer.example"], 2),
        ]
        assert "Ours" not in mail.outbox[1].body

    def test_a_connection_that_is_new_or_inactive_is_in_no_digest(self, old):
        old("Okta", is_active=False)
        ConnectionFactory.create(name="Entra ID")

        assert digest() == "There is nothing new to tell.\n"

    def test_the_next_week_is_told_again(self, old, monkeypatch):
        old("Okta")
        digest()
        monkeypatch.setattr(timezone, "now", lambda: datetime(2026, 3, 9, 12, tzinfo=UTC))

        assert digest() == "Told ADMINS: Provisioning in the week of March 2, 2026\n"

    def test_the_queries_do_not_grow_with_the_connections(self, old, django_assert_num_queries):
        for number in range(30):
            old(f"Connection {number}")

        with django_assert_num_queries(4):
            digest("--dry-run")


class TestOnce:
    def test_a_dry_run_prints_what_it_would_tell_and_changes_nothing(self, okta):
        okta.pause("too much")
        before = all_rows()

        assert notify("--dry-run") == "Would tell ADMINS: Okta is paused\n"

        assert (all_rows(), mail.outbox) == (before, [])

    @pytest.mark.django_db(transaction=True)
    def test_two_runs_at_once_tell_once(self, okta):
        okta.pause("too much")
        for _ in range(5):
            token(okta, expires=timezone.now() + DAY)

        at_once(notify, notify)

        assert len(mail.outbox) == 6
        assert SentNotification.objects.filter(told__isnull=False).count() == 6

    def test_whoever_cannot_be_told_is_told_by_the_next_run(self, okta, settings):
        okta.pause("too much")
        settings.DJANGO_SCIM = {"NOTIFICATIONS": [f"{__name__}.fail"]}
        with pytest.raises(CommandError, match="tried again the next time: Okta is paused"):
            notify()

        settings.DJANGO_SCIM = {}

        assert notify() == "Told ADMINS: Okta is paused\n"

    def test_a_claim_of_a_process_that_has_died_is_taken_over_after_a_while(self, okta):
        okta.pause("too much")
        key = f"paused:{okta.pk}:{okta.paused_at.isoformat()}"
        claim = SentNotification.objects.create(key=key, connection=okta, claimed=timezone.now())
        assert notify() == "There is nothing new to tell.\n"

        SentNotification.objects.filter(pk=claim.pk).update(claimed=timezone.now() - ABANDONED - DAY)

        assert notify() == "Told ADMINS: Okta is paused\n"

    def test_what_has_ended_long_ago_is_forgotten_and_what_has_not_is_kept(self, okta):
        okta.pause("too much")
        notify()
        SentNotification.objects.create(key="silent:7:long ago", claimed=timezone.now())
        SentNotification.objects.update(claimed=timezone.now() - KEPT - DAY)

        assert notify() == "There is nothing new to tell.\n"

        assert [each.key.partition(":")[0] for each in SentNotification.objects.all()] == ["paused"]

    def test_who_has_no_address_to_be_told_at_is_said(self, okta, settings):
        settings.ADMINS = []
        okta.pause("too much")

        assert "Nobody has read it: ADMINS is empty" in notify()

    def test_the_addresses_of_a_connection_are_printed(self, okta):
        Connection.objects.update(notify=["ada@customer.example"])
        Connection.objects.get().pause("too much")

        assert notify() == "Told ada@customer.example: Okta is paused\n"

    @pytest.mark.parametrize("argument", ["--expiry=-1", "--silence=soon", "--refusals=10001"])
    def test_a_number_that_is_none_is_refused(self, argument):
        with pytest.raises(CommandError, match="is not a number from 0 to 10000"):
            notify(argument)

    def test_no_history_is_nothing_to_tell(self, okta):
        assert not ProvisioningEvent.objects.exists()
        assert notify() == "There is nothing new to tell.\n"
