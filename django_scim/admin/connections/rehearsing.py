"""The page of a rehearsal: what would happen, and the button that goes live."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from django_scim.admin.addresses import history_url
from django_scim.admin.connections.further import REVISE, PagesOfConnection
from django_scim.admin.connections.health import VIEW_RESOURCES
from django_scim.models import Connection, Outcome
from django_scim.rehearsal.report import report_on

MOST_NAMED = 100
"""How many of each kind the page names. The command has no limit."""


class RehearsalPages(PagesOfConnection):
    """An admin of connections with a page that reports on a rehearsal, begins one, and ends it."""

    @property
    def routes(self) -> dict[str, Callable[..., HttpResponse]]:
        return {**super().routes, "rehearsal/": self.rehearse}

    def rehearse(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Show the report, or ask whether to begin; on POST, begin or go live, and log that."""
        connection = self.connection_for(request, connection_id, REVISE)
        if not request.user.has_perm(VIEW_RESOURCES):
            raise PermissionDenied
        if request.method == "POST":
            self.turn(request, connection, goes_live="go_live" in request.POST)
            return HttpResponseRedirect(self.connection_url(connection))
        report = report_on(connection)
        named = [(part, list(part.names(MOST_NAMED))) for part in report.parts] if report else []
        context = {
            "title": _("Rehearsal") if report else _("Begin a rehearsal?"),
            "report": report,
            "parts": named,
            "most": MOST_NAMED,
            "refused": report.refused[:MOST_NAMED] if report else [],
            "events_url": history_url(
                self.admin_site,
                connection__id__exact=connection.pk,
                outcome__exact=Outcome.REHEARSED.value,
            ),
        }
        return self.connection_page(request, connection, "rehearsal.html", context)

    def turn(self, request: HttpRequest, connection: Connection, *, goes_live: bool) -> None:
        """Go live or begin a rehearsal, with a message and an entry of the admin's log."""
        with transaction.atomic(using=router.db_for_write(Connection)):
            if not goes_live:
                connection.rehearse()
                self.log_change(request, connection, "Rehearsal begun.")
                text = _("The rehearsal has begun: requests are answered, and change nothing.")
            elif connection.go_live():
                self.log_change(request, connection, "Gone live.")
                text = _("The connection is live: what its identity provider sends is done.")
            else:
                text = _("The connection is live already.")
        messages.success(request, text)
