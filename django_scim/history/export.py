"""The history as a file, for a table calculation (CSV) or for other programs (JSON lines).

Events are read in batches, so that it takes the same memory however many there are.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django_scim.history.documents import document_of, encoded, with_related
from django_scim.history.selection import Selection
from django_scim.models import ProvisioningEvent

BATCH = 200
"""How many events are in memory at once: each may have a request and changes of many thousand characters."""

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
    "status",
    "scimType",
    "detail",
    "version",
    "deactivated",
    "duration",
    "changes",
)
"""The columns of the CSV, named as in the document of an event. Bodies of requests are in the JSON alone."""

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell must not begin with: a table calculation would take what follows for a formula."""


@dataclass(frozen=True)
class ExportFormat:
    """A form that the history is exported in."""

    content_type: str
    suffix: str
    lines: Callable[[Selection, bool], Iterator[bytes]]
    """Takes events, and whether the earliest comes first; yields the file in pieces."""


def csv_lines(selection: Selection, ascending: bool = False) -> Iterator[bytes]:
    """Yield the events as CSV (RFC 4180), the names of the columns first."""
    writer = csv.writer(Line())
    yield writer.writerow(COLUMNS)
    for event in exported(selection, ascending, "request"):
        document = document_of(event)
        yield writer.writerow([cell(document[column]) for column in COLUMNS])


def json_lines(selection: Selection, ascending: bool = False) -> Iterator[bytes]:
    """Yield the documents of the events, each on a line of its own."""
    for event in exported(selection, ascending):
        yield encoded(document_of(event)) + b"\n"


def exported(selection: Selection, ascending: bool, *unread: str) -> Iterator[ProvisioningEvent]:
    """Yield the events of a selection, in a query a batch and a few for the keys of many.

    :param unread: Columns that are not needed.
    """
    for batch in selection.batches(BATCH, ascending):
        yield from with_related(batch).defer(None).defer(*unread)


def cell(value: Any) -> str:
    """Return a value of a document as it is safe in a cell."""
    if value is None:
        return ""
    if isinstance(value, dict) and value.keys() == {"id", "name"}:
        value = value["name"]
    text = value if isinstance(value, str) else encoded(value).decode()
    return f"'{text}" if text.startswith(FORMULA) else text


class Line:
    """A file that gives back what is written to it: the writer returns what the file returns."""

    def write(self, text: str) -> bytes:
        """Return the text in UTF-8."""
        return text.encode()


FORMATS = {
    "csv": ExportFormat("text/csv; charset=utf-8", "csv", csv_lines),
    "json": ExportFormat("application/x-ndjson", "jsonl", json_lines),
}
"""The forms by the name that an address has for them."""
