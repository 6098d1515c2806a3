"""Connections: the page on which a team sets up its identity provider."""

from __future__ import annotations

from typing import Any, Protocol

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_scim.admin.access_token_inline import AccessTokenInline
from django_scim.admin.addresses import history_url
from django_scim.admin.connection_form import ConnectionForm
from django_scim.admin.token_pages import CREATE, TokenPages
from django_scim.models import AccessToken, Connection, Link


class Counted(Protocol):
    """A connection of the list, with the number of its tokens that may be used."""

    usable_token_count: int


@admin.register(Connection)
class ConnectionAdmin(TokenPages):
    """Identity providers, with their tokens."""

    form = ConnectionForm
    inlines = [AccessTokenInline]
    list_display = ("name", "is_active", "created", "usable_tokens")
    list_filter = ("is_active",)
    search_fields = ("name",)
    fieldsets = [
        (None, {"fields": ("name", "is_active", "dialect")}),
        (
            _("Tenant"),
            {
                "fields": ("tenant_type", "tenant_id"),
                "classes": ("collapse",),
                "description": _("Leave both empty unless the project scopes its resources by tenant."),
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        """Count the usable tokens of all connections in the query of the list."""
        usable = Q(is_active=True, tokens__revoked__isnull=True) & (
            Q(tokens__expires__isnull=True) | Q(tokens__expires__gt=timezone.now())
        )
        return (
            super()
            .get_queryset(request)
            .annotate(usable_token_count=Count("tokens", filter=usable & Q(tokens__isnull=False)))
        )

    @admin.display(description=_("usable tokens"), ordering="usable_token_count")
    def usable_tokens(self, connection: Counted) -> int:
        """Return how many tokens the connection accepts now."""
        return connection.usable_token_count

    def get_inlines(self, request: HttpRequest, obj: Connection | None) -> list[Any]:
        """A connection has no tokens before it is saved."""
        return [] if obj is None else list(super().get_inlines(request, obj))

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Connection | None = None,
    ) -> HttpResponse:
        """Add the addresses of the buttons, for those who may follow them."""
        if obj is not None and request.user.has_perm(CREATE):
            context["create_token_url"] = reverse(
                "admin:django_scim_connection_create_token",
                args=(obj.pk,),
                current_app=self.admin_site.name,
            )
        if obj is not None and request.user.has_perm("django_scim.view_provisioningevent"):
            context["events_url"] = history_url(self.admin_site, connection__id__exact=obj.pk)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Count what goes with a connection. Django would list each of its ``externalId`` values."""
        connections = list(objs)
        counts = {str(self.opts.verbose_name_plural): len(connections)}
        for model in (AccessToken, Link):
            count = model._default_manager.filter(connection__in=connections).count()
            counts[str(model._meta.verbose_name_plural)] = count
        return [str(connection) for connection in connections], counts, set(), []

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Stay on the page of a new connection: creating its token is what comes next."""
        stay = "_addanother" not in request.POST and IS_POPUP_VAR not in request.POST
        if stay and self.has_view_permission(request, obj):
            posted = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted  # type: ignore[assignment]
        return super().response_add(request, obj, post_url_continue)
