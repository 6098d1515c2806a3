"""The page of what is still refused, by connection and by reason, and the number of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from django_scim.admin.addresses import history_url, may_view_events, may_view_rows, row_url
from django_scim.admin.bases import FurtherPages
from django_scim.admin.history.change_list import attach_record_urls
from django_scim.history.advice import advice_for
from django_scim.history.problems import LOOKED_AT, WINDOW, OpenProblems, Problem, open_problems
from django_scim.models import Connection, Outcome
from django_scim.sql.values import INTEGER_RANGE
from django_scim.why.naming import names_in_events

CHOICE = "connection"
"""The parameter of the URL that chooses a connection."""

MOST_NAMED = 20
"""How many resources of a problem are named."""

MOST_SHOWN = 100
"""How many problems are shown."""


class Account(NamedTuple):
    """A resource that a problem is about: its name, its latest refusal, and its page if it has one."""

    name: str
    url: str
    record_url: str | None


class ShownProblem(NamedTuple):
    """A problem as the page shows it."""

    problem: Problem
    connection_url: str | None
    accounts: Sequence[Account]
    more: int
    history_url: str
    advice: Any


class ProblemPages(FurtherPages):
    """An admin of the history with a page of open problems."""

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(require_safe(self.problems))
        return [
            path("problems/", page, name="django_scim_provisioningevent_problems"),
            *super().get_urls(),
        ]

    def problems(self, request: HttpRequest) -> HttpResponse:
        """Show what is still refused, of all connections or of the one that the URL names.

        :raises PermissionDenied: If the user may not see the history.
        :raises Http404: If there is no such connection.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        connection = chosen(request)
        found = open_problems(connection)
        context = {
            "title": _("Open problems"),
            "original": _("Open problems"),
            "subtitle": None if connection is None else str(connection),
            "connection": connection,
            "found": found,
            "shown": shown_of(self.admin_site, request, found.problems[:MOST_SHOWN]),
            "more": max(0, len(found) - MOST_SHOWN),
            "days": WINDOW.days,
            "looked_at": LOOKED_AT,
            "all_url": problems_url(self.admin_site),
        }
        return self.further_page(request, "provisioningevent/problems.html", context)


def chosen(request: HttpRequest) -> Connection | None:
    """Return the connection that the URL names, or None if it names none.

    :raises Http404: If there is no such connection.
    """
    text = request.GET.get(CHOICE, "")
    if not text:
        return None
    is_key = text.isascii() and text.isdecimal() and len(text) < 20 and int(text) in INTEGER_RANGE
    connection = Connection.objects.filter(pk=int(text)).first() if is_key else None
    if connection is None:
        raise Http404
    return connection


def shown_of(site: AdminSite, request: HttpRequest, problems: Sequence[Problem]) -> list[ShownProblem]:
    """Return problems as the page shows them, in a constant number of queries."""
    named = [problem.events[:MOST_NAMED] for problem in problems]
    everyone = [event for events in named for event in events]
    attach_record_urls(everyone, site, request)
    names = names_in_events(everyone)
    follows = may_view_rows(site, request, Connection)
    return [
        ShownProblem(
            problem,
            row_url(site, problem.connection) if follows else None,
            [
                Account(names[event.pk], row_url(site, event), getattr(event, "record_url", None))
                for event in events
            ],
            len(problem.latest) - len(events),
            history_url(
                site, connection__id__exact=problem.connection.pk, outcome__exact=Outcome.REFUSED.value
            ),
            advice_for(problem.status, problem.scim_type, problem.reason),
        )
        for problem, events in zip(problems, named, strict=True)
    ]


def problems_url(site: AdminSite, connection: Connection | None = None) -> str:
    """Return the URL of the page, of all connections or of one."""
    page = reverse("admin:django_scim_provisioningevent_problems", current_app=site.name)
    return page if connection is None else f"{page}?{urlencode({CHOICE: connection.pk})}"


def problems_beside(
    site: AdminSite, request: HttpRequest, connection: Connection | None = None
) -> dict[str, OpenProblems | str]:
    """Return the open problems and the URL of their page for another page, if the user may see them."""
    if not may_view_events(site, request):
        return {}
    return {"problems": open_problems(connection), "problems_url": problems_url(site, connection)}
