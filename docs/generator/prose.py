"""Docstrings, which are written in reStructuredText, as Markdown."""

from __future__ import annotations

import re
from html import escape

ROLE = re.compile(r":(?:class|meth|func|attr|data|mod):`(~?)([^`]+)`")

MARKUP = re.compile(r"[\\`*_\[\]]")


def as_markdown(docstring: str) -> str:
    """Return a docstring with links for its roles, and else as it is: all the rest is the same in both.

    A role with a full path is a link if the reference has what it names.
    """
    return ROLE.sub(_link, docstring)


def in_line(text: str) -> str:
    """Return plain text as it can stand in one line of Markdown, such as a cell of a table."""
    line = escape(" ".join(text.split()), quote=False).replace("|", "&#124;")
    return MARKUP.sub(r"\\\g<0>", line)


def _link(role: re.Match[str]) -> str:
    path = role[2]
    title = path.rpartition(".")[2] if role[1] else path
    if not path.startswith("django_scim."):
        return f"`{title}`"
    return f'<autoref identifier="{path}" optional><code>{title}</code></autoref>'
