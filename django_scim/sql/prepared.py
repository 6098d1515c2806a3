"""Statements that are compiled once: what differs between two requests is a parameter.

To build a queryset and to compile it takes several times as long as to run it. Where the app itself owns a
query, it is built once, with a :class:`Slot` in the place of each value that differs. The SQL text is kept.
The rows are still read by Django's own iterables, so that instances are what the queryset would have given.

Only statements are kept, never rows: each call asks the database. A query that the host's own code has a part
in is not for this, since it may be another one at the next request: see :func:`is_plain_manager`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, Field, Lookup, Manager, QuerySet
from django.db.models.expressions import ColPairs, Expression
from django.db.models.manager import BaseManager
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")

PADDED = 1024
"""Up to how many keys are padded: beyond, some databases have no room for as many again."""

STATEMENTS = 256
"""How many statements of one owner are kept. Each takes some tens of kilobytes."""


ARRAYS = ("smallint", "integer", "bigint", "uuid")
"""The types of PostgreSQL whose arrays psycopg writes in their own type, or in one that compares with it."""

Compiled = tuple[str, tuple[Any, ...]]


class NotPreparable(Exception):
    """The SQL of a condition depends on the value, so that no statement can be kept."""


class Slot(Expression):
    """The place of a value that each run of a statement gives anew.

    :param name: The name of the value.
    :param field: The field whose values it has.
    :param index: Which of several values, where the name has several.
    """

    def __init__(self, name: str, field: Field[Any, Any], index: int | None = None) -> None:
        super().__init__(output_field=field)
        self.name = name
        self.index = index

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Stand among the parameters itself, to be found there by :class:`Prepared`."""
        return "%s", (self,)

    def bound(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
        """Return the value of a run as the database takes it."""
        value = values[self.name] if self.index is None else values[self.name][self.index]
        return self.output_field.get_db_prep_value(value, connection, prepared=False)


class DerivedSlot(Slot):
    """The place of what is made of a value at each run, such as its digest."""

    def __init__(self, slot: Slot, derive: Callable[[Any], Any]) -> None:
        super().__init__(slot.name, slot.output_field)
        self.derive = derive

    def bound(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
        """Return what is made of the value of a run."""
        return self.derive(values[self.name])


class ArraySlot(Slot):
    """The place of all values of a name, as one array."""

    def bound(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
        """Return the values of a run, each as the database takes it."""
        prepare = self.output_field.get_db_prep_value
        return [prepare(value, connection, prepared=False) for value in values[self.name]]


class AmongSlots(Lookup):
    """Whether a column is one of several values that each run of a statement gives anew.

    :param lhs: A reference to a column, such as ``F("user_id")``.
    :param rhs: The places of the values: see :func:`slots`.
    """

    lookup_name = "scim_among_slots"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Name the places one by one. Django's own ``In`` takes no expressions for a foreign key."""
        sql, params = compiler.compile(self.lhs)
        return f"{sql} IN ({', '.join(['%s'] * len(self.rhs))})", (*params, *self.rhs)

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Compiled:
        """Take all keys as one array, where its type is sure: psycopg takes apart a text with many places."""
        slot = self.rhs[0]
        if slot.output_field.rel_db_type(connection) not in ARRAYS:
            return self.as_sql(compiler, connection)
        sql, params = compiler.compile(self.lhs)
        return f"{sql} = ANY(%s)", (*params, ArraySlot(slot.name, slot.output_field))


class Prepared(Generic[Row]):
    """A queryset of which the SQL is kept.

    :param rows: The queryset, with slots.
    :param using: The database. It has to be chosen at each request, before a statement is.
    """

    def __init__(self, rows: QuerySet[Any, Row], using: str) -> None:
        self.using = using
        self.rows = rows.using(using)
        self.compiler = self.rows.query.get_compiler(using)
        self.params: Sequence[Any] = ()
        try:
            self.sql, self.params = self.compiler.as_sql()
        except EmptyResultSet:
            self.sql = ""
        self.converted: dict[bool, tuple[int, ...]] = {}
        """The columns whose values are converted, once the first run has found them, by ``USE_TZ``."""
        # It belongs to a thread, which would be kept from closing it.
        self.compiler.connection = None

    def run(self, **values: Any) -> Iterator[Row]:
        """Ask the database, and yield what the queryset would have.

        :param values: The values of the slots by their names.
        """
        connection = connections[self.using]
        params = tuple(
            param.bound(values, connection) if isinstance(param, Slot) else param for param in self.params
        )
        compiler = shallow_copy(self.compiler)
        compiler.connection = connection
        # Without SQL, Django asks nothing: no row can meet the conditions.
        compiler.as_sql = lambda: (self.sql, params)
        compiler.get_converters = partial(self.converters, compiler)
        rows = shallow_copy(self.rows)
        rows._query = CompiledQuery(self.rows.query, compiler)
        return iter(rows._iterable_class(rows))

    def converters(self, compiler: SQLCompiler, expressions: list[Any]) -> dict[int, Any]:
        """Return Django's converters of the selected columns, asking those alone that have any."""
        if any(isinstance(expression, ColPairs) for expression in expressions):
            # A composite key: one expression has several places.
            return type(compiler).get_converters(compiler, expressions)
        # SQLite and MariaDB have no time zones: whether times are converted is for this setting to say.
        asked = self.converted.get(settings.USE_TZ, tuple(range(len(expressions))))
        found = type(compiler).get_converters(compiler, [expressions[index] for index in asked])
        by_index = {asked[place]: converters for place, converters in found.items()}
        self.converted[settings.USE_TZ] = tuple(by_index)
        return by_index


class CompiledQuery:
    """A query that has its compiler already; all else is that of the query."""

    def __init__(self, query: Any, compiler: SQLCompiler) -> None:
        self._query = query
        self._compiler = compiler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._query, name)

    def get_compiler(self, *args: Any, **kwargs: Any) -> SQLCompiler:
        """Return the compiler with the SQL and the parameters of one run."""
        return self._compiler


class Statements:
    """The statements of one owner by what they depend on, the newest of them."""

    def __init__(self) -> None:
        self.kept: dict[Hashable, Prepared[Any] | None] = {}
        self.lock = Lock()

    def get(self, rows: Callable[[], QuerySet[Any, Any]], using: str, *key: Hashable) -> Prepared[Any] | None:
        """Return a statement that is kept, or make it. None if it cannot be kept.

        :param rows: Builds the queryset with slots.
        :param using: The database.
        :param key: All else that the queryset depends on.
        """
        try:
            return self.kept[using, *key]
        except KeyError:
            found = prepared(rows, using)
        with self.lock:
            if len(self.kept) >= STATEMENTS:
                del self.kept[next(iter(self.kept))]
            self.kept[using, *key] = found
        return found

    def among(
        self,
        rows: Callable[[AmongSlots], QuerySet[Any, Any]],
        column: Field[Any, Any],
        keys: Sequence[Any],
        using: str,
        *key: Hashable,
        **values: Any,
    ) -> Iterator[Any]:
        """Run a statement that finds rows by any number of values of one column.

        :param rows: Builds the queryset from the condition.
        :param values: The values of other slots.
        """
        keys = padded(keys)

        def found() -> QuerySet[Any, Any]:
            return rows(AmongSlots(F(column.attname), slots("keys", column, len(keys))))

        statement = self.get(found, using, len(keys), *key)
        assert statement is not None
        return statement.run(keys=keys, **values)


def prepared(rows: Callable[[], QuerySet[Any, Any]], using: str) -> Prepared[Any] | None:
    """Return the statement of a queryset, or None if it cannot be kept."""
    try:
        return Prepared(rows(), using)
    except NotPreparable:
        return None


def shallow_copy(instance: Any) -> Any:
    """Return a copy with the same attributes. ``copy`` would fetch the rows of a queryset first."""
    made = object.__new__(type(instance))
    made.__dict__.update(instance.__dict__)
    return made


def slots(name: str, field: Field[Any, Any], number: int) -> tuple[Slot, ...]:
    """Return the places of a number of values with one name."""
    return tuple(Slot(name, field, index) for index in range(number))


def padded(keys: Sequence[Any]) -> Sequence[Any]:
    """Return keys with the last one repeated up to a power of two, so that there are few statements.

    ``IN`` takes a key twice as once.
    """
    if len(keys) > PADDED:
        return keys
    size = 1 << (len(keys) - 1).bit_length()
    return [*keys, *[keys[-1]] * (size - len(keys))]


def is_plain_manager(manager: BaseManager[Any]) -> bool:
    """Whether a manager gives all rows of its model, and no code of the host has a say in it."""
    names = ("get_queryset", "all", "filter")
    is_changed = any(getattr(type(manager), name) is not getattr(Manager, name) for name in names)
    return not is_changed and type(manager.all()) is QuerySet
