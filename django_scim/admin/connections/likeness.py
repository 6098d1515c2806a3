"""Which dialect the requests of a connection look like: found when its page is shown, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest

from django_scim.admin.connections.health import VIEW_EVENTS, VIEW_TOKENS
from django_scim.dialects.likeness import Body, Likeness, likeness
from django_scim.models import Connection, Operation
from django_scim.resources.registry import registry

LOOKED_AT = 50
"""How many of the newest events are looked at."""

WRITES = {Operation.CREATE: False, Operation.REPLACE: False, Operation.MODIFY: True}
"""The operations whose bodies say something, and whether they are a PATCH."""


def likeness_of(connection: Connection, request: HttpRequest) -> Likeness:
    """Return what the requests of a connection look like, as far as the user may see it."""
    may = request.user.has_perm
    tokens = connection.tokens.filter(last_used__isnull=False).order_by("-last_used")
    user_agent = tokens.values_list("user_agent", flat=True).first() if may(VIEW_TOKENS) else None
    return likeness(bodies(connection) if may(VIEW_EVENTS) else (), user_agent or "")


def bodies(connection: Connection) -> Iterator[Body]:
    """Yield the bodies of the newest writes that the history has."""
    newest = connection.events.order_by("-time", "-pk").values_list("resource_type", "operation", "request")
    for name, operation, body in newest[:LOOKED_AT]:
        resource_type = registry().get(name)
        if resource_type is not None and operation in WRITES and body is not None:
            yield resource_type.resource, WRITES[Operation(operation)], body
