"""The one spelling of text that has several, by PRECIS (RFC 8264) as RFC 7644 section 5 wants it.

The profiles are of RFC 8265. They are made of Unicode data that Python has: the package ``precis_i18n`` has
tables of its own, which it builds at each start, and it refuses user names that identity providers send, such
as those with a space or with a typographic apostrophe. So text is brought to the form of its profile here,
and of both profiles the characters are refused that no profile of RFC 8264 allows.
"""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable

DISALLOWED = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
"""The Unicode categories that even FreeformClass leaves out (RFC 8264 section 4.3.3): nobody sees them."""

JOINERS = "\u200c\u200d"
"""What joins letters in the scripts of Persian and of India, and parts of an emoji."""


class Spelling(ABC):
    """How text is spelled, so that what counts as one text is stored as one."""

    @abstractmethod
    def __call__(self, text: str) -> str:
        """Return a text in its one spelling, which is its own one spelling.

        :raises ValueError: If the text cannot be a value.
        """

    def fragment(self, text: str) -> str:
        """Return a part of a text as it is in the one spelling of the whole."""
        return unicodedata.normalize("NFC", text)


class UserName(Spelling):
    """A name to sign in by: width and composition as PRECIS has them, and all that Django's login does.

    Django strips what somebody types in and brings it to NFKC, of which the width mapping and the NFC of
    UsernameCaseMapped (RFC 8265 section 3.3) are a part. Upper and lower case are kept: comparisons do not
    look at them.

    :param normalize: The ``normalize_username`` of the user model.
    """

    def __init__(self, normalize: Callable[[str], str]) -> None:
        self.normalize = normalize

    def __call__(self, text: str) -> str:
        name = str(self.normalize(text.strip())).strip()
        if not name:
            raise ValueError("a value is required")
        require_allowed(name)
        return name

    def fragment(self, text: str) -> str:
        """Return the part without its ends stripped: they may be in the middle of a name."""
        return str(self.normalize(text))


class OpaqueString(Spelling):
    """A password (RFC 8265 section 4.2): one kind of space, and NFC."""

    def __call__(self, text: str) -> str:
        spaced = "".join(" " if unicodedata.category(each) == "Zs" else each for each in text)
        password = unicodedata.normalize("NFC", spaced)
        require_allowed(password)
        return password


def compatible(text: str) -> str:
    """Return text in NFKC, as Django's ``normalize_username`` does."""
    return unicodedata.normalize("NFKC", text)


def require_allowed(text: str) -> None:
    """Refuse characters that RFC 8264 allows in no text.

    :raises ValueError: With the first of them.
    """
    for character in text:
        if unicodedata.category(character) in DISALLOWED and character not in JOINERS:
            raise ValueError(f"the character U+{ord(character):04X} is not allowed")
