"""A many-to-many relation as an attribute, changed by set operations and never loaded to be changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.db.models import ManyToManyField, ManyToManyRel, Model, Q, QuerySet
from scim2_models import InvalidValueException

from django_scim.adapters.mappings.base import Mapping
from django_scim.adapters.mappings.builtin import identifier_operand
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.adapters.suggestions import unknown_relation
from django_scim.models.columns import column_of
from django_scim.query.operands import ColumnOperand, ConstantOperand, Operand, Source

if TYPE_CHECKING:
    from django_scim.adapters.base import Adapter

BATCH = 500
"""How many members one statement adds or removes."""

SHOWN_KEYS = 1000
"""How many members one event of the history names."""


class Members(Mapping):
    """The related rows of a many-to-many relation: ``Members("user_set", to="User")``.

    :param relation: The field, or the accessor of the field's other side.
    :param to: The resource type of the other side.
    :param type: What ``type`` of each value says; the name of the resource type if not given.
    """

    unbounded = True

    def __init__(self, relation: str, *, to: str, type: str | None = None) -> None:
        self.relation = relation
        self.to = to
        self.type = type or to

    def prepare(self) -> None:
        """Find the relation from either side; :meth:`check` reports one that is not there."""
        self.through: type[Model] | None = None
        for field in self.adapter.model._meta.get_fields():
            if isinstance(field, ManyToManyField) and field.name == self.relation:
                self.through = field.remote_field.through
                self.source, self.target = field.m2m_field_name(), field.m2m_reverse_field_name()
            elif isinstance(field, ManyToManyRel) and field.get_accessor_name() == self.relation:
                self.through = field.through
                self.source, self.target = field.field.m2m_reverse_field_name(), field.field.m2m_field_name()

    def check(self) -> Iterable[CheckMessage]:
        """Report a relation that does not exist."""
        if self.through is None:
            yield unknown_relation(self.adapter, self.path.key, self.relation)

    @property
    def other(self) -> Adapter | None:
        """The adapter of the other side, or none where the project does not serve it."""
        return self.adapter.registry.get(self.to)

    def rows(self, scope: Scope) -> QuerySet[Any]:
        """Return the rows of the relation whose other side the connection can see."""
        assert self.through is not None
        other = self.other
        if other is None:
            return self.through._default_manager.none()
        return self.through._default_manager.filter(
            **{f"{self.target}__in": other.queryset(scope.connection)}
        )

    # Reading

    def fetch(self, objects: Sequence[ResourceObject]) -> None:
        """Fetch the members of all the resources in one query."""
        found: dict[Any, list[dict[str, Any]]] = {obj.instance.pk: [] for obj in objects}
        other = self.other
        if objects and other is not None:
            scope = objects[0].scope
            columns = [self.source, f"{self.target}__{other.id_column}"]
            if other.display_column:
                columns.append(f"{self.target}__{other.display_column}")
            rows = self.rows(scope).filter(**{f"{self.source}__in": list(found)})
            for key, *member in rows.order_by("pk").values_list(*columns):
                found[key].append(self._value(other, scope, *member))
        for obj in objects:
            obj.fetched[self.path.key] = found[obj.instance.pk]

    def _value(self, other: Adapter, scope: Scope, key: Any, display: Any = None) -> dict[str, Any]:
        identifier = other.scheme.encode(key)
        value = {"value": identifier, "$ref": scope.location(other, identifier), "type": self.type}
        if display:
            value["display"] = str(display)
        return value

    def read(self, obj: ResourceObject) -> Any:
        """Return the members that were fetched."""
        return obj.fetched.get(self.path.key) or None

    # Writing

    def write(self, obj: ResourceObject, value: Any) -> None:
        """Make the members exactly those that are given, once the row exists."""
        obj.after_save.append(lambda: self.replace(obj, value or []))

    def add(self, obj: ResourceObject, values: Sequence[Any]) -> None:
        """Add members; one that is there already is no change (RFC 7644 section 3.5.2.1).

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        keys = self.keys(obj, values)
        for batch in batches(keys):
            present = set(self._present(obj, batch))
            self._add(obj, [key for key in batch if key not in present])

    def remove(self, obj: ResourceObject, values: Sequence[Any]) -> None:
        """Remove members by their ``value``; one that is not there is no change."""
        other = self.other
        if other is None:
            return
        identifiers = [identifier_of(value) for value in values]
        known = other.visible_keys(obj.scope.connection, [text for text in identifiers if text])
        for batch in batches(list(known.values())):
            self._remove(obj, self._present(obj, batch))

    def remove_where(self, obj: ResourceObject, condition: Q) -> int:
        """Remove the members whose row of the relation meets a condition; return how many did."""
        keys = list(self._own(obj).filter(condition).values_list(self.target, flat=True))
        for batch in batches(keys):
            self._remove(obj, batch)
        return len(keys)

    def replace(self, obj: ResourceObject, values: Sequence[Any]) -> None:
        """Make the members exactly those that are given.

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        wanted = self.keys(obj, values)
        current = set(self._own(obj).values_list(self.target, flat=True))
        for batch in batches(list(current - set(wanted))):
            self._remove(obj, batch)
        for batch in batches([key for key in wanted if key not in current]):
            self._add(obj, batch)

    def on_delete(self, obj: ResourceObject) -> None:
        """End the memberships: what a group allows should not outlive it."""
        getattr(obj.instance, self.relation).clear()

    def keys(self, obj: ResourceObject, values: Sequence[Any]) -> list[Any]:
        """Return the primary keys that values name.

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        identifiers = list(dict.fromkeys(identifier_of(value) for value in values))
        texts = [identifier for identifier in identifiers if identifier]
        other = self.other
        known = {} if other is None else other.visible_keys(obj.scope.connection, texts)
        for identifier in identifiers:
            if identifier not in known:
                raise InvalidValueException(
                    detail=f"{self.path.key}: there is no {self.to} with the id '{identifier or ''}'"
                )
        return list(known.values())

    def _own(self, obj: ResourceObject) -> QuerySet[Any]:
        return self.rows(obj.scope).filter(**{self.source: obj.instance.pk})

    def _present(self, obj: ResourceObject, keys: Sequence[Any]) -> list[Any]:
        rows = self._own(obj).filter(**{f"{self.target}__in": keys})
        return list(rows.values_list(self.target, flat=True))

    def _add(self, obj: ResourceObject, keys: list[Any]) -> None:
        if keys:
            getattr(obj.instance, self.relation).add(*keys)
            self._note(obj, "added", keys)

    def _remove(self, obj: ResourceObject, keys: list[Any]) -> None:
        if keys:
            getattr(obj.instance, self.relation).remove(*keys)
            self._note(obj, "removed", keys)

    def _note(self, obj: ResourceObject, kind: str, keys: list[Any]) -> None:
        noted = obj.members_changed.setdefault(self.path.key, {}).setdefault(kind, [])
        noted.extend(keys)
        obj.changed_outside = True

    def shown(self, keys: Sequence[Any]) -> list[str]:
        """Return what the history shows for primary keys: the first of them, by ``id`` if it can be."""
        other = self.other
        has_identifiers = other is not None and other.id_field is None
        shown = keys[:SHOWN_KEYS]
        return [other.scheme.encode(key) if other and has_identifiers else str(key) for key in shown]

    # Filtering

    def sources(self, scope: Scope) -> Sequence[Source]:
        """Return the rows of the relation."""
        return [Source(self.rows(scope), self.source, self._operand)]

    def _operand(self, sub: str | None) -> Operand | None:
        other = self.other
        path = self.adapter.resolve(f"{self.path.head}.{sub or 'value'}")
        if other is None or path is None:
            return None
        if path.sub == "value":
            return identifier_operand(other, f"{self.target}__", path.binding)
        if path.sub == "type":
            return ConstantOperand(self.type, path.binding)
        if path.sub == "display" and other.display_column:
            field = column_of(other.model, other.display_column)
            return ColumnOperand(f"{self.target}__{other.display_column}", field, path.binding)
        return None


def identifier_of(value: Any) -> str | None:
    """Return the ``id`` in a value: its ``value``, or else the end of its ``$ref``."""
    if isinstance(value, dict):
        value = value.get("value") or str(value.get("$ref") or "").rstrip("/").rpartition("/")[2]
    return value if isinstance(value, str) and value else None


def batches(keys: Sequence[Any]) -> Iterator[list[Any]]:
    """Cut a list of keys in pieces that fit into one statement."""
    iterator = iter(keys)
    while batch := list(islice(iterator, BATCH)):
        yield batch
