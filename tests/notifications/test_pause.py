"""A pause is mailed once, to those whom it concerns."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.checks import run_checks
from django.core.exceptions import ValidationError
from django.urls import reverse

from django_scim.models import Connection, SentNotification
from django_scim.notifications import Kind, Notification
from django_scim.operations.breaker import pause
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.operations.patch_operations import DEACTIVATE
from tests.operations.simultaneous import at_once
from tests.representations import path_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admins")]

told: list[Notification] = []


def remember(notification):
    told.append(notification)


def fail(notification):
    raise OSError("the mail server is away")


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def pause_one(committed, **fields):
    """Pause a new connection, and return it."""
    connection = ConnectionFactory.create(name="Okta", **fields)
    with committed():
        pause(connection, "more than 2 resources were to be deactivated")
    return connection


def test_a_pause_is_mailed_to_admins_with_its_reason_and_a_link(committed):
    connection = pause_one(committed)

    (message,) = mail.outbox
    assert message.to == ["ops@project.example"]
    assert message.subject == "[Django] Okta is paused"
    assert "Reason: more than 2 resources were to be deactivated" in message.body
    page = reverse("admin:django_scim_connection_change", args=[connection.pk])
    assert f"https://project.example{page}" in message.body


def test_a_pause_is_mailed_to_the_addresses_of_the_connection_instead(committed):
    pause_one(committed, notify=["ada@customer.example", "it@customer.example"])

    (message,) = mail.outbox
    assert message.to == ["ada@customer.example", "it@customer.example"]
    assert message.subject == "[Django] Okta is paused"


def test_a_pause_is_mailed_once_however_many_requests_meet_it(committed):
    scim = ScimClient(ConnectionFactory.create(deprovisioning_limit=1))

    with committed():
        answers = [scim.patch(path_of(row), DEACTIVATE).status_code for row in UserFactory.create_batch(5)]

    assert answers == [200, 503, 503, 503, 503]
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_a_pause_by_two_requests_at_once_is_mailed_once():
    connection = ConnectionFactory.create()

    def attempt():
        return str(pause(Connection.objects.get(pk=connection.pk), "too much"))

    assert sorted(at_once(attempt, attempt)) == ["False", "True"]
    assert len(mail.outbox) == 1


def test_a_pause_that_is_rolled_back_is_not_mailed(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks():
        pause(ConnectionFactory.create(), "too much")

    assert mail.outbox == []


def test_a_second_pause_after_the_first_was_lifted_is_mailed_again(committed):
    connection = pause_one(committed)
    connection.resume()

    with committed():
        pause(connection, "again")

    assert len(mail.outbox) == 2


def test_a_text_is_not_escaped_and_a_subject_is_one_line(committed):
    connection = ConnectionFactory.create(name="Acme & <Sons>\nBcc: all@project.example")

    with committed():
        pause(connection, 'somebody said "stop" & left')

    (message,) = mail.outbox
    assert message.subject == "[Django] Acme & <Sons> Bcc: all@project.example is paused"
    assert 'Reason: somebody said "stop" & left' in message.body


def test_functions_of_the_project_are_told_as_the_settings_say(committed, settings):
    settings.DJANGO_SCIM = {"NOTIFICATIONS": [f"{__name__}.remember"]}
    told.clear()

    connection = pause_one(committed, notify=["ada@customer.example"])

    (notification,) = told
    assert (notification.kind, notification.connection) == (Kind.PAUSED, connection)
    assert notification.recipients == ("ada@customer.example",)
    assert notification.facts["reason"] == connection.pause_reason
    assert mail.outbox == []


def test_an_empty_list_tells_nobody(committed, settings):
    settings.DJANGO_SCIM = {"NOTIFICATIONS": []}

    pause_one(committed)

    assert mail.outbox == []


def test_a_mail_server_that_is_away_fails_no_request_and_leaves_the_pause_to_be_told(committed, settings):
    settings.DJANGO_SCIM = {"NOTIFICATIONS": [f"{__name__}.fail"]}
    scim = ScimClient(ConnectionFactory.create(deprovisioning_limit=0))
    row = UserFactory.create()

    with committed():
        assert scim.patch(path_of(row), DEACTIVATE).status_code == 503

    assert User.objects.get(pk=row.pk).is_active
    assert Connection.objects.get().paused_at is not None
    assert not SentNotification.objects.exists()


def test_a_project_overrides_the_text_by_a_template(committed, settings, tmp_path):
    folder = tmp_path / "django_scim/notifications"
    folder.mkdir(parents=True)
    (folder / "paused.txt").write_text("Call 112: {{ connection }}, {{ reason }}", "utf-8")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    connection = pause_one(committed)

    assert mail.outbox[0].body == f"Call 112: Okta, {connection.pause_reason}\n"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tests.notifications.nowhere.tell", "cannot be imported"),
        ("django_scim.notifications.send_mial", "Did you mean 'send_mail'?"),
        (f"{__name__}.told", "cannot be called"),
    ],
)
def test_a_notification_that_cannot_be_called_is_an_error(settings, path, said):
    settings.DJANGO_SCIM = {"NOTIFICATIONS": [path]}

    (message,) = [each for each in run_checks(tags=["django_scim"]) if each.id == "django_scim.E022"]
    assert said in f"{message.msg} {message.hint}"


@pytest.mark.parametrize("value", ["ada@acme.example", ["nobody"], [7], [["ada@acme.example"]], {"a": 1}])
def test_what_is_no_list_of_addresses_is_refused_by_the_model(value):
    with pytest.raises(ValidationError):
        ConnectionFactory.build(notify=value).full_clean()
