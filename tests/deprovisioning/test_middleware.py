"""Sessions are kept track of when their key changes without a login."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from django_scim.models import LoginSession
from tests.deprovisioning.conftest import MIDDLEWARE, Browser
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE
from tests.representations import path_of


def test_a_session_is_followed_when_the_user_changes_the_password(scim, user, tracked):
    browser = Browser().sign_in(user)
    former_key = browser.session_key
    browser.change_password()
    assert browser.session_key != former_key

    assert LoginSession.objects.get().session_key == browser.session_key

    scim.patch(path_of(user), DEACTIVATE)
    scim.patch(path_of(user), ACTIVATE)
    assert browser.user == ""


def test_a_session_is_followed_when_the_secret_key_is_rotated(scim, user, tracked, settings):
    browser = Browser().sign_in(user)
    former_key = browser.session_key
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another one", [settings.SECRET_KEY]
    assert browser.user == "bjensen"
    assert browser.session_key != former_key

    scim.patch(path_of(user), DEACTIVATE)
    scim.patch(path_of(user), ACTIVATE)

    assert browser.user == ""


def test_a_session_from_before_the_app_was_installed_is_noted_at_its_next_page(scim, user, settings):
    browser = Browser().sign_in(user)
    forget_all_logins()
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    browser.meet_new_server()
    assert browser.user == "bjensen"

    scim.patch(path_of(user), DEACTIVATE)
    scim.patch(path_of(user), ACTIVATE)

    assert browser.user == ""


def test_a_session_that_is_noted_costs_no_query_more(user, settings, tracked):
    browser = Browser().sign_in(user)
    with CaptureQueriesContext(database) as with_middleware:
        assert browser.user == "bjensen"

    settings.MIDDLEWARE = settings.MIDDLEWARE[:-1]
    browser.meet_new_server()
    with CaptureQueriesContext(database) as without_middleware:
        assert browser.user == "bjensen"

    assert len(with_middleware) == len(without_middleware)


def test_a_visitor_gets_no_session(db, tracked):
    visitor = Browser()

    assert visitor.user == ""

    assert "sessionid" not in visitor.client.cookies
    assert not Session.objects.exists()


def test_a_session_of_an_account_that_is_locked_by_the_host_is_left_to_the_host(user, tracked):
    browser = Browser().sign_in(user)
    forget_all_logins()
    User.objects.filter(pk=user.pk).update(is_active=False)

    assert browser.user == ""

    assert Session.objects.exists()


def forget_all_logins() -> None:
    """Make all sessions as they were before the app was installed."""
    LoginSession.objects.all().delete()
    for session in Session.objects.all():
        store = SessionStore(session.session_key)
        del store["_django_scim_session_key"]
        store.save()
