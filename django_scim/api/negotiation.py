"""Content negotiation without DRF's ``?format=``: the query belongs to SCIM."""

from __future__ import annotations

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request
from rest_framework.settings import DEFAULTS, IMPORT_STRINGS, APISettings


class ScimContentNegotiation(DefaultContentNegotiation):
    """Chooses by the ``Accept`` header alone."""

    settings = APISettings({"URL_FORMAT_OVERRIDE": None}, DEFAULTS, IMPORT_STRINGS)  # type: ignore[arg-type, assignment]

    def get_accept_list(self, request: Request) -> list[str]:
        """Return what the client accepts: a header that names nothing says as much as none."""
        return [text for text in super().get_accept_list(request) if text] or ["*/*"]
