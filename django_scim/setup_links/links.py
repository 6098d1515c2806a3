"""Makes the links, and the one token that a link may show."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import router, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import override

from django_scim.models import AccessToken, Connection, SetupLink
from django_scim.setup_guides import PROVIDERS, Provider
from django_scim.sql.transactions import run
from django_scim.sql.values import column_of

Result = TypeVar("Result")

logger = logging.getLogger("django_scim.request")

DAYS = 7
"""How many days a link is valid, unless somebody chooses."""

MOST_DAYS = 90
"""The most days that a link may be valid."""

MOST_TOKEN_DAYS = 3650
"""The most days that its token may be valid, where it has an end at all."""

KEPT = timedelta(days=90)
"""How long a link is kept after its end, so that the page of the connection says who had one."""


def share(
    connection: Connection, provider: Provider, *, days: int = DAYS, user: Any = None, **more: Any
) -> tuple[SetupLink, str]:
    """Make a link to the set-up of a connection.

    :param days: How many days it is valid.
    :param user: Who makes it, or None for the command line.
    :param more: Further field values of :class:`~django_scim.models.SetupLink`.
    :returns: The stored link, and its secret, which cannot be read again.
    """
    made_by = {} if user is None else {"created_by": user_name(user), "created_by_key": str(user.pk)}
    expires = timezone.now() + timedelta(days=days)
    return SetupLink.objects.issue(connection, provider=provider.slug, expires=expires, **made_by, **more)


def user_name(user: Any) -> str:
    """Return the name of an account, as long as a link keeps it."""
    return str(user.get_username())[: column_of(SetupLink, "created_by").max_length]


def provider_of(link: SetupLink) -> Provider:
    """Return the identity provider of a link: another one, if this version of the app does not know it."""
    return PROVIDERS.get(link.provider, PROVIDERS["other"])


def take_token(link: SetupLink, show: Callable[[str | None], Result]) -> Result:
    """Make the token that a link may show, and show it; of requests at the same moment, one gets it.

    :param show: It is called with the token, or with None if the link may show none or has shown it already.
        It is part of the transaction: if it fails, the token is still to be shown.
    :returns: What ``show`` returns.
    """
    database = router.db_for_write(SetupLink)
    return run(database, lambda: show(_take_token(link, database)))


def _take_token(link: SetupLink, database: str) -> str | None:
    now = timezone.now()
    rows = SetupLink.objects.using(database).filter(pk=link.pk)
    # The database looks at the row again once whoever came first has committed. It would not do so with a
    # condition on the connection, which takes a subquery.
    unused = rows.filter(may_show_token=True, token_shown=None, revoked=None, expires__gt=now)
    if not unused.update(token_shown=now):
        return None
    expires = None if link.token_days is None else now + timedelta(days=link.token_days)
    stored, token = AccessToken.objects.issue(
        link.connection, description=link.description or str(link), expires=expires
    )
    rows.update(token=stored)
    log_token(link, stored)
    return token


def log_token(link: SetupLink, token: AccessToken) -> None:
    """Say in the admin's log that the link of somebody of the staff has made a token."""
    text = "The set-up link %s of %s has shown the token %s."
    transaction.on_commit(
        partial(logger.info, text, link, link.connection, token), using=router.db_for_write(SetupLink)
    )
    creator = creator_of(link)
    if creator is None or not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import CHANGE, LogEntry

    with override(None):
        # It is translated when it is read.
        added = {"name": str(token._meta.verbose_name), "object": f"{token} ({link})"}
    LogEntry.objects.log_actions(
        user_id=creator.pk,
        queryset=[link.connection],
        action_flag=CHANGE,
        change_message=[{"added": added}],
        single_object=True,
    )


def creator_of(link: SetupLink) -> Any:
    """Return the account that has made a link; None if that is gone, or if the command line made the link."""
    if not link.created_by_key or not apps.is_installed("django.contrib.auth"):
        return None
    try:
        return get_user_model()._default_manager.filter(pk=link.created_by_key).first()
    except (ValueError, ValidationError):
        return None  # The project has another user model since.


def links_before(time: datetime) -> QuerySet[SetupLink]:
    """Return the links that have expired before a time, the oldest first."""
    links = SetupLink.objects.using(router.db_for_write(SetupLink))
    return links.filter(expires__lt=time).order_by("expires", "pk")
