"""Resuming a connection that is paused, such as by the limit of deprovisioning."""

from __future__ import annotations

from django.contrib import messages
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from django_scim.admin.connection_pages import ConnectionPages
from django_scim.models import Connection

RESUME = "django_scim.change_connection"


class PausePages(ConnectionPages):
    """An admin of connections with an address that a button posts to, to resume a connection."""

    def get_urls(self) -> list[URLPattern]:
        """Add the address of the button."""
        return [
            path(
                "<int:connection_id>/resume/",
                self.admin_site.admin_view(self.resume),
                name="django_scim_connection_resume",
            ),
            *super().get_urls(),
        ]

    def resume(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Let a connection write again; the log of the admin keeps why it could not.

        A GET, to which a login in between leads, changes nothing.
        """
        connection = self.connection_for(request, connection_id, RESUME)
        if request.method == "POST":
            if connection.paused_at is None:
                messages.info(request, _("The connection is not paused any more."))
            else:
                reason = connection.pause_reason
                with transaction.atomic(using=router.db_for_write(Connection)):
                    connection.resume()
                    self.log_change(
                        request,
                        connection,
                        _("Resumed. It was paused because: %(reason)s") % {"reason": reason},
                    )
                messages.success(request, _("The connection is resumed."))
        return HttpResponseRedirect(self.connection_url(connection))
