"""The pages that pause a connection, resume it, and give back what it has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, router, transaction
from django.forms import CharField, DateTimeField, DateTimeInput, Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from django_scim.admin.connections.further import REVISE, PagesOfConnection
from django_scim.admin.connections.health import VIEW_EVENTS
from django_scim.admin.history.words import asked_for
from django_scim.models import Connection
from django_scim.operations.breaker import PERIOD, harmful_events, pause, reason_in_words, refused_since
from django_scim.operations.staff import Author
from django_scim.operations.undo.window import Report, Result, undo, window

MOST_SHOWN = 20
"""How many resources a page names."""

MOST_COUNTED = 1000
"""Up to how many are counted."""

MOST_UNDONE = 500
"""How many changes a page gives back: a request has little time. The command has no limit."""


class PauseForm(Form):
    """Why a connection is paused."""

    reason = CharField(label=gettext_lazy("Reason"), max_length=500, strip=True)


def moment_field(label: Any, *, required: bool) -> DateTimeField:
    """Return the field of a time, which browsers have a picker for."""
    picker = DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format="%Y-%m-%dT%H:%M:%S")
    return DateTimeField(label=label, widget=picker, required=required)


class UndoForm(Form):
    """The window of the changes that are given back."""

    since = moment_field(gettext_lazy("Since"), required=True)
    until = moment_field(gettext_lazy("Until"), required=False)


class StoppingPages(PagesOfConnection):
    """An admin of connections with pages to pause one, to resume it, and to undo what it did."""

    @property
    def routes(self) -> dict[str, Callable[..., HttpResponse]]:
        return {**super().routes, "pause/": self.pause, "resume/": self.resume, "undo/": self.undo}

    def pause(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Ask for a reason on GET, pause the connection on POST, and write that to the admin's log."""
        connection = self.connection_for(request, connection_id, REVISE)
        form = PauseForm(request.POST if request.method == "POST" else None)
        if request.method != "POST" or not form.is_valid():
            context = {"title": _("Pause the connection?"), "form": form}
            return self.connection_page(request, connection, "pause.html", context)
        reason = form.cleaned_data["reason"]
        if pause(connection, reason):
            self.log_change(request, connection, f"Paused. Reason: {reason}")
            messages.success(request, _("The connection is paused: its writes are refused."))
        else:
            messages.info(request, _("The connection is paused already."))
        return HttpResponseRedirect(self.connection_url(connection))

    def resume(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Say on GET what has happened, and ask; resume the connection on POST.

        The admin's log then says why it was paused.
        """
        connection = self.connection_for(request, connection_id, REVISE)
        if connection.paused_at is None:
            messages.info(request, _("The connection is not paused any more."))
        elif request.method != "POST":
            context = {
                "title": _("Resume the connection?"),
                "pause_reason": reason_in_words(connection.pause_reason),
                **self.facts_of_pause(request, connection),
            }
            return self.connection_page(request, connection, "resume.html", context)
        else:
            reason = connection.pause_reason
            with transaction.atomic(using=router.db_for_write(Connection)):
                connection.resume()
                self.log_change(request, connection, f"Resumed. It was paused because: {reason}")
            messages.success(request, _("The connection is resumed."))
        return HttpResponseRedirect(self.connection_url(connection))

    def facts_of_pause(self, request: HttpRequest, connection: Connection) -> dict[str, Any]:
        """Return who was locked before a pause, and who was next, if the user may see events."""
        if connection.paused_at is None or not request.user.has_perm(VIEW_EVENTS):
            return {}
        hurt = harmful_events(connection, connection.paused_at)
        refused = refused_since(connection, connection.paused_at)
        shown: list[Any] = list(refused[:MOST_SHOWN])
        for event in shown:
            event.asked = asked_for(event)
        return {
            "hurt": list(hurt[:MOST_SHOWN]),
            "hurt_count": hurt.order_by()[:MOST_COUNTED].count(),
            "refused": shown,
            "refused_count": refused.order_by()[:MOST_COUNTED].count(),
            "most_counted": MOST_COUNTED,
            "undo_url": self.connection_url(connection, "undo"),
        }

    def undo(self, request: HttpRequest, connection_id: int) -> HttpResponse:
        """Ask for a window, show what would be given back, and give it back once that is confirmed."""
        connection = self.connection_for(request, connection_id, REVISE)
        if not request.user.has_perm(VIEW_EVENTS):
            raise PermissionDenied
        before = connection.paused_at or timezone.now()
        form = UndoForm(
            request.POST if request.method == "POST" else None, initial={"since": before - PERIOD}
        )
        context: dict[str, Any] = {"title": _("Undo what it did"), "form": form, "most": MOST_UNDONE}
        if request.method == "POST" and form.is_valid():
            # A time has no fraction of a second there, and a change may have.
            until = form.cleaned_data["until"] or timezone.now()
            until = until.replace(microsecond=999_999)
            since, is_confirmed = form.cleaned_data["since"], "give_back" in request.POST
            if is_confirmed and (report := self.give_back(request, connection, since, until)):
                done = {"number": report.done + report.partly, "left": report.left}
                text = _("Changes given back: %(number)d. Left as they are: %(left)d.") % done
                messages.success(request, text)
                return HttpResponseRedirect(self.connection_url(connection))
            if not is_confirmed:
                context |= self.rehearsal(request, connection, since, until)
        return self.connection_page(request, connection, "undo.html", context)

    def rehearsal(
        self, request: HttpRequest, connection: Connection, since: datetime, until: datetime
    ) -> dict[str, Any]:
        """Return what would be given back, for the page; nothing if there is too much of it."""
        results: list[Result] = []
        report = self.give_back(request, connection, since, until, results)
        if report is None:
            return {}
        # What is left comes first: it takes somebody's hand. Neither hides the other.
        left = [result for result in results if result.left]
        shown = left[:MOST_SHOWN] + [result for result in results if not result.left][:MOST_SHOWN]
        more = len(results) - len(shown)
        fixed = UndoForm(initial={"since": since, "until": until}, auto_id=False)
        return {"report": report, "results": shown, "more": more, "window": fixed}

    def give_back(
        self,
        request: HttpRequest,
        connection: Connection,
        since: datetime,
        until: datetime,
        rehearsed: list[Result] | None = None,
    ) -> Report | None:
        """Undo a window, or rehearse it; None with a message if it has too much, or the database refuses.

        :param rehearsed: The results are added to it, and all is rolled back.
        """
        if window(connection, since, until).order_by()[: MOST_UNDONE + 1].count() > MOST_UNDONE:
            text = _("There are more than %(number)d changes. Use manage.py scim_undo, or a shorter time.")
            messages.error(request, text % {"number": MOST_UNDONE})
            return None
        author = Author(request.user.get_username(), str(uuid4()))
        is_rehearsal = rehearsed is not None
        results = [] if rehearsed is None else rehearsed
        try:
            report = undo(connection, since, until, author, tell=results.append, dry_run=is_rehearsal)
        except DatabaseError as error:
            messages.error(request, str(error))
            return None
        if not is_rehearsal:
            window_text = f"from {since.isoformat()} until {until.isoformat()}"
            number = report.done + report.partly
            self.log_change(request, connection, f"Undone {window_text}. Changes given back: {number}.")
        return report
