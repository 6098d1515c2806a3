"""A host that adds an extension of its own to users, with what the standard schemas lack."""

from __future__ import annotations

from typing import Annotated

from scim2_models import URN, Extension, Mutability, Required

from django_scim.adapters.users import UserAdapter
from django_scim.schema.types import EnterpriseUserExtension, User

BADGE = "urn:example:params:scim:schemas:extension:badge:2.0:User"
"""The URN of the extension."""


class Badge(Extension):
    """The badge that opens the doors of a building."""

    __schema__ = URN(BADGE)

    number: Annotated[str | None, Mutability.immutable] = None
    """What is printed on the badge: a lost one gets a new resource."""

    colour: str | None = None
    """Which doors it opens."""

    floors: list[int] | None = None
    """The floors that it opens: several values that are not complex."""

    photographed: Annotated[bool | None, Required.false] = None
    """Whether it has a picture."""


class BadgeUserAdapter(UserAdapter):
    """Users with badges."""

    resource = User[EnterpriseUserExtension | Badge]
