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
