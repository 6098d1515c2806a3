"""What to do about a refusal, for pages and for commands."""

from __future__ import annotations

from html import unescape
from typing import Any

from django.template import TemplateDoesNotExist
from django.template.loader import select_template
from django.utils.html import strip_tags

TOLD_BY_DETAIL = ((503, "provisioning is paused", "paused"), (403, "the token ", "token"))
"""Refusals that have advice of their own without a ``scimType``: their status, how their detail begins, and
how the name of the template ends."""


def advice_for(status: int, scim_type: str = "", detail: str = "") -> Any:
    """Return the template that says what to do about a refusal, or None if the status is not an error.

    It is the one for the status and the ``scimType`` (RFC 7644 section 3.12), or else the one for the status.

    :param detail: What the answer says: no ``scimType`` tells a pause from other reasons for a 503.
    """
    if status < 400:
        return None
    told = (kind for of, begin, kind in TOLD_BY_DETAIL if of == status and detail.startswith(begin))
    names = (f"{status}-{next(told, scim_type)}", status, "4xx" if status < 500 else "5xx")
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
