"""In which scope the project's own people look at a resource and change it.

Whatever is done to a resource is done in the scope of a connection: adapters find rows by it, and unique
values belong to its tenant. Somebody of the project acts for no connection, so one is taken that can see the
resource.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Model, Q
from scim2_models import NotFoundException

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import Scope
from django_scim.adapters.tenancy import key_to_tenant
from django_scim.models import Connection, Outcome, ProvisioningEvent
from django_scim.operations.locking import database_of

MOST_OTHERS = 20
"""How many connections are asked that have had nothing to do with a resource so far."""


def scope_for(adapter: Adapter, key: Any) -> Scope:
    """Return a scope that a resource is in, by the primary key of its row.

    :raises NotFoundException: If the row is gone, or no connection can see it.
    """
    instance: Model | None = adapter.model._base_manager.using(database_of(adapter)).filter(pk=key).first()
    if instance is None:
        raise NotFoundException(detail=f"the row of this {adapter.name} is gone")
    if not has_identifier(adapter, instance):
        raise NotFoundException(detail=f"the row has no '{adapter.id_column}', and is no {adapter.name}")
    for connection in [*connections_of(adapter, instance), *without_connection(adapter)]:
        if can_see(connection, adapter, instance):
            return Scope(connection, "")
    raise NotFoundException(detail=f"no connection can see this {adapter.name}")


def has_identifier(adapter: Adapter, instance: Model) -> bool:
    """Whether a row is a resource at all: one without a value in ``id_field`` is none."""
    return getattr(instance, adapter.id_column) is not None


def can_see(connection: Connection, adapter: Adapter, instance: Model) -> bool:
    """Whether a row is among those that a connection may see, deleted or not."""
    rows = adapter.rows(connection).using(database_of(adapter))
    return rows.filter(pk=instance.pk).exists()


def connections_of(adapter: Adapter, instance: Model) -> list[Connection]:
    """Return the connections to look at a resource with, those first that have to do with it.

    There are not many of them, however many connections there are.
    """
    found = [*linked(adapter, instance), *last_writer(adapter, instance), *others(adapter, instance)]
    return list(dict.fromkeys(found))


def linked(adapter: Adapter, instance: Model) -> Iterator[Connection]:
    """Yield the connections that have given the resource an ``externalId``."""
    records = adapter.records().filter(**{adapter.record_key: instance.pk})
    yield from Connection.objects.filter(links__record__in=records).order_by("name")


def last_writer(adapter: Adapter, instance: Model) -> Iterator[Connection]:
    """Yield the connection that has written the resource last, as far as the history goes back."""
    events = ProvisioningEvent.objects.filter(
        resource_type=adapter.name,
        resource_id=adapter.identifier(instance),
        outcome=Outcome.SUCCESS,
        connection__isnull=False,
    )
    for event in events.select_related("connection").order_by("-time")[:1]:
        if event.connection is not None:
            yield event.connection


def others(adapter: Adapter, instance: Model) -> Iterator[Connection]:
    """Yield connections of the row's tenant, where rows have one, or else any; those in use first."""
    condition = Q()
    if adapter.tenant_field is not None:
        tenant = getattr(instance, key_to_tenant(adapter.model, adapter.tenant_field).attname)
        condition = Q(tenant_id=str(tenant))
    yield from Connection.objects.filter(condition).order_by("-is_active", "name")[:MOST_OTHERS]


def without_connection(adapter: Adapter) -> Iterator[Connection]:
    """Yield a connection that is none, for an adapter to which all connections are the same."""
    if adapter.tenant_field is None and type(adapter).get_queryset is Adapter.get_queryset:
        # A key that no row has: queries compare with it.
        yield Connection(pk=0)
