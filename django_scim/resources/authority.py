"""Who may touch what: the one place that decides whether a connection may change a resource.

Each write, membership and deletion asks here. What a connection may do depends on whose the resource is, and
on how the connection adopts what was made by hand: :data:`PERMITTED` has every case, and the documentation
shows it as a table. Every connection may read what it can see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.utils.translation import gettext_lazy as _
from scim2_models import ForbiddenException, InvalidValueException

from django_scim.models import AdoptionPolicy, Connection, Record
from django_scim.sql.operand import any_of
from django_scim.sql.prepared import Slot, is_plain_manager
from django_scim.sql.values import column_of

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource
    from django_scim.resources.resource_type import ResourceType

MANAGER = Slot("manager", column_of(Record, "managed_by"))
"""The place of the connection that asks."""


class Standing(TextChoices):
    """Whose a resource is, as a connection sees it."""

    OWN = "own", _("made or adopted by it, or handed over to it")
    OTHER = "other", _("of another connection")
    BY_HAND = "by hand", _("made by hand")
    POWERFUL = "powerful", _("with power, and not its own")
    PROTECTED = "protected", _("a superuser")


class Act(TextChoices):
    """What a request does to a resource."""

    MATCH = "match", _("a write with its name or an externalId")
    CHANGE = "change", _("any other write")
    DELETE = "delete", _("a deletion")
    MEMBERSHIP = "membership", _("joining or leaving a group")


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


def table(policy: AdoptionPolicy) -> list[tuple[Standing, list[bool]]]:
    """Return for each standing which acts a connection with a policy may do, in the order of :class:`Act`."""
    return [(whose, [act in cells[policy] for act in Act]) for whose, cells in PERMITTED.items()]


REASONS: dict[Standing, str] = {
    Standing.OTHER: "this {name} is managed by another connection",
    Standing.BY_HAND: "this {name} was made by hand, and the connection has not adopted it",
    Standing.POWERFUL: "this {name} has power in the project: somebody on staff has to hand it over first",
    Standing.PROTECTED: "this {name} is protected and cannot be changed by SCIM",
}
"""Why a write is refused."""


Test = Callable[["Resource"], bool]
"""A question about a resource, which may take a query: it is asked only where the answer matters."""


def standing(
    obj: Resource, connection: Connection, is_guarded: Test | None = None, is_powerful: Test | None = None
) -> Standing:
    """Return whose a resource is.

    :param is_guarded: Tells what ``protect`` describes, if it is known already.
    :param is_powerful: Tells what has power, if it is known already.
    """
    adapter, record = obj.resource_type.adapter, obj.record
    owner = None if record is None else record.managed_by_id
    is_own = owner == connection.pk
    if adapter.protected(obj.instance):
        return Standing.PROTECTED
    if not (is_own and record is not None and record.is_handed_over) and (
        adapter.guarded(obj.instance) if is_guarded is None else is_guarded(obj)
    ):
        return Standing.POWERFUL
    if is_own:
        return Standing.OWN
    if owner is not None and not is_of_other_tenant(obj, connection):
        return Standing.OTHER
    if adapter.has_power(obj) if is_powerful is None else is_powerful(obj):
        return Standing.POWERFUL
    return Standing.BY_HAND if owner is None else Standing.OWN


def standings(objects: Sequence[Resource], connection: Connection) -> dict[Resource, Standing]:
    """Return whose each of several resources of a type is, in three queries at most."""
    adapter = objects[0].resource_type.adapter
    guarded = keys_among(objects, Q(**adapter.protect)) if adapter.protect else set()
    with_power = powerful(objects)
    if adapter.is_shared:
        attach_owners(objects)
    return {
        obj: standing(
            obj,
            connection,
            lambda each: each.instance.pk in guarded,
            lambda each: each.instance.pk in with_power,
        )
        for obj in objects
    }


def attach_owners(objects: Sequence[Resource]) -> None:
    """Fetch the connections that manage some resources, whose tenants matter, in one query."""
    managed = [obj.record for obj in objects if obj.record is not None and obj.record.managed_by_id]
    keys = {record.managed_by_id for record in managed}
    owners = Connection.objects.using(objects[0].database).in_bulk(keys) if keys else {}
    for record in managed:
        record.managed_by = owners.get(record.managed_by_id)


def powerful(objects: Sequence[Resource]) -> set[Any]:
    """Return the primary keys of the resources that have power in the project."""
    power = objects[0].resource_type.adapter.power()
    return set() if power is None else keys_among(objects, power)


def keys_among(objects: Sequence[Resource], condition: Q) -> set[Any]:
    """Return the primary keys of the resources whose rows meet a condition."""
    rows = objects[0].resource_type.model._base_manager.using(objects[0].database)
    keys = [obj.instance.pk for obj in objects]
    return set(rows.filter(condition, pk__in=keys).values_list("pk", flat=True))


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


def untouchable(resource_type: ResourceType, connection: Connection, place: Any = None) -> Q:
    """Return the condition on the rows whose memberships a connection may not change.

    :param place: What stands for the connection in a statement that is kept.
    """
    records = resource_type.records().filter(**{resource_type.record_key: OuterRef("pk")})
    own, managed = records.filter(managed_by=place or connection), records.filter(managed_by__isnull=False)
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


def says_itself_who_has_power(resource_type: ResourceType) -> bool:
    """Whether :func:`untouchable` is the same at each request: no code of the host has a part in it."""
    adapter = resource_type.adapter
    methods = (type(adapter).power, type(adapter).protected_rows)
    is_own = all(method.__module__.startswith("django_scim.") for method in methods)
    return is_own and not adapter.is_shared and is_plain_manager(resource_type.model._base_manager)


def require_touchable(
    resource_type: ResourceType, connection: Connection, keys: Sequence[Any], *, using: str
) -> None:
    """Refuse to change the memberships of resources that a connection may not touch, or that are deleted.

    :param keys: The primary keys of their rows, as many as fit into one statement.
    :raises ForbiddenException: With the first of them.
    :raises InvalidValueException: If that is deleted.
    """
    model, statements = resource_type.model, resource_type.statements
    records = resource_type.records().filter(**{resource_type.record_key: OuterRef("pk")})
    deleted = exists(records.filter(deleted_at__isnull=False))

    def found(among: Any, place: Any = None) -> QuerySet[Any, Any]:
        refused = deleted | untouchable(resource_type, connection, place)
        rows = model._base_manager.filter(among).filter(refused).annotate(scim_is_deleted=deleted)
        return resource_type.with_ids(rows).order_by("pk")[:1]

    def own(among: Any) -> QuerySet[Any, Any]:
        protected = resource_type.adapter.protected_rows()
        rows = model._base_manager.filter(among, exists(records.filter(managed_by=MANAGER, deleted_at=None)))
        return (rows if protected is None else rows.exclude(protected)).values_list("pk", flat=True)

    if says_itself_who_has_power(resource_type):
        pk, manager = model._meta.pk, connection.pk
        # Most are the connection's own, which takes less to tell than why others are refused.
        if len(set(statements.among(own, pk, keys, using, "own", manager=manager))) == len(set(keys)):
            return
        key = ("untouchable", connection.adoption)
        rows = statements.among(lambda among: found(among, MANAGER), pk, keys, using, *key, manager=manager)
    else:
        rows = iter(found(Q(pk__in=keys)).using(using))
    row = next(rows, None)
    if row is not None and row.scim_is_deleted:
        detail = f"there is no {resource_type.name} with the id '{resource_type.identifier(row)}'"
        raise InvalidValueException(detail=detail)
    if row is not None:
        raise ForbiddenException(
            detail=f"the {resource_type.name} {resource_type.identifier(row)} is not this connection's to "
            f"put in a group or to take out: it is another's, has power, or was made by hand"
        )
