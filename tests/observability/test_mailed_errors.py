"""What Django mails to ADMINS as an error of a request: faults, and no answer that the app means."""

from __future__ import annotations

import logging

import pytest
from django.core import mail
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.utils.log import AdminEmailHandler

from django_scim.api.resources import ResourceViewSet
from tests.factories import UserFactory
from tests.notifications.conftest import admins
from tests.operations.patch_operations import DEACTIVATE
from tests.representations import path_of, user

__all__ = ["admins"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("admins")]


@pytest.fixture(autouse=True)
def handler():
    """The handler that Django attaches by default, which mails errors while DEBUG is off."""
    (found,) = [each for each in logging.getLogger("django").handlers if isinstance(each, AdminEmailHandler)]
    return found


@pytest.fixture
def mailing_warnings(handler):
    """The same handler, as of a project that wants warnings by mail too."""
    level = handler.level
    handler.setLevel(logging.WARNING)
    yield
    handler.setLevel(level)


@pytest.mark.usefixtures("mailing_warnings")
def test_the_writes_that_a_pause_refuses_are_not_mailed(scim):
    scim.connection.pause("too much")

    answers = [scim.patch(path_of(row), DEACTIVATE).status_code for row in UserFactory.create_batch(3)]

    assert answers == [503, 503, 503]
    assert mail.outbox == []


@pytest.mark.usefixtures("mailing_warnings")
def test_refusals_are_not_mailed(scim):
    answers = [scim.post("/Users", user("")), scim.get("/Users/nobody"), scim.get("/nothing")]
    scim.token = "wrong"
    answers.append(scim.get("/Users"))

    assert [answer.status_code for answer in answers] == [400, 404, 404, 401]
    assert mail.outbox == []


def test_a_row_that_is_locked_for_long_is_not_mailed(scim, monkeypatch):
    monkeypatch.setattr(ResourceViewSet, "list", failing(OperationalError("database is locked")))

    assert scim.get("/Users").status_code == 503
    assert mail.outbox == []


def test_a_health_check_that_fails_is_not_mailed(scim, monkeypatch):
    monkeypatch.setattr(CursorWrapper, "execute", failing(OperationalError(2006, "Server has gone away")))

    assert scim.get("/health").status_code == 503
    assert mail.outbox == []


def test_a_database_that_is_away_is_mailed(scim, monkeypatch):
    monkeypatch.setattr(ResourceViewSet, "list", failing(OperationalError(2006, "Server has gone away")))

    assert scim.get("/Users").status_code == 503
    assert len(mail.outbox) == 1


def test_an_unexpected_exception_is_mailed(scim, monkeypatch):
    monkeypatch.setattr(ResourceViewSet, "list", failing(ZeroDivisionError()))
    scim.client.raise_request_exception = False

    assert scim.get("/Users").status_code == 500

    (message,) = mail.outbox
    assert "Internal Server Error: /scim/v2/Users" in message.subject


def test_a_refusal_is_in_the_log_of_django_as_information(scim, caplog):
    caplog.set_level(logging.INFO, "django.request")
    scim.connection.pause("too much")

    scim.post("/Users", user())

    (record,) = [each for each in caplog.records if each.name == "django.request"]
    assert (record.levelname, record.status_code) == ("INFO", 503)


@pytest.mark.parametrize(("exception", "level"), [(None, "WARNING"), (ZeroDivisionError(), "ERROR")])
def test_the_log_of_requests_has_faults_alone_as_errors(scim, caplog, monkeypatch, exception, level):
    caplog.set_level(logging.INFO, "django_scim.access")
    scim.connection.pause("too much")
    scim.client.raise_request_exception = False
    if exception:
        monkeypatch.setattr(ResourceViewSet, "create", failing(exception))
        scim.connection.resume()

    scim.post("/Users", user())

    (record,) = [each for each in caplog.records if each.name == "django_scim.access"]
    assert (record.levelname, record.scim_is_fault) == (level, level == "ERROR")


def failing(exception):
    """Return a function that raises an exception, whatever it is given."""

    def fail(*args, **kwargs):
        raise exception

    return fail
