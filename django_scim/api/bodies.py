"""Bodies: JSON of limited size, with the media types of RFC 7644 section 8.1."""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterable, Mapping
from typing import IO, Any

import orjson
from django.http.request import HttpHeaders
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.settings import DEFAULTS, IMPORT_STRINGS, APISettings
from scim2_models import InvalidSyntaxException, InvalidValueException, PayloadTooLargeException

from django_scim.api.errors import HTTPError
from django_scim.api.permissions import connection_of
from django_scim.conf import ScimSettings, get_settings
from django_scim.dialects.registry import dialect_of
from django_scim.history.export import encoded
from django_scim.resources.registry import registry


class ScimJSONParser(BaseParser):
    """Reads a body as a JSON object. The body of a PATCH may also be an array of operations."""

    media_type = "application/scim+json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the object or the array.

        A byte order mark before it says nothing (RFC 8259 section 8.1 lets a parser ignore it).

        :raises PayloadTooLargeException: If the body is larger than ``MAX_PAYLOAD_SIZE``.
        :raises InvalidSyntaxException: If it is neither, if one object has the same name twice, or if it ends
            before its ``Content-Length``: a client has been cut off, or somebody has cut something out.
        :raises SCIMException: If :class:`DocumentLimits` refuses a part of it.
        """
        settings = get_settings()
        limit = settings.MAX_PAYLOAD_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLargeException(detail=f"the body is larger than {limit} bytes")
        request = (parser_context or {}).get("request")
        if request is not None and len(body) < content_length(request.headers, limit):
            raise InvalidSyntaxException(detail="the body is shorter than its Content-Length")
        if not is_strict(request):
            body = body.removeprefix(BOM_UTF8)
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise InvalidSyntaxException(detail=f"the body is not JSON: {error}") from error
        is_patch = request is not None and request.method == "PATCH"
        if not isinstance(document, dict | list if is_patch else dict):
            raise InvalidSyntaxException(detail="the body is not a JSON object")
        limits = DocumentLimits(settings, registry().collection_names)
        limits.require(document)
        # Of two members with one name, orjson keeps one: the text then has more names than the document.
        if limits.members < sum(map(bool, MEMBER.findall(body))):
            raise duplicate_name_error(body)
        return document


class JSONParser(ScimJSONParser):
    """The same for the media type that many clients send."""

    media_type = "application/json"


class ScimJSONRenderer(BaseRenderer):
    """Writes a document as JSON."""

    media_type = "application/scim+json"
    format = "scim"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """Return the bytes; nothing for an answer without a body."""
        return b"" if data is None else encoded(data)


class JSONRenderer(ScimJSONRenderer):
    """The same for the media type that many clients accept."""

    media_type = "application/json"
    format = "json"


WORD = re.compile(r"[\w$-]+")
"""The name of an attribute in a path, or after a URN."""

MEMBER = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?', re.DOTALL)
"""A string in JSON. If a colon follows, it is the name of a member."""

MAX_DIGITS = 18
"""A length with more digits is over any limit, and is not parsed."""


def content_length(headers: HttpHeaders, limit: int) -> int:
    """Return the ``Content-Length`` of a request, before any of its body is read.

    :raises HTTPError: If there is none. Django and DRF read such a body as an empty one.
    :raises InvalidSyntaxException: If it is not a number (RFC 9110 section 8.6), or the body also has a
        transfer coding, so that two servers may see two lengths (RFC 9112 section 6.3).
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


def duplicate_name_error(body: bytes) -> InvalidSyntaxException:
    """Return the error of a body in which a name is twice in one object: orjson does not tell which.

    :param body: Valid JSON, nested no deeper than ``MAX_JSON_DEPTH``, that has more names than members.
    """
    try:
        # The numbers do not matter here, and Python refuses to parse long ones.
        json.loads(body, object_pairs_hook=require_unique_names, parse_int=len, parse_float=len)
    except InvalidSyntaxException as error:
        return error
    return InvalidSyntaxException(detail="a name is twice in one object")


def require_unique_names(members: Iterable[tuple[str, Any]]) -> None:
    """Refuse an object that has the same name twice.

    Programs disagree on which of the two values counts (RFC 8259 section 4): a proxy that looks for
    forbidden values may read the other one. Names are compared without case (RFC 7643 section 2.1), unless
    they contain a filter.

    :raises InvalidSyntaxException: If there is such a name.
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
        self.members = 0
        """The number of members of all objects, counted by :meth:`require`."""

    def require(self, document: Any) -> None:
        """Refuse a document with a part that is too large, or that a database cannot store.

        :raises InvalidSyntaxException: If it is nested too deep, if an object has too many members, or if a
            name is too long.
        :raises InvalidValueException: If a string or a list is too long, or if a string contains NUL, which
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
        """Check an object and its names, and the length of its lists.

        :raises InvalidSyntaxException: If it has too many members, or if a name is too long.
        :raises InvalidValueException: If a list is too long, or if a name contains NUL.
        """
        self.members += len(item)
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
        require_unique_names(item.items())

    def require_list(self, name: str, values: list[Any], holder: dict[str, Any]) -> None:
        """Refuse a list that is too long, except ``Operations``, which has its own limits.

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
        """Whether a list may hold the values of a collection.

        In an operation of a PATCH, the path tells the attribute.
        """
        if name.lower() == "value":
            name = next((str(path) for key, path in holder.items() if key.lower() == "path"), "")
        return any(word.lower() in self.collections for word in WORD.findall(name))

    def require_text(self, text: str) -> None:
        """Refuse a string that is too long, or that a database cannot store.

        :raises InvalidValueException: If it is such a string.
        """
        limit = self.settings.MAX_STRING_LENGTH
        if len(text) > limit:
            raise InvalidValueException(detail=f"a string may have {limit} characters at most")
        if "\0" in text:
            raise InvalidValueException(detail="a string holds the character NUL")


CHARSETS = ("", "utf-8", "utf8", "us-ascii", "iso-8859-1")
"""The charsets that a client may name for its JSON, which is always UTF-8 (RFC 8259 section 8.1). Some HTTP
libraries name ISO-8859-1, an old default. Bytes that are not UTF-8 are refused in any case."""

CODINGS = ("", "identity")
"""The content codings of a body that are accepted. A compressed body could be larger than it says."""


ANY_TYPE = "*/*"
"""What the client accepts that does not say it."""

REMEMBERED, REMEMBERED_LENGTH = 256, 256
"""How many ``Accept`` headers are remembered, and how long they may be."""

chosen_before: dict[tuple[str | None, ...], tuple[int, str]] = {}
"""Which renderer was chosen, by its position, and the type of its answer."""


class ScimContentNegotiation(DefaultContentNegotiation):
    """Chooses by the headers only, not by a parameter of the URL."""

    settings = APISettings({"URL_FORMAT_OVERRIDE": None}, DEFAULTS, IMPORT_STRINGS)  # type: ignore[arg-type, assignment]

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Choose a renderer as DRF does, and remember it by the header: a client always sends the same."""
        accepted: str = request.META.get("HTTP_ACCEPT") or ANY_TYPE
        there = list(renderers)
        key = (accepted, format_suffix, *(renderer.media_type for renderer in there))
        if key not in chosen_before:
            renderer, media_type = super().select_renderer(request, there, format_suffix)
            if len(accepted) > REMEMBERED_LENGTH or len(chosen_before) >= REMEMBERED:
                return renderer, media_type
            chosen_before[key] = there.index(renderer), media_type
        position, media_type = chosen_before[key]
        return there[position], media_type

    def get_accept_list(self, request: Request) -> list[str]:
        """Return what the client accepts. An empty header means the same as no header."""
        return [text for text in super().get_accept_list(request) if text] or [ANY_TYPE]

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser for the body. A body of no type is JSON: nothing else is ever sent.

        :raises UnsupportedMediaType: If the body is compressed, or in another encoding than UTF-8.
        """
        coding = request.headers.get("Content-Encoding", "").strip().lower()
        if coding not in CODINGS:
            raise UnsupportedMediaType(coding, "a body must have no content coding")
        parameters = request.content_params or {}
        if parameters.get("charset", "").lower() not in CHARSETS:
            raise UnsupportedMediaType(str(request.content_type), "a body has to be UTF-8")
        if not is_typed(request) and not is_strict(request):
            return next(iter(parsers))
        return super().select_parser(request, parsers)


def is_typed(request: Request) -> bool:
    """Whether the client has named the type of the body.

    Python's own server, which ``runserver`` and Django's test server are made of, names one of its own.
    """
    is_of_python = request.META.get("SERVER_SOFTWARE", "").startswith("WSGIServer/")
    return bool(request.content_type) and not (is_of_python and request.content_type == "text/plain")


def is_strict(request: Request | None) -> bool:
    """Whether the connection of a request is held to the letter."""
    connection = None if request is None else connection_of(request)
    return connection is not None and dialect_of(connection.dialect).is_strict
