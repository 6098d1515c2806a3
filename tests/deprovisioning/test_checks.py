"""``manage.py check`` says what keeps an account from being locked out."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks

from tests.deprovisioning.conftest import MIDDLEWARE


def messages(*, deploy: bool = False) -> dict[str, str]:
    """Run the checks of the app; return what they say by id."""
    found = run_checks(tags=["django_scim"], include_deployment_checks=deploy)
    return {str(message.id): f"{message.msg} {message.hint}" for message in found}


def test_the_checks_find_a_host_as_django_makes_it_in_order():
    assert messages() == {}


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("tests.deprovisioning.hooks.end_membership", "end_memberships"),
        ("tests.deprovisioning.nowhere.end", "cannot be imported"),
        ("end", "no dotted path"),
        ("tests.deprovisioning.hooks.NOT_CALLABLE", "cannot be called"),
        (
            "django_scim.deprovisioning.session.end_sessions",
            "django_scim.deprovisioning.end_sessions",
        ),
    ],
)
def test_a_hook_that_cannot_be_called_is_an_error(settings, path, said):
    settings.DJANGO_SCIM = {"DEPROVISIONING": [path]}

    assert said in messages()["django_scim.E020"]


def test_sessions_in_cookies_are_warned_of(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"

    assert "SESSION_ENGINE" in messages()["django_scim.W020"]


def test_sessions_in_cookies_are_not_warned_of_where_there_are_no_sessions(settings):
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    settings.MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]

    assert not {"django_scim.W020", "django_scim.W021"} & messages(deploy=True).keys()


def test_a_deployment_that_does_not_keep_track_of_sessions_is_warned_of():
    assert MIDDLEWARE in messages(deploy=True)["django_scim.W021"]


@pytest.mark.usefixtures("tracked")
def test_a_deployment_that_keeps_track_of_sessions_is_in_order():
    assert "django_scim.W021" not in messages(deploy=True)
