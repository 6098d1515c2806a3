"""Gives back what a connection has changed within a time, the last change first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db import DatabaseError, router, transaction
from django.db.models import Q, QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from scim2_models import SCIMException

from django_scim.history.statistics import time_text
from django_scim.models import Connection, Operation, Outcome, ProvisioningEvent
from django_scim.operations.staff import Author
from django_scim.operations.undo.event import Left, UndoEvent, in_line
from django_scim.operations.write import database_of
from django_scim.resources.registry import registry

BATCH = 200
"""How many events are read at once."""

CHANGES = (Operation.CREATE, Operation.REPLACE, Operation.MODIFY, Operation.DELETE)


@dataclass(frozen=True)
class Result:
    """What came of one event.

    :param is_done: Whether anything of it was given back.
    :param left: What stays as it is, with the reason.
    """

    event: ProvisioningEvent
    is_done: bool
    left: list[Left]

    def __str__(self) -> str:
        """Return it in the language that is active."""
        event = self.event
        facts = {
            "time": time_text(event.time),
            "operation": event.get_effect_display() or event.get_operation_display(),
            "type": event.resource_type,
            "name": event.display or event.resource_id,
            "reasons": in_line(self.left),
        }
        if not self.left:
            text = (
                _("%(time)s %(operation)s %(type)s %(name)s: given back")
                if self.is_done
                else _("%(time)s %(operation)s %(type)s %(name)s: left as it is")
            )
        elif self.is_done:
            text = _("%(time)s %(operation)s %(type)s %(name)s: given back (%(reasons)s)")
        else:
            text = _("%(time)s %(operation)s %(type)s %(name)s: left as it is (%(reasons)s)")
        return text % facts


@dataclass
class Report:
    """What came of a window of events."""

    done: int = 0
    partly: int = 0
    left: int = 0

    def add(self, result: Result) -> None:
        """Count a result."""
        if not result.is_done:
            self.left += 1
        elif result.left:
            self.partly += 1
        else:
            self.done += 1


def undo(
    connection: Connection,
    since: datetime,
    until: datetime,
    author: Author,
    *,
    tell: Callable[[Result], None],
    dry_run: bool = False,
    most: int | None = None,
) -> Report:
    """Give back what the successful requests of a connection have changed, the last one first.

    Each event is undone in a transaction of its own, and is an event itself. So it may be interrupted and run
    again: what is given back already is left as it is.

    :param since: The time of the first event.
    :param until: The time of the last one.
    :param tell: Is called with each result.
    :param dry_run: Whether everything is rolled back at the end.
    :param most: How many events are undone at most.
    """
    report = Report()
    with ExitStack() as stack:
        if dry_run:
            for database in databases():
                stack.enter_context(transaction.atomic(using=database))
        for event in islice(events_between(connection, since, until), most):
            result = undo_event(event, author, is_rehearsal=dry_run)
            report.add(result)
            tell(result)
        if dry_run:
            for database in databases():
                transaction.set_rollback(True, using=database)
    return report


def databases() -> list[str]:
    """Return the databases that an undoing writes to."""
    used = [router.db_for_write(ProvisioningEvent), *map(database_of, registry())]
    return list(dict.fromkeys(used))


def window(connection: Connection, since: datetime, until: datetime) -> QuerySet[ProvisioningEvent]:
    """Return the events that have changed something, the last one first."""
    events = ProvisioningEvent.objects.using(router.db_for_write(ProvisioningEvent))
    found = events.filter(connection=connection, outcome=Outcome.SUCCESS, operation__in=CHANGES)
    return found.filter(time__gte=since, time__lte=until).order_by("-time", "-pk")


def events_between(connection: Connection, since: datetime, until: datetime) -> Iterator[ProvisioningEvent]:
    """Yield the events of :func:`window`, a batch at a time."""
    rows = window(connection, since, until)
    batch = list(rows[:BATCH])
    while batch:
        for event in batch:
            event.connection = connection
            yield event
        last = batch[-1]
        batch = list(rows.filter(Q(time__lt=last.time) | Q(time=last.time, pk__lt=last.pk))[:BATCH])


def undo_event(event: ProvisioningEvent, author: Author, *, is_rehearsal: bool = False) -> Result:
    """Give back what one event has changed, and return what came of it."""
    if event.operation == Operation.CREATE:
        text = gettext_lazy("what was made stays: delete it by hand if it is not wanted")
        return Result(event, False, [Left(text)])
    resource_type = registry().get(event.resource_type)
    if resource_type is None:
        text = format_lazy(gettext_lazy("{type} is not served any more"), type=event.resource_type)
        return Result(event, False, [Left(text)])
    write = UndoEvent(resource_type, event, author, is_rehearsal=is_rehearsal)
    try:
        write.run()
    except SCIMException as error:
        return Result(event, False, [Left(str(error.detail or error))])
    except DatabaseError as error:
        if is_rehearsal:
            raise
        return Result(event, False, [Left(str(error).strip())])
    return Result(event, True, write.left)
