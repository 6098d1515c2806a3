"""Creates the indexes on the host's tables for look-ups without regard to case."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connections

from django_scim.indexes import databases, indexes_of, wanted_columns
from django_scim.indexes.base import Indexes, State
from django_scim.indexes.stored_values import write_values
from django_scim.mappings.dependencies import LookupColumn


class Command(BaseCommand):
    """Creates only missing indexes, so that it may run at every deployment."""

    help = (
        "Makes the indexes by which the look-ups of identity providers, such as that of a userName, find a "
        "row without reading the whole table. Tables stay in use meanwhile."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Print the SQL, and change nothing.")
        parser.add_argument(
            "--drop",
            action="store_true",
            help="Drop the indexes that the command has made at any time, before the app is removed.",
        )
        parser.add_argument(
            "--values",
            action="store_true",
            help="Write anew what finds stored values on MariaDB, MySQL and SQLite: after the database was "
            "moved from PostgreSQL, or the adapter's looked_up_where_stored has changed.",
        )
        parser.add_argument(
            "--database",
            choices=tuple(connections),
            help="The database; those that resources are written to if not given.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for alias in [options["database"]] if options["database"] else databases():
            if connections[alias].in_atomic_block and not options["dry_run"]:
                raise CommandError("Indexes cannot be made inside a transaction.")
            indexes = indexes_of(alias)
            if options["drop"]:
                self.drop(indexes, dry_run=options["dry_run"])
                continue
            for resource_type, column in wanted_columns(alias):
                self.make(indexes, resource_type, column, dry_run=options["dry_run"])
            if options["values"] and not options["dry_run"]:
                self.note(f"{alias}: wrote {write_values(alias)} stored values", dry_run=False)

    def make(self, indexes: Indexes, resource_type: str, column: LookupColumn, *, dry_run: bool) -> None:
        """Create one index, unless it exists, or print its SQL.

        :raises CommandError: If the table does not exist, or if the database refuses.
        """
        place = f"{column} ({resource_type})"
        if not indexes.has_table(column):
            raise CommandError(f"{place}: there is no such table. Run manage.py migrate first.")
        state = indexes.state(column)
        if state in NOTES:
            self.note(f"{place}: {NOTES[state]}", dry_run=dry_run)
        elif state is State.IMPOSSIBLE:
            self.note(f"{place}: no index can be made: {indexes.obstacle(column)}", dry_run=dry_run)
        elif dry_run:
            for statement in indexes.statements(column, state):
                self.stdout.write(f"{statement};")
        else:
            started = time.monotonic()
            self.execute_all(indexes, place, column, state)
            seconds = time.monotonic() - started
            self.note(f"{place}: made {indexes.name(column)} in {seconds:.1f} s", dry_run=dry_run)

    def drop(self, indexes: Indexes, *, dry_run: bool) -> None:
        """Drop the indexes of the app on the tables of the project, or print the SQL.

        :raises CommandError: If the database refuses.
        """
        for table, name in list(indexes.own()):
            statement = indexes.drop(table, name)
            if dry_run:
                self.stdout.write(f"{statement};")
                continue
            try:
                with indexes.connection.cursor() as cursor:
                    cursor.execute(statement)
            except DatabaseError as error:
                raise CommandError(f"{table}: {str(error).strip()}") from error
            self.note(f"{table}: dropped {name}", dry_run=False)

    def execute_all(self, indexes: Indexes, place: str, column: LookupColumn, state: State) -> None:
        """Execute the statements that create an index.

        :raises CommandError: If one fails.
        """
        try:
            with indexes.connection.cursor() as cursor:
                for statement in indexes.statements(column, state):
                    cursor.execute(statement)
        except DatabaseError as error:
            reason = str(error).strip()
            raise CommandError(f"{place}: {reason} Run the command again once this is solved.") from error

    def note(self, text: str, *, dry_run: bool) -> None:
        """Print a text that is not SQL. In a dry run, it is a comment in SQL."""
        self.stdout.write(f"-- {text}" if dry_run else text)


NOTES = {
    State.READY: "there is an index already",
    State.BUILDING: "another session is making the index",
}
"""The texts for the states in which there is nothing to do."""
