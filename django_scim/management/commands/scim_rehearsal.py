"""Says what a connection in rehearsal would have done."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from django_scim.history.statistics import time_text
from django_scim.management.arguments import connection_named
from django_scim.rehearsal.report import in_words, report_on

NAMED = 20
"""How many of each kind are named, unless more are asked for."""


class Command(BaseCommand):
    """Prints the report of a rehearsal."""

    help = (
        "Prints how many accounts and groups a connection in rehearsal would have created, matched, changed "
        "and locked, who they are, and what was refused."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", metavar="CONNECTION", help="The name of the connection.")
        parser.add_argument(
            "--all", action="store_true", help=f"Name all of them, and not {NAMED} of a kind."
        )
        parser.add_argument("--json", action="store_true", help="Print JSON, which names all of them.")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        """Print the report.

        :raises CommandError: If there is no such connection, or if it is in no rehearsal.
        """
        connection = connection_named(options["connection"])
        report = report_on(connection)
        if report is None:
            raise CommandError(f"{connection} is in no rehearsal.")
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
            return
        self.stdout.write(f"{connection} is in rehearsal since {time_text(report.since)}.")
        for line in in_words(report, None if options["all"] else NAMED):
            self.stdout.write(line)
