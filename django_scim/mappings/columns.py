"""Attributes that one column of the host holds, here or behind single-valued relations."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from django.db import models
from django.db.models import (
    ForeignKey,
    ForeignObjectRel,
    ManyToManyField,
    Model,
    OneToOneField,
    OneToOneRel,
    QuerySet,
)
from scim2_models import InvalidValueException, Required, Uniqueness
from scim2_models.path import CompareOperator

from django_scim.mappings.check_messages import no_conversion, not_one_value, shared_row, unknown_field
from django_scim.mappings.conversions import Conversion, is_empty
from django_scim.mappings.dependencies import Dependency, LookupColumn
from django_scim.mappings.mapping import Mapping
from django_scim.schema.paths import AttributePath, Json
from django_scim.sql.operand import Operand, any_of
from django_scim.sql.values import cannot_be_empty

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource


UNIQUE = (Uniqueness.server, Uniqueness.global_)
"""What the schema says of values that no two resources of a server may share."""

Relation = Any
"""A ``OneToOneField``, a ``OneToOneRel`` or a ``ForeignKey``."""


class HostPath:
    """A path of Django field names, such as ``profile__department__name``, that ends at a column.

    Each step before the last has to lead to at most one row.

    :param parts: The foreign keys of the model whose rows are parts of the resource: see ``parts`` of the
        adapter.
    :raises FieldDoesNotExist: If a name is not a field of its model; the message says which.
    :raises ValueError: If a step leads to many rows.
    """

    def __init__(self, model: type[Model], path: str, parts: Collection[str] = ()) -> None:
        self.path = path
        self.parts = parts
        self.root = model
        self.relations: list[Relation] = []
        *steps, last = path.split("__")
        for step in steps:
            relation = model._meta.get_field(step)
            if isinstance(relation, ManyToManyField) or not isinstance(relation, ForeignKey | OneToOneRel):
                raise ValueError(f"'{step}' of {model._meta.label} does not lead to one row")
            self.relations.append(relation)
            model = relation.related_model
        field = model._meta.get_field(last)
        if isinstance(field, ForeignObjectRel | ManyToManyField) or not field.concrete:
            raise ValueError(f"'{last}' of {model._meta.label} is not a column")
        self.model = model
        self.field: models.Field[Any, Any] = field

    @property
    def joins(self) -> str:
        """The relations alone, as ``select_related`` takes them; empty for a column of the row itself."""
        return "__".join(relation.name for relation in self.relations)

    @property
    def is_writable(self) -> bool:
        """Whether no relation follows a foreign key: what lies behind a shared row is not the resource's."""
        return all(map(self.is_own, self.relations[:-1]))

    def is_own(self, relation: Relation) -> bool:
        """Whether the row behind a relation belongs to the resource."""
        is_part = relation.model is self.root and relation.name in self.parts
        return is_part or isinstance(relation, OneToOneField | OneToOneRel)

    @property
    def is_in_part(self) -> bool:
        """Whether the column is one of a part of the resource."""
        return len(self.relations) == 1 and self.relations[0].name in self.parts

    def dependencies(self) -> Iterator[Dependency]:
        """Yield the rows on the way, with the columns that lead on, and the row with the column."""
        model, path = self.root, ""
        for relation in self.relations:
            if isinstance(relation, ForeignKey):
                yield Dependency(model, path, frozenset((relation.attname,)))
            model = relation.related_model
            path = f"{path}__{relation.name}" if path else relation.name
        yield Dependency(model, path, frozenset((self.field.attname,)))

    def owner(self, instance: Model | None) -> Model | None:
        """Return the row that has the column, or None where a relation leads nowhere."""
        for relation in self.relations:
            if instance is None:
                return None
            try:
                instance = getattr(instance, accessor(relation))
            except ObjectDoesNotExist:
                return None
        return instance

    def read(self, instance: Model) -> Any:
        """Return the value of the column, or None."""
        if not self.relations:
            return getattr(instance, self.field.attname)
        owner = self.owner(instance)
        return None if owner is None else getattr(owner, self.field.attname)

    def write(self, obj: Resource, value: Any) -> None:
        """Set the column, making the rows that lead to it.

        A row behind a one-to-one relation belongs to the resource: it is changed, or made. So does a part. A
        row behind any other foreign key is shared, such as a department: the relation is pointed at the row
        that has the value, and at a new one if there is none.
        """
        instance = obj.instance
        for position, relation in enumerate(self.relations):
            if not self.is_own(relation):
                self._point(obj, instance, relation, self.relations[position + 1 :], value)
                return
            instance = self._own(obj, instance, relation)
        setattr(instance, self.field.attname, value)
        obj.touch(instance, self.field.attname)

    def _own(self, obj: Resource, instance: Model, relation: Relation) -> Model:
        try:
            found = getattr(instance, accessor(relation))
        except ObjectDoesNotExist:
            found = None
        if found is None:
            found = relation.related_model()
            if isinstance(relation, OneToOneRel):
                setattr(found, relation.field.name, instance)
                obj.touch(found, relation.field.attname)
            else:
                setattr(instance, relation.name, found)
                obj.touch(instance, relation.attname)
        assert isinstance(found, Model)
        return found

    def _point(
        self, obj: Resource, instance: Model, relation: Relation, rest: list[Relation], value: Any
    ) -> None:
        if rest:
            raise InvalidValueException(detail="it lies behind a shared row and cannot be written")
        target = None
        if not is_empty(value):
            model, connection = relation.related_model, obj.caller.acting
            target = obj.resource_type.adapter.shared_row(model, connection, self.field.name, value)
        elif not relation.null:
            raise InvalidValueException(detail="a value is required")
        setattr(instance, relation.name, target)
        obj.touch(instance, relation.attname)


def accessor(relation: Relation) -> str:
    """Return the name of the attribute that follows a relation."""
    name = relation.get_accessor_name() if isinstance(relation, ForeignObjectRel) else relation.name
    return str(name)


class Column(Mapping):
    """An attribute in one column: ``Column("title")``, ``Column("profile__department__name")``.

    :param path: The column, with ``__`` across one-to-one relations and one foreign key.
    :param convert: How the column holds the values, such as ``Choices({"Employee": "E"})``, or None where it
        holds what SCIM says.
    """

    def __init__(self, path: str, *, convert: Conversion | None = None) -> None:
        self.column = path
        self.given_conversion = convert

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.column!r})"

    def prepare(self) -> None:
        """Find the field; :meth:`check` reports one that is not there."""
        try:
            self.host: HostPath | None = self._path()
        except (FieldDoesNotExist, ValueError):
            self.host = None
        else:
            uniqueness = self.path.binding.get_annotation(Uniqueness)
            is_own = not self.host.relations
            # The same value in a part is the same part, which others may have too.
            self.is_unique_everywhere = is_own and self.host.field.unique
            may_be_unique = is_own or self.host.is_in_part
            self.is_unique = self.is_unique_everywhere or (may_be_unique and uniqueness in UNIQUE)
            self.requires_value = is_own and cannot_be_empty(self.host.field)
            given = self.given_conversion
            plain = given if isinstance(given, Conversion) else None
            plain = plain or self.resource_type.adapter.conversion_for(self.path, self.host.field)
            self.conversion = plain.bind(self.host.field, self.path.binding, self.path.key)
            self.sortable = self.conversion.sortable
            is_required = self.path.binding.get_annotation(Required) is Required.true
            # The record knows of a value that was removed and is there all the same.
            self.uses_record = not self.clearable and not is_required

    @property
    def found(self) -> HostPath:
        """The field, which the system check has seen to exist."""
        return self.host or self._path()

    def _path(self) -> HostPath:
        return HostPath(self.resource_type.model, self.column, self.resource_type.adapter.parts)

    def check(self) -> Iterable[CheckMessage]:
        """Report a field that does not exist, with the nearest one that does."""
        if self.host is None or isinstance(self.host.field, ForeignKey):
            yield unknown_field(self.resource_type, self.path.key, self.resource_type.model, self.column)
        elif not self.host.is_writable and not self.path.is_read_only:
            yield shared_row(self.resource_type, self.path.key, self.column)
        if self.path.is_complex or (self.path.is_multivalued and self.path.sub is None):
            yield not_one_value(self.resource_type, self.path.key)
        elif self.host is not None and self.given_conversion is not None:
            yield from no_conversion(
                self.resource_type, self.path.key, self.column, self.given_conversion, self.conversion
            )

    def declare(self, attribute: Json) -> None:
        """Say which values the column takes, where it takes only some, and whether they are unique."""
        super().declare(attribute)
        if self.is_unique and attribute["uniqueness"] == "none":
            attribute["uniqueness"] = "server"
        if self.host is not None:
            self.conversion.declare(attribute)

    def columns(self) -> Sequence[str]:
        return (self.column,)

    def lookup_columns(self) -> Iterable[LookupColumn]:
        column = None if self.host is None else self.conversion.lookup_column()
        if column is not None:
            yield column

    def read(self, obj: Resource) -> Any:
        """Return the value of the column in the type of the attribute."""
        return self.conversion.to_json(self.found.read(obj.instance))

    def write(self, obj: Resource, value: Any) -> None:
        """Set the column; None is null, the empty string, or else the default of the column."""
        typed = self.to_python(value)
        if typed is None and not self.found.field.null and not self.found.relations:
            return
        try:
            self.found.write(obj, typed)
        except InvalidValueException as error:
            raise InvalidValueException(detail=f"{self.named}: {error.detail}") from error

    def to_python(self, value: Any) -> Any:
        """Return a JSON value as the column takes it.

        :raises InvalidValueException: If the column cannot hold it.
        """
        return self.conversion.to_python(value)

    @property
    def clearable(self) -> bool:
        """A column that is neither null nor empty text, such as ``is_active``, always has a value."""
        host = self.found
        if any(isinstance(relation, ForeignKey) and relation.null for relation in host.relations):
            return True
        return host.field.null or (host.field.empty_strings_allowed and host.field.blank)

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        return self.conversion.operand(self.column)

    def holders(self, value: Any) -> QuerySet[Any]:
        """Return the rows of the column's own table with a value, as the attribute is compared."""
        operand = self.conversion.operand(self.found.field.name)
        spellings = self.spellings(CompareOperator.eq, value)
        rows: QuerySet[Any] = self.found.model._base_manager.filter(
            any_of(operand.compare(CompareOperator.eq, each) for each in spellings)
        )
        return rows
