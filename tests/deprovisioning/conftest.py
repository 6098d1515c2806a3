"""Accounts, and the browsers that they are signed in with."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.factories import UserFactory

PASSWORD = "correct horse battery staple"
NEW_PASSWORD = "Tr0ub4dor and three"

MIDDLEWARE = "django_scim.deprovisioning.middleware.LoginSessionMiddleware"


class Browser:
    """Somebody who looks at the pages of the host."""

    def __init__(self) -> None:
        self.client = Client()

    def sign_in(self, user: Any, password: str = PASSWORD) -> Browser:
        """Sign in by name and password."""
        self.client.post("/sign-in/", {"username": user.username, "password": password})
        return self

    def be_signed_in(self, user: Any) -> Browser:
        """Sign in as an identity provider does it, without a password."""
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return self

    def sign_out(self) -> None:
        """Sign out."""
        self.client.post("/sign-out/")

    def change_password(self) -> None:
        """Set a new password, and stay signed in."""
        fields = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        assert self.client.post("/password/", fields).status_code == 302

    def meet_new_server(self) -> None:
        """Keep the cookies, while the host is started anew with the settings of now."""
        cookies = self.client.cookies
        self.client = Client()
        self.client.cookies = cookies

    @property
    def user(self) -> str:
        """The name of who is signed in when the next page is requested, empty for nobody."""
        return self.client.get("/who/").content.decode()

    @property
    def session_key(self) -> str:
        """The key of the session that the browser has a cookie of."""
        return self.client.cookies["sessionid"].value


@pytest.fixture(autouse=True)
def pages(settings):
    """The host's pages."""
    settings.ROOT_URLCONF = "tests.deprovisioning.urls"


@pytest.fixture
def tracked(settings):
    """The host has the middleware that keeps track of sessions."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]


@pytest.fixture
def user(db: None) -> User:
    """An account with a password of its own."""
    user = UserFactory.create(username="bjensen")
    user.set_password(PASSWORD)
    user.save()
    return user


@pytest.fixture
def sso_user(db: None) -> User:
    """An account that its identity provider signs in: it has no password."""
    user = UserFactory.create(username="jsmith")
    user.set_unusable_password()
    user.save()
    return user
