"""A mail backend of a project, with an option."""

from __future__ import annotations

from typing import Any

from django.core.mail.backends.base import BaseEmailBackend

sent: list[tuple[str, Any]] = []
"""What was sent, each with the option of its mailer."""


class Told(BaseEmailBackend):
    """Notes what it sends."""

    def __init__(self, *, told: str, **options: Any) -> None:
        super().__init__(**options)
        self.told = told

    def send_messages(self, messages: Any) -> int:
        """Note the messages."""
        sent.extend((self.told, message) for message in messages)
        return len(messages)
