"""What the project itself gives to a new account: a default group, by ``post_save`` or in ``Model.save()``.

Django says once that a row is new. A deletion ends the memberships of an account, and whoever is hired again
has the same row: nobody would give them again. So the record remembers which the project gave.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db.models import Field, Model

from django_scim.mappings import Combined, Members
from django_scim.mappings.collection import SHOWN_KEYS
from django_scim.mappings.dependencies import writing
from django_scim.models import Record
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.values import column_of

touched: ContextVar[set[type[Model]] | None] = ContextVar("touched", default=None)
"""The tables of relations that have got rows while the row of a new resource is saved, by any code."""


Gift = dict[str, Any]
"""A row of a relation as a record remembers it: the ``key`` on the other side, and the other ``columns``."""


@dataclass(frozen=True)
class EndedRelation:
    """A relation that ends when its resource is deleted softly.

    :param through: The model of its rows, with the foreign keys ``source`` and ``target``.
    :param mapping: The mapping that ends it, or None for Django's groups, which the adapter ends.
    """

    name: str
    through: type[Model]
    source: str
    target: str
    mapping: Members | None = None

    def owner(self, obj: Resource) -> Any:
        """Return the row that the relation is of."""
        adapter: Any = obj.resource_type.adapter
        return obj.instance if self.mapping is not None else adapter.account_of(obj.instance)

    def rows(self, obj: Resource) -> list[Any]:
        """Return the rows of the relation that a resource has, the first of them."""
        rows = self.through._base_manager.using(obj.database).filter(**{self.source: self.owner(obj).pk})
        return list(rows.order_by("pk")[:SHOWN_KEYS])

    def key_of(self, row: Model) -> Any:
        """Return the primary key on the other side of a row, as a record keeps it."""
        key = getattr(row, column_of(self.through, self.target).attname)
        return key if isinstance(key, int) else str(key)

    @property
    def columns(self) -> list[Field[Any, Any]]:
        """The columns of a row beside its keys."""
        keys = (self.through._meta.pk.name, self.source, self.target)
        fields = self.through._meta.concrete_fields
        return [field for field in fields if field.name not in keys and not field.generated]

    def gift(self, row: Model) -> Gift:
        """Return what a record remembers of a row."""
        values = {field.attname: getattr(row, field.attname) for field in self.columns}
        texts = {
            field.attname: None if values[field.attname] is None else field.value_to_string(row)
            for field in self.columns
        }
        return {"key": self.key_of(row), "columns": texts}

    def is_there(self, obj: Resource, gift: Gift) -> bool:
        """Whether all that a row would refer to exists, and is not deleted."""
        other = None if self.mapping is None else self.mapping.other
        for name, text in [(self.target, gift["key"]), *gift["columns"].items()]:
            field: Any = column_of(self.through, name)
            if field.is_relation and text is not None:
                rows = field.related_model._base_manager.all()
                rows = other.queryset(None) if other is not None and name == self.target else rows
                if not rows.using(obj.database).filter(**{field.target_field.name: text}).exists():
                    return False
        return True

    def give(self, obj: Resource, gifts: list[Gift]) -> None:
        """Make rows of the relation."""
        key = column_of(self.through, self.target)
        typed = {gift["key"]: key.to_python(gift["key"]) for gift in gifts}
        with writing(obj.instance):
            if self.through._meta.auto_created:
                mapping, own = self.mapping, getattr(self.owner(obj), self.name)
                (own if mapping is None else mapping.related(obj)).add(*typed.values())
            else:
                for gift in gifts:
                    row = self.through(**{self.source: self.owner(obj), key.attname: typed[gift["key"]]})
                    for field in self.columns:
                        text = gift["columns"].get(field.attname)
                        setattr(row, field.attname, None if text is None else field.to_python(text))
                    row.save(using=obj.database, force_insert=True)
        if self.mapping is not None:
            obj.note_members(self.mapping.note_key, "added", list(typed.values()), self.mapping)
        obj.notes.append(f"given again, as the project did at first: {len(gifts)} of {self.name}")


def ended_relations(resource_type: ResourceType) -> Iterator[EndedRelation]:
    """Yield the relations of a resource type that end when a resource is deleted softly."""
    for mapping in resource_type.mappings.values():
        for part in mapping.parts if isinstance(mapping, Combined) else (mapping,):
            if isinstance(part, Members) and part.through is not None:
                yield EndedRelation(part.relation, part.through, part.source, part.target, part)
    field = resource_type.adapter.unmapped_groups
    if field is not None:
        source, target = field.m2m_field_name(), field.m2m_reverse_field_name()
        through: Any = field.remote_field.through
        yield EndedRelation(field.name, through, source, target)


def on_given(sender: type[Model], **kwargs: Any) -> None:
    """Note that the table of a relation has got rows, for the row that is being saved or for another."""
    tables = touched.get()
    if tables is not None:
        tables.add(sender)


@contextmanager
def remembered(obj: Resource) -> Iterator[None]:
    """Let the record of a new resource remember what the project gives while its row is saved."""
    if not obj.instance._state.adding:
        yield
        return
    tables: set[type[Model]] = set()
    token = touched.set(tables)
    try:
        yield
    finally:
        touched.reset(token)
    if tables:
        remember(obj, tables)


def remember(obj: Resource, tables: set[type[Model]]) -> None:
    """Put what a resource has in the tables of some relations in its record."""
    relations = [each for each in ended_relations(obj.resource_type) if each.through in tables]
    found = {relation.name: [relation.gift(row) for row in relation.rows(obj)] for relation in relations}
    record_of(obj).given = {name: gifts for name, gifts in found.items() if gifts}


def forget_what_is_gone(obj: Resource) -> None:
    """Remember no longer what a resource has lost before its deletion: somebody has taken it."""
    given = {} if obj.record is None else obj.record.given
    for relation in ended_relations(obj.resource_type) if given else ():
        there = {relation.key_of(row) for row in relation.rows(obj)}
        given[relation.name] = [gift for gift in given.get(relation.name, ()) if gift["key"] in there]


def give_again(obj: Resource) -> None:
    """Give a resource that is there again what the project gave it when it was new, as far as that exists."""
    given = record_of(obj).given
    for relation in ended_relations(obj.resource_type) if given else ():
        there = {relation.key_of(row) for row in relation.rows(obj)}
        gifts = [gift for gift in given.get(relation.name, ()) if gift["key"] not in there]
        gifts = [gift for gift in gifts if relation.is_there(obj, gift)]
        if gifts:
            relation.give(obj, gifts)


def record_of(obj: Resource) -> Record:
    """Return the record of a resource, made if there is none yet."""
    if obj.record is None:
        obj.record = obj.resource_type.new_record(obj.instance)
    return obj.record
