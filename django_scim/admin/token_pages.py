"""The pages that create and revoke the tokens of a connection."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.db import router, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.debug import sensitive_variables

from django_scim.admin.access_token_form import AccessTokenForm
from django_scim.admin.access_token_inline import is_expired
from django_scim.admin.connection_pages import ConnectionPages
from django_scim.admin.connection_setup import setup_of
from django_scim.models import AccessToken, Connection

CREATE = "django_scim.add_accesstoken"
REVOKE = "django_scim.change_accesstoken"


class TokenPages(ConnectionPages):
    """An admin of connections with a page to create a token, and one to revoke a token.

    A token is shown in the response that creates it, and is kept nowhere else: neither in a message,
    nor in the session, nor in an address.
    """

    def get_urls(self) -> list[URLPattern]:
        """Add the pages of the tokens."""
        return [
            path(
                "<int:connection_id>/tokens/create/",
                self.admin_site.admin_view(self.create_token),
                name="django_scim_connection_create_token",
            ),
            path(
                "<int:connection_id>/tokens/<int:token_id>/revoke/",
                self.admin_site.admin_view(self.revoke_token),
                name="django_scim_connection_revoke_token",
            ),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_variables("token", "context"))
    def create_token(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Ask what the token is for, then show it, once."""
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
            return self.token_page(request, connection, "create_token.html", context)

        with transaction.atomic(using=router.db_for_write(AccessToken)):
            stored, token = AccessToken.objects.issue(connection, **form.cleaned_data)
            self.log_change(request, connection, [{"added": named(stored)}])
        context = {
            "title": _("Token created"),
            "token": token,
            "stored": stored,
            "setup": setup_of(connection, request),
            "media": self.media,
        }
        response = self.token_page(request, connection, "token_created.html", context)
        add_never_cache_headers(response)
        return response

    def revoke_token(self, request: HttpRequest, connection_id: int, token_id: int) -> HttpResponse:
        """Ask whether to revoke a token; revoke it when the answer is posted."""
        connection = self.connection_for(request, connection_id, REVOKE)
        token = get_object_or_404(AccessToken, pk=token_id, connection=connection)
        if token.revoked is not None:
            messages.info(request, _("The token %(token)s was revoked already.") % {"token": token})
            return HttpResponseRedirect(self.connection_url(connection))
        if request.method != "POST":
            usable = getattr(connection, "usable_token_count", None)
            context = {
                "title": _("Revoke token?"),
                "token": token,
                "is_last": usable == 1 and not is_expired(token),
                "media": self.media,
            }
            return self.token_page(request, connection, "revoke_token.html", context)

        with transaction.atomic(using=router.db_for_write(AccessToken)):
            token.revoke()
            self.log_change(request, connection, [{"changed": {**named(token), "fields": ["revoked"]}}])
        messages.success(request, _("The token %(token)s is revoked.") % {"token": token})
        return HttpResponseRedirect(self.connection_url(connection))

    def token_page(
        self, request: HttpRequest, connection: Connection, template: str, context: dict[str, Any]
    ) -> TemplateResponse:
        """Render a page below that of a connection."""
        request.current_app = self.admin_site.name
        return TemplateResponse(
            request,
            f"admin/django_scim/connection/{template}",
            {
                **self.admin_site.each_context(request),
                "subtitle": str(connection),
                "opts": self.opts,
                "original": connection,
                "connection_url": self.connection_url(connection),
                "has_view_permission": True,
                **context,
            },
        )


def named(token: AccessToken) -> dict[str, str]:
    """Name a token in the way of the admin's log, which translates when it is read."""
    with override(None):
        return {"name": str(token._meta.verbose_name), "object": str(token)}
