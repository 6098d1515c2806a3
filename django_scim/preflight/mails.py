"""Mail that a preflight keeps back, in a process that may send other mail meanwhile."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.test import override_settings
from django.utils.module_loading import import_string

MAILER = f"{__name__}.mailer"

SMTP = "django.core.mail.backends.smtp.EmailBackend"
"""What Django sends mail by where the settings name nothing."""

kept_here: ContextVar[list[Any] | None] = ContextVar("kept_here", default=None)
"""The mail that is kept back of this thread, or None outside of a preflight."""

kept_everywhere: list[list[Any]] = []
"""The mail that is kept back of all threads: one list at most."""

backends: dict[str | None, str] = {}
"""The backends of the settings, by their alias, and by None where the settings have but one."""


class KeptMail(BaseEmailBackend):
    """Puts mail in a list.

    :param kept: The list.
    """

    def __init__(self, kept: list[Any]) -> None:
        super().__init__()
        self.kept = kept

    def send_messages(self, messages: Sequence[Any]) -> int:
        """Keep the messages, and return how many they are. A header that could not be sent is an error."""
        for message in messages:
            message.message()
        self.kept.extend(messages)
        return len(messages)


def mailer(*arguments: Any, **options: Any) -> Any:
    """Return what keeps mail for a preflight, and for everybody else the backend of the settings."""
    kept = kept_here.get()
    if kept is None and kept_everywhere:
        kept = kept_everywhere[0]
    if kept is not None:
        return KeptMail(kept)
    return import_string(backends[options.get("alias")])(*arguments, **options)


@contextmanager
def mail_kept(*, is_alone: bool = True) -> Iterator[list[Any]]:
    """Keep the mail that the block sends in a list, instead of sending it. Two blocks at once are an error.

    :param is_alone: Whether the process does nothing else meanwhile. Then the mail of threads that the block
        starts is kept too.
    """
    kept: list[Any] = []
    mailers = getattr(settings, "MAILERS", None)
    changed: dict[str, Any]
    if mailers is None:
        backends[None] = without_warnings(lambda: settings.EMAIL_BACKEND)
        changed = {"EMAIL_BACKEND": MAILER}
    else:
        backends.update({alias: options.get("BACKEND", SMTP) for alias, options in mailers.items()})
        changed = {"MAILERS": {alias: {**options, "BACKEND": MAILER} for alias, options in mailers.items()}}
    override = override_settings(**changed)
    here = kept_here.set(kept)
    if is_alone:
        kept_everywhere.append(kept)
    without_warnings(override.enable)
    try:
        yield kept
    finally:
        without_warnings(override.disable)
        kept_everywhere.clear()
        kept_here.reset(here)


def without_warnings(function: Callable[[], Any]) -> Any:
    """Return what a function makes of a setting: which of two names that has is the project's choice."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function()
