"""A host that adds an extension to users, with every type of attribute of RFC 7643 section 2.3."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Base64Bytes
from scim2_models import URN, CaseExact, ComplexAttribute, Extension, Returned

from django_scim.adapters.users import UserAdapter
from django_scim.schema.types import EnterpriseUserExtension, User

BADGE = "urn:example:params:scim:schemas:extension:badge:2.0:User"
"""The URN of the extension."""


BADGE_VALUES = {
    "level": 3,
    "weight": 2.5,
    "issued": "2011-05-13T04:42:34Z",
    "armed": False,
    "chip": "AAEC",
    "tags": ["a", "b"],
    "grades": [1, 2],
    "doors": [{"number": 1, "opened": "2011-05-13T04:42:34Z", "locked": True, "primary": True}],
    "pin": "1234",
}
"""A value of each type."""


class Door(ComplexAttribute):
    """A door that a badge opens."""

    number: int | None = None
    """An integer."""

    opened: datetime | None = None
    """A dateTime."""

    locked: bool | None = None
    """A boolean."""

    label: Annotated[str | None, CaseExact.true] = None
    """A case-exact string."""

    primary: bool | None = None
    """Marks the one to sort by."""

    secret: Annotated[str | None, Returned.never] = None
    """A string that no answer has."""

    remark: Annotated[str | None, Returned.request] = None
    """A string that an answer has when it is asked for."""


class Badge(Extension):
    """What a user shows at the door."""

    __schema__ = URN(BADGE)

    level: int | None = None
    """An integer."""

    weight: float | None = None
    """A decimal."""

    issued: datetime | None = None
    """A dateTime."""

    armed: bool | None = None
    """A boolean."""

    chip: Base64Bytes | None = None
    """A binary."""

    code: Annotated[str | None, CaseExact.true] = None
    """A case-exact string."""

    tags: list[str] | None = None
    """Several simple values."""

    grades: list[int] | None = None
    """Several numbers."""

    doors: list[Door] | None = None
    """Several complex values without a ``value``."""

    pin: Annotated[str | None, Returned.never] = None
    """A string that no answer has."""

    photo: Annotated[str | None, Returned.request] = None
    """A string that an answer has when it is asked for."""

    serial: Annotated[str | None, Returned.always] = None
    """A string that every answer has."""


class BadgedUserAdapter(UserAdapter):
    """Serves users with badges; what no column holds is kept in the record."""

    resource = User[EnterpriseUserExtension | Badge]
