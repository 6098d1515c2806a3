"""What is known of setting up an identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from django.utils.functional import Promise

GUIDES = "how-to/providers/"
"""Where the guides are, from the root of the documentation site."""


class Given(Enum):
    """A value that is another one for each connection."""

    BASE_URL = "base URL"
    TOKEN = "token"  # noqa: S105 - this names the token, and is none.


@dataclass(frozen=True)
class Field:
    """A field in the console of an identity provider."""

    label: str
    """What the console calls it: in English, and not to be translated."""

    value: Given | str
    """What goes into it: what the connection gives, or what is to be typed or chosen as it is here."""


class Filled(NamedTuple):
    """A field with the very value that goes into it."""

    label: str
    value: str
    is_secret: bool


@dataclass(frozen=True)
class Provider:
    """How an identity provider is set up, so that it provisions by SCIM."""

    slug: str
    """The name of its guide."""

    name: str | Promise

    steps: tuple[Promise, ...]
    """What to do in its console, in this order; names of its pages, tabs and buttons are in English."""

    fields: tuple[Field, ...]
    """What to fill in there, in the order of the console."""

    dialect: str = ""
    """The dialect for its connection: see :data:`django_scim.dialects.registry.DIALECTS`."""

    @property
    def guide(self) -> str:
        """The path of its guide, from the root of the documentation site."""
        return f"{GUIDES}{self.slug}/"


def filled(provider: Provider, base_url: str, token: str = "") -> list[Filled]:
    """Return the fields of a provider with what goes into them.

    :param base_url: The SCIM base URL of the project, without a final slash.
    :param token: The token, where it is known: it is shown once, when it is created. Without it, the
        value of a secret field is empty.
    """
    given = {Given.BASE_URL: base_url, Given.TOKEN: token}
    return [
        Filled(
            field.label,
            given[field.value] if isinstance(field.value, Given) else field.value,
            is_secret=field.value is Given.TOKEN,
        )
        for field in provider.fields
    ]
