"""The options of ``DJANGO_SCIM``, from the class that declares them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pprint import pformat
from typing import Any

import griffe

from django_scim.conf import DEFAULT_THROTTLE_RATES, ScimSettings
from generator.prose import as_markdown

CONF = griffe.load("django_scim.conf")


def settings() -> str:
    """Return a section for each option."""
    defaults = ScimSettings()
    names = [option.name for option in fields(ScimSettings)]
    return "\n\n".join(section("ScimSettings", name, getattr(defaults, name)) for name in names)


def adapter_options() -> str:
    """Return a section for each option of a resource type; these have no default of their own."""
    return "\n\n".join(section("ResourceOptions", name) for name in CONF["ResourceOptions"].attributes)


def throttle_rates() -> str:
    """Return a section for each rate."""
    return "\n\n".join(section("ThrottleRates", name, rate) for name, rate in DEFAULT_THROTTLE_RATES.items())


def section(declared_in: str, name: str, *default: Any) -> str:
    """Return what is declared of one option: its type, its default if it has one, and its docstring.

    :raises ValueError: If it has no docstring.
    """
    option = CONF[declared_in].attributes[name]
    if option.docstring is None:
        raise ValueError(f"{declared_in}.{name} has no docstring.")
    lines = [f"### `{name}` {{ #{name} }}", "", f"Type: `{option.annotation}`", ""]
    lines += [*shown_default(*default), as_markdown(option.docstring.value)]
    return "\n".join(lines)


def shown_default(*default: Any) -> Iterator[str]:
    """Yield the lines that tell a default; one that is too long for a line has a block."""
    for value in default:
        text = pformat(value, width=100)
        if "\n" in text:
            yield from ("Default:", "", "```python", text, "```", "")
        else:
            yield from (f"Default: `{text}`", "")
