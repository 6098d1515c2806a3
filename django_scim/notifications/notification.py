"""One thing that people are told, with its texts, which a project may override as templates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.http import urlencode

from django_scim.api.addresses import site
from django_scim.models import Connection, Outcome
from django_scim.operations.breaker import reason_in_words

TEMPLATES = "django_scim/notifications"
"""The folder of the templates: ``<kind>.txt`` is the text, ``<kind>_subject.txt`` the subject."""


class Kind(StrEnum):
    """What people are told of."""

    PAUSED = "paused"
    """A connection was paused."""

    EXPIRING = "expiring"
    """A token is about to expire."""

    REFUSED = "refused"
    """A row of writes was refused."""

    SILENT = "silent"
    """Nothing has come from a connection for days."""

    DIGEST = "digest"
    """How the connections did in a week."""


@dataclass(frozen=True)
class WeekOfConnection:
    """How a connection did in a week. What a rehearsal has tried does not count."""

    connection: Connection
    succeeded: int = 0
    """The writes that succeeded."""

    refused: int = 0
    """The writes that were refused."""

    created: int = 0
    """The resources that were made, or made again."""

    deactivated: int = 0
    """The resources that were deactivated."""

    deleted: int = 0
    """The resources that were deleted."""

    heard: datetime | None = None
    """When something came last, in this week or before; None for never."""

    expires: datetime | None = None
    """When the next token expires; None if none of those that can be used does."""


@dataclass(frozen=True)
class Notification:
    """One thing that people are told, in plain text and without secrets.

    What :attr:`subject` and :attr:`text` say comes from the templates ``<kind>_subject.txt`` and
    ``<kind>.txt`` in ``django_scim/notifications``, in the language and the time zone of the settings. They
    have the :attr:`facts`, and ``connection``, ``recipients``, ``url`` and ``history_url``.
    """

    kind: Kind
    key: str
    """What it is told once by: see :class:`~django_scim.models.SentNotification`."""

    connection: Connection | None
    """None for a digest, which is of several."""

    recipients: tuple[str, ...] = ()
    """The addresses of those who are to be told; empty for ``ADMINS``."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    """What the signal of the same event tells, but for the connection."""

    @property
    def subject(self) -> str:
        """The subject, in one line."""
        return " ".join(self._rendered(f"{self.kind}_subject.txt").split())

    @property
    def text(self) -> str:
        """The text, with a link to the page of the admin where there is one."""
        return f"{self._rendered(f'{self.kind}.txt').strip()}\n"

    @property
    def url(self) -> str:
        """The page of the connection in the admin, or the list of connections; "" if there is no admin.

        Where no setting names the host, it is the path alone.
        """
        if self.connection is None:
            return page("admin:django_scim_connection_changelist")
        return page("admin:django_scim_connection_change", self.connection.pk)

    @property
    def history_url(self) -> str:
        """The refusals of the connection in the history of the admin, or of all; "" if there is no admin."""
        query = {} if self.connection is None else {"connection__id__exact": str(self.connection.pk)}
        found = page("admin:django_scim_provisioningevent_changelist")
        return found and f"{found}?{urlencode({**query, 'outcome__exact': Outcome.REFUSED.value})}"

    def _rendered(self, template: str) -> str:
        with as_the_settings_say():
            context = {"connection": self.connection, "url": self.url, "history_url": self.history_url}
            facts = dict(self.facts)
            if "reason" in facts:
                facts["reason"] = reason_in_words(facts["reason"])
            return render_to_string(
                f"{TEMPLATES}/{template}", {**context, "recipients": self.recipients, **facts}
            )


@contextmanager
def as_the_settings_say() -> Iterator[None]:
    """Use the language and the time zone of the project, and not those of the request that is answered."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(None):
        yield


def page(name: str, *arguments: Any) -> str:
    """Return the address of a page of the admin, or "" if the project does not serve it."""
    try:
        return f"{site() or ''}{reverse(name, args=arguments)}"
    except NoReverseMatch:
        return ""


def stamp(time: datetime | None) -> str:
    """Return a time as keys have it."""
    return "never" if time is None else time.isoformat()
