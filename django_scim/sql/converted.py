"""Columns that hold a value in another form than SCIM has it: what a comparison looks at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import NullIf, Replace
from django.db.models.lookups import In, IsNull
from scim2_models import AttributeBinding, InvalidFilterException
from scim2_models.path import CompareOperator, coerce_value

from django_scim.sql.functions import Comparable, compose, fold
from django_scim.sql.operand import IN_PYTHON, ColumnOperand, Operand, constant, is_text
from django_scim.sql.values import encode

EQUALITY = (CompareOperator.eq, CompareOperator.ne)


def holds(column: Any, field: models.Field[Any, Any], values: Collection[Any]) -> Q:
    """Return the condition that a column holds one of some values, exactly.

    Text is compared by code point beside the comparison that an index serves: the collation of the column may
    think that others are the same.

    :param column: The column as an expression, such as ``F("status")``.
    """
    if not values:
        return constant(False)
    found = Q(IsNull(column, False)) & Q(In(column, list(values)))
    if isinstance(field, models.CharField | models.TextField):
        exact = Comparable(column, case_exact=True)
        found &= Q(In(exact, [compose(str(value)) for value in values]))
    return found


class ChoiceOperand(Operand):
    """A column each of whose values stands for one of SCIM.

    Which of them meet a comparison is known before the database is asked: it looks for their stored values.

    :param names: Pairs of a value of SCIM and the stored one.
    """

    def __init__(
        self,
        column: str,
        field: models.Field[Any, Any],
        binding: AttributeBinding,
        names: Iterable[tuple[Any, Any]],
    ) -> None:
        self.column = F(column)
        self.field = field
        self.encoded = [(encode(binding, name), stored) for name, stored in names]
        cases = [When(holds(self.column, field, [stored]), then=Value(name)) for name, stored in self.encoded]
        super().__init__(Case(*cases, output_field=models.TextField()), binding)

    def matches(self, operator: CompareOperator, other: str) -> Q:
        """Look for the stored values of those that meet the comparison."""
        is_met = IN_PYTHON[operator]
        return holds(
            self.column, self.field, [stored for name, stored in self.encoded if is_met(name, other)]
        )

    def present(self) -> Q:
        """A stored value that stands for nothing is no value."""
        return holds(self.column, self.field, [stored for _, stored in self.encoded])

    def order(self) -> Any:
        """Order by the value of SCIM, by code point."""
        empty = Value("", output_field=models.TextField())
        exact = Comparable(self.expression, case_exact=True)
        return NullIf(exact, empty, output_field=models.TextField())


class TagOperand(ColumnOperand):
    """A column of language tags, with hyphens or underscores, in any case (RFC 5646 section 2.1.1)."""

    def __init__(self, column: str, field: models.Field[Any, Any], binding: AttributeBinding) -> None:
        hyphenated = Replace(F(column), Value("_"), Value("-"), output_field=models.TextField())
        super().__init__(hyphenated, field, binding)
        self.expression = Comparable(hyphenated, case_exact=False)

    def encode(self, value: Any) -> Any:
        """Return the tag as the expression has it."""
        return fold(str(value).replace("_", "-"))

    def fragment(self, operator: CompareOperator, value: Any) -> str:
        """Return the part of a tag as the expression has it."""
        return str(self.encode(super().fragment(operator, value)))


class WrittenOperand(Operand):
    """A column that can be compared with what a function would store, and with nothing else.

    :param write: Returns the stored form of a filter's value; raises ValueError if there is none.
    """

    def __init__(
        self,
        column: str,
        field: models.Field[Any, Any],
        binding: AttributeBinding,
        write: Callable[[Any], Any],
    ) -> None:
        super().__init__(F(column), binding)
        self.field = field
        self.write = write

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare for equality.

        :raises InvalidFilterException: For an operator that would look at what the function returns.
        """
        if operator not in EQUALITY:
            raise InvalidFilterException(
                detail=f"'{self.binding.urn}' is converted by the project: it can be compared by eq, ne and "
                f"pr, not by '{operator.value}'"
            )
        return super().compare(operator, value)

    def encode(self, value: Any) -> Any:
        if is_text(self.binding):
            return self.write(str(value))
        coerce_value(self.binding, value)
        return self.write(value)

    def matches(self, operator: CompareOperator, other: Any) -> Q:
        return holds(self.expression, self.field, [other])

    def present(self) -> Q:
        """There is a value, and of text not an empty one."""
        present = Q(IsNull(self.expression, False))
        if isinstance(self.field, models.CharField | models.TextField):
            present &= ~holds(self.expression, self.field, [""])
        return present

    def order(self) -> Any:
        """Refuse: the database does not know the values.

        :raises InvalidFilterException: Always.
        """
        raise InvalidFilterException(detail=f"'{self.binding.urn}' is converted by the project")
