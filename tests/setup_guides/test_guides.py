"""The guides say what the set-up page says, and what is in them works."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from django_scim.dialects.registry import DIALECTS
from django_scim.setup_guides import PROVIDERS
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.messages import PATCH_OP
from tests.setup_guides.guides import GUIDES, OVERVIEW, blocks, fields_in, fields_of

USER = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "grace",
    "active": True,
}

MACRO = re.compile(r"\{\$[a-z_.]+\}")
"""What OneLogin replaces by a value of the user."""

MESSAGES = [(slug, code) for slug, guide in GUIDES.items() for code in blocks("json", guide)]


@pytest.fixture
def scim_of(db: None) -> Any:
    """Return a client that speaks as a provider does whose guide was followed."""

    def client(slug: str) -> ScimClient:
        return ScimClient(ConnectionFactory.create(dialect=PROVIDERS[slug].dialect))

    return client


def test_every_provider_has_a_guide_and_every_guide_a_provider():
    assert GUIDES.keys() == PROVIDERS.keys()


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_guide_has_the_fields_of_the_set_up_page(slug):
    assert fields_in(GUIDES[slug]) == fields_of(PROVIDERS[slug])


@pytest.mark.parametrize("slug", PROVIDERS)
def test_a_guide_is_headed_by_the_name_and_recommends_the_dialect(slug):
    provider = PROVIDERS[slug]
    (row,) = re.findall(r"^\| Dialect \| (.+) \|$", GUIDES[slug], re.MULTILINE)

    assert GUIDES[slug].startswith(f"# {provider.name}\n")
    assert row.startswith(f"*{DIALECTS[provider.dialect].label}*" if provider.dialect else "none")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_the_overview_leads_to_the_guide_and_names_the_dialect(slug):
    provider = PROVIDERS[slug]
    overview = OVERVIEW.read_text(encoding="utf-8")
    (dialect,) = re.findall(
        rf"^\| \[{provider.name}\]\(providers/{slug}\.md\).* \| ([^|]+) \|$", overview, re.MULTILINE
    )

    assert dialect == (f"*{DIALECTS[provider.dialect].label}*" if provider.dialect else "none")


@pytest.mark.parametrize("slug", PROVIDERS)
def test_every_code_block_of_a_guide_names_its_language(slug):
    fences = re.findall(r"^```(.*)$", GUIDES[slug], re.MULTILINE)

    assert {fence.partition(" ")[0] for fence in fences[::2]} <= {"json", "bash", "text"}


@pytest.mark.parametrize(("slug", "code"), MESSAGES, ids=[slug for slug, _ in MESSAGES])
def test_a_message_in_a_guide_is_accepted(scim_of, slug, code):
    scim = scim_of(slug)
    message = json.loads(code)

    if message["schemas"] == [PATCH_OP]:
        user = scim.post("/Users", USER).json()["id"]
        response = scim.request("PATCH", f"/Users/{user}", message)
    else:
        response = scim.post("/Users", message)

    assert response.status_code in (200, 201), response.content.decode()


def test_entra_deactivates_a_user_in_both_ways_that_its_guide_shows(scim_of):
    scim = scim_of("entra")
    shown = [json.loads(code) for code in blocks("json", GUIDES["entra"])]
    deactivations = [message for message in shown if message["Operations"][0].get("path") == "active"]

    assert len(deactivations) == 2
    for number, message in enumerate(deactivations):
        user = scim.post("/Users", {**USER, "userName": f"grace-{number}"}).json()["id"]
        assert scim.request("PATCH", f"/Users/{user}", message).json()["active"] is False


def test_a_role_as_the_guide_of_entra_shows_it_is_read_with_the_dialect(scim_of):
    scim = scim_of("entra")
    user = scim.post("/Users", USER).json()["id"]
    (message,) = (
        json.loads(code)
        for code in blocks("json", GUIDES["entra"])
        if json.loads(code)["Operations"][0]["path"] == "roles"
    )

    response = scim.request("PATCH", f"/Users/{user}", message)

    assert response.json()["roles"] == [{"value": "Admin", "display": "Admin"}]


def test_what_onelogin_makes_of_the_template_in_its_guide_is_accepted(scim_of):
    scim = scim_of("onelogin")
    (template,) = blocks('json title="Template"', GUIDES["onelogin"])
    assert MACRO.search(template)

    response = scim.post("/Users", json.loads(MACRO.sub("ada@example.com", template)))

    assert response.status_code == 201, response.content.decode()
    assert response.json()["emails"] == [{"value": "ada@example.com", "type": "work", "primary": True}]
