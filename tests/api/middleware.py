"""What a host project has in its ``MIDDLEWARE``."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import HttpRequest


def reads_the_body(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Read the body before the view does, as a middleware that logs or signs requests would."""

    def middleware(request: HttpRequest) -> Any:
        assert isinstance(request.body, bytes)
        return get_response(request)

    return middleware


def in_a_transaction(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Answer each request in a transaction, as a middleware that selects a tenant's schema would."""

    def middleware(request: HttpRequest) -> Any:
        with transaction.atomic():
            return get_response(request)

    return middleware


def names_the_process(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Say in each answer which process it is from."""

    def middleware(request: HttpRequest) -> Any:
        response = get_response(request)
        response["X-Process"] = str(os.getpid())
        return response

    return middleware


def chooses_the_routes(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Choose the routes by the host, as django-hosts and django-tenants do."""

    def middleware(request: HttpRequest) -> Any:
        if request.get_host() == "scim.example.com":
            request.urlconf = "tests.api.urls_of_hosts"
        return get_response(request)

    return middleware
