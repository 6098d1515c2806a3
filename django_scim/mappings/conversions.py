"""How the values of a column become those of an attribute, and back.

Each mapping that holds a value in a column reads, writes, filters and sorts it by a :class:`Conversion`, the
plain one where none is given. So a conversion is right in all four, or in none.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db.models import Field
from django.utils.timezone import get_default_timezone, make_aware
from scim2_models import AttributeBinding, InvalidValueException, SCIMException

from django_scim.mappings.dependencies import LookupColumn
from django_scim.schema.paths import Json
from django_scim.schema.types import declare_values
from django_scim.sql.converted import ChoiceOperand, WrittenOperand
from django_scim.sql.operand import ColumnOperand, Operand
from django_scim.sql.values import encode, in_column


def is_empty(value: Any) -> bool:
    """Whether a column's value means that there is none: Django keeps ``""`` for text."""
    return value is None or value == ""


def in_column_of(key: str, column: str) -> str:
    """Return how an error names an attribute that is in a column."""
    return f"{key} (column {column})"


def to_json(value: Any) -> Any:
    """Return a column's value as JSON has it."""
    if isinstance(value, str):
        return value or None
    if value is None:
        return None
    if isinstance(value, datetime):
        # A time without a zone is one of a project that has USE_TZ off.
        aware = make_aware(value, get_default_timezone()) if value.tzinfo is None else value
        utc = aware if aware.tzinfo is UTC else aware.astimezone(UTC)
        return utc.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool | int | float):
        return value
    return str(value)


class Conversion:
    """The plain conversion: the column holds what SCIM says.

    A subclass gives :meth:`read`, :meth:`write` and :meth:`operand`. A column without a value, which is null
    or empty text, is an attribute without a value, and no conversion is asked.
    """

    sortable = True
    """Whether the database can order by the values of SCIM."""

    field: Field[Any, Any]
    binding: AttributeBinding | None
    key: str
    is_string: bool
    """Whether the attribute is a string, references included."""

    def bind(self, field: Field[Any, Any], binding: AttributeBinding | None, key: str) -> Self:
        """Return a copy for one column and one attribute; a mapping calls this once.

        :param binding: What scim2-models knows of the attribute, or None if the schemas have no such.
        :param key: The attribute, as errors name it.
        """
        bound = copy.copy(self)
        bound.field, bound.binding, bound.key = field, binding, key
        kind = None if binding is None else binding.target_type
        bound.is_string = isinstance(kind, type) and issubclass(kind, str)
        bound.prepare()
        return bound

    def prepare(self) -> None:
        """Look at the column and the attribute."""

    def check(self) -> Iterable[str]:
        """Yield why the conversion does not fit the column or the attribute, for the system checks."""
        return ()

    def read(self, stored: Any) -> Any:
        """Return what a stored value is in SCIM, or None if it is nothing."""
        return stored

    def write(self, value: Any) -> Any:
        """Return what is stored for a value of SCIM.

        :raises ValueError: If the host cannot hold it; the text tells the client why.
        """
        return value

    def operand(self, column: str) -> Operand:
        """Return what a filter and a sort look at.

        :param column: The column, as the query that is filtered reaches it.
        """
        assert self.binding is not None
        return ColumnOperand(column, self.field, self.binding)

    def lookup_column(self) -> LookupColumn | None:
        """Return the column that ``eq`` looks at, or None if an index on it would be no help."""
        assert self.binding is not None
        return LookupColumn.of(self.field, self.binding)

    def declare(self, attribute: Json) -> None:
        """Say in ``/Schemas`` which values there are, where the column takes no others."""
        values = [self.to_json(value) for value, _ in self.field.flatchoices]
        declare_values(attribute, [*dict.fromkeys(value for value in values if value is not None)])

    # What a mapping calls

    def to_json(self, stored: Any) -> Any:
        """Return a stored value as JSON has it, in the type of the attribute."""
        if is_empty(stored):
            return None
        value = to_json(self.read(stored))
        return str(value) if self.is_string and value is not None else value

    def to_python(self, value: Any) -> Any:
        """Return a JSON value as the column takes it.

        :raises InvalidValueException: If the column cannot hold it.
        """
        if value is None:
            return None if self.field.null else self.field.get_default()
        try:
            return self.stored(value)
        except ValueError as error:
            raise InvalidValueException(
                detail=f"{in_column_of(self.key, self.field.name)}: {error}"
            ) from error

    def stored(self, value: Any) -> Any:
        """Return what is stored for a value of SCIM, in the type of the column.

        :raises ValueError: If the column cannot hold it.
        """
        try:
            typed = self.field.to_python(self.write(value))
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error
        return in_column(typed) if isinstance(typed, datetime) else typed


class Choices(Conversion):
    """Names for what the column holds: ``Choices({"Employee": "E", "Contractor": "C"})``.

    The names are of the attribute's type: ``Choices({True: "active", False: ("locked", "left")})`` makes
    ``active`` of a status. Of several stored values the first is written, and each is read. A filter takes
    every operator, and a sort orders by the names. A name that is not there is 400 ``invalidValue``. A stored
    value without a name is not told: a PUT that leaves the attribute out does not change it.

    :param names: The stored value by its name in SCIM, or a tuple of them.
    """

    def __init__(self, names: Mapping[Any, Any]) -> None:
        self.names = dict(names)

    def __repr__(self) -> str:
        return f"Choices({self.names!r})"

    def prepare(self) -> None:
        """Bring the stored values in the type of the column; note what is wrong with them."""
        self.pairs: list[tuple[Any, Any]] = []
        self.by_name: dict[str, Any] = {}
        self.problems: list[str] = []
        for name, given in self.names.items():
            alternatives = given if isinstance(given, tuple | list) else (given,)
            for value in alternatives:
                self._add(name, value)

    def _add(self, name: Any, value: Any) -> None:
        assert self.binding is not None
        try:
            encoded = encode(self.binding, name)
            stored = self.field.to_python(value)
        except (ValueError, SCIMException):
            self.problems.append(f"{name!r} is no value of the attribute")
            return
        except ValidationError:
            self.problems.append(f"the column cannot hold {value!r}")
            return
        if is_empty(stored):
            self.problems.append(f"an empty column has no value, so {name!r} cannot be {value!r}")
        elif any(stored == other for _, other in self.pairs):
            self.problems.append(f"{value!r} has two names")
        elif encoded in self.by_name and not any(name == other for other, _ in self.pairs):
            self.problems.append(f"{name!r} is there twice in another spelling")
        else:
            self.pairs.append((name, stored))
            self.by_name.setdefault(encoded, stored)

    def check(self) -> Iterable[str]:
        """Yield what is wrong with the names or with what is stored for them."""
        yield from self.problems
        allowed = [value for value, _ in self.field.flatchoices]
        for _, stored in self.pairs:
            if allowed and stored not in allowed:
                yield f"{stored!r} is none of the choices of the column"

    def read(self, stored: Any) -> Any:
        """Return the name of a stored value, or None if it has none."""
        return next((name for name, value in self.pairs if value == stored), None)

    def write(self, value: Any) -> Any:
        """Return the stored value of a name, which may be spelled in any case unless the schema says no.

        :raises ValueError: If there is no such name.
        """
        assert self.binding is not None
        encoded = encode(self.binding, value)
        if encoded not in self.by_name:
            names = ", ".join(str(name) for name in self.names)
            raise ValueError(f"'{value}' is none of: {names}")
        return self.by_name[encoded]

    def operand(self, column: str) -> Operand:
        """Compare with the stored values of the names that meet a comparison."""
        assert self.binding is not None
        return ChoiceOperand(column, self.field, self.binding, self.pairs)

    def lookup_column(self) -> LookupColumn | None:
        """The column is compared as it is."""
        return LookupColumn(self.field, as_text=False, case_exact=True)

    def declare(self, attribute: Json) -> None:
        """The names are the values there are."""
        declare_values(attribute, [*self.names])


class Convert(Conversion):
    """Two functions of the project: ``Convert(read=from_column, write=to_column)``.

    They are called with values, never with None, and say by ``ValueError`` that they have no answer: a write
    is then 400 ``invalidValue`` with the text of the error, a read gives no value. A filter by ``eq`` or
    ``ne`` looks for what ``write`` returns. The database knows nothing of the functions: other comparisons
    are 400 ``invalidFilter``, and the attribute cannot be sorted by.

    :param read: Takes what the column holds, and returns the value in SCIM or None.
    :param write: Takes a value of SCIM, and returns what the column is to hold.
    """

    sortable = False

    def __init__(self, *, read: Callable[[Any], Any], write: Callable[[Any], Any]) -> None:
        self.from_column = read
        self.to_column = write

    def __repr__(self) -> str:
        return f"Convert(read={self.from_column!r}, write={self.to_column!r})"

    def check(self) -> Iterable[str]:
        """Yield what is no function."""
        for name, function in (("read", self.from_column), ("write", self.to_column)):
            if not callable(function):
                yield f"its '{name}' cannot be called"

    def read(self, stored: Any) -> Any:
        try:
            return self.from_column(stored)
        except (ValueError, LookupError):
            return None

    def write(self, value: Any) -> Any:
        """Call the function.

        :raises ValueError: If it raises that, or an error that a value it does not know is likely to cause.
        """
        try:
            return self.to_column(value)
        except (TypeError, LookupError, ArithmeticError) as error:
            raise ValueError(f"'{value}' has no place in the project") from error

    def operand(self, column: str) -> Operand:
        """Compare with what the function returns."""
        assert self.binding is not None
        return WrittenOperand(column, self.field, self.binding, self.stored)

    def lookup_column(self) -> LookupColumn | None:
        """The column is compared as it is."""
        return LookupColumn(self.field, as_text=False, case_exact=True)
