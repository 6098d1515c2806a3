"""Functions that a host names in ``DEPROVISIONING``."""

from __future__ import annotations

import threading
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from django_scim.models import Connection

entered = threading.Event()
"""Set when :func:`linger` is called."""

go_on = threading.Event()
"""Lets :func:`linger` return."""

NOT_CALLABLE = "no function"


def end_memberships(instance: Any, connection: Connection) -> None:
    """Take the account from its groups, and keep a note of who asked for it."""
    instance.groups.clear()
    Group.objects.create(name=f"Left, says {connection.name}: {instance.username}")


def fail(instance: Any, connection: Connection) -> None:
    """Meet an error."""
    raise RuntimeError("the card reader does not answer")


def require_transaction(instance: Any, connection: Connection) -> None:
    """Fail outside of a transaction."""
    assert transaction.get_connection().in_atomic_block


def linger(instance: Any, connection: Connection) -> None:
    """Keep the transaction of the write open for a while."""
    entered.set()
    go_on.wait(timeout=10)
