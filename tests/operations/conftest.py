"""What the tests of writing share."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.signals import post_save


@pytest.fixture
def badges(settings):
    """A host whose users have the extension of :mod:`tests.operations.badges`."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.operations.badges.BadgeUserAdapter"}}}


@pytest.fixture
def saved_fields():
    """The fields that each later save of a user names to the host's own signals; none for all of them."""
    saves: list[set[str] | None] = []

    def note(update_fields: Any, **kwargs: Any) -> None:
        saves.append(None if update_fields is None else set(update_fields))

    post_save.connect(note, sender=User)
    yield saves
    post_save.disconnect(note, sender=User)
