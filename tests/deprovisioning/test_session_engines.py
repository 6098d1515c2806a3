"""Sessions end in every store of Django that a server has."""

from __future__ import annotations

import pytest

from django_scim.models import LoginSession
from tests.deprovisioning.conftest import Browser
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE
from tests.representations import path_of

BACKENDS = "django.contrib.sessions.backends"


@pytest.fixture(params=["db", "cached_db", "cache", "file"])
def store(request, settings, tmp_path, shared_cache):
    """A store of sessions that the server has."""
    settings.SESSION_ENGINE = f"{BACKENDS}.{request.param}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    return request.param


@pytest.fixture
def cookies(settings):
    """Sessions that only the browser has."""
    settings.SESSION_ENGINE = f"{BACKENDS}.signed_cookies"


@pytest.mark.usefixtures("store")
def test_sessions_end_and_stay_ended(scim, user):
    browsers = [Browser().sign_in(user), Browser().sign_in(user)]
    assert [browser.user for browser in browsers] == ["bjensen", "bjensen"]

    scim.patch(path_of(user), DEACTIVATE)
    assert [browser.user for browser in browsers] == ["", ""]

    scim.patch(path_of(user), ACTIVATE)
    assert [browser.user for browser in browsers] == ["", ""]


@pytest.mark.usefixtures("store")
def test_accounts_that_stay_active_stay_signed_in_with_every_engine(scim, user, sso_user):
    other = Browser().be_signed_in(sso_user)
    Browser().sign_in(user)

    scim.patch(path_of(user), DEACTIVATE)

    assert other.user == "jsmith"


@pytest.mark.usefixtures("store", "tracked")
def test_a_session_whose_key_has_changed_ends_too(scim, user):
    browser = Browser().sign_in(user)
    browser.change_password()
    assert browser.user == "bjensen"

    scim.patch(path_of(user), DEACTIVATE)
    scim.patch(path_of(user), ACTIVATE)

    assert browser.user == ""


@pytest.mark.usefixtures("cookies")
def test_a_session_in_a_cookie_ends_where_the_account_has_no_password(scim, sso_user):
    browser = Browser().be_signed_in(sso_user)
    assert browser.user == "jsmith"

    scim.patch(path_of(sso_user), DEACTIVATE)
    scim.patch(path_of(sso_user), ACTIVATE)

    assert browser.user == ""


@pytest.mark.usefixtures("cookies", "tracked")
def test_a_session_in_a_cookie_is_not_noted(user):
    browser = Browser().sign_in(user)

    assert browser.user == "bjensen"
    assert not LoginSession.objects.exists()
