"""``If-Match`` and ``If-None-Match`` (RFC 7644 section 3.14, RFC 9110 section 13)."""

from __future__ import annotations

from django.utils.http import parse_etags
from scim2_models import PreconditionFailedException


def is_match(header: str, version: str) -> bool:
    """Whether a header names a version, or any.

    The comparison is weak: SCIM's versions are weak, and RFC 7644 section 3.14 has clients send them in
    ``If-Match``.
    """
    tags = [tag.removeprefix("W/") for tag in parse_etags(header)]
    return "*" in tags or version.removeprefix("W/") in tags


def require_match(if_match: str | None, version: str) -> None:
    """Refuse a write to another version than the client has seen.

    :raises PreconditionFailedException: If the header is there and does not name the version.
    """
    if if_match is not None and not is_match(if_match, version):
        raise PreconditionFailedException(detail="the resource has changed since the version in If-Match")
