"""Says why a person is locked, or is not there."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from django_scim.why.finding import SCANNED, find
from django_scim.why.verdict import Verdict, missing, verdict_of

MOST_EXPLAINED = 20
"""How many resources are explained; of more, the search has to be narrower."""


class Command(BaseCommand):
    """Finds resources by any part of a name, an address or an id, and explains each."""

    help = (
        "Says of a person whether the account is active, who has locked it, when and by which request, and "
        "what to do. Finds people by any part of their name, address or id."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", metavar="TEXT", help="A part of a name, an address or an id.")
        parser.add_argument("--json", action="store_true", help="Print JSON, a list with one entry each.")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        """Print what is known.

        :raises CommandError: If nobody is found.
        """
        found = find(options["text"])
        keys = [(resource_type, key) for resource_type, own in found.keys.items() for key in own]
        verdicts = (verdict_of(*each) for each in keys)
        there = list(islice((verdict for verdict in verdicts if verdict is not None), MOST_EXPLAINED + 1))
        is_cut = len(there) > MOST_EXPLAINED
        there = there[:MOST_EXPLAINED]
        if not there:
            self.explain_absence(options["text"], is_complete=found.is_complete)
        if options["json"]:
            self.stdout.write(json.dumps([verdict.as_json() for verdict in there], indent=2))
            return
        for position, verdict in enumerate(there):
            if position:
                self.stdout.write("")
            self.show(verdict)
        if is_cut:
            self.stdout.write("\nThere are more, which are not shown. Give a longer text.")

    def explain_absence(self, text: str, *, is_complete: bool) -> None:
        """Say why nobody is found.

        :raises CommandError: Always.
        """
        if absence := missing(text.strip()):
            raise CommandError(absence)
        limit = "" if is_complete else f" Of parts, the newest {SCANNED} rows of each type were searched."
        raise CommandError(f"Nobody is found by '{text}'.{limit}")

    def show(self, verdict: Verdict) -> None:
        """Print one verdict."""
        title = f"{verdict.resource_type.name} {verdict.name} ({verdict.identifier or verdict.row.pk})"
        self.stdout.write(self.style.MIGRATE_HEADING(title))
        self.stdout.write(verdict.explanation)
        if verdict.request_text:
            self.stdout.write(f"  Request: {verdict.request_text}")
        for link in verdict.links:
            self.stdout.write(f"  External id of {link.connection}: {link.external_id}")
        for remedy in verdict.remedies:
            self.stdout.write(f"  - {remedy}")
