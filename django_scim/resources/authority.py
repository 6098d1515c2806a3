"""Who may touch what: the one place that decides whether a connection may change a resource.

Each write, membership and deletion asks here. What a connection may do depends on whose the resource is, and
on how the connection adopts what was made by hand: :data:`PERMITTED` has every case, and the documentation
shows it as a table. Every connection may read what it can see.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from scim2_models import ForbiddenException

from django_scim.models import AdoptionPolicy, Connection, Record
from django_scim.sql.operand import any_of

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource
    from django_scim.resources.resource_type import ResourceType


class Standing(Enum):
    """Whose a resource is, as a connection sees it."""

    OWN = "made or adopted by it, or handed over to it"
    OTHER = "of another connection"
    BY_HAND = "made by hand"
    POWERFUL = "with power, and not its own"
    PROTECTED = "a superuser"


class Act(Enum):
    """What a request does to a resource."""

    MATCH = "a write with its name or an externalId"
    CHANGE = "any other write"
    DELETE = "its deletion"
    MEMBERSHIP = "putting it in a group, or taking it out"


EVERYTHING = frozenset(Act)

NOTHING: frozenset[Act] = frozenset()

PERMITTED: dict[Standing, dict[AdoptionPolicy, frozenset[Act]]] = {
    Standing.OWN: dict.fromkeys(AdoptionPolicy, EVERYTHING),
    Standing.OTHER: dict.fromkeys(AdoptionPolicy, NOTHING),
    Standing.BY_HAND: {
        AdoptionPolicy.OWN: NOTHING,
        AdoptionPolicy.MATCHING: frozenset({Act.MATCH, Act.MEMBERSHIP}),
        AdoptionPolicy.ALL: EVERYTHING,
    },
    Standing.POWERFUL: dict.fromkeys(AdoptionPolicy, NOTHING),
    Standing.PROTECTED: dict.fromkeys(AdoptionPolicy, NOTHING),
}
"""What a connection may do with a resource, by whose it is and by the connection's policy of adoption."""

REASONS: dict[Standing, str] = {
    Standing.OTHER: "this {name} is managed by another connection",
    Standing.BY_HAND: "this {name} was made by hand, and the connection has not adopted it",
    Standing.POWERFUL: "this {name} has power in the project: somebody on staff has to hand it over first",
    Standing.PROTECTED: "this {name} is protected and cannot be changed by SCIM",
}
"""Why a write is refused."""


def standing(obj: Resource, connection: Connection) -> Standing:
    """Return whose a resource is."""
    adapter, record = obj.resource_type.adapter, obj.record
    owner = None if record is None else record.managed_by_id
    is_own = owner == connection.pk
    if adapter.protected(obj.instance):
        return Standing.PROTECTED
    if adapter.guarded(obj.instance) and not (is_own and record is not None and record.is_handed_over):
        return Standing.POWERFUL
    if is_own:
        return Standing.OWN
    if owner is not None:
        if not is_of_other_tenant(obj, connection):
            return Standing.OTHER
        return Standing.POWERFUL if adapter.has_power(obj) else Standing.OWN
    return Standing.POWERFUL if adapter.has_power(obj) else Standing.BY_HAND


def authorize(obj: Resource, act: Act) -> None:
    """Refuse what the caller may not do with a resource; what was made by hand is its own from now on.

    :raises ForbiddenException: With the reason.
    """
    connection = obj.caller.acting
    whose = standing(obj, connection)
    if obj.caller.is_itself and whose is not Standing.PROTECTED:
        return  # Everybody may change their own account, and manages it no more than before.
    if act not in PERMITTED[whose][AdoptionPolicy(connection.adoption)]:
        raise ForbiddenException(detail=REASONS[whose].format(name=obj.resource_type.name))
    if whose is Standing.BY_HAND:
        adopt(obj, connection)


def is_of_other_tenant(obj: Resource, connection: Connection) -> bool:
    """Whether another tenant's connection manages a row that both tenants have: each manages its own part."""
    owner = None if obj.record is None else obj.record.managed_by
    if not obj.resource_type.adapter.is_shared or owner is None:
        return False
    return (owner.tenant_type_id, owner.tenant_id) != (connection.tenant_type_id, connection.tenant_id)


def require_joinable(obj: Resource) -> None:
    """Refuse to make an account that there is part of the caller's tenant, if it has power.

    :raises ForbiddenException: With the reason.
    """
    whose = standing(obj, obj.caller.acting)
    if whose in (Standing.PROTECTED, Standing.POWERFUL):
        raise ForbiddenException(detail=REASONS[whose].format(name=obj.resource_type.name))


def adopt(obj: Resource, connection: Connection) -> None:
    """Let a connection manage a resource from now on."""
    if obj.record is None:
        obj.record = obj.resource_type.new_record(obj.instance)
    obj.record.managed_by = connection
    obj.is_adopted = True


def untouchable(resource_type: ResourceType, connection: Connection) -> Q:
    """Return the condition on the rows whose memberships a connection may not change."""
    records = resource_type.records().filter(**{resource_type.record_key: OuterRef("pk")})
    own, managed = records.filter(managed_by=connection), records.filter(managed_by__isnull=False)
    others = managed
    if resource_type.adapter.is_shared:
        others = managed.filter(
            managed_by__tenant_type=connection.tenant_type_id, managed_by__tenant_id=connection.tenant_id
        )
    whose = {
        Standing.PROTECTED: resource_type.adapter.protected_rows(),
        Standing.POWERFUL: resource_type.adapter.power(),
        Standing.OTHER: exists(others),
        Standing.BY_HAND: ~exists(managed),
    }
    policy = AdoptionPolicy(connection.adoption)
    refused = {
        each: condition
        for each, condition in whose.items()
        if condition is not None and Act.MEMBERSHIP not in PERMITTED[each][policy]
    }
    always = refused.pop(Standing.PROTECTED, None)
    condition = any_of(refused.values()) & ~exists(own)
    return condition if always is None else condition | always


def exists(records: QuerySet[Record]) -> Q:
    """Return the condition that there is such a record."""
    return Q(Exists(records))


def require_touchable(
    resource_type: ResourceType, connection: Connection, keys: Sequence[Any], *, using: str
) -> None:
    """Refuse to change the memberships of resources that a connection may not touch.

    :param keys: The primary keys of their rows, as many as fit into one statement.
    :raises ForbiddenException: With the first of them.
    """
    rows = resource_type.model._base_manager.using(using).filter(pk__in=keys)
    row = resource_type.with_ids(rows.filter(untouchable(resource_type, connection))).first()
    if row is not None:
        raise ForbiddenException(
            detail=f"the {resource_type.name} {resource_type.identifier(row)} is not this connection's to "
            f"put in a group or to take out: it is another's, has power, or was made by hand"
        )
