"""Each mapping that ships can stand in the settings, before there are models, and stays as it was written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks

from django_scim.mappings import (
    Combined,
    DefaultValue,
    Mapping,
    Members,
    Password,
    PrimaryValue,
    Reference,
    Rows,
    Stored,
)
from django_scim.resources.registry import registry
from tests.representations import ENTERPRISE, user

ROOT = Path(__file__).resolve().parent.parent.parent

IMPORTED_FIRST = """
import json, sys
from django.conf import settings
import django_scim.mappings, django_scim.schema, django_scim.sql.operand, django_scim.sql.sources
import django_scim.sql.functions, django_scim.sql.index_candidates, django_scim.sql.transactions
from django.apps import apps
assert not settings.configured
assert not apps.models_ready
print(json.dumps(sorted(name for name in sys.modules if name.endswith(".models") or ".models." in name)))
"""


def configured(**attributes: Any) -> dict[str, Any]:
    """Return the setting that maps attributes of users."""
    return {"RESOURCES": {"User": {"attributes": attributes}}}


def run(*arguments: str) -> str:
    """Run Python with the tests' folder on its path; return what it prints."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-W", "error", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def state(mapping: Any) -> Any:
    """Return all that a mapping knows, and what the mappings in it do."""
    if isinstance(mapping, Mapping):
        return type(mapping), {name: state(value) for name, value in vars(mapping).items()}
    if isinstance(mapping, dict):
        return {key: state(value) for key, value in mapping.items()}
    return [state(item) for item in mapping] if isinstance(mapping, list | tuple) else mapping


def test_mappings_and_schemas_are_imported_without_models_and_settings():
    loaded = json.loads(run("-c", IMPORTED_FIRST))

    assert [name for name in loaded if not name.startswith(("django.db.", "django.forms."))] == []


def test_a_project_configures_every_mapping_in_its_settings():
    written = json.loads(run("-m", "tests.mappings.project").splitlines()[-1])

    document = written["user"]
    assert (document["name"], document["nickName"]) == ({"familyName": "Jensen"}, "Barbara")
    assert document["displayName"] == "Barbara"
    assert document["title"] == "Guide"
    assert document["active"] is True
    assert document["emails"] == [{"value": "b@example.com", "primary": True, "type": "work"}]
    assert document["phoneNumbers"] == [{"value": "1"}, {"value": "2"}]
    assert document["ims"] == [{"value": "babs", "type": "xmpp"}]
    assert document[ENTERPRISE]["manager"]["value"] == written["manager"]
    assert [member["value"] for member in written["group"]["members"]] == [document["id"]]


@pytest.mark.parametrize(
    ("attribute", "mapping"),
    [
        ("emails", PrimaryValue("email", type="work")),
        ("phoneNumbers", DefaultValue("last_name")),
        ("groups", Members("groups", to="Group")),
        ("groups", Combined(Members("groups", to="Group"))),
        ("photos", Rows("logentry_set", value="object_repr", type="change_message")),
        (f"{ENTERPRISE}:manager", Reference("no_such", to="User")),
        ("password", Password()),
        ("nickName", Stored()),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Mapping) else str(value).rpartition(":")[2],
)
def test_binding_leaves_the_mapping_in_the_settings_as_it_is(settings, attribute, mapping):
    before = state(mapping)
    for _ in range(2):
        settings.DJANGO_SCIM = configured(**{attribute: mapping})
        assert registry().get("User") is not None
        run_checks(tags=["django_scim"])

    assert state(mapping) == before


def test_one_mapping_may_serve_two_attributes(scim, settings):
    shared = Stored()
    settings.DJANGO_SCIM = configured(nickName=shared, title=shared)
    created = scim.post("/Users", user("bjensen", nickName="Babs", title="Guide")).json()

    assert (created["nickName"], created["title"]) == ("Babs", "Guide")
