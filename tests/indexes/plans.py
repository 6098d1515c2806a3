"""What the tests of indexes share: how a database finds a row, and what it is left with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_scim.indexes import indexes_of, wanted_columns

EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN "}
"""How a database is asked for a plan, if not by ``EXPLAIN``."""


def plan_of(scim: Any, path: str, filter: str) -> str:
    """Return how the database finds the page of a query, and check that it finds one resource."""
    with CaptureQueriesContext(connection) as queries:
        response = scim.get(path, {"filter": filter})
    assert response.json()["totalResults"] == 1, response.content
    return explained(next(of_the_rows(queries)))


def plan_of_a_page(scim: Any, path: str, **query: Any) -> str:
    """Return how the database finds the rows of a page in an order."""
    with CaptureQueriesContext(connection) as queries:
        response = scim.get(path, query)
    assert response.json()["Resources"], response.content
    return explained(next(sql for sql in of_the_rows(queries) if "ORDER BY" in sql))


def of_the_rows(queries: CaptureQueriesContext) -> Iterator[str]:
    """Yield the queries that begin with the host's rows."""
    tables = [connection.ops.quote_name(model._meta.db_table) for model in (User, Group)]
    for query in queries:
        if any(f"FROM {table}" in query["sql"] for table in tables):
            yield query["sql"]


def explained(sql: str) -> str:
    """Return how the database runs a query."""
    # MariaDB is told in the statement how long it may take, which it does not explain.
    sql = sql[sql.index("SELECT") :].replace("%", "%%")
    with connection.cursor() as cursor:
        cursor.execute(EXPLAIN.get(connection.vendor, "EXPLAIN ") + sql, [])
        return "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())


def analyze(*models: Any) -> None:
    """Let the planner know how many rows there are, of accounts and groups if not said otherwise."""
    with connection.cursor() as cursor:
        for model in models or (User, Group):
            command = "ANALYZE TABLE" if connection.vendor == "mysql" else "ANALYZE"
            cursor.execute(f"{command} {connection.ops.quote_name(model._meta.db_table)}")


def index_names(table: str) -> set[str]:
    """Return the names of the indexes that a table has."""
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    return {name for name, constraint in constraints.items() if constraint["index"]}


def drop_index(table: str, name: str) -> None:
    """Drop an index, where there is one."""
    if name in index_names(table):
        quote = connection.ops.quote_name
        place = f" ON {quote(table)}" if connection.vendor == "mysql" else ""
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {quote(name)}{place}")


@contextmanager
def indexes_dropped() -> Iterator[None]:
    """Drop at the end what the app makes: no rollback takes an index back."""
    try:
        yield
    finally:
        indexes = indexes_of("default")
        for _, column in wanted_columns("default"):
            drop_index(column.table, indexes.name(column))
