"""``manage.py check`` says what is wrong with the routes that include those of the app."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls_of_tenants")]


@pytest.fixture(autouse=True)
def host(settings):
    """A project whose tenants are companies."""
    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "name"}}


def test_the_checks_find_nothing_where_the_settings_explain_the_address():
    assert run_checks(tags=["django_scim"]) == []


def test_the_checks_name_an_argument_that_the_settings_do_not_explain(settings):
    settings.DJANGO_SCIM = {}

    (message,) = run_checks(tags=["django_scim"])

    assert message.id == "django_scim.E060"
    assert "'orgs/<str:org>/scim/v2/' of django_scim.urls has the argument 'org'" in message.msg
    assert message.hint is not None
    assert '{"org": "slug"}' in message.hint


@pytest.mark.urls("tests.api.urls_hiding_tenants")
def test_the_checks_name_routes_whose_arguments_no_view_can_see(settings):
    settings.DJANGO_SCIM = {}

    first, second = run_checks(tags=["django_scim"])

    assert (first.id, second.id) == ("django_scim.E060", "django_scim.E060")
    assert "keys/<int:pk>/scim/v2/" in first.msg
    assert r"^groups/(\w+)/scim/v2/" in second.msg


def test_the_checks_name_an_argument_that_no_route_has(settings):
    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "name", "organ": "name"}}

    (message,) = run_checks(tags=["django_scim"])

    assert message.id == "django_scim.W060"
    assert "names 'organ', which no route of django_scim.urls has" in message.msg
    assert message.hint == "Did you mean 'org'?"


@pytest.mark.urls("tests.admin.connections.urls_without_scim")
def test_the_checks_say_nothing_of_routes_that_another_urlconf_may_have():
    assert run_checks(tags=["django_scim"]) == []


@pytest.mark.parametrize("value", ["org", ["org"], {"org": 1}, {1: "org"}, {"org": ""}])
def test_the_checks_refuse_a_setting_of_another_form(settings, value):
    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": value}

    assert "django_scim.E006" in [message.id for message in run_checks(tags=["django_scim"])]
