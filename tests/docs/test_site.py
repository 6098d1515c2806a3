"""The site: it builds without a warning, loads nothing from elsewhere, and the reference has all there is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from dataclasses import fields
from html import unescape
from pathlib import Path

import pytest
from django.core.management import find_commands
from django.dispatch import Signal

import django_scim
from django_scim import dialects, management, mappings, signals
from django_scim.conf import ResourceOptions, ScimSettings
from django_scim.models import AdoptionPolicy
from django_scim.resources.authority import PERMITTED, Act, Standing
from tests.docs.pages import ROOT

PACKAGE = Path(django_scim.__file__).parent
ANCHOR = re.compile(r'\bid="([^"]+)"')
LOADED = re.compile(
    r'<(?:script|img|iframe)[^>]*\bsrc="([^"]+)"|<link[^>]*\brel="stylesheet"[^>]*\bhref="([^"]+)"'
)
IMPORTED = re.compile(r"@import|url\(\s*['\"]?(?:https?:)?//")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def reference(site):
    """What reads a page of the reference: its anchors, and its text."""

    def read(name: str) -> tuple[set[str], str]:
        html = (site / "reference" / name / "index.html").read_text("utf-8")
        return set(ANCHOR.findall(html)), unescape(re.sub(r"<[^>]+>", "", html))

    return read


def check_ids() -> set[str]:
    """Return the ids of system checks that the source of the app has, wherever they are."""
    trees = (ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py"))
    texts = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and re.fullmatch(r"django_scim\.[EW]\d+", text)}


def test_a_page_loads_nothing_from_elsewhere(site):
    pages = "".join(path.read_text("utf-8") for path in site.rglob("*.html"))
    styles = "".join(path.read_text("utf-8") for path in site.rglob("*.css"))

    loaded = {source for pair in LOADED.findall(pages) for source in pair if source}
    assert loaded
    assert [source for source in loaded if re.match(r"(https?:)?//", source)] == []
    assert IMPORTED.findall(styles) == []


def test_the_sources_of_the_generator_are_no_part_of_the_site(site):
    assert list(site.rglob("*.py")) == []


def test_the_reference_has_each_setting(reference):
    anchors, _ = reference("settings")

    assert {option.name for option in fields(ScimSettings)} | {*ResourceOptions.__annotations__} <= anchors


def test_the_reference_has_the_default_of_a_setting(reference):
    _, text = reference("settings")

    assert f"Default: {ScimSettings().MAX_PAYLOAD_SIZE}" in text


def test_the_reference_has_each_limit_with_its_default(reference):
    _, text = reference("limits")

    limits = {option.name for option in fields(ScimSettings) if option.name.startswith("MAX_")}
    rows = dict(re.findall(r"^\s*(MAX_\w+)\s+(\d+)", text, re.MULTILINE))
    assert rows == {name: str(getattr(ScimSettings(), name)) for name in limits}


def test_the_reference_has_each_command(reference):
    anchors, text = reference("commands")

    assert {*find_commands(management.__path__[0])} <= anchors
    assert "--dry-run" in text


def test_the_reference_has_each_mapping(reference):
    anchors, _ = reference("mappings")

    classes = {name for name in mappings.__all__ if isinstance(getattr(mappings, name), type)}
    assert {f"django_scim.mappings.{name}" for name in classes} <= anchors


def test_the_reference_has_what_a_rule_is_made_of(reference):
    anchors, text = reference("dialects")

    assert {f"django_scim.dialects.{name}" for name in dialects.__all__} <= anchors
    assert "One operation of a PATCH" in text


def test_the_reference_has_each_signal(reference):
    anchors, _ = reference("signals")

    names = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    assert names
    assert {f"django_scim.signals.{name}" for name in names} <= anchors


def test_the_reference_has_each_system_check(reference):
    anchors, _ = reference("checks")

    assert check_ids()
    assert check_ids() <= anchors


def test_the_table_of_who_may_touch_what_has_each_cell_that_the_code_has(site):
    html = (site / "explanation" / "who-may-touch-what" / "index.html").read_text("utf-8")
    tables = re.findall(r"<table>.*?</table>", html, re.DOTALL)
    (table,) = [each for each in tables if str(Standing.BY_HAND.label) in each]
    cells_of = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in table.split("<tr>")[2:]]
    rows = [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells_of]

    shown = {}
    for whose, policy, *cells in rows:
        for each in AdoptionPolicy if policy == "any" else [AdoptionPolicy(policy)]:
            shown[whose, each] = cells
    assert shown == {
        (str(whose.label), policy): ["yes" if act in permitted else "403" for act in Act]
        for whose, by_policy in PERMITTED.items()
        for policy, permitted in by_policy.items()
    }


def test_the_reference_has_the_errors_by_their_status(reference):
    anchors, text = reference("errors")

    assert {"400", "401", "403", "404", "409", "412", "413", "503"} <= anchors
    assert "another resource has the same unique value" in text
