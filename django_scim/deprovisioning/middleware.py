"""Keeping track of sessions beyond their login."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from django_scim.deprovisioning.sessions import is_recorded, record_login, should_record

__all__ = ["LoginSessionMiddleware"]


class LoginSessionMiddleware(MiddlewareMixin):
    """Records sessions whose key has changed, and those that are older than the app in the project.

    Its place is after ``AuthenticationMiddleware``. It makes no query, unless there is a session to
    record, and does not load a session that nothing else has looked into.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Record the session of the request before it is saved."""
        session = getattr(request, "session", None)
        if session is None or not session.accessed or not should_record(session):
            return response
        if not is_recorded(session) and request.user.is_authenticated:
            record_login(request, request.user)
        return response
