"""Says where accounts and an identity provider have come apart."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser, ArgumentTypeError
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.core.serializers.json import DjangoJSONEncoder

from django_scim.drift.finding import Drift, Kind, drifts, rows_of, silence
from django_scim.history.export import Echo, cell
from django_scim.imports import nearest
from django_scim.management.arguments import connection_named
from django_scim.management.progress import Progress
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType

DAYS = 30

MOST_DAYS = 3_650

COLUMNS = ("kind", "resource_type", "identifier", "name", "external_id", "attribute", "sent", "found")

TEXTS = {
    Kind.UNLINKED: "nobody provisions it",
    Kind.SILENT: "not heard of",
    Kind.CHANGED: "changed by somebody else",
    Kind.CASE: "differs in case",
}


class Command(BaseCommand):
    """Walks through all resources that a connection sees, shows the progress, and prints what has drifted."""

    help = (
        "Lists the accounts and groups that a connection sees and nobody provisions, those that it has not "
        "named for long, attributes that somebody else has changed since it sent them, and those that differ "
        "from what it sent in their case. Nothing is changed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("connection", metavar="CONNECTION", help="The name of the connection.")
        parser.add_argument(
            "--days",
            type=number_of_days,
            default=DAYS,
            metavar="NUMBER",
            help="After how many days without a request something is silent: %(default)s.",
        )
        parser.add_argument(
            "--kind",
            action="append",
            choices=[str(kind) for kind in Kind],
            help="Prints this kind alone; may be given again.",
        )
        parser.add_argument(
            "--resource-type", metavar="NAME", help="Such as User; all that are served if not given."
        )
        parser.add_argument(
            "--format", choices=("text", "csv", "json"), default="text", help="How to print it: %(default)s."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what has drifted.

        :raises CommandError: If there is no such connection or resource type.
        """
        connection = connection_named(options["connection"])
        types = self.resource_types(options["resource_type"])
        kinds = {Kind(name) for name in options["kind"] or Kind}
        since, kept = silence(connection, options["days"])
        if since is None and Kind.SILENT in kinds:
            self.stderr.write(
                f"The history of {connection} goes back {kept} days: it cannot tell who is silent for "
                f"{options['days']}. Give fewer --days."
            )
        progress = Progress(self.stderr, sum(rows_of(each, connection).count() for each in types))
        found = drifts(
            connection,
            types,
            silent_since=since if Kind.SILENT in kinds else None,
            advance=progress.advance,
        )
        lines = {"text": text_lines, "csv": csv_lines, "json": json_lines}[options["format"]]
        for line in lines(each for each in found if each.kind in kinds):
            self.stdout.write(line)
        progress.close()

    def resource_types(self, name: str | None) -> list[ResourceType]:
        """Return the named resource type, or all.

        :raises CommandError: If there is none of that name.
        """
        if name is None:
            return list(registry())
        resource_type = registry().get(name)
        if resource_type is None:
            hint = nearest(name, [each.name for each in registry()]) or ""
            raise CommandError(f"There is no resource type {name}. {hint}".rstrip())
        return [resource_type]


def text_lines(found: Iterator[Drift]) -> Iterator[str]:
    """Yield a line for each, and their numbers at the end."""
    numbers: Counter[Kind] = Counter()
    for each in found:
        numbers[each.kind] += 1
        line = f"{each.resource_type} {each.name} ({each.identifier}): {TEXTS[each.kind]}"
        if each.attribute:
            line += f": {each.attribute} is {shown(each.found)}, sent was {shown(each.sent)}"
        yield line
    yield "; ".join(f"{numbers[kind]} {kind}" for kind in Kind)


def csv_lines(found: Iterator[Drift]) -> Iterator[str]:
    """Yield CSV (RFC 4180), the names of the columns first."""
    writer = csv.writer(Echo(), lineterminator="")
    yield as_text(writer.writerow(COLUMNS))
    for each in found:
        facts = each.as_json()
        yield as_text(writer.writerow([cell(facts[column]) for column in COLUMNS]))


def json_lines(found: Iterator[Drift]) -> Iterator[str]:
    """Yield the lines of one JSON array, an object on each."""
    before = "["
    for each in found:
        yield before + json.dumps(each.as_json(), cls=DjangoJSONEncoder, ensure_ascii=False)
        before = ","
    yield "[]" if before == "[" else "]"


def as_text(written: Any) -> str:
    """Return what the CSV writer has written: the stream that it writes to gives it back, encoded."""
    return bytes(written).decode()


def shown(value: Any) -> str:
    """Return a value on one line."""
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def number_of_days(text: str) -> int:
    """Return the number of days that an argument has."""
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and 0 < int(text) <= MOST_DAYS):
        raise ArgumentTypeError(f"{text} is no number of days from 1 to {MOST_DAYS}.")
    return int(text)
