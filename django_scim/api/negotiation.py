"""Content negotiation without DRF's ``?format=``: the query belongs to SCIM."""

from __future__ import annotations

from collections.abc import Iterable

from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.settings import DEFAULTS, IMPORT_STRINGS, APISettings

CHARSETS = ("", "utf-8", "utf8", "us-ascii", "iso-8859-1")
"""What a client may call the encoding of its JSON, which is UTF-8 (RFC 8259 section 8.1). There are HTTP
libraries that say ISO-8859-1, the default of another time; octets that are not UTF-8 are refused anyway."""

CODINGS = ("", "identity")
"""The content codings of a body: none, so that its size is what the request says."""


class ScimContentNegotiation(DefaultContentNegotiation):
    """Chooses by the headers alone."""

    settings = APISettings({"URL_FORMAT_OVERRIDE": None}, DEFAULTS, IMPORT_STRINGS)  # type: ignore[arg-type, assignment]

    def get_accept_list(self, request: Request) -> list[str]:
        """Return what the client accepts: a header that names nothing says as much as none."""
        return [text for text in super().get_accept_list(request) if text] or ["*/*"]

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        """Return the parser for the body.

        :raises UnsupportedMediaType: If the body is compressed, or in another encoding than UTF-8.
        """
        coding = request.headers.get("Content-Encoding", "").strip().lower()
        if coding not in CODINGS:
            raise UnsupportedMediaType(coding, "a body must have no content coding")
        parameters = request.content_params or {}
        if parameters.get("charset", "").lower() not in CHARSETS:
            raise UnsupportedMediaType(str(request.content_type), "a body has to be UTF-8")
        return super().select_parser(request, parsers)
