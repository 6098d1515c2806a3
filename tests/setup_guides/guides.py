"""The guides of the providers, as they are in the documentation."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from django.template.loader import render_to_string

from django_scim.setup_guides import Provider

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"

OVERVIEW = HOW_TO / "connect-an-identity-provider.md"

GUIDES = {path.stem: path.read_text(encoding="utf-8") for path in (HOW_TO / "providers").glob("*.md")}
"""The text of the guides by their slug."""

BASE_URL, TOKEN = "the SCIM base URL", "the token"
"""What the guides call what a connection gives."""

FIELDS = re.compile(r"^\| Field \| Value \|\n\|---\|---\|\n((?:\|.+\|\n)+)", re.MULTILINE)

ROW = re.compile(r'<tr><th scope="row">(.*)</th><td>(.*)</td></tr>')

STEP = re.compile(r"<li>(.*)</li>")

BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fields_in(guide: str) -> list[tuple[str, str]]:
    """Return the label and the value of each row in the one table of fields of a guide."""
    (table,) = FIELDS.findall(guide)
    rows = (row.strip("|").split("|") for row in table.splitlines())
    return [(label.strip(), value.strip()) for label, value in rows]


def fields_of(provider: Provider, base_url: str = BASE_URL) -> list[tuple[str, str]]:
    """Return the labels and the values of the fields that the set-up page has, as a guide shows them."""
    page = unescape(render_to_string(provider.template, {"base_url": base_url}))
    rows = ROW.findall(page)
    return [
        (label, re.sub("</?code>", "`", value).replace(f"`{BASE_URL}`", BASE_URL)) for label, value in rows
    ]


def blocks(language: str, guide: str) -> list[str]:
    """Return the code of a language in a guide."""
    return [code for found, code in BLOCK.findall(guide) if found == language]
