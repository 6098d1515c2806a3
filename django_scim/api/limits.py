"""What a request may cost before anything is known of it: the length of its body, and the size of its parts.

The limits on operations, filters and pages are where these are read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from django.http.request import HttpHeaders
from scim2_models import InvalidSyntaxException, InvalidValueException, PayloadTooLargeException

from django_scim.api.errors import HTTPError
from django_scim.conf import ScimSettings

WORD = re.compile(r"[\w$-]+")
"""What may be the name of an attribute in a path or behind a URN."""

MAX_DIGITS = 18
"""How many digits a length may have that no limit reaches."""


def content_length(headers: HttpHeaders, limit: int) -> int:
    """Return the length of a body as the request has it, before any of the body is read.

    :raises HTTPError: If it is not known: neither Django nor DRF reads such a body, and it must not pass
        for an empty one.
    :raises InvalidSyntaxException: If it is no number (RFC 9110 section 8.6), or the body has a transfer
        coding too, so that two servers may see two lengths (RFC 9112 section 6.3).
    :raises PayloadTooLargeException: If it is over the limit.
    """
    text = headers.get("Content-Length") or ""
    if "Transfer-Encoding" in headers:
        if not text:
            raise HTTPError(411, "the body has to be sent with a Content-Length")
        raise InvalidSyntaxException(detail="a body has a Content-Length or a Transfer-Encoding, not both")
    if text and not (text.isascii() and text.isdigit()):
        raise InvalidSyntaxException(detail="the Content-Length is no number")
    if len(text) > MAX_DIGITS or int(text or 0) > limit:
        raise PayloadTooLargeException(detail=f"the body is larger than {limit} bytes")
    return int(text or 0)


def require_unique_names(body: bytes) -> None:
    """Refuse JSON in which a name is twice in one object, which orjson does not tell.

    Which of two values counts, programs disagree on (RFC 8259 section 4), such as this one and a proxy that
    looks for what is forbidden. The case of a name makes no difference (RFC 7643 section 2.1), but in the
    filter of a path it may.

    :param body: Valid JSON, nested no deeper than ``MAX_JSON_DEPTH``.
    :raises InvalidSyntaxException: If there is such a name.
    """
    # The numbers do not matter here, and Python refuses long ones.
    json.loads(body, object_pairs_hook=unique_names, parse_int=len, parse_float=len)


def unique_names(members: list[tuple[str, Any]]) -> None:
    """Refuse the members of an object of which two have one name.

    :raises InvalidSyntaxException: If there are any.
    """
    names = [name if "[" in name else name.lower() for name, _ in members]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidSyntaxException(detail=f"'{twice[:100]}' is twice in one object")


class DocumentLimits:
    """The limits on the parts of a JSON document.

    :param collections: The names of the attributes that may have ``MAX_MEMBERS`` values, in lower case.
    """

    def __init__(self, settings: ScimSettings, collections: Collection[str]) -> None:
        self.settings = settings
        self.collections = collections

    def require(self, document: Any) -> None:
        """Refuse a document with a part that is too large, or that no database can hold.

        :raises InvalidSyntaxException: If it is nested too deep, or an object has too many members or one
            with a name that is too long.
        :raises InvalidValueException: If a string or a list is too long, or a string holds NUL, which
            PostgreSQL cannot store.
        """
        level = [document]
        depth = self.settings.MAX_JSON_DEPTH
        for _ in range(depth):
            below: list[Any] = []
            for item in level:
                if isinstance(item, dict):
                    self.require_members(item)
                    below += item.values()
                elif isinstance(item, list):
                    self.require_lists(item)
                    below += item
                elif isinstance(item, str):
                    self.require_text(item)
            if not below:
                return
            level = below
        raise InvalidSyntaxException(detail=f"the body is nested deeper than {depth} levels")

    def require_members(self, item: dict[str, Any]) -> None:
        """Refuse an object that is too large itself, whatever its members hold.

        :raises InvalidSyntaxException: If it has too many members, or one with a name that is too long.
        :raises InvalidValueException: If a list is too long, or a name holds NUL.
        """
        limit = self.settings.MAX_ATTRIBUTES
        if len(item) > limit:
            raise InvalidSyntaxException(detail=f"an object may have {limit} members at most")
        longest = self.settings.MAX_FILTER_LENGTH
        for name, value in item.items():
            if len(name) > longest:
                raise InvalidSyntaxException(detail=f"a name may have {longest} characters at most")
            if "\0" in name:
                raise InvalidValueException(detail="a name holds the character NUL")
            if isinstance(value, list):
                self.require_list(name, value, item)

    def require_list(self, name: str, values: list[Any], holder: dict[str, Any]) -> None:
        """Refuse a list that is too long; that of the operations has limits of its own.

        :raises InvalidValueException: If it is.
        """
        limit = self.settings.MAX_VALUES
        if len(values) > limit and name.lower() != "operations":
            if self.is_collection(name, holder):
                limit = self.settings.MAX_MEMBERS
            if len(values) > limit:
                raise InvalidValueException(detail=f"'{name[:100]}' may have {limit} values at most")

    def require_lists(self, values: list[Any]) -> None:
        """Refuse lists in a list that are too long.

        :raises InvalidValueException: If one is.
        """
        limit = self.settings.MAX_VALUES
        if any(isinstance(value, list) and len(value) > limit for value in values):
            raise InvalidValueException(detail=f"a list in a list may have {limit} values at most")

    def is_collection(self, name: str, holder: dict[str, Any]) -> bool:
        """Whether a list may be that of an attribute with any number of values.

        In an operation of a PATCH, the path says which attribute the value is for.
        """
        if name.lower() == "value":
            name = next((str(path) for key, path in holder.items() if key.lower() == "path"), "")
        return any(word.lower() in self.collections for word in WORD.findall(name))

    def require_text(self, text: str) -> None:
        """Refuse a string that is too long, or that no database can hold.

        :raises InvalidValueException: If it is such a string.
        """
        limit = self.settings.MAX_STRING_LENGTH
        if len(text) > limit:
            raise InvalidValueException(detail=f"a string may have {limit} characters at most")
        if "\0" in text:
            raise InvalidValueException(detail="a string holds the character NUL")
