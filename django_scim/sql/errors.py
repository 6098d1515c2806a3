"""What the database's errors mean: whether they will pass, who is to blame, and what they are in SCIM."""

from __future__ import annotations

from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from scim2_models import ConflictException, InvalidValueException, SCIMException, UniquenessException

TRANSIENT = {"40001", "40P01", "1213", "1020"}
"""Serialization failure and deadlock of PostgreSQL; deadlock and changed row of MariaDB."""

AWAY_CLASSES = {"08", "53", "57", "58"}
"""The classes of PostgreSQL's SQLSTATE for a lost connection, a lack of resources (a full disk, too many
connections), an intervention (a shutdown, a statement that was cancelled) and a fault of the system."""

AWAY = {
    "25006",  # PostgreSQL: a transaction that may only read, after a failover
    "55P03",  # PostgreSQL: a lock that could not be had in time
    "1021",  # MariaDB: the disk is full
    "1040",  # too many connections
    "1047",  # a node of a cluster that is not one of most of them, or has not caught up
    "1053",  # the server shuts down
    "1114",  # the table is full
    "1180",  # the commit failed
    "1205",  # a lock that could not be had in time
    "1290",  # the server may only read
    "1317",  # the statement was interrupted
    "1836",  # the server may only read
    "1927",  # the connection was killed
    "1969",  # the statement took too long
    "2002",  # no connection
    "2003",
    "2006",  # the server has gone away
    "2013",  # the connection was lost
    "2055",
    "3024",  # MySQL: the statement took too long
}
"""Errors for which neither the request nor the project is to blame, and that will pass."""

AWAY_SQLITE = ("disk I/O error", "disk is full", "unable to open database file", "readonly database")

ENDED = {
    "57014",  # PostgreSQL
    "1969",  # MariaDB
    "3024",  # MySQL
    "interrupted",  # SQLite
}
"""A statement that was ended, since it took too long."""

WRONG_VALUES = {"1292", "1411"}
"""MariaDB and MySQL: a value that the type of the column does not have, such as a UUID of a version that
does not exist. Their drivers call that an error of the operation, not of the data."""

UNIQUE_VIOLATIONS = {"23505", "1062"}
"""PostgreSQL and MariaDB; SQLite says it in words."""

REFUSED_VALUES = {
    "23502",  # PostgreSQL: a column has to have a value
    "23514",  # a check constraint
    "1048",  # MariaDB: a column has to have a value
    "1364",
    "4025",  # a check constraint
    "3819",  # MySQL: a check constraint
    "SQLITE_CONSTRAINT_CHECK",
    "SQLITE_CONSTRAINT_NOTNULL",
}
"""Constraints that look at the values of one row, and at no other."""

RAISED_BY_TRIGGERS = {"P0001", "1644", "SQLITE_CONSTRAINT_TRIGGER"}
"""What a trigger of the project refuses, with a text of its own."""


def codes_of(error: DatabaseError | InterfaceError) -> set[str]:
    """Return the SQLSTATE of an error, which is too coarse on MariaDB and MySQL, and their error number.

    SQLite has names.
    """
    cause = error.__cause__
    names = [getattr(cause, name, None) for name in ("sqlstate", "sqlite_errorname")]
    return {str(code) for code in (*names, *error.args[:1]) if code}


def is_transient(error: OperationalError) -> bool:
    """Whether the same transaction may succeed when it is tried again."""
    return not codes_of(error).isdisjoint(TRANSIENT) or "database is locked" in str(error)


def is_away(error: DatabaseError | InterfaceError) -> bool:
    """Whether the database cannot answer for now: it is away, full, overloaded, or was too slow."""
    codes = codes_of(error)
    if isinstance(error, InterfaceError) or not codes.isdisjoint(AWAY):
        return True
    if any(code[:2] in AWAY_CLASSES for code in codes if len(code) == 5):
        return True
    # psycopg has no SQLSTATE for a connection that it could not make or has lost.
    has_no_connection = type(error.__cause__).__module__.startswith("psycopg") and not getattr(
        error.__cause__, "sqlstate", None
    )
    is_sqlite = any(text in str(error) for text in AWAY_SQLITE)
    return isinstance(error, OperationalError) and (has_no_connection or is_sqlite)


def took_too_long(error: DatabaseError) -> bool:
    """Whether a database ended a statement, since it took too long."""
    return not codes_of(error).isdisjoint(ENDED)


def is_wrong_value(error: DataError | OperationalError) -> bool:
    """Whether the database refused a value."""
    return isinstance(error, DataError) or not codes_of(error).isdisjoint(WRONG_VALUES)


def is_unique_violation(error: IntegrityError) -> bool:
    """Whether a unique constraint refused a row."""
    is_known = not codes_of(error).isdisjoint(UNIQUE_VIOLATIONS)
    return is_known or "UNIQUE constraint failed" in str(error)


def is_refused_value(error: IntegrityError) -> bool:
    """Whether a constraint refused a value by itself, and not because of other rows."""
    return not codes_of(error).isdisjoint(REFUSED_VALUES)


def text_of_trigger(error: DatabaseError) -> str:
    """Return the text with which a trigger of the project refused a row, or "" if none did."""
    if codes_of(error).isdisjoint(RAISED_BY_TRIGGERS):
        return ""
    diagnosis = getattr(error.__cause__, "diag", None)
    said = getattr(diagnosis, "message_primary", None) or (error.args[-1] if error.args else "")
    return str(said) or "the database refuses the change"


def scim_error(error: DatabaseError | ProtectedError | RestrictedError) -> SCIMException | None:
    """Return what an error of the database is in SCIM, or None if it is none that a client could mend."""
    match error:
        case ProtectedError() | RestrictedError():
            return ConflictException(detail="other rows of the project refer to the resource")
        case DatabaseError() if text := text_of_trigger(error):
            return InvalidValueException(detail=text)
        case DataError() | OperationalError() if is_wrong_value(error):
            return InvalidValueException(detail="the database cannot hold a value of the request")
        case IntegrityError() if is_unique_violation(error):
            return UniquenessException(detail="another resource has the same unique value")
        case IntegrityError() if is_refused_value(error):
            return InvalidValueException(detail="the database refuses a value of the request")
        case IntegrityError():
            return ConflictException(detail="the change conflicts with other rows of the project")
    return None
