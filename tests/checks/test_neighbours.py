"""Checks of what is left of django-scim2. Those of django-allauth are in the host project ``addresses``."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest
from django.core.checks import run_checks

from tests.hosts.small.models import Person

HERE = "django_scim.checks.neighbours"


@pytest.fixture
def installed(monkeypatch):
    """Return what says that some distributions are installed, and no others."""

    def install(*names):
        def distribution(name):
            if name not in names:
                raise PackageNotFoundError(name)

        monkeypatch.setattr(f"{HERE}.distribution", distribution)

    return install


def found():
    """Return the messages by their ids."""
    return {str(message.id): message for message in run_checks(tags=["django_scim"])}


def test_a_stock_project_has_no_leftovers(settings):
    assert found() == {}


def test_an_app_that_is_installed_over_this_one_is_an_error(installed):
    installed("django-scim2")

    assert "the files of one have replaced some of the other" in found()["django_scim.E018"].msg


def test_a_middleware_that_there_is_no_more_is_an_error(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django_scim.middleware.SCIMAuthCheckMiddleware"]

    message = found()["django_scim.E018"]

    assert "'django_scim.middleware.SCIMAuthCheckMiddleware'" in message.msg
    assert message.hint.startswith("Take it out")


def test_a_setting_that_means_nothing_any_more_is_warned_of(settings):
    settings.SCIM_SERVICE_PROVIDER = {"NETLOC": "localhost"}

    assert "SCIM_SERVICE_PROVIDER is of django-scim2" in found()["django_scim.W016"].msg


def test_identifiers_in_a_column_that_nothing_names_are_warned_of(settings, monkeypatch):
    monkeypatch.setattr(f"{HERE}.OLD_COLUMN", "login")
    options = {"adapter": "tests.hosts.small.adapters.PersonAdapter"}
    settings.DJANGO_SCIM = {"RESOURCES": {"User": options, "Group": None}}
    assert "find nobody, and make everybody anew" in found()["django_scim.W016"].msg

    settings.DJANGO_SCIM = {"RESOURCES": {"User": {**options, "id_field": "login"}, "Group": None}}

    assert Person._meta.get_field("login").unique
    assert "django_scim.W016" not in found()
