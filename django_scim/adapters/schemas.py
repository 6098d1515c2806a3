"""The SCIM schemas that the app serves: scim2-models' own, loosened where the RFC is looser.

The workarounds for scim2-models' schemas live here, and nowhere else.
"""

from __future__ import annotations

from typing import Annotated

import scim2_models
from pydantic import Field
from scim2_models import URN, AnyExtension, CaseExact, EnterpriseUser, Mutability, Required, Returned
from scim2_models import Reference as SCIMReference

ENTERPRISE = str(EnterpriseUser.__schema__)
"""The URN of the enterprise extension (RFC 7643 section 4.3), for the keys of ``attributes``."""


class Email(scim2_models.Email):
    """An email address as any string.

    RFC 7643 section 4.1.2 says SHOULD of the address syntax. scim2-models refuses the domains that
    directories use inside a company (``.local``) and lowers the case of others, so that a value would
    not come out as it went in. The host's own field still validates what is mapped to it.
    """

    value: str | None = None
    """Email addresses for the user."""


class Manager(scim2_models.Manager):
    """A manager, of whom the client knows the ``id`` alone.

    RFC 7643 section 4.3 says RECOMMENDED of ``value`` and ``$ref``, section 8.7.1 has both as not
    required, and no identity provider sends ``$ref``. ``displayName`` is kept as the client sent it
    where the manager is not mapped: nothing else could fill it.
    """

    value: Annotated[str | None, CaseExact.true] = None
    """The id of the SCIM resource representing the User's manager."""

    ref: Annotated[SCIMReference["User"] | None, Required.false] = Field(  # type: ignore[assignment, type-arg]  # noqa: UP037 - the name is the referenceType
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The URI of the SCIM resource representing the User's manager."""

    display_name: str | None = None
    """The displayName of the User's manager."""


class EnterpriseUserExtension(scim2_models.EnterpriseUser):
    """The enterprise extension, with the manager that clients can send."""

    __schema__ = URN(ENTERPRISE)

    manager: Manager | None = None
    """The User's manager."""


class User(scim2_models.User[AnyExtension]):
    """A user (RFC 7643 section 4.1)."""

    __schema__ = scim2_models.User.__schema__

    emails: list[Email] | None = None  # type: ignore[assignment]
    """Email addresses for the user."""


class Member(scim2_models.GroupMember):
    """A member, whose name is the server's to give, and given to who asks for it.

    No relation has a place for a name that a client sends. To be told one that it has not sent is a
    surprise to a client that compares what it reads with what it wrote.
    """

    display: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """A human-readable name of the member."""


class Group(scim2_models.Group):
    """A group (RFC 7643 section 4.2)."""

    __schema__ = scim2_models.Group.__schema__

    members: list[Member] | None = None  # type: ignore[assignment]
    """A list of members of the Group."""


EnterpriseUserExtension.__name__ = "EnterpriseUser"
# The name of the Python class is the name that /Schemas publishes.

__all__ = ["ENTERPRISE", "Email", "EnterpriseUserExtension", "Group", "Manager", "Member", "User"]
