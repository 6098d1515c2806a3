"""Taking from an account what it could still do, once it is no longer active.

An account that may not sign in may still have sessions and tokens. Many of them stop working when
``is_active`` is false, but come back to life when it is true again. So they are ended, for good, by the
functions that ``DEPROVISIONING`` names.

They run inside the transaction of the write, at its end: when the client reads its 2xx, all of them have
succeeded. If one raises an exception, the write is rolled back as a whole, the client reads an error and
tries again. They also run for a write that leaves an account inactive which was so before, so that a
client can ask again for what went wrong, and for an account that the host had locked without them.
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
    """End all that an account can still do, by what ``DEPROVISIONING`` names, in its order.

    :param instance: The row of the account.
    :param connection: The identity provider that asked for it. If somebody of the project did, it is the one
        that has the account, or None if no connection has it.
    """
    for path in get_settings().DEPROVISIONING:
        import_string(path)(instance, connection)
