"""The collations of MariaDB's and MySQL's columns, which decide what their indexes can find."""

from __future__ import annotations

import re
from contextlib import closing

from django.db.backends.base.base import BaseDatabaseWrapper

IGNORES_CASE = re.compile(r"utf8mb4_(general|unicode|unicode_520|uca1400|0900)(_nopad)?(_ai|_as)?_ci")
"""Collations without regard to case that are of no one language: Turkish, for one, has another small I."""

COLLATIONS = """
    SELECT column_name, collation_name FROM information_schema.columns
    WHERE table_schema = DATABASE() AND table_name = %s
"""

known: dict[tuple[str, str], dict[str, str | None]] = {}
"""What was found, by the name of the database and the table, until the process ends."""


def collation_of(connection: BaseDatabaseWrapper, table: str, column: str) -> str | None:
    """Return the collation of a column, none if it has none.

    The database is asked once for each table.
    """
    key = (str(connection.settings_dict["NAME"]), table)
    if key not in known:
        # Not by connection.cursor(): this is no query of the request, so it is in no log and no count.
        connection.ensure_connection()
        with closing(connection.create_cursor()) as cursor:
            cursor.execute(COLLATIONS, [table])
            found = dict(cursor.fetchall())
        if not found:
            return None
        known[key] = found
    return known[key].get(column)


def ignores_case(collation: str | None) -> bool:
    """Whether what differs in the case of a letter alone is the same in a collation."""
    return collation is not None and IGNORES_CASE.fullmatch(collation) is not None
