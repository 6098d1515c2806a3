"""Where the values of an attribute are: rows, entries of a list in a document, or the host's own row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from scim2_models import AttributeBinding, InvalidFilterException
from scim2_models.path import CompareOperator

from django_scim.sql.containment import contained, entry_in
from django_scim.sql.functions import AnyEntry, Entry
from django_scim.sql.operand import Operand, StoredOperand, any_of, constant


class Source:
    """Where the values of an attribute are: rows that name the resource they belong to.

    :param rows: One row a resource (or a value), as a queryset.
    :param key: The column of the rows that holds the primary key of the resource.
    :param operands: Gives the operand of a sub-attribute; None stands for the value itself.
    """

    def __init__(
        self, rows: QuerySet[Any], key: str, operands: Callable[[str | None], Operand | None]
    ) -> None:
        self.rows = rows
        self.key = key
        self.operands = operands

    def operand(self, sub: str | None) -> Operand | None:
        """Return what to compare for a sub-attribute, or None where the source has no such thing."""
        return self.operands(sub)

    def keys(self, condition: Q | None = None) -> QuerySet[Any] | None:
        """Return the primary keys of the resources one of whose values meets a condition."""
        rows = self.rows if condition is None else self.rows.filter(condition)
        return rows.order_by().values(self.key)

    def exists(self, condition: Q | None = None) -> Q:
        """Return the condition on resources that one of their values meets another."""
        return Q(pk__in=self.keys(condition))


class OwnSource(Source):
    """The same, but asked of each resource: for what many have, such as a ``type``.

    A list of all that have it would be made for each query.
    """

    def exists(self, condition: Q | None = None) -> Q:
        rows = self.rows if condition is None else self.rows.filter(condition)
        return Q(Exists(rows.filter(**{self.key: OuterRef("pk")})))


class EntrySource(Source):
    """The entries of a list in the records' comparable documents."""

    def __init__(
        self,
        rows: QuerySet[Any],
        key: str,
        member: str,
        bindings: Callable[[str | None], AttributeBinding | None],
        *,
        has_digest: bool = False,
    ) -> None:
        self.member = member
        self.bindings = bindings
        self.has_digest = has_digest
        super().__init__(rows, key, self._entry)

    def _entry(self, sub: str | None) -> Operand | None:
        binding = self.bindings(sub)
        return None if binding is None else StoredOperand(Entry(), sub or "value", binding)

    def keys(self, condition: Q | None = None) -> QuerySet[Any] | None:
        condition = constant(True) if condition is None else condition
        found = Q(AnyEntry("comparable", condition, key=self.member))
        entry = entry_in(condition)
        if entry:
            found = contained("comparable", {self.member: [entry]}, has_digest=self.has_digest) & found
        return super().keys(found)


class Union(Subquery):
    """The rows of several queries.

    As a table of its own: MariaDB would execute a union in a condition anew for each row.
    """

    template = "(SELECT * FROM (%(subquery)s) AS scim_union)"

    def __init__(self, first: QuerySet[Any], *others: QuerySet[Any]) -> None:
        # A union takes the order of the model up again, which may be of other columns than the selected.
        super().__init__(first.union(*others).order_by())


def in_any(sources: Sequence[Source], conditions: Sequence[Q | None]) -> Q:
    """Return the condition that a value in one of several sources meets that source's condition.

    Each source finds its rows by itself, so that it can use an index: no database uses one for either of two
    conditions, one of which is on other rows.
    """
    pairs = list(zip(sources, conditions, strict=True))
    keys = [rows for source, condition in pairs if (rows := source.keys(condition)) is not None]
    if len(keys) < 2 or len(keys) < len(pairs):
        return any_of(source.exists(condition) for source, condition in pairs)
    return Q(pk__in=Union(*keys))


class HostSource(Source):
    """A value in the host's own row: its conditions need no other rows.

    :param present: The condition that there is the value.
    :param rows: The rows of the host, if there are other sources that may have the value as well.
    """

    def __init__(
        self,
        present: Q,
        operands: Callable[[str | None], Operand | None],
        rows: QuerySet[Any] | None = None,
    ) -> None:
        self.present = present
        self.operands = operands
        self.host_rows = rows

    def keys(self, condition: Q | None = None) -> QuerySet[Any] | None:
        """Look the rows up by themselves; None if it was not said which."""
        if self.host_rows is None:
            return None
        return self.host_rows.filter(self.exists(condition)).order_by().values("pk")

    def exists(self, condition: Q | None = None) -> Q:
        """Join the conditions; there is at most this one value."""
        return self.present if condition is None else self.present & condition


class SourceOperand(Operand):
    """A single value that lives in other rows, as an operand of the host's rows.

    :param source: Has one row for each resource that has the value.
    :param sub: The sub-attribute of the source.
    :param expression: The value as an expression on the host's rows, to sort by.
    """

    def __init__(self, source: Source, sub: str | None, expression: Any) -> None:
        inner = source.operand(sub)
        if inner is None:
            raise InvalidFilterException(detail="the attribute cannot be filtered")
        super().__init__(expression, inner.binding)
        self.source = source
        self.inner = inner

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare inside the rows; a resource with no row has no value."""
        if operator is CompareOperator.ne:
            return ~self.compare(CompareOperator.eq, value)
        if operator is CompareOperator.eq and value is None:
            return ~self.present()
        return self.source.exists(self.inner.compare(operator, value))

    def present(self) -> Q:
        return self.source.exists(self.inner.present())

    def present_and_not_empty(self) -> Q:
        return self.source.exists(self.inner.present_and_not_empty())


def operand_of(source: Source, sub: str | None) -> Operand:
    """Return the operand of a sub-attribute of a source.

    :raises InvalidFilterException: If the source does not have it.
    """
    operand = source.operand(sub)
    if operand is None:
        raise InvalidFilterException(detail=f"'{sub}' cannot be filtered")
    return operand
