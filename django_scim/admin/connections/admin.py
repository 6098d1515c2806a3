"""The admin of connections: where a team sets up its identity provider."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Protocol

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_scim.admin.addresses import history_url
from django_scim.admin.bases import DescribedPage
from django_scim.admin.connections.form import ConnectionForm
from django_scim.admin.connections.further import REVISE
from django_scim.admin.connections.health import (
    VIEW_EVENTS,
    VIEW_RESOURCES,
    VIEW_TOKENS,
    health_of,
    notices,
    refused_tokens,
    token_figures,
)
from django_scim.admin.connections.likeness import likeness_of
from django_scim.admin.connections.pages import CREATE, ConnectionPages
from django_scim.admin.connections.setup import setup_of
from django_scim.admin.connections.tokens import AccessTokenInline
from django_scim.admin.history.problems import problems_beside
from django_scim.admin.pictures import pictures
from django_scim.history.counting import roll_up
from django_scim.history.statistics import (
    last_success,
    latest_of_times,
    recent_refusal_count,
    time_text,
)
from django_scim.models import AccessToken, AdoptionPolicy, Connection, Link, SetupLink
from django_scim.resources.authority import Act, table
from django_scim.setup_links.progress import progress


class WatchedConnection(Protocol):
    """A connection with the annotations of the list."""

    usable_token_count: int
    last_request: datetime | None
    last_success: datetime | None
    recent_refusal_count: int


@admin.register(Connection)
class ConnectionAdmin(DescribedPage, ConnectionPages):
    """Connections with their tokens, their health, and what to enter at the identity provider."""

    form = ConnectionForm
    inlines = [AccessTokenInline]
    list_display = ("name", "state")
    list_filter = ("is_active",)
    search_fields = ("name",)
    fieldsets = [
        (None, {"fields": ("name", "is_active", "dialect")}),
        (
            _("Limits"),
            {
                "fields": ("adoption", "domains", "networks", "deprovisioning_limit"),
                "description": _("What the connection may not do, even with a token."),
            },
        ),
        (
            _("Notifications"),
            {
                "fields": ("notify",),
                "description": _(
                    "Of a pause, of a token about to expire, of a row of refusals, and of silence."
                ),
            },
        ),
        (
            _("Tenant"),
            {
                "fields": ("tenant_type", "tenant_id"),
                "classes": ("collapse",),
                "description": _("Leave both empty unless the project scopes its resources by tenant."),
            },
        ),
    ]

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["django_scim/tools.css", "django_scim/connection.css"]}
        js = ("django_scim/copy.js",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        """Annotate the figures that the user may see, in the query of the list."""
        columns: dict[str, Any] = {}
        if request.user.has_perm(VIEW_TOKENS):
            columns |= token_figures()
        if request.user.has_perm(VIEW_EVENTS):
            columns |= {"last_success": last_success(), "recent_refusal_count": recent_refusal_count()}
        connections: QuerySet[Connection] = super().get_queryset(request)
        connections = connections.prefetch_related("tenant").annotate(**columns)
        return (
            connections.prefetch_related(refused_tokens())
            if request.user.has_perm(VIEW_TOKENS)
            else connections
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Count what has come since the last look, for the errors of each connection."""
        if request.user.has_perm(VIEW_EVENTS):
            roll_up()
        beside = problems_beside(self.admin_site, request)
        return super().changelist_view(request, {**beside, **(extra_context or {})})

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        columns: tuple[str, ...] = ("name", "state")
        if Connection.objects.filter(tenant_type__isnull=False).exists():
            columns = ("name", "tenant_name", "state")
        if request.user.has_perm(VIEW_TOKENS):
            columns += ("usable_tokens", "last_request")
        if request.user.has_perm(VIEW_EVENTS):
            columns += ("last_success", "recent_refusals")
        return columns

    @admin.display(description=_("tenant"))
    def tenant_name(self, connection: Connection) -> str | None:
        """Return what the tenant is called, or its key if the project has deleted it."""
        return str(connection.tenant or connection.tenant_id) or None

    @admin.display(description=_("state"))
    def state(self, connection: Connection) -> SafeString | str:
        """Return the worst notice in bold."""
        wrong = notices(connection)
        return format_html("<strong>{}</strong>", wrong[0].title) if wrong else gettext("Active")

    @admin.display(description=_("tokens"), ordering="usable_token_count")
    def usable_tokens(self, connection: WatchedConnection) -> int:
        return connection.usable_token_count

    @admin.display(description=_("last request"), ordering="last_request")
    def last_request(self, connection: WatchedConnection) -> str:
        """Return when any token of the connection was last used."""
        time = latest_of_times(connection.last_request, getattr(connection, "last_success", None))
        return gettext("never") if time is None else time_text(time)

    @admin.display(description=_("last success"), ordering="last_success")
    def last_success(self, connection: WatchedConnection) -> str:
        """Return when a request that the history has was last successful."""
        return gettext("never") if connection.last_success is None else time_text(connection.last_success)

    @admin.display(description=_("errors, 24 h"), ordering="recent_refusal_count")
    def recent_refusals(self, connection: WatchedConnection) -> SafeString | int:
        number = connection.recent_refusal_count
        return format_html("<strong>{}</strong>", number_format(number)) if number else number

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        """Save only the fields of the form, so that a pause that begins at the same time is kept."""
        if change:
            obj.save(update_fields=list(form.cleaned_data))
            return
        super().save_model(request, obj, form, change)
        if form.cleaned_data.get("in_rehearsal"):
            obj.rehearse()

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """Offer a rehearsal to a new connection."""
        (name, options), *others = super().get_fieldsets(request, obj)
        if obj is not None:
            return [(name, options), *others]
        return [(name, {**options, "fields": (*options["fields"], "in_rehearsal")}), *others]

    def get_inlines(self, request: HttpRequest, obj: Connection | None) -> list[Any]:
        """Return no inlines for a new connection: it has no tokens before it is saved."""
        return [] if obj is None else list(super().get_inlines(request, obj))

    def page_context(self, request: HttpRequest, connection: Connection) -> dict[str, Any]:
        """Return the notices, the health, the set-up guides and the URLs that the user may see."""
        may = request.user.has_perm
        if may(VIEW_EVENTS):
            roll_up()
        page: dict[str, Any] = {
            "notices": notices(connection),
            "health": health_of(connection, request, self.admin_site),
            "setup": setup_of(connection, request),
            "likeness": likeness_of(connection, request),
            "acts": list(Act),
            "authority": table(AdoptionPolicy(connection.adoption)),
            **self.links_context(request, connection),
        }
        if may(VIEW_TOKENS) and may(VIEW_EVENTS):
            page["progress"] = progress(connection)
        if may(CREATE):
            page["create_token_url"] = self.connection_url(connection, "create_token")
        if may(REVISE):
            page["test_url"] = self.connection_url(connection, "test")
            page["hand_over_url"] = self.connection_url(connection, "hand_over")
            stop = "pause" if connection.paused_at is None else "resume"
            page[f"{stop}_url"] = self.connection_url(connection, stop)
        if may(REVISE) and may(VIEW_RESOURCES):
            page["rehearsal_url"] = self.connection_url(connection, "rehearse")
        if may(REVISE) and may(VIEW_EVENTS):
            page["undo_url"] = self.connection_url(connection, "undo")
        if may(VIEW_EVENTS):
            page["events_url"] = history_url(self.admin_site, connection__id__exact=connection.pk)
            page["pictures"] = pictures(connection)
        page |= problems_beside(self.admin_site, request, connection)
        return page

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Count what is deleted with a connection. Django would list every link."""
        connections = list(objs)
        counts = {str(self.opts.verbose_name_plural): len(connections)}
        for model in (AccessToken, SetupLink, Link):
            count = model._default_manager.filter(connection__in=connections).count()
            counts[str(model._meta.verbose_name_plural)] = count
        return [str(connection) for connection in connections], counts, set(), []

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Stay on the page of a new connection, since creating its token is the next step."""
        stay = "_addanother" not in request.POST and IS_POPUP_VAR not in request.POST
        if stay and self.has_view_permission(request, obj):
            posted = request.POST.copy()
            posted["_continue"] = "1"
            request.POST = posted  # type: ignore[assignment]
        return super().response_add(request, obj, post_url_continue)
