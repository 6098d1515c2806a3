"""The page that tests a connection: what its identity provider would do, replayed and rolled back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError
from django.forms import ChoiceField, Form
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_scim.admin.connections.further import REVISE, PagesOfConnection
from django_scim.models import Connection
from django_scim.preflight.flows import FLOWS, PROVIDERS
from django_scim.setup_guides import likely_provider


def provider_choices() -> list[tuple[str, str]]:
    """Return the providers whose flows there are, with the names that people call them."""
    return [("", "---------"), *((name, FLOWS[flows[0]]["provider"]) for name, flows in PROVIDERS.items())]


class TrialForm(Form):
    """Which identity provider is replayed."""

    provider = ChoiceField(label=gettext_lazy("Identity provider"), choices=provider_choices)


class TryingPages(PagesOfConnection):
    """An admin of connections with a page that tests one."""

    @property
    def routes(self) -> dict[str, Callable[..., HttpResponse]]:
        return {**super().routes, "test/": self.test}

    def test(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Ask on GET which identity provider to replay; replay it on POST, and show the report."""
        connection = self.connection_for(request, connection_id, REVISE)
        data = request.POST if request.method == "POST" else None
        form = TrialForm(data, initial={"provider": provider_of(connection)})
        context: dict[str, Any] = {"title": _("Test this connection"), "form": form}
        if form.is_valid():
            # It brings Django's test client, which a server needs for nothing else.
            from django_scim.preflight.running import preflight

            try:
                context["report"] = preflight(form.cleaned_data["provider"], connection, is_alone=False)
            except (ImproperlyConfigured, DatabaseError, InterfaceError) as error:
                messages.error(request, str(error).strip())
        return self.connection_page(request, connection, "test.html", context)


def provider_of(connection: Connection) -> str:
    """Return the provider that a connection seems to be of, by its dialect or else its name, or ""."""
    if connection.dialect in PROVIDERS:
        return connection.dialect
    likely = likely_provider(connection)
    name = "" if likely is None else likely.slug.partition("-")[0]
    return name if name in PROVIDERS else ""
