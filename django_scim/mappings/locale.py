"""Language tags, which SCIM, Django and POSIX spell in three ways."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Literal, get_args

from django.db.models import CharField, Field, TextField

from django_scim.mappings.conversions import Conversion, is_empty
from django_scim.mappings.dependencies import LookupColumn
from django_scim.sql.converted import TagOperand
from django_scim.sql.operand import Operand, is_text

TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")

Style = Literal["en-us", "en_us", "en-US", "en_US"]


class Locale(Conversion):
    """A language tag, which SCIM spells ``en-US``: ``Locale()``, ``Locale("en_US")``.

    A client may send a hyphen or an underscore, in any case, and so it may in a filter, which takes every
    operator. If the column has choices, the one that is the same tag is stored. A tag that is not among them,
    and text that is no tag, is 400 ``invalidValue``.

    :param style: How the column spells American English, where it has no choices. The default is that of
        Django's ``LANGUAGES``.
    """

    def __init__(self, style: Style = "en-us") -> None:
        self.style = style

    def __repr__(self) -> str:
        return f"Locale({self.style!r})"

    def prepare(self) -> None:
        """Note the choices of the column by the tag that each is."""
        choices = [str(value) for value, _ in self.field.flatchoices if not is_empty(value)]
        self.choices = {canonical_tag(value): value for value in choices}

    def check(self) -> Iterable[str]:
        """Yield that the attribute or the column holds no text, or that the style is none."""
        assert self.binding is not None
        if not (is_text(self.binding) and isinstance(self.field, CharField | TextField)):
            yield "a language tag is text"
        if self.style not in get_args(Style):
            yield f"{self.style!r} is none of the styles {', '.join(get_args(Style))}"

    def read(self, stored: object) -> str:
        """Return the tag as RFC 5646 recommends to spell it."""
        return canonical_tag(str(stored))

    def write(self, value: object) -> str:
        """Return the choice of the column that is the same tag, or the tag in the style of the column.

        :raises ValueError: If it is no tag, or none of the choices.
        """
        tag = canonical_tag(str(value))
        if self.choices:
            if tag not in self.choices:
                raise ValueError(f"'{value}' is none of: {', '.join(self.choices)}")
            return self.choices[tag]
        if not TAG.fullmatch(tag):
            raise ValueError(f"'{value}' is no language tag such as en-US")
        tag = tag.lower() if self.style.islower() else tag
        return tag.replace("-", "_") if "_" in self.style else tag

    def operand(self, column: str) -> Operand:
        """Compare the tags, whatever their spelling."""
        assert self.binding is not None
        return TagOperand(column, self.field, self.binding)

    def lookup_column(self) -> LookupColumn | None:
        """Return None: the hyphens are put in before the column is compared."""
        return None


def is_choice_of_tags(field: Field[Any, Any]) -> bool:
    """Whether a column takes one of several language tags, and nothing else."""
    choices = [str(value) for value, _ in field.flatchoices if not is_empty(value)]
    tags = map(canonical_tag, choices)
    return isinstance(field, CharField | TextField) and bool(choices) and all(map(TAG.fullmatch, tags))


def canonical_tag(text: str) -> str:
    """Return a language tag with hyphens, in the case that RFC 5646 section 2.1.1 recommends."""
    first, *others = text.strip().replace("_", "-").split("-")
    parts = [first.lower()]
    for part in others:
        if any(len(before) == 1 for before in parts):
            parts.append(part.lower())
        elif len(part) == 2:
            parts.append(part.upper())
        else:
            parts.append(part.title() if len(part) == 4 else part.lower())
    return "-".join(parts)
