"""JSON for people to read."""

from __future__ import annotations

import json
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString


def json_text(value: Any) -> SafeString:
    """Return a JSON value as escaped HTML: a document on lines of its own, anything else in the line."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    if isinstance(value, dict | list) and value:
        return format_html("<pre>{}</pre>", text)
    return format_html("<code>{}</code>", text)


def entry_text(value: Any) -> SafeString:
    """Return one of several values as escaped HTML in the line: the members of an object without braces."""
    if isinstance(value, dict) and value:
        text = ", ".join(f"{name}: {in_line(member)}" for name, member in value.items())
    else:
        text = in_line(value)
    return format_html("<code>{}</code>", text)


def in_line(value: Any) -> str:
    """Return a JSON value on one line."""
    return json.dumps(value, ensure_ascii=False)
