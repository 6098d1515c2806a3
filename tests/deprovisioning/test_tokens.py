"""Tokens that packages have given to an account are revoked when it is deactivated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.authtoken.models import Token

from tests.operations.patch_operations import ACTIVATE, DEACTIVATE
from tests.representations import path_of
from tests.representations import user as representation


class TestRestFramework:
    """``rest_framework.authtoken``."""

    def test_the_token_is_gone_and_stays_gone(self, scim, user):
        Token.objects.create(user=user)

        scim.patch(path_of(user), DEACTIVATE)
        scim.patch(path_of(user), ACTIVATE)

        assert not Token.objects.exists()

    def test_other_accounts_keep_their_token(self, scim, user, sso_user):
        other = Token.objects.create(user=sso_user)
        Token.objects.create(user=user)

        scim.patch(path_of(user), DEACTIVATE)

        assert Token.objects.get() == other

    def test_an_account_that_stays_active_keeps_its_token(self, scim, user):
        Token.objects.create(user=user)

        scim.put(path_of(user), representation("bjensen", active=True, title="Guide"))

        assert Token.objects.filter(user=user).exists()

    def test_deleting_an_account_revokes_its_token(self, scim, user):
        Token.objects.create(user=user)

        scim.delete(path_of(user))

        assert not Token.objects.exists()


class TestOAuth:
    """django-oauth-toolkit."""

    @pytest.fixture
    def oauth(self):
        """The models of the package."""
        pytest.importorskip("oauth2_provider", reason="django-oauth-toolkit is not installed")
        from oauth2_provider import models

        return models

    @pytest.fixture
    def application(self, oauth, user):
        """Software of the account, which may get tokens."""
        return oauth.get_application_model().objects.create(
            name="Reports",
            user=user,
            client_type="confidential",
            authorization_grant_type="authorization-code",
            redirect_uris="https://reports.example/callback",
            client_secret="the secret of the reports",
            hash_client_secret=False,
        )

    def give(self, oauth: Any, application: Any, user: Any) -> str:
        """Give an account everything that the package has; return its refresh token."""
        soon = timezone.now() + timedelta(hours=1)
        common = {"user": user, "application": application, "expires": soon}
        id_token = oauth.get_id_token_model().objects.create(**common)
        access = oauth.get_access_token_model().objects.create(
            **common, token=f"access of {user.username}", id_token=id_token, scope="read"
        )
        refresh = oauth.get_refresh_token_model().objects.create(
            user=user, application=application, token=f"refresh of {user.username}", access_token=access
        )
        oauth.get_grant_model().objects.create(
            **common, code=f"code of {user.username}", redirect_uri="https://reports.example/callback"
        )
        return str(refresh.token)

    def held_by(self, oauth: Any, user: Any) -> dict[str, int]:
        """Count what an account has, by the name of the model."""
        names = ("grant", "access_token", "refresh_token", "id_token")
        found = {name: getattr(oauth, f"get_{name}_model")() for name in names}
        return {name: model.objects.filter(user=user).count() for name, model in found.items()}

    def test_access_refresh_and_id_tokens_and_grants_are_gone(self, scim, user, oauth, application):
        self.give(oauth, application, user)
        assert set(self.held_by(oauth, user).values()) == {1}

        scim.patch(path_of(user), DEACTIVATE)
        scim.patch(path_of(user), ACTIVATE)

        assert set(self.held_by(oauth, user).values()) == {0}

    def test_a_grant_for_a_device_of_a_deactivated_account_is_gone(self, scim, user, oauth, application):
        if not hasattr(oauth, "get_device_grant_model"):
            pytest.skip("this django-oauth-toolkit has no grants for devices")
        oauth.get_device_grant_model().objects.create(
            user=user,
            device_code="a device",
            user_code="a user",
            client_id=application.client_id,
            expires=timezone.now() + timedelta(hours=1),
            status="authorized",
        )

        scim.patch(path_of(user), DEACTIVATE)

        assert not oauth.get_device_grant_model().objects.exists()

    def test_other_accounts_keep_their_oauth_tokens(self, scim, user, sso_user, oauth, application):
        self.give(oauth, application, user)
        self.give(oauth, application, sso_user)

        scim.patch(path_of(user), DEACTIVATE)

        assert set(self.held_by(oauth, sso_user).values()) == {1}

    def test_the_applications_of_the_account_stay(self, scim, user, application):
        scim.patch(path_of(user), DEACTIVATE)

        application.refresh_from_db()
        assert application.user == user

    def test_the_refresh_token_gets_nothing_after_the_account_is_back(
        self, scim, user, oauth, application, client, settings
    ):
        settings.ROOT_URLCONF = "tests.deprovisioning.oauth_urls"
        request = {
            "grant_type": "refresh_token",
            "refresh_token": self.give(oauth, application, user),
            "client_id": application.client_id,
            "client_secret": "the secret of the reports",
        }
        assert client.post("/o/token/", request).status_code == 200
        request["refresh_token"] = oauth.get_refresh_token_model().objects.get(revoked=None).token

        scim.patch(path_of(user), DEACTIVATE)
        scim.patch(path_of(user), ACTIVATE)

        assert client.post("/o/token/", request).status_code == 400
