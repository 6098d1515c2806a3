"""What commands do with set-up links, and say of them."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from django_scim.api.addresses import site
from django_scim.history.export import in_utc
from django_scim.history.statistics import time_text
from django_scim.management.arguments import connection_named, require_valid
from django_scim.models import SetupLink
from django_scim.models.access_token import digest
from django_scim.setup_guides import PROVIDERS, likely_provider
from django_scim.setup_links.addresses import ROUTE, is_routed, page_path
from django_scim.setup_links.links import DAYS, MOST_DAYS, MOST_TOKEN_DAYS
from django_scim.setup_links.links import share as make_link
from django_scim.token_format import LINK_PATTERN


def add_share(parser: ArgumentParser) -> None:
    """Add the arguments of a new link."""
    parser.add_argument(
        "--days",
        type=days(MOST_DAYS),
        default=DAYS,
        metavar="DAYS",
        help=f"How many days it is valid: %(default)s, and {MOST_DAYS} at most.",
    )
    parser.add_argument(
        "--token", action="store_true", help="Let whoever has the link see a new token, once."
    )
    parser.add_argument(
        "--token-expires",
        type=days(MOST_TOKEN_DAYS),
        metavar="DAYS",
        help="How many days that token is valid, from the moment at which it is shown.",
    )
    parser.add_argument(
        "--provider",
        choices=list(PROVIDERS),
        help="Whose steps and fields it shows; by default what the dialect or the name says.",
    )
    parser.add_argument(
        "--description", default="", metavar="TEXT", help="For whom it is; the link does not show it."
    )


def add_unshare(parser: ArgumentParser) -> None:
    """Add the argument that chooses one of the links."""
    parser.add_argument(
        "--link",
        metavar="LINK",
        help="One link: its beginning, as show prints it, or the whole of it. All of them if not given.",
    )


def share(command: BaseCommand, options: dict[str, Any]) -> None:
    """Make a link, and print it; what else there is to say goes to standard error.

    :raises CommandError: If the project has no such pages, if the connection is not active, or if a value is
        wrong.
    """
    connection = connection_named(options["name"])
    if not is_routed():
        raise CommandError(f"The URLs of the project do not have these pages: add {ROUTE} to ROOT_URLCONF.")
    if not connection.is_active:
        raise CommandError(f"The connection {connection} is not active: its links lead nowhere.")
    if options["token_expires"] is not None and not options["token"]:
        raise CommandError("--token-expires says how long a token is valid: give --token too.")
    chosen = options["provider"]
    provider = (PROVIDERS[chosen] if chosen else likely_provider(connection)) or PROVIDERS["other"]
    given = {
        "description": options["description"],
        "may_show_token": options["token"],
        "token_days": options["token_expires"],
    }
    filled_in = {"digest", "hint", "provider", "expires"}
    require_valid(SetupLink(connection=connection, **given), exclude=filled_in)
    link, secret = make_link(connection, provider, days=options["days"], **given)
    command.stdout.write(f"{site() or 'https://<host>'}{page_path(secret)}")
    command.stderr.write(
        f"Valid until {time_text(link.expires)}. It cannot be printed again; to revoke it: "
        f"scim_connection unshare {shlex.quote(connection.name)} --link {link.hint}",
        command.style.NOTICE,
    )


def unshare(command: BaseCommand, options: dict[str, Any]) -> None:
    """Revoke links, and print which.

    :raises CommandError: If the argument names none, or if there is none to be revoked.
    """
    connection = connection_named(options["name"])
    links = [link for link in connection.setup_links.all() if link.is_open]
    if options["link"] is not None:
        links = [link for link in links if is_meant(link, options["link"])]
    if not links:
        raise CommandError(f"There is no such link of {connection} that is open.")
    if options["link"] is not None and len(links) > 1:
        raise CommandError(f"That is more than one link of {connection}: give more of it.")
    for link in links:
        link.revoke()
        command.stdout.write(f"Revoked the set-up link {link}.")


def is_meant(link: SetupLink, text: str) -> bool:
    """Whether an argument is a link as a whole, its secret, or the beginning of that."""
    if found := LINK_PATTERN.search(text):
        return digest(found[0]) == link.digest
    beginning = text.rstrip("….")
    return bool(beginning) and link.hint.startswith(beginning)


def link_line(link: SetupLink) -> str:
    """Return what people read of a link."""
    by = link.created_by or "the command line"
    description = f" ({link.description})" if link.description else ""
    opened = f"last opened {time_or_never(link.last_opened)}"
    return f"{link}{description}: made by {by}; {link_state(link)}; {opened}; {token_of(link)}"


def link_state(link: SetupLink) -> str:
    """Return whether a link leads anywhere, and why not."""
    if link.revoked is not None:
        return f"revoked on {time_text(link.revoked)}"
    return f"{'valid until' if link.is_open else 'expired on'} {time_text(link.expires)}"


def token_of(link: SetupLink) -> str:
    """Return what there is to say of the token of a link."""
    if link.token_shown is not None:
        return f"has shown a token on {time_text(link.token_shown)}"
    return "may show a token" if link.may_show_token else "shows no token"


def link_document(link: SetupLink) -> dict[str, Any]:
    """Return what is known of a link for a program; the link itself is not stored."""
    times = {
        "created": link.created,
        "expires": link.expires,
        "lastOpened": link.last_opened,
        "tokenShown": link.token_shown,
        "revoked": link.revoked,
    }
    return {
        "id": link.pk,
        "hint": link.hint,
        "description": link.description,
        "provider": link.provider,
        "createdBy": link.created_by,
        "mayShowToken": link.may_show_token,
        **{name: None if time is None else in_utc(time) for name, time in times.items()},
    }


def time_or_never(time: datetime | None) -> str:
    """Return a time as people read it, or ``never``."""
    return "never" if time is None else time_text(time)


def days(most: int) -> Callable[[str], int]:
    """Return what reads a number of days, for argparse."""

    def convert(text: str) -> int:
        if not text.isdecimal() or not 0 < int(text) <= most:
            raise ArgumentTypeError(f"'{text}' is not a number of days from 1 to {most}.")
        return int(text)

    return convert
