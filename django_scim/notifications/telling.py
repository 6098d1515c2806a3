"""Tells the project and people of something, once."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any

from django_scim.conf import get_settings
from django_scim.imports import import_path
from django_scim.models import Connection
from django_scim.notifications.claims import claim, confirm, release
from django_scim.notifications.finding import pause_of
from django_scim.notifications.notification import Kind, Notification
from django_scim.signals import (
    connection_paused,
    connection_refused,
    connection_silent,
    digest_due,
    token_expiring,
)

logger = logging.getLogger("django_scim.request")

SIGNALS = {
    Kind.EXPIRING: token_expiring,
    Kind.REFUSED: connection_refused,
    Kind.SILENT: connection_silent,
    Kind.DIGEST: digest_due,
}
"""What the project is told by. A pause has told it already."""


class NotTold(Exception):
    """A function that ``NOTIFICATIONS`` names has failed. It was logged."""


def tell(notification: Notification) -> bool:
    """Send the signal of a notification, and call the functions that ``NOTIFICATIONS`` names.

    :returns: False if another process has told, or is at it.
    :raises NotTold: If a function has failed. The others were called; all of them are again the next time.
    """
    if not claim(notification):
        return False
    if signal := SIGNALS.get(notification.kind):
        about = {} if notification.connection is None else {"connection": notification.connection}
        signal.send_robust(sender=Connection, **about, **notification.facts)
    failed = [path for path in get_settings().NOTIFICATIONS if not is_told_by(path, notification)]
    if failed:
        release(notification)
        raise NotTold(f"{', '.join(failed)} failed")
    confirm(notification)
    return True


def is_told_by(path: str, notification: Notification) -> bool:
    """Call a function, and return whether it has succeeded. A failure is logged."""
    try:
        import_path(path)(notification)
    except Exception:
        logger.exception("%s could not tell of %s", path, notification.key)
        return False
    return True


def tell_of_pause(sender: Any, connection: Connection, **kwargs: Any) -> None:
    """Tell people of a pause: a receiver of ``connection_paused``.

    Whoever cannot be told now is told by the next ``scim_notify``.
    """
    if connection.paused_at is None:  # Somebody has resumed it meanwhile.
        return
    with suppress(NotTold):  # It was logged.
        tell(pause_of(connection))


def connect() -> None:
    """Connect the receivers."""
    connection_paused.connect(tell_of_pause, dispatch_uid="django_scim.notifications")
