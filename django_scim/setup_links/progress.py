"""How far the set-up of a connection is: what its tokens and the history say, in one query."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from django_scim.api.authentication import takes_own_tokens
from django_scim.history.statistics import current
from django_scim.models import AccessToken, Connection, Operation, Outcome, ProvisioningEvent
from django_scim.resources.registry import registry

DONE = (Outcome.SUCCESS, Outcome.REHEARSED)
"""The outcomes that an identity provider is told as a success."""

PUTTING = (Operation.CREATE, Operation.REPLACE, Operation.MODIFY)
"""The operations that provision: an account that was there already may be changed, and not created."""

WRITING = (*PUTTING, Operation.DELETE)


@dataclass(frozen=True)
class Step:
    """One thing that happens until a connection works."""

    name: str
    label: str
    time: datetime | None = None
    """When it happened, or None if it has not."""
    detail: str = ""
    """What there is to say of it, if it has happened."""

    @property
    def is_done(self) -> bool:
        return self.time is not None


def progress(connection: Connection) -> list[Step]:
    """Return the steps of a set-up, in the order in which they happen.

    What the history no longer has is not known. Reads are in it only if the project records them, so that
    the test of an identity provider is known by the use of the token.
    """
    times = Times(connection)
    return list(steps(times))


def steps(times: Times) -> Iterator[Step]:
    """Yield the steps."""
    if takes_own_tokens():
        yield Step("token", _("A token has been made."), times.token, on(times.token))
    client = times.client or _("a client without a name")
    seen = _("The last one came on %(time)s from %(client)s.") % {
        "time": zoned(times.request),
        "client": client,
    }
    yield Step(
        "request", _("The identity provider has sent a request with the right token."), times.request, seen
    )
    yield Step("change", _("The first change has been accepted."), times.change, on(times.change))
    if registry().get("User") is not None:
        yield Step("user", _("The first user has been provisioned."), times.user, on(times.user))
    if registry().get("Group") is not None:
        yield Step("group", _("The first group has been provisioned."), times.group, on(times.group))


class Times:
    """When what happened to a connection, or None; and the name of the last client."""

    token: datetime | None
    request: datetime | None
    change: datetime | None
    user: datetime | None
    group: datetime | None
    client: str

    def __init__(self, connection: Connection) -> None:
        columns = dict(columns_of_tokens()) | dict(columns_of_events())
        found = Connection.objects.annotate(**columns).values(*columns).get(pk=connection.pk)

        def first(prefix: str) -> datetime | None:
            times = (time for name, time in found.items() if name.startswith(prefix))
            return min(filter(None, times), default=None)

        self.token = found["first_token"]
        self.request = max(filter(None, (found["last_use"], found["last_event"])), default=None)
        self.client = found["client"] or ""
        self.change, self.user, self.group = first("change_"), first("user_"), first("group_")


def columns_of_tokens() -> Iterator[tuple[str, Subquery]]:
    """Yield the annotations of a connection that its tokens give."""
    tokens = AccessToken.objects.filter(connection=OuterRef("pk"))
    used = tokens.filter(last_used__isnull=False).order_by("-last_used")
    yield "first_token", Subquery(tokens.order_by("created").values("created")[:1])
    yield "last_use", Subquery(used.values("last_used")[:1])
    yield "client", Subquery(used.values("user_agent")[:1])


def columns_of_events() -> Iterator[tuple[str, Subquery]]:
    """Yield the annotations that the history gives: each one entry of an index, however long that is.

    A condition on several outcomes or operations would make the database read and sort all of them.
    """
    events = ProvisioningEvent.objects.filter(connection=OuterRef("pk"))
    yield "last_event", Subquery(events.order_by("-time", "-pk").values("time")[:1])
    for outcome in DONE:
        of_outcome = events.filter(outcome=outcome)
        yield from firsts(f"change_{outcome}", of_outcome, WRITING)
        for name in ("User", "Group"):
            yield from firsts(f"{name.lower()}_{outcome}", of_outcome.filter(resource_type=name), PUTTING)


def firsts(
    name: str, events: QuerySet[Any], operations: Iterable[Operation]
) -> Iterator[tuple[str, Subquery]]:
    """Yield the time of the first event of each operation."""
    for operation in operations:
        # By the columns of the index, backwards: see the indexes of the model.
        first = events.filter(operation=operation).order_by("time", "pk").values("time")[:1]
        yield f"{name}_{operation}", Subquery(first)


def on(time: datetime | None) -> str:
    """Return when something happened, as a sentence."""
    return _("That was on %(time)s.") % {"time": zoned(time)}


def zoned(time: datetime | None) -> str:
    """Return a time with its zone: whoever reads it may be in another."""
    return "" if time is None else f"{current(time):%Y-%m-%d %H:%M %Z}".rstrip()
