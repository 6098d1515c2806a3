"""Events as JSON documents, and the history as a file: CSV for spreadsheets, JSON lines for programs.

Events are read in batches, so that the memory does not grow with their number.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db.models import QuerySet
from django.utils import timezone

from django_scim.history.selection import EventSelection
from django_scim.models import ProvisioningEvent


def with_related(events: QuerySet[ProvisioningEvent]) -> QuerySet[ProvisioningEvent]:
    """Return the events with the related rows that :func:`event_document` reads, in the same query."""
    return events.select_related("connection")


def event_document(event: ProvisioningEvent) -> dict[str, Any]:
    """Return all data of an event, with names in the style of SCIM.

    A missing value is null or an empty string. Only the request is left out, if it was not loaded from the
    database because it may be long.
    """
    connection = event.connection
    document = {
        "id": event.pk,
        "time": in_utc(event.time),
        "connection": None if connection is None else {"id": connection.pk, "name": connection.name},
        "token": event.token_id,
        "requestId": event.request_id,
        "method": event.method,
        "path": event.path,
        "operation": event.operation,
        "resourceType": event.resource_type,
        "resourceId": event.resource_id,
        "display": event.display,
        "externalId": event.external_id,
        "outcome": event.outcome,
        "effect": event.effect,
        "status": event.status,
        "scimType": event.scim_type,
        "detail": event.detail,
        "version": event.version,
        "deactivated": event.deactivated,
        "duration": event.duration,
        "changes": event.changes,
    }
    if "request" not in event.get_deferred_fields():
        document["request"] = event.request
    return document


def in_utc(time: datetime) -> str:
    """Return a time in UTC in the form of RFC 3339, also if the project uses no time zones."""
    aware = time if timezone.is_aware(time) else timezone.make_aware(time)
    return aware.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def encoded(document: Any) -> bytes:
    """Return a document as JSON on one line.

    orjson cannot write an integer of more than 64 bits. PostgreSQL may return one from a JSON column.
    """
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, separators=(",", ":")).encode()


BATCH = 200
"""The events in memory at once. Each may have a request and changes of many thousand characters."""

COLUMNS = (
    "time",
    "id",
    "connection",
    "requestId",
    "operation",
    "method",
    "path",
    "resourceType",
    "resourceId",
    "display",
    "externalId",
    "outcome",
    "effect",
    "status",
    "scimType",
    "detail",
    "version",
    "deactivated",
    "duration",
    "changes",
)
"""The columns of the CSV, as in the document of an event. Only the JSON has the bodies of requests."""

SIGNS = (
    "=+@-\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}"
    "\N{FULLWIDTH COMMERCIAL AT}\N{SMALL EQUALS SIGN}\N{SMALL PLUS SIGN}\N{SMALL HYPHEN-MINUS}"
    "\N{SMALL COMMERCIAL AT}\N{MINUS SIGN}"
)
"""What a formula begins with, in some spreadsheets full-width too."""

FORMULA = re.compile(
    rf"(\A|[,;|\t\r\n\v\f\x1c-\x1f\x85\u2028\u2029])(?=[\s\"'\u200b-\u200f\u2060\ufeff]*[{re.escape(SIGNS)}])|\A(?=[\t\r\n])"
)
"""The beginning of what a spreadsheet could read as a formula: of the cell, or behind a separator."""


@dataclass(frozen=True)
class ExportFormat:
    """A format of the exported history."""

    content_type: str
    suffix: str
    lines: Callable[[EventSelection, bool], Iterator[bytes]]
    """Takes events, and whether the earliest comes first. Yields the file in pieces."""


def csv_lines(selection: EventSelection, ascending: bool = False) -> Iterator[bytes]:
    """Yield the events as CSV (RFC 4180), the names of the columns first."""
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for event in exported(selection, ascending, "request"):
        document = event_document(event)
        yield writer.writerow([cell(document[column]) for column in COLUMNS])


def json_lines(selection: EventSelection, ascending: bool = False) -> Iterator[bytes]:
    """Yield the documents of the events, each on a line of its own."""
    for event in exported(selection, ascending):
        yield encoded(event_document(event)) + b"\n"


def exported(selection: EventSelection, ascending: bool, *deferred: str) -> Iterator[ProvisioningEvent]:
    """Yield the events of a selection in batches.

    :param deferred: Columns that are not loaded.
    """
    for batch in selection.batches(BATCH, ascending):
        yield from with_related(batch).defer(None).defer(*deferred)


def cell(value: Any) -> str:
    """Return a value of a document as the text of a cell, which no spreadsheet reads as a formula."""
    if value is None:
        return ""
    if isinstance(value, dict) and value.keys() == {"id", "name"}:
        value = value["name"]
    text = value if isinstance(value, str) else encoded(value).decode()
    return FORMULA.sub(r"\g<0>'", text)


class Echo:
    """A file that gives back what is written to it: the writer returns what the file returns."""

    def write(self, text: str) -> bytes:
        return text.encode()


FORMATS = {
    "csv": ExportFormat("text/csv; charset=utf-8", "csv", csv_lines),
    "json": ExportFormat("application/x-ndjson", "jsonl", json_lines),
}
"""The formats by their name in URLs."""
