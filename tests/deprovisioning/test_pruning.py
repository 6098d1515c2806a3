"""What is known of sessions does not pile up."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from django_scim.models import LoginSession
from tests.deprovisioning.conftest import Browser
from tests.operations.patch_operations import replace
from tests.representations import path_of


def age(**selection: str) -> None:
    """Let the login be longer ago than a session lives."""
    then = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE + 60)
    LoginSession.objects.filter(**selection).update(time=then)


def test_the_next_login_forgets_sessions_that_have_expired(user):
    former = Browser().sign_in(user)
    age()
    Session.objects.filter(session_key=former.session_key).update(expire_date=timezone.now())

    latter = Browser().sign_in(user)

    assert LoginSession.objects.get().session_key == latter.session_key


def test_the_next_login_forgets_sessions_that_are_no_longer_stored(user):
    Browser().sign_in(user)
    age()
    Session.objects.all().delete()

    latter = Browser().sign_in(user)

    assert LoginSession.objects.get().session_key == latter.session_key


def test_a_session_that_lives_on_since_it_is_used_is_not_forgotten(scim, user):
    browser = Browser().sign_in(user)
    age()

    Browser().sign_in(user)

    assert browser.user == "bjensen"
    assert LoginSession.objects.filter(session_key=browser.session_key).exists()
    scim.patch(path_of(user), replace("active", False))
    scim.patch(path_of(user), replace("active", True))
    assert browser.user == ""


def test_the_sessions_of_other_accounts_are_left_for_their_own_logins(user, sso_user):
    other = Browser().be_signed_in(sso_user)
    age()
    Session.objects.all().delete()

    Browser().sign_in(user)

    assert LoginSession.objects.filter(session_key=other.session_key).exists()
