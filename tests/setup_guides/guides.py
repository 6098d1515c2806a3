"""The guides of the providers, as they are in the documentation."""

from __future__ import annotations

import re
from pathlib import Path

from django_scim.setup_guides import Given, Provider

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"

OVERVIEW = HOW_TO / "connect-an-identity-provider.md"

GUIDES = {path.stem: path.read_text(encoding="utf-8") for path in (HOW_TO / "providers").glob("*.md")}
"""The text of the guides by their slug."""

WORDS = {Given.BASE_URL: "the SCIM base URL", Given.TOKEN: "the token"}
"""What the guides call what a connection gives."""

FIELDS = re.compile(r"^\| Field \| Value \|\n\|---\|---\|\n((?:\|.+\|\n)+)", re.MULTILINE)

BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def fields_in(guide: str) -> list[tuple[str, str]]:
    """Return the label and the value of each row in the one table of fields of a guide."""
    (table,) = FIELDS.findall(guide)
    rows = (row.strip("|").split("|") for row in table.splitlines())
    return [(label.strip(), value.strip()) for label, value in rows]


def fields_of(provider: Provider) -> list[tuple[str, str]]:
    """Return the fields of a provider as a guide shows them."""
    return [
        (field.label, WORDS[field.value] if isinstance(field.value, Given) else f"`{field.value}`")
        for field in provider.fields
    ]


def blocks(language: str, guide: str) -> list[str]:
    """Return the code of a language in a guide."""
    return [code for found, code in BLOCK.findall(guide) if found == language]
