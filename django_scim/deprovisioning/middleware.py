"""Keeps track of sessions whose key changes after the login."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from django_scim.deprovisioning.sessions import is_recorded, record_login, should_record

__all__ = ["LoginSessionMiddleware"]


class LoginSessionMiddleware(MiddlewareMixin):
    """Stores a ``LoginSession`` for a session with a new key, and for one that is older than the app.

    Put it after ``AuthenticationMiddleware``. It makes no query unless it has a session to store, and does
    not load a session that nothing else has loaded.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Store the session of the request, before Django saves it."""
        session = getattr(request, "session", None)
        if session is None or not session.accessed or not should_record(session):
            return response
        if not is_recorded(session) and request.user.is_authenticated:
            record_login(request, request.user)
        return response
