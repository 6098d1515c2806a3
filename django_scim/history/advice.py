"""What to do about a refusal, for pages and for commands."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.template import TemplateDoesNotExist
from django.template.loader import select_template
from django.utils.html import strip_tags

PAUSED = "provisioning is paused"
"""How the detail of what a pause refuses begins."""


def advice_for(status: int, scim_type: str = "", detail: str = "") -> Any:
    """Return the template that says what to do about a refusal, or None if the status is not an error.

    It is the one for the status and the ``scimType`` (RFC 7644 section 3.12), or else the one for the status.

    :param detail: What the answer says: 503 has no ``scimType`` that tells a pause from other reasons.
    """
    if status < 400:
        return None
    kind = "paused" if status == 503 and detail.startswith(PAUSED) else scim_type
    names = (f"{status}-{kind}", status, "4xx" if status < 500 else "5xx")
    return select_template([f"admin/django_scim/provisioningevent/advice/{name}.html" for name in names])


def advice_text(status: int, scim_type: str = "", detail: str = "") -> str:
    """Return the advice as lines of text; an empty text if the project has no templates of apps."""
    try:
        template = advice_for(status, scim_type, detail)
    except TemplateDoesNotExist:
        return ""
    # A name and what it names are in one line.
    html = "" if template is None else str(template.render()).replace("</dt><dd>", ": ")
    return "\n".join(line for line in unescape(strip_tags(html)).splitlines() if line.strip())
