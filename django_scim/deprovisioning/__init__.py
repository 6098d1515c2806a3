"""Ends the sessions and tokens of an account that is no longer active.

An account that may not sign in may still have sessions and tokens. Many of them stop working when
``is_active`` is false, but work again when it becomes true. So the functions that ``DEPROVISIONING`` names
end them for good.

The functions run at the end of the write's transaction. When the client gets a 2xx, all of them have
succeeded. If one raises an exception, the whole write is rolled back, and the client gets an error and tries
again. They also run for a write to an account that was already inactive. So a client can repeat what failed,
and an account that the host itself had locked is deprovisioned too.
"""

from __future__ import annotations

from typing import Any

from django.utils.module_loading import import_string

from django_scim.conf import get_settings
from django_scim.deprovisioning.sessions import end_sessions
from django_scim.deprovisioning.tokens import revoke_oauth2_provider_tokens, revoke_rest_framework_tokens
from django_scim.models import Connection

__all__ = ["end_sessions", "revoke_oauth2_provider_tokens", "revoke_rest_framework_tokens"]


def deprovision(instance: Any, connection: Connection | None) -> None:
    """Call the functions that ``DEPROVISIONING`` names, in their order.

    :param instance: The row of the account.
    :param connection: The connection of the request. For an action in the admin, it is a connection that can
        see the account, or None.
    """
    for path in get_settings().DEPROVISIONING:
        import_string(path)(instance, connection)
