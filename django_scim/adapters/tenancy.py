"""Rows that belong to a tenant, by a foreign key: a connection sees those of its own tenant alone.

The tenant of a connection is any object of the host, named by its type and its key as text, so no query is
needed to compare it.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from django.db.models import ForeignKey, Model, QuerySet
from scim2_models import ForbiddenException

from django_scim.models import Connection


def key_to_tenant(model: type[Model], name: str) -> ForeignKey[Any, Any]:
    """Return the foreign key that says to which tenant a row belongs.

    :raises ImproperlyConfigured: If the model has no such foreign key.
    """
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        field = None
    if not isinstance(field, ForeignKey):
        raise ImproperlyConfigured(f"its tenant_field '{name}' is no foreign key of {model._meta.label}.")
    return field


def tenant_key(connection: Connection, key: ForeignKey[Any, Any]) -> Any:
    """Return the primary key of a connection's tenant, or None if it has no tenant of the kind."""
    content_type = connection.tenant_type
    model = None if content_type is None else content_type.model_class()
    if model is None or not isinstance(key.related_model, type) or not issubclass(model, key.related_model):
        return None
    try:
        return key.target_field.to_python(connection.tenant_id)
    except ValidationError:
        return None


def tenant_of(connection: Connection, key: ForeignKey[Any, Any]) -> Any:
    """Return a connection's tenant.

    :raises ForbiddenException: If it has no tenant of the kind.
    """
    if tenant_key(connection, key) is None or connection.tenant is None:
        raise ForbiddenException(detail="this connection belongs to no tenant, so it can create nothing")
    return connection.tenant


def of_tenant(rows: QuerySet[Any], name: str, connection: Connection) -> QuerySet[Any]:
    """Filter the rows by a connection's tenant; a connection without a tenant gets no rows."""
    tenant = tenant_key(connection, key_to_tenant(rows.model, name))
    return rows.none() if tenant is None else rows.filter(**{name: tenant})


def put_in_tenant(instance: Model, name: str, connection: Connection) -> None:
    """Let a new row belong to a connection's tenant.

    :raises ForbiddenException: If it has no tenant.
    """
    setattr(instance, name, tenant_of(connection, key_to_tenant(type(instance), name)))
