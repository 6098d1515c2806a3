"""Pictures of the history as SVG: drawn on the server, with the same figures in a table beside each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from django_scim.admin.pictures.durations import durations_picture
from django_scim.admin.pictures.outcomes import outcomes_picture
from django_scim.admin.pictures.plot import AREA
from django_scim.history.statistics import days
from django_scim.models import Connection


def pictures_beside(equal: Mapping[str, Any]) -> SafeString | str:
    """Return the pictures that belong to a list of events.

    :param equal: The values that columns of the events have.
    :returns: Nothing for the events of connections that were deleted, whose counts are not told apart.
    """
    if "connection_id" not in equal:
        return pictures(None)
    connection = Connection.objects.filter(pk=equal["connection_id"]).first()
    return "" if connection is None else pictures(connection)


def pictures(connection: Connection | None) -> SafeString:
    """Return the events by day and outcome, and how long they took, as HTML, with one query.

    Whoever calls this sees to it that the user may view the history. The HTML brings its stylesheet.

    :param connection: Whose events; none for all.
    """
    found = days(connection)
    context = {"outcomes": outcomes_picture(found), "durations": durations_picture(found), "area": AREA}
    return render_to_string("admin/django_scim/pictures/pictures.html", context)
