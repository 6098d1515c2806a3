"""What the set-up page of the admin is told about each identity provider."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import get_template

from django_scim.dialects.registry import DIALECTS
from django_scim.preflight.flows import FLOWS
from django_scim.setup_guides import PROVIDERS
from tests.setup_guides.guides import BASE_URL, ROW, STEP, TOKEN, fields_of

PING_ONE = PROVIDERS["pingone"]

every_provider = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)


def test_the_fields_of_a_provider_have_the_base_url_the_token_and_fixed_values():
    assert fields_of(PROVIDERS["okta"], "https://your-site.example/scim/v2") == [
        ("SCIM connector base URL", "`https://your-site.example/scim/v2`"),
        ("Unique identifier field for users", "`userName`"),
        ("Supported provisioning actions", "`Push New Users, Push Profile Updates, Push Groups`"),
        ("Authentication Mode", "`HTTP Header`"),
        ("Authorization", TOKEN),
    ]


def test_a_base_url_that_looks_like_a_placeholder_is_left_alone():
    assert ("Tenant URL", "`https://{{ host }}`") in fields_of(PROVIDERS["entra"], "https://{{ host }}")


def test_the_guide_of_a_provider_is_below_the_root_of_the_documentation():
    assert PING_ONE.guide == "how-to/providers/pingone/"


def test_a_provider_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        PING_ONE.dialect = "entra"  # type: ignore[misc]


@every_provider
def test_a_provider_asks_once_for_the_base_url_and_once_for_the_token(provider):
    fields = fields_of(provider)

    assert sorted(value for _, value in fields if "`" not in value) == [BASE_URL, TOKEN]
    assert len({label for label, _ in fields}) == len(fields)


@every_provider
def test_the_steps_of_a_provider_are_translated_and_the_fields_are_not(provider):
    template: Any = get_template(provider.template)
    source = Path(template.origin.name).read_text("utf-8")
    steps = STEP.findall(source)

    assert steps
    assert all(re.fullmatch('{% translate "[^"]+" %}', step) for step in steps)
    if provider.slug != "other":
        # They are called what the provider calls them. Nobody calls those of any other provider anything.
        assert all("{" not in label for label, _ in ROW.findall(source))


@every_provider
def test_a_provider_has_a_dialect_that_there_is(provider):
    assert provider.dialect in DIALECTS


@pytest.mark.parametrize("slug", [slug for slug in PROVIDERS if slug != "other"])
def test_a_provider_has_the_dialect_that_its_requests_are_tested_with(slug):
    flow = FLOWS[slug.replace("-", "_")]

    assert PROVIDERS[slug].dialect == flow.get("dialect", "")


def test_another_provider_is_the_last_choice():
    assert list(PROVIDERS)[-1] == "other"
