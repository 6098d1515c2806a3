"""Creates a token without the admin, for example in a script that sets up a project."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import router, transaction
from django.utils import timezone

from django_scim.models import AccessToken, Connection
from django_scim.models.access_token import read_and_write
from django_scim.resources.registry import scope_choices


class Command(BaseCommand):
    """Prints only a new token of a connection, so that a script can store it in a variable."""

    help = "Creates a SCIM token and prints it. Makes the connection where there is none of this name."

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

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the token, and the connection if it does not exist, in one transaction."""
        attributes = {name: options[name] for name in ("expires", "description")}
        attributes["scopes"] = options["scopes"] or read_and_write()
        with transaction.atomic(using=router.db_for_write(AccessToken)):
            connection = self.connection(options["name"])
            require_valid(AccessToken(connection=connection, **attributes), exclude={"digest", "hint"})
            _, token = AccessToken.objects.issue(connection, **attributes)
        self.stdout.write(token)

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


def require_valid(instance: AccessToken | Connection, exclude: set[str] | None = None) -> None:
    """Validate an object before it is saved.

    :raises CommandError: If a value is missing, too long, or not allowed.
    """
    try:
        instance.full_clean(exclude=exclude)
    except ValidationError as error:
        problems = " ".join(f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
        raise CommandError(problems) from error
