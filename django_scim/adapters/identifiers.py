"""The SCIM ``id`` of a row, made from its primary key and turned back without a query.

RFC 7643 section 3.1 wants an ``id`` that is unique over all resource types and never changes. An
integer key is packed with its resource type in a UUIDv8 (RFC 9562 section 5.8), a UUID key is
unique as it is, and any other key is written in base64 behind the name of its resource type.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any
from uuid import UUID

from django.db import models

MASK_48 = (1 << 48) - 1
MASK_62 = (1 << 62) - 1
MASK_64 = (1 << 64) - 1


class IdentifierScheme:
    """How a column's values become ``id`` values of one resource type."""

    record_key = "text_key"
    """The column of ``Record`` that holds a primary key of this kind."""

    def __init__(self, resource_type: str) -> None:
        self.resource_type = resource_type

    def encode(self, key: Any) -> str:
        """Return the ``id`` of a key."""
        text = f"{self.resource_type}:{key}".encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode("ascii")

    def decode(self, identifier: str) -> Any:
        """Return the key of an ``id``, or none if it is not one of this resource type."""
        try:
            padded = identifier.encode("ascii") + b"=" * (-len(identifier) % 4)
            text = base64.urlsafe_b64decode(padded).decode()
        except (UnicodeError, binascii.Error, ValueError):
            return None
        prefix, _, key = text.partition(":")
        return key if prefix == self.resource_type and "\0" not in key else None


class IntegerScheme(IdentifierScheme):
    """Integer keys, packed with the resource type in a UUIDv8."""

    record_key = "integer_key"

    def __init__(self, resource_type: str) -> None:
        super().__init__(resource_type)
        digest = hashlib.sha256(f"django_scim:{resource_type}".encode()).digest()
        self.tag = int.from_bytes(digest[:6], "big")

    def encode(self, key: Any) -> str:
        """Put the tag of the resource type in ``custom_a``, the key in ``custom_b`` and ``custom_c``."""
        bits = int(key) & MASK_64
        packed = self.tag << 80 | 8 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & MASK_62
        return str(UUID(int=packed))

    def decode(self, identifier: str) -> Any:
        """Take the key out again; a UUID of another resource type is none of ours."""
        parsed = parse_uuid(identifier)
        if parsed is None:
            return None
        bits = (parsed.int >> 64 & 0b11) << 62 | parsed.int & MASK_62
        key = bits - (1 << 64) if bits >> 63 else bits
        return key if self.encode(key) == str(parsed) else None


class UUIDScheme(IdentifierScheme):
    """UUID keys, used as they are."""

    record_key = "uuid_key"

    def encode(self, key: Any) -> str:
        """Return the usual spelling."""
        return str(key)

    def decode(self, identifier: str) -> Any:
        """Parse the usual spelling."""
        return parse_uuid(identifier)


class ColumnScheme(IdentifierScheme):
    """The values of ``id_field``, used as they are."""

    def encode(self, key: Any) -> str:
        """Return the value as text."""
        return str(key)

    def decode(self, identifier: str) -> Any:
        """Any text may be a value."""
        return None if "\0" in identifier else identifier


def parse_uuid(text: str) -> UUID | None:
    """Return a UUID in its usual spelling, in any case; none for all else."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text.lower() else None


def scheme_for(field: models.Field[Any, Any], resource_type: str) -> IdentifierScheme:
    """Return the scheme that fits a primary key."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.IntegerField):
        return IntegerScheme(resource_type)
    if isinstance(target, models.UUIDField):
        return UUIDScheme(resource_type)
    return IdentifierScheme(resource_type)
