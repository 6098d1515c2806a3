"""An extension as a scim2-models class."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from scim2_models import URN, Extension, Reference, Required

from tests.hosts.badges.settings import BADGE


class Badge(Extension):
    """What opens doors."""

    __schema__ = URN(BADGE)

    number: Annotated[int | None, Required.true] = None
    """The number on it."""

    valid_until: datetime | None = None
    """When it stops opening doors."""

    sponsor: Reference["User"] | None = None  # type: ignore[type-arg]  # noqa: F821, UP037 - a resource type
    """Who vouches for it."""
