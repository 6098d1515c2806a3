"""Keeping track of sessions beyond their login."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from django_scim.deprovisioning.sessions import is_noted, is_session_to_note, note

__all__ = ["LoginSessionMiddleware"]


class LoginSessionMiddleware(MiddlewareMixin):
    """Notes sessions whose key has changed, and those that are older than the app in the project.

    Its place is after ``AuthenticationMiddleware``. It asks the database nothing, unless there is a session
    to note, and does not load a session that nothing else has looked into.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Note the session that the request leaves behind, before it is saved."""
        session = getattr(request, "session", None)
        if session is None or not session.accessed or not is_session_to_note(session):
            return response
        if not is_noted(session) and request.user.is_authenticated:
            note(request, request.user)
        return response
