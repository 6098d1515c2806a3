"""Says what stands between identity providers and the project, through its public address."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, InterfaceError

from django_scim.api.addresses import site
from django_scim.doctor.examining import examine
from django_scim.management.arguments import connection_named


class Command(BaseCommand):
    """Prints a report; the exit status is 1 if there is a problem."""

    help = (
        "Sends requests to the public address as identity providers do, and says what stands between them "
        "and the project, with its remedy: TLS and proxy headers, ALLOWED_HOSTS, redirects, logins and "
        "firewalls, the Authorization header, methods, sizes of bodies, cache, clock, tables, indexes and "
        "system checks. Nothing of the project changes, unless --round-trip is given. The exit status is 1 "
        "if there is a problem."
    )
    # What they say is in the report.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "url",
            nargs="?",
            metavar="URL",
            help="The SCIM base URL, such as https://app.example.com/scim/v2, or the address of the site. If "
            "it is not given, the first name in ALLOWED_HOSTS is asked.",
        )
        parser.add_argument(
            "--connection",
            metavar="NAME",
            help="The connection whose tenant, domains and dialect count, instead of a new one.",
        )
        parser.add_argument(
            "--round-trip",
            action="store_true",
            help="Also create a user, read, deactivate and delete it through the address. All that is made "
            "is deleted again, but what signals of the project do elsewhere at that, such as a welcome mail, "
            "is done.",
        )
        parser.add_argument(
            "--timeout",
            type=seconds,
            default=10.0,
            metavar="SECONDS",
            help="How long to wait for an answer: %(default)s.",
        )
        parser.add_argument("--json", action="store_true", help="Print JSON, for a program.")

    def handle(self, *args: Any, **options: Any) -> None:
        url = options["url"] or site()
        if url is None:
            raise CommandError(
                "ALLOWED_HOSTS names no host: give the URL, such as https://app.example.com/scim/v2."
            )
        try:
            name = options["connection"]
            connection = None if name is None else connection_named(name)
            report = examine(
                url,
                connection,
                timeout=options["timeout"],
                with_round_trip=options["round_trip"],
            )
        except (DatabaseError, InterfaceError) as error:
            raise CommandError(f"The database refuses: {str(error).strip()}") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(report.as_json(), indent=2) if options["json"] else str(report))
        self.stdout.flush()
        if report.failures:
            keep = "keeps" if report.failures == 1 else "keep"
            raise CommandError(f"{report.failures} of these {keep} identity providers out.")


def seconds(text: str) -> float:
    """Return a time of waiting."""
    try:
        number = float(text)
    except ValueError:
        number = 0
    if not 0 < number <= 600:
        raise ArgumentTypeError(f"'{text}' is not a number of seconds up to 600.")
    return number
