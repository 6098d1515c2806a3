"""JSON in and out, as ``application/scim+json`` and as ``application/json`` (RFC 7644 section 8.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

import orjson
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from scim2_models import InvalidSyntaxException, PayloadTooLargeException

from django_scim.api.limits import DocumentLimits, require_unique_names
from django_scim.conf import get_settings
from django_scim.history.documents import encoded
from django_scim.registry import registry


class ScimJSONParser(BaseParser):
    """Reads a body of bounded size as a JSON object; that of a PATCH may be an array of operations too."""

    media_type = "application/scim+json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the object or the array.

        :raises PayloadTooLargeException: If the body is larger than ``MAX_PAYLOAD_SIZE``.
        :raises InvalidSyntaxException: If it is neither, or a name is twice in one object.
        :raises SCIMException: As :class:`django_scim.api.limits.DocumentLimits` names what is too large.
        """
        settings = get_settings()
        limit = settings.MAX_PAYLOAD_SIZE
        body = stream.read(limit + 1)
        if len(body) > limit:
            raise PayloadTooLargeException(detail=f"the body is larger than {limit} bytes")
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise InvalidSyntaxException(detail=f"the body is not JSON: {error}") from error
        request = (parser_context or {}).get("request")
        is_patch = request is not None and request.method == "PATCH"
        if not isinstance(document, dict | list if is_patch else dict):
            raise InvalidSyntaxException(detail="the body is not a JSON object")
        DocumentLimits(settings, registry().collection_names).require(document)
        require_unique_names(body)
        return document


class JSONParser(ScimJSONParser):
    """The same under the name that many clients use."""

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
    """The same under the name that many clients use."""

    media_type = "application/json"
    format = "json"
