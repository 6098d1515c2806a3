"""Gives back what an identity provider has changed by mistake."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import override

from django_scim.management.arguments import INTERRUPTED, connection_named, moment
from django_scim.management.progress import Progress
from django_scim.operations.staff import Author
from django_scim.operations.undo.window import Result, undo, window


class Command(BaseCommand):
    """Undoes the events of a window, the last one first, and prints a report."""

    help = (
        "Gives back what the requests of a connection have changed within a time: attributes, activity, "
        "memberships and deletions. What has changed since is left as it is, and so is what was made. Each "
        "undoing is in the history. It may be interrupted and run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", metavar="CONNECTION", help="The name of the connection.")
        parser.add_argument(
            "--since",
            type=moment,
            required=True,
            metavar="TIME",
            help="From when on: 2026-03-01T12:30, 2026-03-01, or an age such as 90m, 2h or 1d.",
        )
        parser.add_argument("--until", type=moment, metavar="TIME", help="Until when; now if not given.")
        parser.add_argument("--dry-run", action="store_true", help="Report all the same, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Undo the events.

        :raises CommandError: If there is no such connection, or if the database refuses.
        """
        connection = connection_named(options["connection"])
        since, until = options["since"], options["until"] or timezone.now()
        if since > until:
            raise CommandError("--since is after --until.")
        progress = Progress(self.stderr, window(connection, since, until).count())

        def tell(result: Result) -> None:
            progress.advance(1)
            if result.left or options["verbosity"] > 1:
                with override(None):
                    self.stdout.write(str(result))

        author = Author("manage.py scim_undo", str(uuid4()))
        try:
            report = undo(connection, since, until, author, tell=tell, dry_run=options["dry_run"])
        except DatabaseError as error:
            raise CommandError(str(error).strip()) from error
        except KeyboardInterrupt:
            message = f"Interrupted after {progress.done} changes. Run the command again for the rest."
            raise CommandError(message, returncode=INTERRUPTED) from None
        finally:
            progress.close()
        self.stdout.write(
            f"{report.done} given back, {report.partly} in part, {report.left} left as they are."
        )
        if options["dry_run"]:
            self.stdout.write("Nothing was changed: this was a dry run.")
