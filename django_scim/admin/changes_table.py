"""What a write changed, as a table."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_scim.admin.json_text import json_text

NOTHING = "—"
"""Stands for a side that has no value, which is not the same as null."""

SIDES = (("before", "removed"), ("after", "added"))
"""The two sides of a change: of a value, and of the members of a collection."""


def changes_table(changes: dict[str, Any]) -> SafeString:
    """Return the changes of a :class:`~django_scim.models.ProvisioningEvent` as an HTML table."""
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
        ((attribute, *(side(change, names) for names in SIDES)) for attribute, change in changes.items()),
    )
    return format_html(
        "<table><thead><tr>"
        '<th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th>'
        "</tr></thead><tbody>{}</tbody></table>",
        _("Attribute"),
        _("Before, or removed"),
        _("After, or added"),
        rows,
    )


def side(change: dict[str, Any], names: tuple[str, ...]) -> SafeString | str:
    """Return one side of a change, if it has one."""
    return next((json_text(change[name]) for name in names if name in change), NOTHING)
