"""Content negotiation without DRF's ``?format=``: the query belongs to SCIM."""

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.settings import DEFAULTS, IMPORT_STRINGS, APISettings


class ScimContentNegotiation(DefaultContentNegotiation):
    """Chooses by the ``Accept`` header alone."""

    settings = APISettings({"URL_FORMAT_OVERRIDE": None}, DEFAULTS, IMPORT_STRINGS)  # type: ignore[arg-type, assignment]
