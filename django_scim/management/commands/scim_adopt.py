"""Adopts accounts that existed before SCIM, for a connection."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from scim2_models import SCIMException

from django_scim.adoption.accounts import AdoptionSelection, SelectionError, parse_column, parse_lookups
from django_scim.adoption.adopting import adopt
from django_scim.imports import nearest
from django_scim.management.arguments import connection_named
from django_scim.management.progress import Progress
from django_scim.models import AdoptionPolicy
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType


class Command(BaseCommand):
    """Adopts accounts, shows the progress, and prints a report."""

    help = (
        "Records accounts that exist for a connection, with the externalId that a column holds. What is "
        "recorded already stays as it is, so it may run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", metavar="CONNECTION", help="The name of the connection.")
        parser.add_argument("--resource-type", default="User", help="What the rows are: %(default)s.")
        parser.add_argument(
            "--external-id", metavar="FIELD", help="The column that holds the externalId of each row."
        )
        parser.add_argument(
            "--filter",
            action="append",
            default=[],
            metavar="LOOKUP=VALUE",
            help="Adopts only the rows that meet a lookup, such as is_active=True; may be given again.",
        )
        parser.add_argument(
            "--from",
            dest="predecessor",
            metavar="CONNECTION",
            help="Takes over what another connection manages, and nothing else: for a company that changes "
            "its identity provider.",
        )
        parser.add_argument(
            "--with-power",
            action="store_true",
            help="Hands over accounts and groups with power too, such as staff and groups with permissions.",
        )
        parser.add_argument("--dry-run", action="store_true", help="Report all the same, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            selection = self.selection(options)
            progress = Progress(self.stderr, selection.rows().count())
            report = adopt(selection, dry_run=options["dry_run"], advance=progress.advance)
        except (SelectionError, DatabaseError) as error:
            raise CommandError(str(error).strip()) from error
        except SCIMException as error:
            raise CommandError(f"The accounts changed meanwhile. Run the command again: {error}") from error
        progress.close()
        for line in report.lines():
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write("Nothing was changed: this was a dry run.")

    def selection(self, options: dict[str, Any]) -> AdoptionSelection:
        """Return the selection of the arguments.

        :raises CommandError: If there is no such connection or resource type.
        :raises SelectionError: If the model has no such column, or a lookup is not valid.
        """
        resource_type = self.resource_type(options["resource_type"])
        external_id, predecessor = options["external_id"], options["predecessor"]
        connection = connection_named(options["connection"])
        if connection.adoption == AdoptionPolicy.OWN and predecessor is None:
            raise CommandError(f"{connection} adopts nothing: its policy of adoption is 'own'.")
        return AdoptionSelection(
            resource_type,
            connection,
            None if external_id is None else parse_column(resource_type, external_id),
            parse_lookups(options["filter"]),
            None if predecessor is None else connection_named(predecessor),
            options["with_power"],
        )

    def resource_type(self, name: str) -> ResourceType:
        """Return the resource type with a name.

        :raises CommandError: If there is none, with a hint.
        """
        resource_type = registry().get(name)
        if resource_type is None:
            hint = nearest(name, [known.name for known in registry()]) or ""
            raise CommandError(f"There is no resource type {name}. {hint}".rstrip())
        return resource_type
