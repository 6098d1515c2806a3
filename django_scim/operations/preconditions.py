"""``If-Match`` and ``If-None-Match``: whether a client has read the version that there is."""

from __future__ import annotations

from django.utils.http import parse_etags
from scim2_models import PreconditionFailedException


def is_match(header: str, version: str) -> bool:
    """Whether a header names a version, or ``*``.

    The comparison is weak, since SCIM's versions are weak, and clients send them in ``If-Match`` (RFC 7644
    section 3.14).
    """
    tags = [tag.removeprefix("W/") for tag in parse_etags(header)]
    return "*" in tags or version.removeprefix("W/") in tags


def require_match(if_match: str, version: str) -> None:
    """Refuse a write if the client has read another version.

    :raises PreconditionFailedException: If the header does not name the version.
    """
    if not is_match(if_match, version):
        raise PreconditionFailedException(detail="the resource has changed since the version in If-Match")
