"""Middleware of a project that does not expect SCIM."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def ask_for_a_login(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Send everybody to the login, as Django's ``LoginRequiredMiddleware`` does."""

    def redirect(request: HttpRequest) -> HttpResponse:
        return HttpResponseRedirect("/login")

    return redirect


def say_welcome(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Show everybody the same page."""

    def welcome(request: HttpRequest) -> HttpResponse:
        return HttpResponse("<h1>Welcome</h1>")

    return welcome
