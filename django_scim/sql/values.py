"""Values as strings that compare as the values do, for the JSON documents of records.

Numbers, dates and truth values are compared by three databases in three ways once they are in JSON.
As strings whose order is the order of the values they are compared in one way, by code point.
"""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.db.models import Field, Model
from django.utils.timezone import get_default_timezone, make_naive
from scim2_models import AttributeBinding
from scim2_models.path import coerce_value

INTEGER_BIAS = 1 << 63

LONGEST = 100
"""How many characters a text has at most that is remembered."""

INTEGER_RANGE = range(-INTEGER_BIAS, INTEGER_BIAS)


class OutOfRange(ValueError):
    """A value that no attribute can have, beyond one end of those that one can have.

    :param is_above: Whether it is greater than all of them, and not less.
    """

    def __init__(self, message: str, *, is_above: bool) -> None:
        super().__init__(message)
        self.is_above = is_above


def encode(binding: AttributeBinding, value: Any) -> str:
    """Return the string that stands for a value of an attribute in comparisons.

    :param value: The value as JSON or as the Python type of the attribute.
    :raises OutOfRange: If the value has no comparable form, such as an integer over 64 bits.
    :raises InvalidFilterException: If the value is of another type than the attribute.
    """
    kind = binding.target_type
    if isinstance(value, str) and isinstance(kind, type) and issubclass(kind, Enum) and len(value) < LONGEST:
        return canonical_text(binding, value)
    typed = coerce_value(binding, value)
    if isinstance(typed, bool):
        return "true" if typed else "false"
    if isinstance(typed, datetime):
        return in_utc(typed).isoformat(timespec="microseconds")
    if isinstance(typed, int):
        return f"{in_64_bits(typed) + INTEGER_BIAS:020d}"
    if isinstance(typed, float | Decimal):
        return ordered_double(float(typed))
    if isinstance(typed, bytes):
        return base64.b64encode(typed).decode("ascii")
    return str(binding.comparable(str(typed)))


@lru_cache(maxsize=1024)
def canonical_text(binding: AttributeBinding, value: str) -> str:
    """Return the same for a value of which the schema has a list, such as ``type``.

    scim2-models builds a validator for each, which takes longer than all the rest.
    """
    return str(binding.comparable(str(coerce_value(binding, value))))


def in_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; one without an offset is in UTC already.

    :raises OutOfRange: If the moment is outside the years 1 to 9999 in UTC.
    """
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise OutOfRange("the date is out of range", is_above=moment.year > 1) from error


def in_column(moment: datetime) -> datetime:
    """Return a moment as a column holds it: in UTC, or where ``USE_TZ`` is off in the project's time.

    :raises OutOfRange: If no column can hold it.
    """
    utc = in_utc(moment)
    if settings.USE_TZ:
        return utc
    try:
        return make_naive(utc, get_default_timezone())
    except OverflowError as error:
        raise OutOfRange("the date is out of range", is_above=utc.year > 1) from error


def in_64_bits(number: int) -> int:
    """Return the number.

    :raises OutOfRange: If no column can hold it.
    """
    if number not in INTEGER_RANGE:
        raise OutOfRange("the number has more than 64 bits", is_above=number > 0)
    return number


def ordered_double(number: float) -> str:
    """Return the bits of a double, turned so that their order is that of the numbers."""
    (bits,) = struct.unpack(">Q", struct.pack(">d", number + 0.0))
    turned = bits ^ (1 << 64) - 1 if bits >> 63 else bits | 1 << 63
    return f"{turned:016x}"


def column_of(model: type[Model], name: str) -> Field[Any, Any]:
    """Return a field that has a column.

    :raises FieldDoesNotExist: If the model has no field of that name.
    """
    return cast("Field[Any, Any]", model._meta.get_field(name))


def cannot_be_empty(field: Field[Any, Any]) -> bool:
    """Whether a text column has to have a value of its own: two rows without one would be duplicates."""
    has_value = field.null or field.blank or field.has_default() or field.has_db_default()
    if has_value or not field.empty_strings_allowed or field.primary_key:
        return False
    return is_in_constraint(field)


def is_in_constraint(field: Field[Any, Any]) -> bool:
    """Whether a column has to be unique, by itself or together with others."""
    meta = field.model._meta
    together = [*meta.unique_together, *(constraint.fields for constraint in meta.total_unique_constraints)]
    return field.unique or any(field.name in names for names in together)


def is_storable(text: str) -> bool:
    """Whether a database can hold the text: UTF-8 has no lone surrogates, PostgreSQL no NUL."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
