"""Deletes old events of the history, and set-up links that have long expired."""

from __future__ import annotations

import re
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone
from scim2_models import SCIMException

from django_scim.conf import get_settings
from django_scim.history.counting import roll_up
from django_scim.history.pruning import counts_before, events_before, prune
from django_scim.management.arguments import INTERRUPTED
from django_scim.management.progress import Progress
from django_scim.setup_links.links import KEPT, links_before

AGE = re.compile(r"([1-9][0-9]{0,4})([hdw])")
MOST_DAYS = 99_999
"""No event is older. A larger number would be before the first year of the calendar."""

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}

BATCH = 1000
LARGEST_BATCH = 10_000
"""With more keys, a statement may have more parameters than SQLite allows."""


class Command(BaseCommand):
    """Deletes events, and optionally counts, in batches, and prints how many."""

    help = (
        "Deletes events of the history that are older than an age. It may be interrupted and run again, and "
        "requests are answered meanwhile. The counts by the hour stay, unless an age is given for them too. "
        f"Set-up links go {KEPT.days} days after they have expired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--older-than",
            type=age,
            metavar="AGE",
            help="The age of the events: 90d, 12w or 24h. HISTORY_RETENTION if not given.",
        )
        parser.add_argument(
            "--counts-older-than",
            type=age,
            metavar="AGE",
            help="The age of the counts that the admin's pictures are drawn from; all are kept if not given.",
        )
        parser.add_argument(
            "--batch-size",
            type=batch_size,
            default=BATCH,
            metavar="ROWS",
            help=f"How many rows a transaction deletes: %(default)s, and {LARGEST_BATCH} at most.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Count what is old, and delete nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete the events, then the counts, and then the set-up links.

        :raises CommandError: If no age is given, if the database refuses, or if somebody interrupts.
        """
        older_than = options["older_than"] or retention()
        counts_older_than = options["counts_older_than"]
        if older_than is None and counts_older_than is None:
            raise CommandError("Give an age, such as --older-than 90d, or set HISTORY_RETENTION.")
        now = timezone.now()
        if older_than is not None:
            self.prune("events", events_before(now - older_than), now - older_than, options)
        if counts_older_than is not None:
            self.prune("counts", counts_before(now - counts_older_than), now - counts_older_than, options)
        expired = links_before(now - KEPT)
        if expired.exists():
            self.prune("set-up links", expired, now - KEPT, options)

    def prune(self, name: str, rows: QuerySet[Any], time: datetime, options: dict[str, Any]) -> None:
        """Delete rows, and print how many.

        :param name: The name of the rows.
        :param time: The time before which they are old.
        """
        time = time.replace(microsecond=0)
        if options["dry_run"]:
            self.stdout.write(f"{rows.count()} {name} are older than {time}. Nothing was deleted.")
            return
        # Without a terminal there is no bar, so the rows need not be counted.
        progress = Progress(self.stderr, rows.count() if self.stderr.isatty() else 0)
        try:
            roll_up()
            for deleted in prune(rows, options["batch_size"]):
                progress.advance(deleted)
        except (DatabaseError, SCIMException) as error:
            reason = str(error).strip()
            raise CommandError(f"The database refused after {progress.done} {name}: {reason}") from error
        except KeyboardInterrupt:
            message = f"Interrupted after {progress.done} {name}. Run the command again for the rest."
            raise CommandError(message, returncode=INTERRUPTED) from None
        finally:
            progress.close()
        self.stdout.write(f"Deleted {progress.done} {name} older than {time}.")


def retention() -> timedelta | None:
    """Return the age that ``HISTORY_RETENTION`` names, or None if the project keeps all events."""
    days = get_settings().HISTORY_RETENTION
    return None if days is None else timedelta(days=min(days, MOST_DAYS))


def age(text: str) -> timedelta:
    """Return a number of hours, days or weeks as a duration."""
    match = AGE.fullmatch(text)
    if match is None:
        raise ArgumentTypeError(f"'{text}' is not an age such as 90d, 12w or 24h.")
    return int(match[1]) * UNITS[match[2]]


def batch_size(text: str) -> int:
    """Return a number of rows that one statement can delete."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if not 0 < number <= LARGEST_BATCH:
        raise ArgumentTypeError(f"'{text}' is not a number from 1 to {LARGEST_BATCH}.")
    return number
