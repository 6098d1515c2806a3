"""What all pages of a connection share that Django's admin does not have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from django_scim.admin.bases import FurtherPages
from django_scim.models import Connection

REVISE = "django_scim.change_connection"


class PagesOfConnection(FurtherPages):
    """An admin of connections with further pages, each of one connection."""

    @property
    def routes(self) -> dict[str, Callable[..., HttpResponse]]:
        """The views by the end of their URL."""
        return {}

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"<int:connection_id>/{route}",
                self.admin_site.admin_view(view),
                name=f"django_scim_connection_{view.__name__}",
            )
            for route, view in self.routes.items()
        ]
        return [*pages, *super().get_urls()]

    def connection_for(self, request: HttpRequest, connection_id: int, permission: str) -> Connection:
        """Return a connection, if the user may see it and has the permission.

        :raises PermissionDenied: If the user may not.
        :raises Http404: If there is no such connection.
        """
        connection: Connection | None = self.get_object(request, str(connection_id))
        if not (self.has_view_permission(request, connection) and request.user.has_perm(permission)):
            raise PermissionDenied
        if connection is None:
            raise Http404
        return connection

    def connection_url(self, connection: Connection, page: str = "change", *arguments: int) -> str:
        """Return the URL of a page of a connection.

        :param page: The end of the URL's name.
        :param arguments: The arguments of the URL after the connection.
        """
        return reverse(
            f"admin:django_scim_connection_{page}",
            args=(connection.pk, *arguments),
            current_app=self.admin_site.name,
        )

    def connection_page(
        self, request: HttpRequest, connection: Connection, template: str, context: dict[str, Any]
    ) -> TemplateResponse:
        page = {
            "subtitle": str(connection),
            "original": connection,
            "connection_url": self.connection_url(connection),
        }
        return self.further_page(request, f"connection/{template}", {**page, **context})
