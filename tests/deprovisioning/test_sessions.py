"""The sessions of an account end when it is deactivated over SCIM, and stay ended."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.models import Session
from django.db import connection as database
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_scim.models import LoginSession
from tests.deprovisioning.conftest import Browser
from tests.factories import GroupFactory, UserFactory
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE, replace
from tests.representations import member, path_of
from tests.representations import user as representation


def test_the_next_page_of_a_deactivated_account_is_anonymous(scim, user):
    browser = Browser().sign_in(user)
    assert browser.user == "bjensen"

    assert scim.patch(path_of(user), DEACTIVATE).status_code == 200

    assert browser.user == ""


def test_an_old_session_does_not_come_back_to_life_when_the_account_is_reactivated(scim, user):
    browser = Browser().sign_in(user)
    scim.patch(path_of(user), DEACTIVATE)

    scim.patch(path_of(user), ACTIVATE)

    assert browser.user == ""
    assert browser.sign_in(user).user == "bjensen"


def test_the_rows_of_the_sessions_are_gone_when_the_request_is_answered(scim, user):
    Browser().sign_in(user)

    scim.patch(path_of(user), DEACTIVATE)

    assert not Session.objects.exists()
    assert not LoginSession.objects.exists()


def test_every_browser_of_the_account_is_signed_out(scim, user):
    browsers = [Browser().sign_in(user) for _ in range(3)]

    scim.patch(path_of(user), DEACTIVATE)
    scim.patch(path_of(user), ACTIVATE)

    assert [browser.user for browser in browsers] == ["", "", ""]


def test_accounts_that_stay_active_stay_signed_in(scim, user, sso_user):
    other = Browser().be_signed_in(sso_user)
    Browser().sign_in(user)

    scim.patch(path_of(user), DEACTIVATE)

    assert other.user == "jsmith"


def test_an_anonymous_session_is_none_of_the_deactivated_account(scim, user):
    visitor = Browser()
    session = visitor.client.session
    session["basket"] = ["a book"]
    session.save()
    Browser().sign_in(user)

    scim.patch(path_of(user), DEACTIVATE)

    assert visitor.client.session["basket"] == ["a book"]


def test_a_put_without_active_true_deactivates_as_well(scim, user):
    browser = Browser().sign_in(user)

    scim.put(path_of(user), representation("bjensen", active=False))
    scim.put(path_of(user), representation("bjensen", active=True))

    assert browser.user == ""


def test_deleting_an_account_ends_its_sessions_for_whoever_has_its_row_next(scim, user):
    scim.patch(path_of(user), replace("externalId", "4"))
    browser = Browser().sign_in(user)
    scim.delete(path_of(user))
    assert browser.user == ""

    assert scim.post("/Users", representation("bjensen", externalId="4")).status_code == 201

    assert User.objects.get(username="bjensen").pk == user.pk
    assert browser.user == ""


def test_deleting_the_row_of_an_account_leaves_no_session_behind(scim, user, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": "hard"}}}
    Browser().sign_in(user)

    assert scim.delete(path_of(user)).status_code == 204

    assert not Session.objects.exists()
    assert not LoginSession.objects.exists()


def test_a_write_that_leaves_the_account_active_leaves_it_signed_in(scim, user):
    browser = Browser().sign_in(user)

    scim.patch(path_of(user), replace("title", "Tour Guide"))
    scim.put(path_of(user), representation("bjensen", active=True))

    assert browser.user == "bjensen"


def test_a_refused_write_leaves_the_account_signed_in(scim, user):
    browser = Browser().sign_in(user)

    response = scim.patch(path_of(user), DEACTIVATE, **{"If-Match": 'W/"long ago"'})

    assert response.status_code == 412
    assert browser.user == "bjensen"


def test_a_write_that_fails_after_all_leaves_the_account_signed_in(scim, user):
    browser = Browser().sign_in(user)
    UserFactory.create(username="taken")

    response = scim.patch(path_of(user), DEACTIVATE, replace("userName", "taken"))

    assert response.status_code == 409
    assert browser.user == "bjensen"


def test_a_client_may_deactivate_an_account_that_is_locked_already(scim, user):
    browser = Browser().sign_in(user)
    User.objects.filter(pk=user.pk).update(is_active=False)

    scim.patch(path_of(user), DEACTIVATE)
    scim.patch(path_of(user), ACTIVATE)

    assert browser.user == ""


def test_deactivating_an_account_whose_activity_is_stored_ends_its_sessions_too(scim, user, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"active": None}}}}
    browser = Browser().sign_in(user)

    assert scim.patch(path_of(user), DEACTIVATE).status_code == 200

    assert browser.user == ""


def test_deleting_a_group_ends_the_sessions_of_nobody(scim, user):
    browser = Browser().sign_in(user)
    group = GroupFactory.create()
    group.user_set.add(user)

    assert scim.delete(path_of(group)).status_code == 204

    assert browser.user == "bjensen"


def test_a_member_that_is_removed_stays_signed_in(scim, user):
    browser = Browser().sign_in(user)
    group = GroupFactory.create()
    group.user_set.add(user)

    scim.patch(path_of(group), {"op": "remove", "path": "members", "value": [member(user)]})

    assert browser.user == "bjensen"


def test_the_password_of_a_deactivated_account_is_kept_for_its_return(scim, user):
    scim.patch(path_of(user), DEACTIVATE)
    assert Browser().sign_in(user).user == ""

    scim.patch(path_of(user), ACTIVATE)

    assert Browser().sign_in(user).user == "bjensen"


def test_a_superuser_stays_signed_in_as_it_cannot_be_deactivated(scim, user):
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    browser = Browser().sign_in(user)

    assert scim.patch(path_of(user), DEACTIVATE).status_code == 403

    assert browser.user == "bjensen"


def test_a_session_that_was_never_noted_ends_where_the_account_has_no_password(scim, sso_user):
    browser = Browser().be_signed_in(sso_user)
    LoginSession.objects.all().delete()

    scim.patch(path_of(sso_user), DEACTIVATE)
    scim.patch(path_of(sso_user), ACTIVATE)

    assert browser.user == ""


def test_an_account_without_a_password_still_has_none_after_its_deactivation(scim, sso_user):
    scim.patch(path_of(sso_user), DEACTIVATE)
    scim.patch(path_of(sso_user), ACTIVATE)

    sso_user.refresh_from_db()
    assert not sso_user.has_usable_password()


def test_the_number_of_sessions_makes_no_difference_to_the_number_of_queries(scim, user, sso_user):
    Browser().sign_in(user)
    for _ in range(12):
        Browser().be_signed_in(sso_user)
    sso_user.set_password("from now on it has one")
    sso_user.save()

    scim.get("/Users", {"count": 0})  # the first use of a token in a minute is written down
    with CaptureQueriesContext(database) as one:
        scim.patch(path_of(user), DEACTIVATE)
    with CaptureQueriesContext(database) as twelve:
        scim.patch(path_of(sso_user), DEACTIVATE)

    assert len(twelve) == len(one)
    assert not Session.objects.exists()


def test_deactivating_an_account_does_not_look_at_sessions_of_others(scim, user):
    Browser().sign_in(user)

    with CaptureQueriesContext(database) as queries:
        scim.patch(path_of(user), DEACTIVATE)

    about_sessions = [query["sql"] for query in queries if "session" in query["sql"].lower()]
    assert about_sessions
    assert all(" where " in sql.lower() for sql in about_sessions)


class TestSigningInMeanwhile:
    """Somebody who has given the right password a moment before the account is deactivated."""

    def test_the_session_that_begins_after_the_account_was_deactivated_is_ended(self, scim, user):
        browser = Browser()
        scim.patch(path_of(user), DEACTIVATE)

        browser.be_signed_in(user)  # with the row as it was read before

        scim.patch(path_of(user), ACTIVATE)
        assert browser.user == ""

    def test_the_request_that_signs_in_meanwhile_is_anonymous_too(self, scim, user):
        scim.patch(path_of(user), DEACTIVATE)
        request = HttpRequest()
        request.session = Client().session

        login(request, user, backend="django.contrib.auth.backends.ModelBackend")

        assert request.user.is_anonymous

    def test_a_host_that_lets_locked_accounts_sign_in_may_do_so(self, user, settings):
        backend = "django.contrib.auth.backends.AllowAllUsersModelBackend"
        settings.AUTHENTICATION_BACKENDS = [backend]
        user.is_active = False
        user.save()

        browser = Browser()
        browser.client.force_login(user, backend=backend)

        assert browser.user == "bjensen"


class TestNoting:
    """What is kept of a login."""

    def test_a_login_is_noted_under_the_key_of_its_session(self, user):
        browser = Browser().sign_in(user)

        login_session = LoginSession.objects.get()
        assert login_session.session_key == browser.session_key
        assert login_session.user_key == str(user.pk)

    def test_signing_in_again_in_the_same_session_is_noted_once(self, user):
        browser = Browser().sign_in(user).sign_in(user)

        assert LoginSession.objects.get().session_key == browser.session_key

    def test_signing_in_as_somebody_else_begins_another_session(self, user, sso_user, scim):
        browser = Browser().sign_in(user).be_signed_in(sso_user)

        scim.patch(path_of(user), DEACTIVATE)

        assert browser.user == "jsmith"
        scim.patch(path_of(sso_user), DEACTIVATE)
        scim.patch(path_of(sso_user), ACTIVATE)
        assert browser.user == ""

    def test_signing_out_forgets_the_session(self, user):
        browser = Browser().sign_in(user)

        browser.sign_out()

        assert not LoginSession.objects.exists()

    def test_signing_in_asynchronously_is_noted_too(self, user, scim):
        browser = Browser()
        async_to_sync(browser.client.aforce_login)(user)
        assert browser.user == "bjensen"

        scim.patch(path_of(user), DEACTIVATE)
        scim.patch(path_of(user), ACTIVATE)

        assert browser.user == ""

    def test_a_login_by_token_has_no_session(self, user):
        user_logged_in.send(sender=User, request=HttpRequest(), user=user)
        user_logged_in.send(sender=User, request=None, user=user)

        assert not LoginSession.objects.exists()

    def test_a_login_by_token_does_not_make_a_session_of_an_empty_one(self, user):
        request = HttpRequest()
        request.session = Client().session
        before = Session.objects.count()

        user_logged_in.send(sender=User, request=request, user=user)

        assert not LoginSession.objects.exists()
        assert Session.objects.count() == before


def test_a_session_belongs_to_the_account_whatever_its_name_is_by_now(scim, user):
    browser = Browser().sign_in(user)
    User.objects.filter(pk=user.pk).update(username="bjensen-smith")

    scim.patch(path_of(user), DEACTIVATE)
    scim.patch(path_of(user), ACTIVATE)

    assert browser.user == ""
