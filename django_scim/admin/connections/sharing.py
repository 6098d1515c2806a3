"""The pages that send the set-up of a connection to somebody without a login, and take that back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import widgets
from django.contrib.admin.helpers import AdminForm
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from django_scim.admin.connections.further import PagesOfConnection
from django_scim.admin.connections.log import log_object
from django_scim.api.authentication import takes_own_tokens
from django_scim.history.statistics import time_text
from django_scim.models import Connection, SetupLink
from django_scim.setup_guides import PROVIDERS, likely_provider
from django_scim.setup_links.addresses import ROUTE, is_routed, page_path
from django_scim.setup_links.links import DAYS, MOST_DAYS, MOST_TOKEN_DAYS, share
from django_scim.setup_links.progress import zoned

VIEW_LINKS = "django_scim.view_setuplink"

SHARE = "django_scim.add_setuplink"

UNSHARE = "django_scim.change_setuplink"

CREATE_TOKENS = "django_scim.add_accesstoken"


class SetupLinkForm(forms.Form):
    """What a new link shows, and for how long."""

    description = forms.CharField(
        label=gettext_lazy("For whom"),
        max_length=200,
        required=False,
        widget=widgets.AdminTextInputWidget(),
        help_text=gettext_lazy("For people to tell links and tokens apart. The link does not show it."),
    )
    provider = forms.ChoiceField(
        label=gettext_lazy("Identity provider"),
        choices=lambda: [(provider.slug, provider.name) for provider in PROVIDERS.values()],
        help_text=gettext_lazy("Whose steps and fields the link shows."),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days the link is valid"), min_value=1, max_value=MOST_DAYS, initial=DAYS
    )
    may_show_token = forms.BooleanField(
        label=gettext_lazy("May show a token"),
        required=False,
        help_text=gettext_lazy(
            "Whoever has the link may have a token made that reads and writes, and sees it once. Without "
            "this, send a token by another way."
        ),
    )
    token_days = forms.IntegerField(
        label=gettext_lazy("Days the token is valid"),
        min_value=1,
        max_value=MOST_TOKEN_DAYS,
        required=False,
        help_text=gettext_lazy(
            "From the moment at which it is shown. Leave this empty for a token that is valid until it is "
            "revoked."
        ),
    )

    def __init__(self, *args: Any, may_show_token: bool, **kwargs: Any) -> None:
        """Leave out the token for whoever may make none."""
        super().__init__(*args, **kwargs)
        if not may_show_token:
            del self.fields["may_show_token"], self.fields["token_days"]


class SharingPages(PagesOfConnection):
    """An admin of connections with a page that makes a set-up link, and one that revokes one.

    Only the response that makes a link shows it.
    """

    @property
    def routes(self) -> dict[str, Callable[..., HttpResponse]]:
        return {
            **super().routes,
            "setup-links/create/": self.share,
            "setup-links/<int:link_id>/revoke/": self.unshare,
        }

    @method_decorator(sensitive_variables("secret", "url", "context"))
    def share(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Show the form of a new link, or make the link and show it once."""
        connection = self.connection_for(request, connection_id, SHARE)
        urlconf = getattr(request, "urlconf", None)
        may_show_token = takes_own_tokens() and request.user.has_perm(CREATE_TOKENS)
        likely = likely_provider(connection)
        form = SetupLinkForm(
            request.POST if request.method == "POST" else None,
            initial={"provider": "other" if likely is None else likely.slug},
            may_show_token=may_show_token,
        )
        obstacles = list(obstacles_of(connection, urlconf))
        if obstacles or not form.is_valid():
            context = {
                "title": _("Send the set-up"),
                "adminform": AdminForm(
                    form,  # type: ignore[arg-type]
                    [(None, {"fields": list(form.fields)})],
                    {},
                    model_admin=self,
                ),
                "errors": form.errors,
                "media": self.media + form.media,
                "obstacles": obstacles,
            }
            return self.connection_page(request, connection, "share.html", context)

        given = form.cleaned_data
        provider = PROVIDERS[given.pop("provider")]
        with transaction.atomic(using=router.db_for_write(SetupLink)):
            link, secret = share(connection, provider, user=request.user, **given)
            self.log_change(request, connection, [{"added": log_object(link)}])
        url = request.build_absolute_uri(page_path(secret, urlconf))
        text = _(
            "This page says how to set up provisioning at %(provider)s, until %(time)s: %(url)s\n"
            "Whoever has the link can open it, so please do not pass it on."
        )
        context = {
            "title": _("Set-up link created"),
            "url": url,
            "link": link,
            "expires": zoned(link.expires),
            # Whoever reads it may be in another time zone.
            "text": text % {"provider": provider.name, "time": zoned(link.expires), "url": url},
        }
        response = self.connection_page(request, connection, "shared.html", context)
        add_never_cache_headers(response)
        return response

    def unshare(self, request: HttpRequest, connection_id: int, link_id: int) -> HttpResponse:
        """Ask for confirmation on GET, revoke the link on POST."""
        connection = self.connection_for(request, connection_id, UNSHARE)
        link = get_object_or_404(SetupLink, pk=link_id, connection=connection)
        if link.revoked is not None:
            messages.info(request, _("The link %(link)s was revoked already.") % {"link": link})
            return HttpResponseRedirect(self.connection_url(connection))
        if request.method != "POST":
            context = {"title": _("Revoke the set-up link?"), "link": link}
            return self.connection_page(request, connection, "unshare.html", context)

        with transaction.atomic(using=router.db_for_write(SetupLink)):
            link.revoke()
            self.log_change(request, connection, [{"changed": {**log_object(link), "fields": ["revoked"]}}])
        messages.success(request, _("The link %(link)s is revoked.") % {"link": link})
        return HttpResponseRedirect(self.connection_url(connection))

    def links_context(self, request: HttpRequest, connection: Connection) -> dict[str, Any]:
        """Return what the page of a connection has of its links, as far as the user may see and do it."""
        may = request.user.has_perm
        context: dict[str, Any] = {}
        if may(VIEW_LINKS):
            may_revoke = may(UNSHARE)
            context["setup_links"] = [
                {
                    "link": link,
                    "created": time_text(link.created),
                    "expires": time_text(link.expires),
                    "opened": "" if link.last_opened is None else time_text(link.last_opened),
                    "token_shown": "" if link.token_shown is None else time_text(link.token_shown),
                    "revoke_url": self.connection_url(connection, "unshare", link.pk)
                    if may_revoke and link.is_open
                    else "",
                }
                for link in connection.setup_links.select_related("token")
            ]
        if may(SHARE):
            context["share_url"] = self.connection_url(connection, "share")
        return context


def obstacles_of(connection: Connection, urlconf: Any) -> Iterator[str]:
    """Yield why a link of a connection would lead nowhere."""
    if not is_routed(urlconf):
        yield _("The URLs of the project do not have these pages: add %(route)s first.") % {"route": ROUTE}
    if not connection.is_active:
        yield _("The connection is not active: its links lead nowhere.")
