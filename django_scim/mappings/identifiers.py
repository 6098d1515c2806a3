"""The SCIM ``id`` of a row, made from its primary key and turned back without a query.

RFC 7643 section 3.1 wants an ``id`` that is unique over all resource types, case-exact, and never
changes. An integer key is packed with its resource type in a UUIDv8 (RFC 9562 section 5.8), a UUID key
is unique as it is, and any other key is written in base64 behind the name of its resource type.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Cast, Concat, Lower, LPad, Replace

from django_scim.sql.values import INTEGER_RANGE, is_storable

UUID_LENGTH = 36
"""How many characters a UUID has as text."""

KEY_DIGITS = 19
"""How many decimals a key of 64 bits has."""

MASK_62 = (1 << 62) - 1

MASK_64 = (1 << 64) - 1


class IdentifierScheme:
    """How a column's values become ``id`` values, one spelling for each, and how they are taken back."""

    def encode(self, key: Any) -> str:
        """Return the ``id`` of a key."""
        raise NotImplementedError

    def decode(self, identifier: str) -> Any:
        """Return the key of an ``id``, or None for any text that :meth:`encode` does not return."""
        raise NotImplementedError

    def sort_key(self, key: Any) -> Any:
        """Return an expression that orders resources, those of other types too, as their ``id`` would.

        :param key: The column of the keys, as an expression.
        """
        raise NotImplementedError


class IntegerScheme(IdentifierScheme):
    """Integer keys of 64 bits, packed with the resource type in a UUIDv8."""

    def __init__(self, type_name: str) -> None:
        digest = hashlib.sha256(f"django_scim:{type_name}".encode()).digest()
        self.tag = int.from_bytes(digest[:6], "big")

    def encode(self, key: Any) -> str:
        """Put the tag of the resource type in ``custom_a``, the key in ``custom_b`` and ``custom_c``."""
        bits = int(key) & MASK_64
        packed = self.tag << 80 | 8 << 76 | (bits >> 62) << 64 | 0b10 << 62 | bits & MASK_62
        digits = f"{packed:032x}"
        # As str(UUID(int=packed)) has it, in a third of the time: an answer has several of each resource.
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def decode(self, identifier: str) -> Any:
        """Unpack the key; None for a UUID of another resource type."""
        parsed = parse_uuid(identifier)
        if parsed is None:
            return None
        bits = (parsed.int >> 64 & 0b11) << 62 | parsed.int & MASK_62
        key = bits - (1 << 64) if bits >> 63 else bits
        return key if self.encode(key) == identifier else None

    def sort_key(self, key: Any) -> Any:
        """Put the tag before the key, which is in decimals: no two types have the same tag."""
        digits = LPad(text_of(key), KEY_DIGITS, models.Value("0"))
        return Concat(models.Value(f"{self.tag:012x}8"), digits, output_field=models.TextField())


class ColumnScheme(IdentifierScheme):
    """Values that are unique as they are: those of ``id_field``, and UUID keys.

    :param field: The column, whose type the keys have.
    """

    def __init__(self, field: models.Field[Any, Any]) -> None:
        self.field = field

    def encode(self, key: Any) -> str:
        return str(key)

    def decode(self, identifier: str) -> Any:
        key = to_python(self.field, identifier)
        return key if key is not None and self.encode(key) == identifier else None

    def sort_key(self, key: Any) -> Any:
        return uuid_text(key) if isinstance(self.field, models.UUIDField) else text_of(key)


class TextScheme(IdentifierScheme):
    """Keys in base64, behind the name of their resource type: text, and keys that models share.

    :param field: The column, whose type the keys have.
    """

    def __init__(self, type_name: str, field: models.Field[Any, Any]) -> None:
        self.type_name = type_name
        self.field = field

    def encode(self, key: Any) -> str:
        text = f"{self.type_name}:{key}".encode()
        return base64.urlsafe_b64encode(text).rstrip(b"=").decode("ascii")

    def decode(self, identifier: str) -> Any:
        """Unpack the key; None for base64 of anything else."""
        try:
            padded = identifier.encode("ascii") + b"=" * (-len(identifier) % 4)
            text = base64.urlsafe_b64decode(padded).decode()
        except (UnicodeError, binascii.Error):
            return None
        key = to_python(self.field, text.partition(":")[2])
        return key if key is not None and self.encode(key) == identifier else None

    def sort_key(self, key: Any) -> Any:
        """Put the beginning that all have before the key: base64 has another order than what it holds."""
        name = f"{self.type_name}:".encode()
        prefix = base64.urlsafe_b64encode(name[: len(name) // 3 * 3]).decode("ascii")
        return Concat(models.Value(prefix), text_of(key), output_field=models.TextField())


def text_of(key: Any) -> Any:
    """Return a key as text."""
    return Cast(key, models.CharField(max_length=255))


def uuid_text(key: Any) -> Any:
    """Return a UUID as 32 hexadecimal digits: some databases keep the hyphens, and some do not."""
    return Lower(Replace(text_of(key), models.Value("-"), models.Value("")))


def to_python(field: models.Field[Any, Any], text: str) -> Any:
    """Return a value of a column from its text, or None if the column cannot hold such."""
    try:
        value = field.to_python(text) if is_storable(text) else None
    except ValidationError:
        return None
    return None if isinstance(value, int) and value not in INTEGER_RANGE else value


REISSUED = int.from_bytes(hashlib.sha256(b"django_scim reissued").digest()[:6], "big")
"""The tag of an ``id`` that is made from no key: it is found in the records."""


def reissue() -> UUID:
    """Return a new ``id`` for a resource whose row another one had before: a random UUIDv8 with a tag.

    The bit after the variant is set, since MariaDB takes no UUIDv8 whose ninth octet is 80.
    """
    return UUID(
        int=REISSUED << 80 | 8 << 76 | secrets.randbits(12) << 64 | 0b101 << 61 | secrets.randbits(61)
    )


def reissued(identifier: str) -> UUID | None:
    """Return an ``id`` as :func:`reissue` made it; None for any other, which a key can be read from."""
    parsed = parse_uuid(identifier)
    is_tagged = parsed is not None and parsed.int >> 80 == REISSUED and parsed.version == 8
    return parsed if is_tagged else None


def parse_uuid(text: str) -> UUID | None:
    """Return a UUID in its usual spelling; None for all else."""
    try:
        parsed = UUID(text)
    except ValueError:
        return None
    return parsed if str(parsed) == text else None


def column_behind(field: models.Field[Any, Any]) -> models.Field[Any, Any]:
    """Return the column whose values a key has: of a relation, the one that it leads to."""
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def scheme_for(field: models.Field[Any, Any], type_name: str) -> IdentifierScheme:
    """Return the scheme that fits a primary key.

    A UUID that is the key of another model's row too, as in multi-table inheritance, is not unique
    over all resource types, so it is told apart by the name of its resource type.
    """
    column = column_behind(field)
    if isinstance(column, models.IntegerField):
        return IntegerScheme(type_name)
    if isinstance(column, models.UUIDField) and column is field:
        return ColumnScheme(column)
    return TextScheme(type_name, column)


def can_recur(field: models.Field[Any, Any]) -> bool:
    """Whether a primary key can come back after the deletion of its row: any but a random UUID.

    A project may insert a row with a number that it chooses, also where the database counts. SQLite gives the
    last number again in tables without ``AUTOINCREMENT``, which Django makes none of.
    """
    remote = field.remote_field
    if isinstance(field, models.OneToOneField) and remote is not None and remote.parent_link:
        return can_recur(field.target_field)
    return not (isinstance(field, models.UUIDField) and field.has_default())


def can_be_random(field: models.Field[Any, Any]) -> bool:
    """Whether a new value of a column may be a random UUID."""
    if isinstance(field, models.CharField | models.TextField):
        return field.max_length is None or field.max_length >= UUID_LENGTH
    return isinstance(field, models.UUIDField)


def record_key_for(field: models.Field[Any, Any]) -> str | None:
    """Return the column of the records that holds a primary key; None for one that no column can hold."""
    column = column_behind(field)
    if isinstance(column, models.IntegerField):
        return "integer_key"
    if isinstance(column, models.UUIDField):
        return "uuid_key"
    return "text_key" if isinstance(column, models.CharField | models.TextField) else None
