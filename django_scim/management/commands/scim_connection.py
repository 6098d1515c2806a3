"""Makes, changes, pauses and watches connections without the admin."""

from __future__ import annotations

import json
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from django_scim.adoption.accounts import SelectionError
from django_scim.adoption.handing_over import hand_over, managed_count
from django_scim.dialects.registry import dialect_choices
from django_scim.history.export import encoded, event_document, with_related
from django_scim.history.selection import EventSelection
from django_scim.history.statistics import time_text
from django_scim.management import sharing
from django_scim.management.arguments import connection_named, moment, require_valid, tenant_named
from django_scim.management.overview import (
    base_url,
    document,
    next_steps,
    overview,
    state,
    watched,
)
from django_scim.management.problems import problems
from django_scim.models import AdoptionPolicy, Connection, Operation, Outcome, ProvisioningEvent
from django_scim.models.connection import canonical_address, canonical_domain, canonical_network
from django_scim.operations.breaker import harmful_events, pause, refused_since

STANDARD = "standard"
"""The dialect of the RFCs, which has no name."""

NOTHING = "none"

MOST_NAMED = 20
"""How many resources are named before a pause is lifted."""

OPTIONS = ("dialect", "adoption", "domains", "networks", "notify", "deprovisioning_limit", "is_active")
"""The arguments that are columns of a connection."""


class Command(BaseCommand):
    """Does what the pages of connections in the admin do."""

    help = (
        "Makes, changes, pauses, resumes and deletes connections, shows them with their base URL and what is "
        "to be done next, makes links to their set-up, and reads their history: all that the admin can. "
        "Tokens are made, listed and revoked by scim_token, changes are undone by scim_undo, and "
        "scim_preflight tries what a provider will send."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def action(name: str, text: str) -> ArgumentParser:
            added: ArgumentParser = actions.add_parser(name, help=text, description=text)
            if name != "list":
                added.add_argument("name", metavar="NAME", help="The name of the connection.")
            return added

        as_json(action("list", "Print all connections, with their state."))
        as_json(action("show", "Print all that is known of a connection, and what is to be done next."))
        create = action("create", "Make a connection.")
        add_columns(create)
        create.add_argument(
            "--rehearse", action="store_true", help="Begin in rehearsal: nothing of the project changes."
        )
        change = action("change", "Change what is given of a connection, and nothing else.")
        change.add_argument("--rename", metavar="NAME", help="Another name.")
        add_columns(change)
        action("pause", "Refuse its writes with 503 until somebody resumes it.").add_argument(
            "--reason", required=True, help="Why; the identity provider reads it."
        )
        without_asking(action("resume", "Say what a paused connection did and what was refused; resume it."))
        action("rehearse", "Answer it from now on as if it worked, and change nothing of the project.")
        action(
            "go-live", "End its rehearsal: from now on it changes accounts. scim_rehearsal has the report."
        )
        over = action("hand-over", "Let another connection manage what this one manages.")
        over.add_argument("--to", required=True, metavar="NAME", help="The name of the other connection.")
        sharing.add_share(action("share", "Make a link that shows somebody without a login its set-up."))
        sharing.add_unshare(action("unshare", "Revoke its set-up links, or one of them."))
        without_asking(action("delete", "Delete a connection with its tokens. Its resources stay."))
        add_selection(action("history", "Print what it has done, the last first."))
        as_json(action("problems", "Print what it was refused, and no later request has cured, by reason."))

    def handle(self, *args: Any, **options: Any) -> None:
        actions: dict[str, Callable[[dict[str, Any]], None]] = {
            "list": self.list,
            "show": self.show,
            "create": self.create,
            "change": self.change,
            "pause": self.pause,
            "resume": self.resume,
            "rehearse": self.rehearse,
            "go-live": self.go_live,
            "hand-over": self.hand_over,
            "share": partial(sharing.share, self),
            "unshare": partial(sharing.unshare, self),
            "delete": self.delete,
            "history": self.history,
            "problems": partial(problems, self),
        }
        try:
            actions[options["action"]](options)
        except (DatabaseError, SelectionError) as error:
            raise CommandError(str(error).strip()) from error

    def list(self, options: dict[str, Any]) -> None:
        """Print all connections."""
        if options["json"]:
            self.stdout.write(json.dumps([document(connection) for connection in watched()], indent=2))
            return
        for connection in Connection.objects.order_by("name"):
            self.stdout.write(f"{connection}: {state(connection)}")

    def show(self, options: dict[str, Any]) -> None:
        """Print one connection, and what is to be done next."""
        connection = watched().get(pk=connection_named(options["name"]).pk)
        if options["json"]:
            self.stdout.write(json.dumps(document(connection), indent=2))
            return
        self.stdout.write(connection.name)
        for name, text in overview(connection):
            self.stdout.write(f"  {name}: {text}")
        self.say_next(connection)

    def create(self, options: dict[str, Any]) -> None:
        """Make a connection, and print what is to be done next."""
        connection = Connection(name=options["name"], **columns(options))
        require_valid(connection)
        connection.save()
        if options["rehearse"]:
            connection.rehearse()
        self.stdout.write(f"Created the connection {connection}.")
        self.stdout.write(f"Base URL: {base_url(connection) or 'not known'}")
        self.say_next(connection)

    def change(self, options: dict[str, Any]) -> None:
        """Change what is given."""
        connection = connection_named(options["name"])
        changed = columns(options)
        if options["rename"] is not None:
            changed["name"] = options["rename"]
        if not changed:
            raise CommandError("Say what is to be changed, such as --dialect okta.")
        for name, value in changed.items():
            setattr(connection, name, value)
        require_valid(connection)
        # Only these, so that a pause that begins at the same time is kept.
        connection.save(update_fields=changed)
        self.stdout.write(f"Changed the connection {connection}.")
        self.stdout.write(f"Base URL: {base_url(connection) or 'not known'}")
        self.say_next(connection)

    def pause(self, options: dict[str, Any]) -> None:
        """Pause a connection.

        :raises CommandError: If it is paused already.
        """
        connection = connection_named(options["name"])
        if not pause(connection, options["reason"]):
            raise CommandError(f"{connection} is {state(connection)}")
        self.stdout.write(f"{connection} is paused: its writes are refused.")

    def resume(self, options: dict[str, Any]) -> None:
        """Say what has happened, ask, and resume a connection.

        :raises CommandError: If it is not paused, or nobody confirms.
        """
        connection = connection_named(options["name"])
        if connection.paused_at is None:
            raise CommandError(f"{connection} is not paused.")
        self.stdout.write(f"{connection} is {state(connection)}")
        hurt = harmful_events(connection, connection.paused_at)
        self.name_events("Within the hour before it has changed", hurt)
        self.name_events("Refused since", refused_since(connection, connection.paused_at))
        self.confirm("Its identity provider tries again what was refused. Resume it?", options)
        connection.resume()
        self.stdout.write(f"{connection} is resumed.")

    def rehearse(self, options: dict[str, Any]) -> None:
        """Begin a rehearsal, or begin it anew."""
        connection = connection_named(options["name"])
        connection.rehearse()
        self.stdout.write(f"{connection} is in rehearsal: it is answered as if it worked.")

    def go_live(self, options: dict[str, Any]) -> None:
        """End a rehearsal.

        :raises CommandError: If the connection is in none.
        """
        connection = connection_named(options["name"])
        if not connection.go_live():
            raise CommandError(f"{connection} is in no rehearsal.")
        self.stdout.write(f"{connection} is live: its requests change accounts from now on.")
        self.stdout.write(
            "Let its identity provider synchronize everything once: the ids of the rehearsal are gone."
        )

    def name_events(self, title: str, events: Any) -> None:
        """Print the resources of some events, if there are any."""
        found = [*events[: MOST_NAMED + 1]]
        if found:
            self.stdout.write(f"{title}:")
        for event in found[:MOST_NAMED]:
            self.stdout.write(f"  {event}")
        if len(found) > MOST_NAMED:
            self.stdout.write("  and more")

    def hand_over(self, options: dict[str, Any]) -> None:
        """Let another connection manage what this one manages."""
        successor = connection_named(options["to"])
        number = hand_over(connection_named(options["name"]), successor)
        self.stdout.write(f"{successor} manages {number} resources more now.")

    def delete(self, options: dict[str, Any]) -> None:
        """Ask, and delete a connection."""
        connection = connection_named(options["name"])
        tokens, links, managed = (
            connection.tokens.count(),
            connection.links.count(),
            managed_count(connection),
        )
        self.confirm(
            f"Delete {connection} with {tokens} tokens and {links} externalIds? The {managed} resources that "
            "it manages stay, and nobody manages them then.",
            options,
        )
        connection.delete()
        self.stdout.write(f"Deleted the connection {options['name']}.")

    def confirm(self, question: str, options: dict[str, Any]) -> None:
        """Ask, unless the arguments say not to.

        :raises CommandError: If the answer is not yes.
        """
        if options["interactive"]:
            try:
                is_confirmed = input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
            except EOFError:
                raise CommandError("There is nobody to ask: give --no-input.") from None
            if not is_confirmed:
                raise CommandError("Nothing was changed.")

    def history(self, options: dict[str, Any]) -> None:
        """Print events, the last first."""
        equal = {"connection_id": connection_named(options["name"]).pk}
        equal |= {column: options[column] for column in ("outcome", "operation") if options[column]}
        events = ProvisioningEvent.objects.all()
        if options["since"]:
            events = events.filter(time__gte=options["since"])
        selection = EventSelection(events, equal=equal, search=options["search"])
        for event in with_related(selection.read(selection.keys(options["limit"]))):
            if options["json"]:
                self.stdout.write(encoded(event_document(event)).decode())
                continue
            detail = f": {event.detail}" if event.detail else ""
            self.stdout.write(f"{time_text(event.time)}  {event.outcome} {event.status}  {event}{detail}")

    def say_next(self, connection: Connection) -> None:
        """Print what is to be done until a connection works."""
        for step in next_steps(watched().get(pk=connection.pk)):
            self.stdout.write(f"Next: {step}")


def as_json(parser: ArgumentParser) -> None:
    """Add the argument for programs."""
    parser.add_argument("--json", action="store_true", help="Print JSON, for a program.")


def without_asking(parser: ArgumentParser) -> None:
    """Add the argument for scripts."""
    parser.add_argument(
        "--no-input", "--noinput", action="store_false", dest="interactive", help="Do not ask before."
    )


def add_columns(parser: ArgumentParser) -> None:
    """Add the arguments for what may be chosen of a connection."""
    dialects = [name or STANDARD for name, _ in dialect_choices()]
    parser.add_argument(
        "--dialect", choices=list(dict.fromkeys([STANDARD, *dialects])), help="How it is read."
    )
    parser.add_argument(
        "--tenant", metavar="MODEL:KEY", help=f"The tenant, such as customers.Company:7; {NOTHING} for none."
    )
    parser.add_argument(
        "--adoption",
        choices=AdoptionPolicy.values,
        help="What it may take over that was made by hand: nothing, what it names, or everything.",
    )
    parser.add_argument(
        "--domain",
        action="append",
        dest="domains",
        type=checked(canonical_domain),
        metavar="DOMAIN",
        help=f"A domain that e-mail addresses have to be of; may be given again; {NOTHING} for any.",
    )
    parser.add_argument(
        "--network",
        action="append",
        dest="networks",
        type=checked(canonical_network),
        metavar="NETWORK",
        help=f"An address or a network that requests may come from; may be given again; {NOTHING} for any.",
    )
    parser.add_argument(
        "--notify",
        action="append",
        type=checked(canonical_address),
        metavar="ADDRESS",
        help="Who is told by e-mail when something is wrong with it; may be given again; "
        f"{NOTHING} for the ADMINS of the settings.",
    )
    parser.add_argument(
        "--deprovisioning-limit",
        type=limit,
        metavar="NUMBER",
        help=f"How many resources it may hurt within an hour before it is paused; {NOTHING} for that of the "
        "settings.",
    )
    activity = parser.add_mutually_exclusive_group()
    activity.add_argument(
        "--active", action="store_true", dest="is_active", default=None, help="Answer its requests."
    )
    activity.add_argument(
        "--inactive", action="store_false", dest="is_active", default=None, help="Refuse all of its requests."
    )


def add_selection(parser: ArgumentParser) -> None:
    """Add the arguments that choose events."""
    parser.add_argument(
        "--since", type=moment, metavar="TIME", help="From when on: a time, a day, or an age as 2h."
    )
    parser.add_argument("--outcome", choices=Outcome.values, help="Only these.")
    parser.add_argument("--operation", choices=Operation.values, help="Only these.")
    parser.add_argument(
        "--search",
        default="",
        metavar="TEXT",
        help="The beginning of a name, or a whole id, externalId or id of a request.",
    )
    parser.add_argument(
        "--limit", type=number, default=20, metavar="NUMBER", help="How many at most: %(default)s."
    )
    as_json(parser)


def checked(read: Callable[[str], str]) -> Callable[[str], str]:
    """Return a function that returns a text as the model stores it, for argparse."""

    def convert(text: str) -> str:
        if text == NOTHING:
            return text
        try:
            return read(text)
        except ValidationError as error:
            raise ArgumentTypeError(" ".join(error.messages)) from None

    return convert


def columns(options: dict[str, Any]) -> dict[str, Any]:
    """Return what the arguments give of the columns of a connection.

    :raises CommandError: If there is no such tenant.
    """
    given = {name: options[name] for name in OPTIONS if options[name] is not None}
    if given.get("dialect") == STANDARD:
        given["dialect"] = ""
    for name in ("domains", "networks", "notify"):
        if name in given:
            given[name] = [text for text in dict.fromkeys(given[name]) if text != NOTHING]
    if given.get("deprovisioning_limit") == NOTHING:
        given["deprovisioning_limit"] = None
    if options["tenant"] == NOTHING:
        given |= {"tenant_type": None, "tenant_id": ""}
    elif options["tenant"] is not None:
        given["tenant_type"], given["tenant_id"] = tenant_named(options["tenant"])
    return given


def limit(text: str) -> int | str:
    """Return a limit of deprovisioning, or that there is none of its own."""
    if text == NOTHING:
        return text
    if not text.isdecimal() or int(text) > 2_147_483_647:
        raise ArgumentTypeError(f"'{text}' is no number, and not '{NOTHING}'.")
    return int(text)


def number(text: str) -> int:
    """Return a number of events."""
    if not text.isdecimal() or not 0 < int(text) <= 100_000:
        raise ArgumentTypeError(f"'{text}' is not a number from 1 to 100000.")
    return int(text)
