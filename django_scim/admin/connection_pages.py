"""What the pages below that of a connection have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse

from django_scim.models import Connection

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Connection]
else:
    ModelAdmin = admin.ModelAdmin


class ConnectionPages(ModelAdmin):
    """An admin of connections that can have more pages than Django makes."""

    def connection_for(self, request: HttpRequest, connection_id: int, permission: str) -> Connection:
        """Return a connection that the user may see and has a permission for.

        :raises PermissionDenied: If the user may not.
        :raises Http404: If there is no such connection.
        """
        connection = self.get_object(request, str(connection_id))
        allowed = self.has_view_permission(request, connection) and request.user.has_perm(permission)
        if not allowed:
            raise PermissionDenied
        if connection is None:
            raise Http404
        return connection

    def connection_url(self, connection: Connection, page: str = "change", *arguments: int) -> str:
        """Return the address of the page of a connection, or of one below it.

        :param page: How its name ends.
        :param arguments: What its address has besides the connection.
        """
        return reverse(
            f"admin:django_scim_connection_{page}",
            args=(connection.pk, *arguments),
            current_app=self.admin_site.name,
        )
