"""Why an adapter cannot be used, with what to do about it."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured


class Unusable(ImproperlyConfigured):
    """An option of an adapter that cannot be, with a hint for the system check.

    :param reason: What is wrong, after the name of the adapter.
    :param hint: What to do, or None.
    """

    def __init__(self, reason: str, hint: str | None) -> None:
        super().__init__(reason)
        self.hint = hint
