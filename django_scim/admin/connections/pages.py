"""The pages of a connection that create and revoke its tokens, and hand over what it manages."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_variables

from django_scim.admin.connections.further import REVISE
from django_scim.admin.connections.log import log_object
from django_scim.admin.connections.rehearsing import RehearsalPages
from django_scim.admin.connections.setup import setup_of
from django_scim.admin.connections.sharing import SharingPages
from django_scim.admin.connections.stopping import StoppingPages
from django_scim.admin.connections.tokens import AccessTokenForm, is_expired
from django_scim.admin.connections.trying import TryingPages
from django_scim.admin.resources.filters import connection_by_key
from django_scim.adoption.accounts import SelectionError
from django_scim.adoption.handing_over import hand_over, managed_count
from django_scim.models import AccessToken, Connection
from django_scim.resources.registry import readable_scopes

CREATE = "django_scim.add_accesstoken"

REVOKE = "django_scim.change_accesstoken"


class ConnectionPages(RehearsalPages, SharingPages, TryingPages, StoppingPages):
    """An admin of connections with pages to create a token, to revoke one, and to hand over.

    Only the response that creates a token shows it. It is not in a message, in the session or in a URL.
    """

    @property
    def routes(self) -> dict[str, Callable[..., HttpResponse]]:
        return {
            **super().routes,
            "hand-over/": self.hand_over,
            "tokens/create/": self.create_token,
            "tokens/<int:token_id>/revoke/": self.revoke_token,
        }

    def hand_over(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Ask on GET which connection manages from now on what this one manages; hand it over on POST."""
        connection = self.connection_for(request, connection_id, REVISE)
        others = Connection.objects.exclude(pk=connection.pk).filter(is_active=True).order_by("name")
        successor = connection_by_key(request.POST.get("successor"))
        if request.method == "POST" and successor is not None and successor in others:
            try:
                with transaction.atomic(using=router.db_for_write(Connection)):
                    number = hand_over(connection, successor)
                    self.log_change(request, connection, f"{number} resources handed over to {successor}")
            except SelectionError as error:
                messages.error(request, str(error))
            else:
                done = ngettext(
                    "%(number)d resource is managed by %(connection)s now.",
                    "%(number)d resources are managed by %(connection)s now.",
                    number,
                )
                messages.success(request, done % {"number": number, "connection": successor})
                return HttpResponseRedirect(self.connection_url(connection))
        elif request.method == "POST":
            messages.error(request, _("Choose a connection."))
        context = {
            "title": _("Hand over to another connection"),
            "successors": others,
            "number": managed_count(connection),
        }
        return self.connection_page(request, connection, "hand_over.html", context)

    @method_decorator(sensitive_variables("token", "context"))
    def create_token(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Show the form of a new token, or create the token and show it once."""
        connection = self.connection_for(request, connection_id, CREATE)
        form = AccessTokenForm(request.POST if request.method == "POST" else None)
        if not form.is_bound or not form.is_valid():
            fieldsets = [(None, {"fields": list(form.fields)})]
            context = {
                "title": _("Create token"),
                "adminform": AdminForm(form, fieldsets, {}, model_admin=self),
                "errors": form.errors,
                "media": self.media + form.media,
            }
            return self.connection_page(request, connection, "create_token.html", context)

        with transaction.atomic(using=router.db_for_write(AccessToken)):
            stored, token = AccessToken.objects.issue(connection, **form.cleaned_data)
            self.log_change(request, connection, [{"added": log_object(stored)}])
        context = {
            "title": _("Token created"),
            "token": token,
            "stored": stored,
            "scopes": readable_scopes(stored.scopes),
            "setup": setup_of(connection, request),
        }
        response = self.connection_page(request, connection, "token_created.html", context)
        add_never_cache_headers(response)
        return response

    def revoke_token(self, request: HttpRequest, connection_id: int, token_id: int) -> HttpResponse:
        """Ask for confirmation on GET, revoke the token on POST."""
        connection = self.connection_for(request, connection_id, REVOKE)
        token = get_object_or_404(AccessToken, pk=token_id, connection=connection)
        if token.revoked is not None:
            messages.info(request, _("The token %(token)s was revoked already.") % {"token": token})
            return HttpResponseRedirect(self.connection_url(connection))
        if request.method != "POST":
            context = {
                "title": _("Revoke token?"),
                "token": token,
                "scopes": readable_scopes(token.scopes),
                "is_last": getattr(connection, "usable_token_count", None) == 1 and not is_expired(token),
            }
            return self.connection_page(request, connection, "revoke_token.html", context)

        with transaction.atomic(using=router.db_for_write(AccessToken)):
            token.revoke()
            self.log_change(request, connection, [{"changed": {**log_object(token), "fields": ["revoked"]}}])
        messages.success(request, _("The token %(token)s is revoked.") % {"token": token})
        return HttpResponseRedirect(self.connection_url(connection))
