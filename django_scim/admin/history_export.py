"""Sending the history as a file while it is read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse

from django_scim.history.export import ExportFormat
from django_scim.history.selection import Selection


def export_response(
    request: HttpRequest, form: ExportFormat, selection: Selection, ascending: bool
) -> StreamingHttpResponse:
    """Return an answer that reads the events while it is sent."""
    pieces = form.lines(selection, ascending)
    # Of an iterator that is not asynchronous, ASGI would collect all before it sends any.
    content = asynchronous(pieces) if isinstance(request, ASGIRequest) else pieces
    response = StreamingHttpResponse(content, content_type=form.content_type)
    response["Content-Disposition"] = f'attachment; filename="provisioning-history.{form.suffix}"'
    return response


async def asynchronous(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the pieces, read in the thread that the database connection belongs to."""
    while (piece := await sync_to_async(following)(pieces)) is not None:
        yield piece


def following(pieces: Iterator[bytes]) -> bytes | None:
    """Return the next piece, none at the end."""
    return next(pieces, None)
