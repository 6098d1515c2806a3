"""Tries what identity providers will do, before a customer connects one."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError
from django.utils.translation import override

from django_scim.management.arguments import connection_named
from django_scim.models import Connection
from django_scim.preflight.findings import all_passed, count
from django_scim.preflight.flows import PROVIDERS
from django_scim.preflight.running import preflight


class Command(BaseCommand):
    """Prints a report; the exit status is 1 if something would fail."""

    help = (
        "Replays what identity providers send against the project's own models, mappings, signals and "
        "constraints, in a transaction that is rolled back, and says what would fail and what to change. "
        "The exit status is 1 if something would fail."
    )
    # What they say of the mapping is in the report.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--as",
            dest="providers",
            action="append",
            choices=list(PROVIDERS),
            help="The identity provider; may be given again. By default that of the connection, or all.",
        )
        parser.add_argument(
            "--connection",
            metavar="NAME",
            help="The connection whose tenant, domains, networks and dialect count, instead of a new one.",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            name = options["connection"]
            connection = None if name is None else connection_named(name)
            reports = [
                preflight(provider, connection)
                for provider in self.providers(options["providers"], connection)
            ]
        except (ImproperlyConfigured, DatabaseError, InterfaceError) as error:
            raise CommandError(str(error).strip()) from error
        # The project was asked in its own language; what is printed is in English, as of every command.
        with override(None):
            if options["format"] == "json":
                self.stdout.write(json.dumps([report.as_json() for report in reports], indent=2))
            else:
                self.stdout.write("\n".join(str(report) for report in reports))
        self.stdout.flush()
        if not all_passed(reports):
            failed = sum(not report.passed for report in reports)
            raise CommandError(f"{count(failed, 'identity provider')} would fail. Nothing was changed.")

    def providers(self, chosen: list[str] | None, connection: Connection | None) -> list[str]:
        """Return the identity providers to try."""
        if chosen:
            return list(dict.fromkeys(chosen))
        if connection is not None and connection.dialect in PROVIDERS:
            return [connection.dialect]
        return list(PROVIDERS)
