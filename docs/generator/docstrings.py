"""Lets mkdocstrings read the docstrings of the app: the extension of griffe that ``mkdocs.yml`` names."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import griffe

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from generator.prose import as_markdown

ARGUMENT = re.compile(r"^:param (\w+): ", re.MULTILINE)


class RestructuredText(griffe.Extension):
    """Turns the roles of each docstring into links, and the arguments of signals into a list."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Rewrite the docstring of a module, a class, a function or an attribute."""
        if obj.docstring is None:
            return
        text = as_markdown(obj.docstring.value)
        # A signal has arguments, and no signature in which they could be looked up.
        obj.docstring.value = ARGUMENT.sub(r"- `\1`: ", text) if obj.is_attribute else text
