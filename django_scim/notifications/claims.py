"""Who tells what: one process of all that find the same, also at the same moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar

from django.db import router
from django.db.models import Q, QuerySet
from django.utils import timezone

from django_scim.models import SentNotification
from django_scim.notifications.notification import Notification

Item = TypeVar("Item")

ABANDONED = timedelta(minutes=10)
"""After which time somebody else may tell: whoever has claimed it must have died."""

KEPT = timedelta(days=60)
"""How long it is remembered what was told, after it has ended."""

BATCH = 500
"""How many keys are looked up at once."""


def claim(notification: Notification) -> bool:
    """Claim to be the one who tells.

    Call it outside of a transaction: the claim has to be seen by others before people are told.

    :returns: False if somebody else has told, or is at it.
    """
    now = timezone.now()
    _, is_new = rows().get_or_create(
        key=notification.key, defaults={"connection": notification.connection, "claimed": now}
    )
    if is_new:
        return True
    abandoned = rows().filter(key=notification.key, told=None, claimed__lt=now - ABANDONED)
    # Of two at the same time, the second finds that the claim is new.
    return bool(abandoned.update(claimed=now))


def confirm(notification: Notification) -> None:
    """Say that people were told."""
    rows().filter(key=notification.key).update(told=timezone.now())


def release(notification: Notification) -> None:
    """Give a claim back, since people could not be told."""
    rows().filter(key=notification.key, told=None).delete()


def untold(notifications: Sequence[Notification]) -> list[Notification]:
    """Return the notifications that nobody has told, and nobody is about to."""
    settled: set[str] = set()
    is_settled = Q(told__isnull=False) | Q(claimed__gte=timezone.now() - ABANDONED)
    for some in batches(notifications):
        keys = [notification.key for notification in some]
        settled.update(rows().filter(is_settled, key__in=keys).values_list("key", flat=True))
    return [notification for notification in notifications if notification.key not in settled]


def forget(current: Collection[str]) -> None:
    """Forget what was told long ago, and has ended.

    :param current: The keys of what has not.
    """
    old = rows().filter(claimed__lt=timezone.now() - KEPT).values_list("pk", "key")
    ended = [pk for pk, key in old.order_by("pk") if key not in current]
    for some in batches(ended):
        rows().filter(pk__in=some).delete()


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield a sequence in parts: a statement takes only so many parameters."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def rows() -> QuerySet[SentNotification]:
    """Return the claims, from where they are written: a replica may not have them yet."""
    return SentNotification.objects.using(router.db_for_write(SentNotification))
