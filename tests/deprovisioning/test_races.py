"""Signing in at the very moment at which the account is deactivated."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from django_scim.models import LoginSession
from tests.deprovisioning import hooks
from tests.deprovisioning.conftest import Browser
from tests.operations.patch_operations import replace
from tests.representations import path_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def lingering(settings):
    """The host's own function takes its time, inside the transaction."""
    hooks.entered.clear()
    hooks.go_on.clear()
    settings.DJANGO_SCIM = {
        "DEPROVISIONING": [
            "django_scim.deprovisioning.end_sessions",
            "tests.deprovisioning.hooks.linger",
        ]
    }
    yield
    hooks.go_on.set()


def in_thread(function: Callable[..., Any], *arguments: Any) -> threading.Thread:
    """Call a function at the same time, with database connections of its own."""

    def call() -> None:
        try:
            function(*arguments)
        finally:
            connections.close_all()

    thread = threading.Thread(target=call)
    thread.start()
    return thread


@pytest.mark.usefixtures("lingering")
def test_a_session_that_begins_while_the_account_is_deactivated_does_not_outlive_it(scim, user):
    deactivation = in_thread(scim.patch, path_of(user), replace("active", False))
    assert hooks.entered.wait(timeout=10)
    browser = Browser()
    login = in_thread(browser.sign_in, user)
    login.join(timeout=0.5)  # the sessions are ended by now, and the end is not committed yet

    hooks.go_on.set()
    deactivation.join()
    login.join()

    assert browser.user == ""
    scim.patch(path_of(user), replace("active", True))
    assert browser.user == ""
    assert not LoginSession.objects.exists()
