"""Rows that belong to tenants: a connection sees those of its own tenant alone.

A row belongs to one tenant by a foreign key, or to several by a many-to-many relation. The tenant of a
connection is any object of the host, named by its type and its key as text, so no query is needed to compare
it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import ForeignKey, ManyToManyField, ManyToManyRel, Model, QuerySet
from scim2_models import ForbiddenException

from django_scim.adapters.unusable import Unusable
from django_scim.imports import nearest
from django_scim.models import Connection


class Tenancy(ABC):
    """How the rows of a model belong to tenants."""

    is_shared = False
    """Whether a row may belong to several."""

    model: type[Model]
    """The model of the tenants."""

    def key_of(self, connection: Connection) -> Any:
        """Return the primary key of a connection's tenant, or None if it has no tenant of the kind."""
        content_type = connection.tenant_type
        model = None if content_type is None else content_type.model_class()
        if model is None or not issubclass(model, self.model):
            return None
        try:
            return self.to_python(connection.tenant_id)
        except ValidationError:
            return None

    def to_python(self, key: str) -> Any:
        """Return the key of a tenant in its type."""
        return self.model._meta.pk.to_python(key)

    def tenant_of(self, connection: Connection) -> Any:
        """Return a connection's tenant.

        :raises ForbiddenException: If it has no tenant of the kind.
        """
        if self.key_of(connection) is None or connection.tenant is None:
            raise ForbiddenException(detail="this connection belongs to no tenant, so it can create nothing")
        return connection.tenant

    def of_tenant(self, rows: QuerySet[Any], connection: Connection) -> QuerySet[Any]:
        """Filter the rows by a connection's tenant; a connection without a tenant gets no rows."""
        key = self.key_of(connection)
        return rows.none() if key is None else self.filtered(rows, key)

    @abstractmethod
    def filtered(self, rows: QuerySet[Any], key: Any) -> QuerySet[Any]:
        """Filter the rows by the key of a tenant."""

    @abstractmethod
    def keys(self, instance: Model) -> list[Any]:
        """Return the keys of the tenants that a row belongs to."""


class ByKey(Tenancy):
    """Rows with a foreign key to the tenant."""

    def __init__(self, field: ForeignKey[Any, Any]) -> None:
        self.field = field
        self.model = field.related_model

    def to_python(self, key: str) -> Any:
        return self.field.target_field.to_python(key)

    def filtered(self, rows: QuerySet[Any], key: Any) -> QuerySet[Any]:
        return rows.filter(**{self.field.name: key})

    def keys(self, instance: Model) -> list[Any]:
        return [getattr(instance, self.field.attname)]


class ByRelation(Tenancy):
    """Rows with a many-to-many relation to their tenants, from either side."""

    is_shared = True

    def __init__(self, field: ManyToManyField[Any, Any] | ManyToManyRel) -> None:
        is_own = isinstance(field, ManyToManyField)
        declared: ManyToManyField[Any, Any] = field if isinstance(field, ManyToManyField) else field.field
        names = (declared.m2m_field_name(), declared.m2m_reverse_field_name())
        self.source, self.target = names if is_own else names[::-1]
        self.through: Any = declared.remote_field.through
        self.accessor = field.name if isinstance(field, ManyToManyField) else field.get_accessor_name()
        self.model = field.related_model

    def related(self, key: Any) -> QuerySet[Any]:
        """Return the rows of the relation of a tenant."""
        return self.through._base_manager.filter(**{self.target: key})  # type: ignore[no-any-return]

    def filtered(self, rows: QuerySet[Any], key: Any) -> QuerySet[Any]:
        """Filter without a join, so that no row comes twice and each can be locked."""
        return rows.filter(pk__in=self.related(key).values(self.source))

    def others(self, instance: Model, connection: Connection) -> QuerySet[Any]:
        """Return the rows of the relation that lead from a row to other tenants than a connection's."""
        rows = self.through._base_manager.using(instance._state.db).filter(**{self.source: instance.pk})
        return rows.exclude(**{self.target: self.key_of(connection)})  # type: ignore[no-any-return]

    def add(self, instance: Model, connection: Connection) -> None:
        """Let a saved row belong to a connection's tenant too."""
        getattr(instance, str(self.accessor)).add(self.tenant_of(connection))

    def remove(self, instance: Model, connection: Connection) -> None:
        """Let a row no longer belong to a connection's tenant."""
        getattr(instance, str(self.accessor)).remove(self.tenant_of(connection))

    def keys(self, instance: Model) -> list[Any]:
        rows = self.through._base_manager.filter(**{self.source: instance.pk})
        return list(rows.values_list(self.target, flat=True))


def tenancy_of(model: type[Model], name: str) -> Tenancy:
    """Return how the rows of a model belong to tenants.

    :raises Unusable: If the model has no such foreign key or many-to-many relation.
    """
    for field in model._meta.get_fields():
        if isinstance(field, ForeignKey) and field.name == name:
            return ByKey(field)
        if isinstance(field, ManyToManyField) and field.name == name:
            return ByRelation(field)
        if isinstance(field, ManyToManyRel) and name in (field.name, field.get_accessor_name()):
            return ByRelation(field)
    raise Unusable(
        f"its tenant_field '{name}' is no foreign key or many-to-many relation of {model._meta.label}.",
        hint_for(model, name),
    )


def hint_for(model: type[Model], name: str) -> str:
    """Return what to do about a tenant field that leads to no tenant."""
    meta = model._meta
    if "__" in name:
        return (
            f"It cannot lead across a relation: give {meta.label} a key to the tenant itself, or filter in "
            "Adapter.get_queryset()."
        )
    relations = [
        str(field.get_accessor_name() if isinstance(field, ManyToManyRel) else field.name)
        for field in meta.get_fields()
        if isinstance(field, ForeignKey | ManyToManyField | ManyToManyRel)
    ]
    is_column = any(field.name == name for field in meta.concrete_fields)
    what = f"'{name}' is a column of values. " if is_column else ""
    near = nearest(name, relations) or ""
    return f"{what}Give the model a foreign key to the tenant, and name that. {near}".rstrip()


def key_to(model: type[Model], name: str, tenant: type[Model]) -> str | None:
    """Return the foreign key by which rows that resources share belong to a tenant, or None.

    It has the name of the tenant field, or it is the only one that leads to a tenant.
    """
    keys = [field for field in model._meta.concrete_fields if isinstance(field, ForeignKey)]
    if any(field.name == name for field in keys):
        return name
    names = [field.name for field in keys if field.related_model is tenant]
    return names[0] if len(names) == 1 else None
