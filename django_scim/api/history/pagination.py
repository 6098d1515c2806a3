"""The pages of the history: by a cursor, so that events that come in meanwhile move nothing."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from scim2_models import InvalidCursorException, InvalidValueException

from django_scim.api.history.filters import parse_time
from django_scim.api.history.identifiers import masked, unmasked
from django_scim.conf import get_settings
from django_scim.history.export import in_utc
from django_scim.history.selection import EventSelection, Key
from django_scim.models import ProvisioningEvent


class EventPagination(CursorPagination):
    """DRF's pages by cursor, the newest event first. A position is the time and the key of an event.

    Wrong parameters are errors, where DRF leaves them out.
    """

    page_size_query_param = "page_size"

    def page_of(self, selection: EventSelection, request: Request) -> list[ProvisioningEvent]:
        """Return the events of the page that a request asks for.

        :raises InvalidValueException: If ``page_size`` is no number over 0.
        :raises InvalidCursorException: If this server has not given the cursor.
        """
        self.base_url = request.build_absolute_uri()
        size = self.get_page_size(request)
        self.cursor = self.decode_cursor(request)
        # The position is text, whatever the type that DRF's stubs have for it.
        position: Any = None if self.cursor is None else self.cursor.position
        backwards = self.cursor is not None and self.cursor.reverse
        beyond = None if position is None else parse_position(position)
        page = selection.page(size, beyond=beyond, backwards=backwards)
        self.page = list(selection.read(page.rows))
        self.has_next, self.has_previous = page.has_next, page.has_previous
        self.next_position = self.previous_position = position
        return self.page

    def get_page_size(self, request: Request) -> int:
        """Return how many events a page has: what the request asks for, up to the limit of the settings.

        :raises InvalidValueException: If that is no number over 0.
        """
        settings = get_settings()
        text = request.query_params.get(self.page_size_query_param, str(settings.DEFAULT_PAGE_SIZE))
        try:
            size = int(text)
        except ValueError:
            size = 0
        if size < 1:
            raise InvalidValueException(detail="page_size has to be a whole number over 0")
        return min(size, settings.MAX_HISTORY_PAGE)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """Return what the cursor of a request holds, or None if it has no cursor.

        :raises InvalidCursorException: If this server has not given the cursor.
        """
        try:
            cursor: Any = super().decode_cursor(request)
            if cursor is not None:
                parse_position(cursor.position or "")
        except (NotFound, ValueError):
            raise InvalidCursorException(detail="the cursor is none that this server has given") from None
        return cursor  # type: ignore[no-any-return]

    def _get_position_from_instance(self, instance: Any, ordering: Any) -> str:
        """Return the position of an event, for the links to the other pages."""
        return f"{in_utc(instance.time)} {masked(instance.pk)}"


def parse_position(text: str) -> Key:
    """Return the time and the key of an event.

    :raises ValueError: If the text is no position.
    """
    time, _, identifier = text.partition(" ")
    key = unmasked(identifier)
    if key is None:
        raise ValueError("this is no key")
    return parse_time(time), key
