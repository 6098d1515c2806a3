"""What a comparison looks at: an SQL expression that knows how its SCIM attribute compares.

Every condition built here is true or false and never unknown, so that ``not`` means in SQL what it
means in RFC 7644 section 3.4.2.2. The semantics of each operator are those of scim2-models'
``ScimFilter.match``, which the tests hold them against.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, NullIf
from django.db.models.lookups import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from scim2_models import AttributeBinding, InvalidFilterException
from scim2_models.path import CompareOperator, coerce_value

from django_scim.sql.containment import contained
from django_scim.sql.functions import Comparable, DocumentText, HasText
from django_scim.sql.index_candidates import Beginnings, Candidates, InOrder
from django_scim.sql.prepared import Slot
from django_scim.sql.substrings import substring
from django_scim.sql.values import OutOfRange, encode, in_64_bits, in_column, is_storable

ORDERINGS: dict[CompareOperator, Any] = {
    CompareOperator.gt: GreaterThan,
    CompareOperator.ge: GreaterThanOrEqual,
    CompareOperator.lt: LessThan,
    CompareOperator.le: LessThanOrEqual,
}

BELOW = (CompareOperator.lt, CompareOperator.le)

ABOVE = (CompareOperator.gt, CompareOperator.ge)

SUBSTRINGS = (CompareOperator.co, CompareOperator.sw, CompareOperator.ew)

CANDIDATES = {CompareOperator.eq: Candidates, CompareOperator.sw: Beginnings}
"""How an index finds what may meet a comparison with text."""

IN_PYTHON: dict[CompareOperator, Callable[[str, str], bool]] = {
    CompareOperator.eq: str.__eq__,
    CompareOperator.co: str.__contains__,
    CompareOperator.sw: str.startswith,
    CompareOperator.ew: str.endswith,
    CompareOperator.gt: str.__gt__,
    CompareOperator.ge: str.__ge__,
    CompareOperator.lt: str.__lt__,
    CompareOperator.le: str.__le__,
}


def constant(truth: bool) -> Q:
    """Return a condition that always or never holds."""
    return Q(Value(truth, output_field=models.BooleanField()))


def any_of(conditions: Iterable[Q]) -> Q:
    """Join conditions by OR; without any, the result never holds."""
    combined: Q | None = None
    for condition in conditions:
        combined = condition if combined is None else combined | condition
    return constant(False) if combined is None else combined


def check_text(value: Any) -> None:
    """Refuse text that no database can compare.

    :raises InvalidFilterException: If the value holds NUL or a lone surrogate.
    """
    if isinstance(value, str) and not is_storable(value):
        raise InvalidFilterException(detail="the filter holds a character that no attribute can hold")


def is_text(binding: AttributeBinding) -> bool:
    """Whether the values of an attribute are strings, references included."""
    kind = binding.target_type
    return isinstance(kind, type) and issubclass(kind, str)


class Operand:
    """One side of a comparison: what is in the database.

    The base class compares an expression that may be null. Subclasses say what the other side looks
    like (:meth:`encode`).
    """

    def __init__(self, expression: Any, binding: AttributeBinding) -> None:
        self.expression = expression
        self.binding = binding

    def encode(self, value: Any) -> Any:
        """Return a filter's value as the expression has it.

        :raises OutOfRange: If all values of the attribute are less, or all are greater.
        :raises ValueError: If no value of the attribute can be equal to it.
        """
        return encode(self.binding, value)

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Return the condition that ``attribute operator value`` stands for.

        :param value: The raw value of the filter; None is RFC 7644's null. Of a text, it may be the place of
            its comparable form, in a statement that is kept.
        :raises InvalidFilterException: If the value cannot be compared with the attribute.
        """
        check_text(value)
        if operator is CompareOperator.ne:
            return ~self.compare(CompareOperator.eq, value)
        if isinstance(value, Slot):
            return self.present() & self.matches(operator, value)
        if value is None:
            return ~self.present() if operator is CompareOperator.eq else constant(False)
        try:
            other = self.fragment(operator, value) if operator in SUBSTRINGS else self.encode(value)
        except OutOfRange as limit:
            is_beyond = operator in (BELOW if limit.is_above else ABOVE)
            return self.present() if is_beyond else constant(False)
        except ValueError:
            return constant(False)
        return self.present() & self.matches(operator, other)

    def matches(self, operator: CompareOperator, other: Any) -> Q:
        """Return the condition of a comparison of a value that is present with an encoded one."""
        if operator in SUBSTRINGS:
            return substring(self.expression, operator, other)
        return Q(ORDERINGS.get(operator, Exact)(self.expression, other))

    def fragment(self, operator: CompareOperator, value: Any) -> str:
        """Return what ``co``, ``sw`` or ``ew`` looks for.

        :raises InvalidFilterException: If either side is no string.
        """
        if not isinstance(value, str) or not is_text(self.binding):
            raise InvalidFilterException(
                detail=f"'{operator.value}' compares strings, which '{self.binding.urn}' or the value is not"
            )
        return str(self.binding.comparable(value))

    def present(self) -> Q:
        """Return the condition of ``pr`` for a value that is stored as null when it is absent."""
        return Q(IsNull(self.expression, False))

    def present_and_not_empty(self) -> Q:
        """Return the condition of ``pr``: the empty string is a value, but it is not present."""
        return self.present()

    def order(self) -> Any:
        """Return the expression that ``sortBy`` orders by."""
        return self.expression


class StoredOperand(Operand):
    """A member of a record's comparable document."""

    def __init__(
        self, document: Any, key: str, binding: AttributeBinding, *, has_digest: bool = False
    ) -> None:
        super().__init__(DocumentText(document, key=key), binding)
        self.document = document
        self.key = key
        self.has_digest = has_digest

    def matches(self, operator: CompareOperator, other: Any) -> Q:
        """Let an index find the documents that are equal, where the database has one."""
        condition = super().matches(operator, other)
        if operator is not CompareOperator.eq or not isinstance(other, str | Slot):
            return condition
        return contained(self.document, {self.key: other}, has_digest=self.has_digest) & condition

    def present_and_not_empty(self) -> Q:
        """The document keeps an empty string as one."""
        return self.present() & ~Q(Exact(self.expression, ""))


class ColumnOperand(Operand):
    """A column of the host's model, or one that ``__`` reaches from it.

    An empty text column has no value: Django keeps ``""`` where SCIM has nothing.
    """

    def __init__(self, column: Any, field: models.Field[Any, Any], binding: AttributeBinding) -> None:
        expression = F(column) if isinstance(column, str) else column
        self.column = expression
        self.field = field
        self.is_text = is_text(binding)
        self.has_candidates = self.is_text and isinstance(column, str)
        is_own = isinstance(column, str) and "__" not in column
        self.is_required = is_own and field.unique and not field.null and not field.blank
        if self.is_text:
            if not isinstance(field, models.CharField | models.TextField):
                expression = self.column = Cast(expression, models.TextField())
                self.has_candidates = False
            expression = Comparable(expression, case_exact=binding.case_exact)
        super().__init__(expression, binding)

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare; for equality and beginnings, let an index find the candidates first."""
        condition = super().compare(operator, value)
        kind = CANDIDATES.get(operator)
        if kind is None or not self.has_candidates or not value or not isinstance(value, str | Slot):
            return condition
        found = value if isinstance(value, Slot) else self.encode(value)
        return Q(kind(self.column, found, case_exact=self.binding.case_exact)) & condition

    def present(self) -> Q:
        """There is a value, and of text not an empty one.

        A condition on the column itself, which costs less than its comparable form, and beside the
        comparison: a ``NULLIF`` around it would keep an index from being used.
        """
        present = Q(IsNull(self.column, False))
        return present & Q(HasText(self.column)) if self.is_text else present

    def order(self) -> Any:
        """Empty text is ordered as no value, unless the column has to have one.

        Then it is ordered as an index has it.
        """
        if self.is_text and self.is_required and self.has_candidates:
            return InOrder(self.column, case_exact=self.binding.case_exact, field=self.field)
        if not self.is_text or self.is_required:
            return self.expression
        empty = Value("", output_field=models.TextField())
        return NullIf(self.expression, empty, output_field=models.TextField())

    def encode(self, value: Any) -> Any:
        """Return the value in the Python type that the column takes."""
        if self.is_text:
            return str(self.binding.comparable(str(value)))
        typed = coerce_value(self.binding, value)
        if isinstance(typed, datetime):
            return in_column(typed)
        return in_64_bits(typed) if isinstance(typed, int) else typed


class ConstantOperand(Operand):
    """A value that is the same for every resource, such as ``meta.resourceType``.

    It is compared in Python: of two literals a database would use the collation of the connection.
    """

    def __init__(self, value: Any, binding: AttributeBinding) -> None:
        self.constant = encode(binding, value)
        super().__init__(Value(self.constant, output_field=models.TextField()), binding)

    def present(self) -> Q:
        return constant(True)

    def present_and_not_empty(self) -> Q:
        """An empty string is not present."""
        return constant(self.constant != "")

    def matches(self, operator: CompareOperator, other: str) -> Q:
        return constant(IN_PYTHON[operator](self.constant, other))


class AbsentOperand(Operand):
    """A sub-attribute that never has a value."""

    def __init__(self, binding: AttributeBinding) -> None:
        super().__init__(Value(None, output_field=models.TextField()), binding)

    def present(self) -> Q:
        return constant(False)


class KeyOperand(Operand):
    """A primary or foreign key, which SCIM shows as an ``id``.

    Only equality is offered: the database has no expression for the other side of the others.
    """

    def __init__(
        self, expression: Any, binding: AttributeBinding, decode: Callable[[str], Any], shown_as: str = "id"
    ) -> None:
        super().__init__(F(expression) if isinstance(expression, str) else expression, binding)
        self.decode = decode
        self.shown_as = shown_as

    def encode(self, value: Any) -> Any:
        key = self.decode(value) if isinstance(value, str) else None
        if key is None:
            raise ValueError("no resource has that id")
        return key

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare for equality.

        :raises InvalidFilterException: For an operator that would look inside an opaque ``id``.
        """
        if operator not in (CompareOperator.eq, CompareOperator.ne):
            raise InvalidFilterException(
                detail=f"'{self.shown_as}' is opaque: it can be compared by eq, ne and pr, not by "
                f"'{operator.value}'"
            )
        return super().compare(operator, value)
