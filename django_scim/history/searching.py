"""Looking for what begins with a text, through an index on every database."""

from __future__ import annotations

from django.db.models import Q

LAST = "\U0010ffff"
"""The last of all characters: no text has it."""


def begins_with(column: str, text: str, vendor: str) -> Q:
    """Return the condition that a column begins with a text, in the form that finds an index.

    SQLite takes none for a ``LIKE`` with an escape character, and MariaDB and MySQL none for the binary
    comparison that Django has for ``startswith`` there.

    :param vendor: That of the database.
    """
    if vendor == "postgresql":
        return Q(**{f"{column}__startswith": text})
    if vendor == "mysql":
        return Q(**{f"{column}__istartswith": text})
    return Q(**{f"{column}__gte": text, f"{column}__lt": text + LAST})
