"""What a write changed, as a table."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from django_scim.admin.json_text import json_text

NOTHING = "—"
"""Stands for a side that has no value, which is not the same as null."""


def changes_table(changes: dict[str, Any]) -> SafeString:
    """Return the changes of a :class:`~django_scim.models.ProvisioningEvent` as an HTML table."""
    rows = format_html_join(
        "",
        '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
        ((attribute, side(change, "before"), side(change, "after")) for attribute, change in changes.items()),
    )
    return format_html(
        "<table><thead><tr>"
        '<th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th>'
        "</tr></thead><tbody>{}</tbody></table>",
        _("Attribute"),
        _("Before"),
        _("After"),
        rows,
    )


def side(change: dict[str, Any], name: str) -> SafeString | str:
    """Return the value before or after a change, if it has one."""
    return json_text(change[name]) if name in change else NOTHING
