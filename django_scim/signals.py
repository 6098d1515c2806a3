"""What the host can listen to: the writes of identity providers, told once they are committed.

The sender is the model of the resource type, such as ``AUTH_USER_MODEL``. Each receiver gets
``resource_type`` (the name of the resource type, such as ``"User"``), ``connection`` (the
:class:`~django_scim.models.Connection` that the write came from) and ``request_id`` (the one that the
history has), and the arguments that are listed at each signal.

What somebody of the project does to a resource in the admin (restore, unlink, deactivate) is told like the
writes of identity providers, with None for ``connection``.

A write that is rolled back sends nothing, and neither does one that changes nothing. A receiver that
raises an exception is logged, and holds back neither the other receivers nor the answer to the client.
"""

from django.dispatch import Signal

__all__ = [
    "connection_paused",
    "connection_refused",
    "connection_silent",
    "digest_due",
    "members_added",
    "members_removed",
    "references_filled",
    "resource_activated",
    "resource_created",
    "resource_deactivated",
    "resource_deleted",
    "resource_rehired",
    "resource_updated",
    "token_expiring",
]

resource_created = Signal()
"""A resource was made by POST, of a new row or of the row that a deleted resource left.

:param instance: The row of the host.
:param changes: The attributes that were set, as :data:`resource_updated` has them.
"""

resource_updated = Signal()
"""Attributes of a resource were changed by PUT or PATCH.

Members are not among them: see :data:`members_added` and :data:`members_removed`.

:param instance: The row of the host.
:param changes: The changed attributes by their path, as the history has them:
    ``{"title": {"before": "Guide", "after": "Senior Guide"}}``. A side without a value is left out, and
    a secret is redacted.
"""

resource_rehired = Signal()
"""A resource was made by POST that was there before: the same person, hired again, has the row back.

It is sent after :data:`resource_created`, for what the project does for a new account and has undone since.
Memberships that the project gave while the row was made, by ``post_save`` say, are there again by then.

:param instance: The row of the host.
:param former_id: The ``id`` that it had until it was deleted, and which names nothing any more.
:param changes: The attributes that were set, as :data:`resource_updated` has them.
"""

resource_activated = Signal()
"""A resource that was not active is active again, by PUT or PATCH or since it was made again after it
was deleted. A new row that is active from the start is only created.

:param instance: The row of the host.
:param changes: As the signal of the same write has them that tells of the change.
"""

resource_deactivated = Signal()
"""A resource that was active no longer is, by PUT or PATCH or since it was deleted.

Everything that ``DEPROVISIONING`` names has been done by then.

:param instance: The row of the host.
:param changes: As the signal of the same write has them that tells of the change.
"""

resource_deleted = Signal()
"""A resource was deleted: for SCIM it is gone. Its row is deactivated, or gone too, as ``delete`` says.

What was a member of it, or what it was a member of, is not told: :data:`members_removed` is not sent.

:param instance: The row of the host; if it is gone, what it was, with its primary key.
:param changes: What deactivating the row has changed, as :data:`resource_updated` has it.
"""

members_added = Signal()
"""Members were added to a resource, such as a group, by POST, PUT or PATCH.

One write sends it as often as it takes: each time with 500 keys at most.

:param instance: The row of the host that the members belong to.
:param attribute: The path of the attribute, such as ``"members"``.
:param keys: The primary keys of the rows that were added.
"""

members_removed = Signal()
"""Members were removed from a resource by PUT or PATCH; the arguments are those of
:data:`members_added`."""

references_filled = Signal()
"""A resource has come, or is known by a name now, for which others had waited, and fills their foreign keys:
a manager, say. The sender is the model of those who waited, and ``resource_type`` is theirs.

It is the only signal of their change: the database changes them all at once. One write sends it as often as
it takes: each time with 500 keys at most.

:param instance: The row that has come.
:param attribute: The path of the attribute of those who waited, such as the manager.
:param keys: The primary keys of the rows of those who waited.
"""

connection_paused = Signal()
"""A connection was paused: by hand, or since it was about to do more than it may within an hour that hurts.

The sender is the model :class:`~django_scim.models.Connection`. It is sent when the pause is committed, and
once, however many requests meet it. Nothing more is written by the connection until somebody resumes it.

:param connection: The connection; this signal has neither ``resource_type`` nor ``request_id``.
:param reason: Why, in words.
"""

token_expiring = Signal()
"""A token that can be used expires soon. This signal and the next ones are sent by ``manage.py scim_notify``.

Each is sent once, and not again until what it tells of has ended. Their sender is the model
:class:`~django_scim.models.Connection`.

:param connection: The connection of the token.
:param token: The :class:`~django_scim.models.AccessToken`.
:param is_last: Whether no token of the connection is good for longer.
"""

connection_refused = Signal()
"""A row of writes of a connection was refused, and none has succeeded in between.

What a pause refuses does not count, and neither does what a limit of the rate refuses.

:param connection: The connection.
:param number: How many there are, at least.
:param since: When the first one of them was refused.
:param reasons: The most frequent reasons: tuples of status, ``scimType`` or "", and number.
"""

connection_silent = Signal()
"""Nothing has come from a connection for some days, though something had come before.

:param connection: The connection.
:param since: When something came last.
"""

digest_due = Signal()
"""A week is over, and those who are told of some connections can be told how they did.

:param connections: The :class:`~django_scim.notifications.WeekOfConnection` of each connection.
:param since: When the week began.
:param until: When it ended.
"""
