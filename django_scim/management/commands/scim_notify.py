"""Tells people what no request tells."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from django_scim.conf import get_settings
from django_scim.notifications.claims import forget, untold
from django_scim.notifications.digest import digests
from django_scim.notifications.finding import expiring_tokens, pauses, rows_of_refusals, silences
from django_scim.notifications.mail import has_readers
from django_scim.notifications.notification import Notification
from django_scim.notifications.telling import NotTold, tell

MOST = 10_000


class Command(BaseCommand):
    """Finds what there is to tell, and tells what nobody has been told."""

    help = (
        "Tells the addresses of each connection, or ADMINS, of a token that is about to expire, of a row of "
        "refusals, of silence and of a pause that nobody could be told of; and once a week how all "
        "connections did. Each is told once. Let a timer run it every hour or every day; it may run twice at "
        "the same time."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--expiry",
            type=number,
            default=14,
            metavar="DAYS",
            help="Tell of tokens that expire within so many days: %(default)s; 0 for never.",
        )
        parser.add_argument(
            "--silence",
            type=number,
            default=14,
            metavar="DAYS",
            help="Tell of connections of which nothing was heard for so many days: %(default)s; 0 for never.",
        )
        parser.add_argument(
            "--refusals",
            type=number,
            default=20,
            metavar="NUMBER",
            help="Tell of so many refusals within 7 days without a success: %(default)s; 0 for never.",
        )
        parser.add_argument(
            "--no-digest", action="store_false", dest="digest", help="Do not tell weekly how all did."
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="Print what would be told, and tell nobody."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Tell people, and print what.

        :raises CommandError: If the database refuses, or somebody could not be told.
        """
        try:
            found = list(notifications(options))
            new = untold(found)
            failed = [notification for notification in new if not self.is_told(notification, options)]
            if not options["dry_run"]:
                forget({notification.key for notification in found})
        except DatabaseError as error:
            raise CommandError(str(error).strip()) from error
        if not new:
            self.stdout.write("There is nothing new to tell.")
        if failed:
            subjects = "; ".join(notification.subject for notification in failed)
            raise CommandError(f"Not told, and tried again the next time: {subjects}. The log says why.")

    def is_told(self, notification: Notification, options: dict[str, Any]) -> bool:
        """Tell of one thing and print it; return False if that failed."""
        readers = ", ".join(notification.recipients) or "ADMINS"
        if options["dry_run"]:
            self.stdout.write(f"Would tell {readers}: {notification.subject}")
            return True
        try:
            is_mine = tell(notification)
        except NotTold:
            return False
        if is_mine:
            self.stdout.write(f"Told {readers}: {notification.subject}")
            if mails() and not has_readers(notification):
                self.stderr.write("Nobody has read it: ADMINS is empty, and the connection has no addresses.")
        return True


def notifications(options: dict[str, Any]) -> Iterator[Notification]:
    """Yield all that there is to tell, whether it was told or not."""
    yield from pauses()
    if options["expiry"]:
        yield from expiring_tokens(timedelta(days=options["expiry"]))
    if options["refusals"]:
        yield from rows_of_refusals(options["refusals"])
    if options["silence"]:
        yield from silences(timedelta(days=options["silence"]))
    if options["digest"]:
        yield from digests()


def mails() -> bool:
    """Whether people are told by mail, and in no other way."""
    return [*get_settings().NOTIFICATIONS] == ["django_scim.notifications.send_mail"]


def number(text: str) -> int:
    """Return a number of days or of refusals."""
    if not text.isdecimal() or int(text) > MOST:
        raise ArgumentTypeError(f"'{text}' is not a number from 0 to {MOST}.")
    return int(text)
