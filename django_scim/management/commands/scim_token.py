"""Makes, lists and revokes tokens without the admin, for example in a script that sets up a project."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, router, transaction
from django.utils import timezone

from django_scim.management.arguments import connection_named, require_valid
from django_scim.management.overview import base_url, next_steps, token_document, token_line, watched
from django_scim.models import AccessToken, Connection
from django_scim.models.access_token import digest, read_and_write
from django_scim.resources.registry import scope_choices
from django_scim.token_format import is_token


class Command(BaseCommand):
    """Prints only a new token on standard output, so that a script can store it in a variable."""

    help = (
        "Creates a SCIM token and prints it; the base URL and the next step go to standard error. Makes the "
        "connection where there is none of this name. Lists and revokes tokens too."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="The name of the connection.")
        parser.add_argument(
            "--scope",
            action="append",
            dest="scopes",
            choices=[scope for scope, _ in scope_choices()],
            help="What the token allows, and with which resource types: may be repeated.",
        )
        parser.add_argument(
            "--expires", type=in_days, metavar="DAYS", help="After how many days the token is refused."
        )
        parser.add_argument("--description", default="", help="For people to tell tokens apart.")
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--list", action="store_true", help="Print the tokens of the connection instead.")
        action.add_argument(
            "--revoke",
            metavar="TOKEN",
            help="Revoke a token instead: its beginning, as --list prints it, or the whole of it.",
        )
        parser.add_argument("--json", action="store_true", help="Print the list as JSON, for a program.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["list"]:
                self.list(connection_named(options["name"]), as_json=options["json"])
            elif options["revoke"] is not None:
                self.revoke(connection_named(options["name"]), options["revoke"])
            else:
                self.create(options)
        except DatabaseError as error:
            raise CommandError(str(error).strip()) from error

    def list(self, connection: Connection, *, as_json: bool) -> None:
        """Print the tokens of a connection, the newest first."""
        tokens = connection.tokens.all()
        if as_json:
            self.stdout.write(json.dumps([token_document(token) for token in tokens], indent=2))
        for token in () if as_json else tokens:
            self.stdout.write(token_line(token))

    def revoke(self, connection: Connection, text: str) -> None:
        """Revoke a token.

        :raises CommandError: If the text names none, or more than one.
        """
        tokens = connection.tokens
        if is_token(text):
            found = [*tokens.filter(digest=digest(text))]
        else:
            found = [token for token in tokens.all() if token.hint.startswith(text.rstrip("….")) and text]
        if len(found) != 1:
            problem = "more than one token of" if found else "no token of"
            raise CommandError(f"That is {problem} {connection}: see scim_token {connection} --list.")
        if found[0].revoked is not None:
            raise CommandError(f"The token {found[0]} was revoked already.")
        found[0].revoke()
        self.stdout.write(f"Revoked the token {found[0]}.")

    def create(self, options: dict[str, Any]) -> None:
        """Create the token, and the connection if it does not exist, in one transaction."""
        attributes = {name: options[name] for name in ("expires", "description")}
        attributes["scopes"] = options["scopes"] or read_and_write()
        with transaction.atomic(using=router.db_for_write(AccessToken)):
            connection = self.connection(options["name"])
            require_valid(AccessToken(connection=connection, **attributes), exclude={"digest", "hint"})
            _, token = AccessToken.objects.issue(connection, **attributes)
        self.stdout.write(token)
        self.stderr.write(f"Base URL: {base_url(connection) or 'not known'}", self.style.NOTICE)
        for step in next_steps(watched().get(pk=connection.pk)):
            self.stderr.write(f"Next: {step}", self.style.NOTICE)

    def connection(self, name: str) -> Connection:
        """Return the connection with this name. Create it if it does not exist.

        :raises CommandError: If it is not active.
        """
        connection = Connection.objects.filter(name=name).first()
        if connection is None:
            connection = Connection(name=name)
            require_valid(connection)
            connection.save()
            self.stderr.write(f"Created the connection {name}.", self.style.NOTICE)
        if not connection.is_active:
            raise CommandError(f"The connection {name} is not active: none of its tokens is accepted.")
        return connection


def in_days(text: str) -> datetime:
    """Return the time a number of days from now."""
    try:
        days = int(text)
        if days <= 0:
            raise ArgumentTypeError(f"{text} is not a positive number of days.")
        return timezone.now() + timedelta(days=days)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text} is not a number of days.") from None
