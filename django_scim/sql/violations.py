"""What a database says of the constraint that refused a row. Each says it in another way."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import IntegrityError

SQLITE_COLUMNS = re.compile(r"(?:UNIQUE|NOT NULL) constraint failed: ([\w.]+(?:, [\w.]+)*)")
SQLITE_NAME = re.compile(r"(?:CHECK constraint failed: |UNIQUE constraint failed: index ')(\w+)'?$")
POSTGRESQL_KEY = re.compile(r"\((.*?)\)=\(")
MYSQL_KEY = re.compile(r".* for key '(?:[^'.]+\.)?([^'.]+)'$", re.DOTALL)
MYSQL_CHECK = re.compile(r"CONSTRAINT `(?:[^`]+\.)?([^`]+)` failed|Check constraint '([^']+)' is violated")
MYSQL_NULL = re.compile(r"(?:Column|Field) '([^']+)' (?:cannot be null|doesn't have a default value)")


@dataclass(frozen=True)
class Violation:
    """Which constraint refused a row, as far as the database tells."""

    constraint: str = ""
    """The name of the constraint."""

    table: str = ""

    columns: tuple[str, ...] = ()
    """The columns that are to be unique, or that have to have a value."""

    is_null: bool = False
    """Whether a column lacks a value."""


def violation_of(error: IntegrityError) -> Violation:
    """Return what is known of the constraint that an error is about."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:
        return postgresql_violation(diagnosis)
    text = str(error.args[1] if len(error.args) > 1 else error)
    if found := SQLITE_COLUMNS.fullmatch(text):
        places = [place.rpartition(".") for place in found[1].split(", ")]
        columns = tuple(column for _, _, column in places)
        return Violation(table=places[0][0], columns=columns, is_null=text.startswith("NOT NULL"))
    if found := MYSQL_NULL.match(text):
        return Violation(columns=(found[1],), is_null=True)
    if found := MYSQL_KEY.fullmatch(text):
        # A unique column has a key of its own name.
        return Violation(found[1], columns=(found[1],))
    if found := SQLITE_NAME.match(text) or MYSQL_CHECK.search(text):
        return Violation(next(filter(None, found.groups())))
    return Violation()


def postgresql_violation(diagnosis: object) -> Violation:
    """Return what psycopg knows of a violation."""

    def said(name: str) -> str:
        return getattr(diagnosis, name, None) or ""

    column = said("column_name")
    key = POSTGRESQL_KEY.search(said("message_detail"))
    columns = (column,) if column else tuple(key[1].replace('"', "").split(", ")) if key else ()
    return Violation(said("constraint_name"), said("table_name"), columns, is_null=bool(column))
