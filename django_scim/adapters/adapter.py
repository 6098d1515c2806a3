"""The adapter: a declarative class that binds a SCIM resource type to a Django model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.apps import apps
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import router
from django.db.models import Field, ManyToManyField, Model, Q, QuerySet
from django.db.models.manager import BaseManager
from scim2_models import InvalidValueException
from scim2_models import Resource as SCIMResource

from django_scim import mappings
from django_scim.adapters.joining import Joining
from django_scim.adapters.power import power_of
from django_scim.adapters.tenancy import ByKey, Tenancy, key_to, tenancy_of
from django_scim.adapters.unusable import Unusable
from django_scim.imports import nearest
from django_scim.mappings.columns import HostPath
from django_scim.models import Connection
from django_scim.schema.canonical import Spelling
from django_scim.schema.paths import AttributePath, Json, ResourceModel
from django_scim.schema.types import ExtensionOption, extended
from django_scim.sql.operand import any_of
from django_scim.sql.values import column_of

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource
    from django_scim.resources.resource_type import ResourceType


class Adapter(Joining):
    """What SCIM needs to know of a resource type and of the model behind it.

    A subclass sets the class attributes. ``attributes`` maps SCIM attribute paths to mappings (a string
    is a :class:`~django_scim.mappings.Column`); what it leaves out is kept in the record.

    :param setting: How system checks name the place of the configuration.
    :param model: Replaces :attr:`model`: the class, or its label such as ``"staff.Employee"``.
    :param attributes: Mappings that are added to those of the class, or replace them; None removes one.
    :param delete: Replaces :attr:`delete`.
    :param id_field: Replaces :attr:`id_field`.
    :param extensions: Added to :attr:`extensions`.
    :param tenant_field: Replaces :attr:`tenant_field`.
    :param protect: Replaces :attr:`protect`.
    :param manager: Replaces :attr:`manager`.
    :raises ImproperlyConfigured: If the class lacks what cannot be guessed, such as its model.
    """

    resource: ResourceModel
    """The scim2-models type: the schema and its extensions, such as ``User[EnterpriseUserExtension]``."""

    model: type[Model]
    """The model whose rows are the resources."""

    name: ClassVar[str]
    """The name of the resource type, such as ``User``."""

    endpoint: ClassVar[str]
    """The path below the SCIM root, such as ``/Users``."""

    description: ClassVar[str] = ""
    """What ``/ResourceTypes`` says of it."""

    attributes: Mapping[str, mappings.Mapping | str | None] = {}
    """The mappings by the path of their attribute."""

    delete: str = "soft"
    """``"soft"`` hides and deactivates a deleted resource, ``"hard"`` deletes its row."""

    id_field: str | None = None
    """A unique column whose values are the ``id``, instead of one made from the primary key."""

    extensions: Sequence[ExtensionOption] = ()
    """Extensions that are added to those of :attr:`resource`: dotted paths, classes, or JSON schemas."""

    tenant_field: str | None = None
    """The foreign key to the tenant, or the many-to-many relation to the tenants, if rows belong to any: a
    connection then sees the rows of its own."""

    protect: Mapping[str, Any] | None = None
    """Look-ups of the model: rows that match can be read, and neither made nor changed by SCIM, unless staff
    have handed them over to the connection. An empty dictionary says that no row needs it."""

    manager: str | None = None
    """The manager whose rows are resources, such as ``"objects"``; None for the default one of the model.

    Rows that it hides are 404 for SCIM. ``"_base_manager"`` hides none.
    """

    display_column: str | None = None
    """The column that names a resource in the ``display`` of those that refer to it."""

    looked_up_where_stored: Sequence[str] = ()
    """The attributes by which clients look resources up where no column holds them.

    PostgreSQL has an index on all that is stored. MariaDB, MySQL and SQLite get one of these values, and
    ``manage.py scim_createindexes --values`` has to run after they have changed.
    """

    looked_up: Sequence[str] = ()
    """The attributes by which identity providers look resources up, beside those that are unique.

    ``manage.py scim_createindexes`` makes the indexes that such look-ups need.
    """

    parts: Sequence[str] = ()
    """Foreign keys to rows that are parts of the resource, such as the account of a membership.

    A mapped column behind one is written in that row. The row behind any other foreign key is looked up."""

    matched_by: str | None = None
    """The attribute by which a write names a resource that was made by hand, and so adopts it."""

    kept_on_adoption: Sequence[str] = ()
    """The attributes, and the columns, that the write which adopts a resource leaves as they are."""

    known_by: Sequence[str] = ()
    """The attributes that a resource is known by, or signed in with: a connection that changes those of many
    resources within an hour is paused."""

    domain_attributes: Sequence[str] = ()
    """The attributes in which a connection may write no address outside of its e-mail domains."""

    created_field: str | None = None
    """A column with the time at which the row was made, for resources that have no record."""

    can_be_inactive: bool = False
    """Whether :meth:`deactivate` and :meth:`activate` do anything."""

    is_scoped: bool = False
    """Whether :meth:`get_queryset` returns other rows to one connection than to another.

    :attr:`tenant_field` implies it. A class that overrides the method to look at the connection sets it.
    """

    resource_type: ResourceType
    """The resource type at run time, with the bound mappings; there once the settings are read."""

    def __init__(
        self,
        *,
        setting: str,
        model: type[Model] | str | None = None,
        attributes: Mapping[str, mappings.Mapping | str | None] | None = None,
        delete: str | None = None,
        id_field: str | None = None,
        extensions: Sequence[ExtensionOption] | None = None,
        tenant_field: str | None = None,
        protect: Mapping[str, Any] | None = None,
        manager: str | None = None,
    ) -> None:
        self.setting = setting
        if model is not None:
            self.model = model_named(model)
        self.extensions = [*self.extensions, *(extensions or ())]
        self.tenant_field = tenant_field or self.tenant_field
        self.is_scoped = self.is_scoped or self.tenant_field is not None
        self.protect = self.protect if protect is None else protect
        self.manager = manager or self.manager
        self.tenancy: Tenancy | None = None
        self.delete = delete or self.delete
        self.id_field = id_field or self.id_field
        self.added_attributes = attributes or {}
        self._require_complete()
        if self.tenant_field is not None:
            self.tenancy = tenancy_of(self.model, self.tenant_field)
        self.resource = extended(self.resource, self.extensions)

    def _require_complete(self) -> None:
        for name in ("name", "endpoint"):
            if not isinstance(getattr(self, name, None), str):
                raise ImproperlyConfigured(f"its '{name}' has to be a string.")
        for name, kind in (("resource", SCIMResource), ("model", Model)):
            value = getattr(self, name, None)
            if not isinstance(value, type) or not issubclass(value, kind):
                raise ImproperlyConfigured(f"its '{name}' has to be a subclass of {kind.__name__}.")
        if self.model._meta.abstract:
            raise ImproperlyConfigured(f"{self.model._meta.label} is abstract, and has no rows.")
        managers = {*self.model._meta.managers_map, "_base_manager", "_default_manager"}
        if self.manager is not None and self.manager not in managers:
            raise Unusable(
                f"its 'manager' is '{self.manager}', which is no manager of {self.model._meta.label}.",
                nearest(self.manager, managers),
            )
        if not isinstance(self.attributes, Mapping):
            raise ImproperlyConfigured("its 'attributes' have to be a dictionary.")

    def get_attributes(self) -> Mapping[str, mappings.Mapping | str | None]:
        """Return the mappings; a subclass may look at the model first, and at the registry of
        :attr:`resource_type`.
        """
        return self.attributes

    def spellings(self) -> Mapping[str, Spelling]:
        """Return how text is spelled of which there are several spellings, by its attribute; none here.

        Such text is stored, validated and compared in the one spelling. All other text is kept as it is sent.
        """
        return {}

    def conversion_for(self, path: AttributePath, field: Field[Any, Any]) -> mappings.Conversion:
        """Return how a column holds an attribute for which the mapping names no conversion."""
        return mappings.Conversion()

    def column_in_step(self, path: AttributePath) -> str | None:
        """Return the column that holds the primary value of an attribute too that has rows of its own."""
        return None

    # Which rows

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Return the rows that a connection may see: those of :attr:`manager`, and of its tenant if rows
        belong to one.
        """
        rows = self.own_manager.all()
        return rows if self.tenancy is None else self.tenancy.of_tenant(rows, connection)

    @property
    def own_manager(self) -> Any:
        """The manager whose rows are the resources. (As a type, a manager would be a descriptor to mypy.)"""
        return getattr(self.model, self.manager or "_default_manager")

    @property
    def may_hide(self) -> bool:
        """Whether a row that :meth:`new_instance` makes may be none of :meth:`get_queryset`: a method or the
        manager leaves out rows."""
        is_own = type(self).get_queryset is not Adapter.get_queryset
        return is_own or type(self.own_manager).get_queryset is not BaseManager.get_queryset

    def new_instance(self, connection: Connection) -> Model:
        """Return an unsaved row of a resource that a connection makes, in its tenant.

        :raises ForbiddenException: If rows belong to tenants, and the connection has no tenant.
        """
        instance = self.model()
        if self.tenancy is not None:
            tenant = self.tenancy.tenant_of(connection)
            if isinstance(self.tenancy, ByKey):
                setattr(instance, self.tenancy.field.name, tenant)
        return instance

    def reset(self, obj: Resource) -> None:
        """Take from a deleted row what the new resource that it becomes must not have; nothing here."""

    def shared_row(self, model: type[Model], connection: Connection, column: str, value: Any) -> Model:
        """Return the row with a value that resources share, such as a department; a new one if need be.

        Where such rows belong to tenants too, by a foreign key of the same name, it is one of the tenant's.
        Of several with the value it is the oldest.

        :raises InvalidValueException: If the column of a new row cannot hold the value.
        """
        rows = model._default_manager.using(router.db_for_write(model))
        values = {column: value}
        if self.tenancy is not None and (key := key_to(model, str(self.tenant_field), self.tenancy.model)):
            own = tenancy_of(model, key)
            rows = own.of_tenant(rows, connection)
            values[key] = own.tenant_of(connection)
        row: Model | None = rows.filter(**values).order_by("pk").first()
        if row is None:
            try:
                column_of(model, column).clean(value, None)
            except ValidationError as error:
                raise InvalidValueException(detail=" ".join(error.messages)) from error
            row = rows.get_or_create(**values)[0]
        return row

    # Which rows SCIM leaves alone

    def protected(self, instance: Model) -> bool:
        """Whether SCIM may only read a row, whoever has made it."""
        return False

    def protected_rows(self) -> Q | None:
        """Return the condition that :meth:`protected` stands for, as far as the database can tell."""
        return None

    def guarded(self, instance: Model) -> bool:
        """Whether :attr:`protect` describes a row, which SCIM may only read until staff hand it over."""
        if not self.protect:
            return False
        rows = self.model._base_manager.using(instance._state.db or router.db_for_write(self.model))
        return rows.filter(pk=instance.pk, **self.protect).exists()

    def power(self) -> Q | None:
        """Return the condition on rows with power in the project, or None if no row can have any.

        Such are staff, whoever has permissions of their own, a group that grants permissions, and what
        :attr:`protect` describes.
        """
        conditions = power_of(self.model)
        if self.protect:
            conditions.append(Q(pk__in=self.model._base_manager.filter(**self.protect).values("pk")))
        return any_of(conditions) if conditions else None

    def has_power(self, obj: Resource) -> bool:
        """Whether the row of a resource is one of :meth:`power`."""
        power = self.power()
        rows = self.model._base_manager.using(obj.database)
        return power is not None and rows.filter(power, pk=obj.instance.pk).exists()

    def is_administrator(self, instance: Model) -> bool:
        """Whether a row stands for somebody who may do everything in the project, and can sign in."""
        return False

    def administrators(self) -> QuerySet[Any] | None:
        """Return the rows for which :meth:`is_administrator` holds, or None if it never holds."""
        return None

    # Activity and deletion

    def row_name(self, instance: Model) -> str:
        """Return what people call a row: its :attr:`display_column`, or what the row says of itself."""
        name = self.display_column
        return str(instance if name is None else HostPath(self.model, name).read(instance))

    def display(self, document: Json) -> str:
        """Return what people call a resource, for the history."""
        return str(document.get("userName") or document.get("displayName") or "")

    def is_active(self, obj: Resource) -> bool:
        """Whether a resource that is not deleted allows what its kind of resource allows."""
        return True

    def active_rows(self, rows: QuerySet[Any], caller: Caller) -> QuerySet[Any]:
        """Return those of some rows for which :meth:`is_active` holds, as far as the database can tell."""
        return rows

    def keep_names(self, before: Json, after: Json) -> list[str]:
        """Put names back that a client has changed for no other reason than that it deactivates the resource.

        :param after: What the resource is to be; a name that is put back is changed here.
        :returns: The attributes.
        """
        return []

    def deactivate(self, obj: Resource) -> None:
        """Take from a resource that is deleted softly what it allowed."""

    def activate(self, obj: Resource) -> None:
        """Give a resource that is restored what :meth:`deactivate` took from it."""

    @property
    def unmapped_groups(self) -> ManyToManyField[Any, Any] | None:
        """The relation to groups that :meth:`end_relations` ends, since no mapping does; none here."""
        return None

    def end_relations(self, obj: Resource) -> None:
        """End what a row that is deleted softly belongs to and no mapping knows of; nothing here.

        This happens again before the row is used again: the host may have added to it since.
        """

    def deprovision(self, obj: Resource) -> None:
        """Revoke what a resource that is not active, or is deleted, has been given before.

        This happens in the transaction of the write, and has to bear being done twice.
        """

    def check(self) -> Iterable[CheckMessage]:
        """Return what is wrong with the adapter beside its mappings, for Django's system checks."""
        return ()


def model_named(model: type[Model] | str) -> type[Model]:
    """Return a model by its class or its label.

    :raises ImproperlyConfigured: If no model has that label.
    """
    if not isinstance(model, str):
        return model
    try:
        return apps.get_model(model)
    except (LookupError, ValueError) as error:
        raise ImproperlyConfigured(f"its 'model' is '{model}', which is no model: {error}") from error
