"""What the set-up page of the admin is told about each identity provider."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from django.utils.functional import Promise

from django_scim.dialects.registry import DIALECTS
from django_scim.setup_guides import PROVIDERS, Field, Filled, Given, Provider, filled
from tests.providers.flows import FLOWS

BASE_URL = "https://your-site.example/scim/v2"

PING_ONE = PROVIDERS["pingone"]

every_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)


def test_the_fields_of_a_provider_are_filled_with_the_base_url_and_fixed_values():
    fields = filled(PROVIDERS["okta"], BASE_URL)

    assert fields == [
        Filled("SCIM connector base URL", BASE_URL, is_secret=False),
        Filled("Unique identifier field for users", "userName", is_secret=False),
        Filled(
            "Supported provisioning actions",
            "Push New Users, Push Profile Updates, Push Groups",
            is_secret=False,
        ),
        Filled("Authentication Mode", "HTTP Header", is_secret=False),
        Filled("Authorization", "", is_secret=True),
    ]


def test_the_token_is_filled_into_the_fields_of_a_provider_where_it_is_known():
    fields = filled(PING_ONE, BASE_URL, token="scim_secret")

    assert [field for field in fields if field.is_secret] == [
        Filled("OAuth Access Token", "scim_secret", is_secret=True)
    ]


def test_a_value_that_looks_like_a_placeholder_is_left_alone():
    provider = Provider("x", "X", (), (Field("a", "{token}"), Field("b", Given.BASE_URL)))

    assert [field.value for field in filled(provider, "https://{host}", token="secret")] == [
        "{token}",
        "https://{host}",
    ]


def test_the_guide_of_a_provider_is_below_the_root_of_the_documentation():
    assert PING_ONE.guide == "how-to/providers/pingone/"


def test_a_provider_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PING_ONE.dialect = "entra"  # type: ignore[misc]


@every_provider
def test_a_provider_asks_once_for_the_base_url_and_once_for_the_token(provider):
    given = [field.value for field in provider.fields if isinstance(field.value, Given)]

    assert sorted(given, key=str) == [Given.BASE_URL, Given.TOKEN]
    assert len({field.label for field in provider.fields}) == len(provider.fields)


@every_provider
def test_the_steps_of_a_provider_are_translated_and_the_fields_are_not(provider):
    assert provider.steps
    assert all(isinstance(step, Promise) for step in provider.steps)
    assert all(type(field.label) is str for field in provider.fields)


@every_provider
def test_a_provider_has_a_dialect_that_there_is(provider):
    assert provider.dialect in DIALECTS


@pytest.mark.parametrize("slug", [slug for slug in PROVIDERS if slug != "other"])
def test_a_provider_has_the_dialect_that_its_requests_are_tested_with(slug):
    flow = FLOWS[slug.replace("-", "_")]

    assert PROVIDERS[slug].dialect == flow.get("dialect", "")


def test_another_provider_is_the_last_choice():
    assert list(PROVIDERS)[-1] == "other"
