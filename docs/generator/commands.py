"""The management commands, as they explain themselves."""

from __future__ import annotations

import os
from unittest.mock import patch

from django.core.management import find_commands, load_command_class

from django_scim import management

WIDTH = "100"


def commands() -> str:
    """Return a section for each command, with what its ``--help`` prints."""
    return "\n\n".join(section(name) for name in names())


def names() -> list[str]:
    """Return the names of the app's commands."""
    return sorted(find_commands(management.__path__[0]))


def section(name: str) -> str:
    """Return what one command says of itself."""
    with patch.dict(os.environ, COLUMNS=WIDTH):
        text = load_command_class("django_scim", name).create_parser("manage.py", name).format_help()
    return f"## `{name}` {{ #{name} }}\n\n```text\n{text.strip()}\n```"
