"""A reference to another resource that no foreign key holds, such as the manager of a stock Django user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django_scim.mappings.builtin import link_digest
from django_scim.mappings.collection import identifier_of
from django_scim.mappings.stored import Stored
from django_scim.schema.paths import Json
from django_scim.sql.names import awaiting

if TYPE_CHECKING:
    from django_scim.resources.resource import Resource
    from django_scim.resources.resource_type import ResourceType


class StoredReference(Stored):
    """A complex attribute with ``value``, kept as it came: ``StoredReference(to="User")``.

    What it leads to may come later: an answer has its address and its name from then on. It is known by its
    ``id``, or by the ``externalId`` that the connection has given to it.

    :param to: The resource type that it leads to.
    """

    fetches_what_is_shown = True

    def __init__(self, *, to: str) -> None:
        super().__init__()
        self.to = to

    def prepare(self) -> None:
        """Note where the record has the value: without it, there is nothing to read."""
        super().prepare()
        self.stored_in = self.path.extension or self.path.name

    @property
    def other(self) -> ResourceType | None:
        """The resource type of the other side, or None where the project does not serve it."""
        return self.resource_type.registry.get(self.to)

    def value_in(self, document: Json) -> Any:
        """Leave out what the server gives."""
        value = super().value_in(document)
        return without_given(value) if isinstance(value, dict) else value

    def before_and_after(self, obj: Resource, before: Json, after: Json, *, removes: bool) -> tuple[Any, Any]:
        """Return the values before and after a request; an address beside the same value is no change."""
        old, new = super().before_and_after(obj, before, after, removes=removes)
        return (old, old) if leads_alike(old, new) else (old, new)

    def fetch(self, objects: Sequence[Resource]) -> None:
        """Find what the references of a page lead to, in a constant number of queries."""
        values = {obj: identifier_of(super(StoredReference, self).read(obj)) for obj in objects}
        wanted = [value for value in values.values() if value is not None]
        found = referred_to(self.other, objects[0], wanted) if wanted and self.other is not None else {}
        names = names_of(self.other, objects[0], list(found.values())) if found and self.other else {}
        for obj, value in values.items():
            target = found.get(value or "")
            obj.fetched[self.path.key] = None if target is None else (target, names.get(target.pk))

    def read(self, obj: Resource) -> Any:
        """Return what the client sent, with the address and the name of what it leads to."""
        value = without_given(super().read(obj) or {})
        if value is None or self.other is None or not obj.fetched.get(self.path.key):
            return value
        target, name = obj.fetched[self.path.key]
        value["$ref"] = obj.caller.location(self.other, self.other.identifier(target))
        return {**value, "displayName": name} if name else value


def without_given(value: Json) -> Json | None:
    """Return a reference without what the server alone gives."""
    return {name: item for name, item in value.items() if name != "displayName"} or None


def leads_alike(old: Any, new: Any) -> bool:
    """Whether two references lead to the same by their values: an answer that is put back has an address."""
    values = [value.get("value") if isinstance(value, dict) else None for value in (old, new)]
    return values[0] is not None and values[0] == values[1]


def referred_to(
    other: ResourceType, obj: Resource, values: Sequence[str], *, is_final: bool = False
) -> dict[str, Any]:
    """Return the rows that references lead to, by what the references say.

    :param other: Their resource type.
    :param obj: One of the resources that refer, for the caller and the database.
    :param is_final: Whether nobody asks again: what is being named at this moment is waited for.
    """
    connection = obj.caller.connection
    keys = other.visible_keys(connection, values, using=obj.database)
    unknown = {link_digest(value): value for value in values if value not in keys}
    if unknown and connection is not None:
        links = other.links().using(obj.database).filter(connection=connection, digest__in=list(unknown))
        named = links.filter(record__resource_type=other.name, record__deleted_at__isnull=True)
        named = awaiting(named) if is_final else named
        for digest, key in named.values_list("digest", f"record__{other.record_key}"):
            keys[unknown[digest]] = key
    rows = other.queryset(connection).using(obj.database)
    if joined := (other.adapter.display_column or "").rpartition("__")[0]:
        rows = rows.select_related(joined)
    by_key = other.with_ids(rows).in_bulk(list(set(keys.values()))) if keys else {}
    return {value: by_key[key] for value, key in keys.items() if key in by_key}


def names_of(other: ResourceType, obj: Resource, rows: Sequence[Any]) -> dict[Any, Any]:
    """Return the ``displayName`` of rows by their primary keys (RFC 7643 section 4.3), in two queries.

    :param other: Their resource type.
    :param obj: One of the resources that refer to them, for the caller and the database.
    """
    mapping = other.mappings.get("displayName")
    if mapping is None or not obj.caller.may_name(other):
        return {}
    targets = {row.pk: type(obj)(other, row, obj.caller) for row in rows}
    if mapping.uses_record:
        records = other.records().using(obj.database).defer("comparable")
        for record in records.filter(**{f"{other.record_key}__in": list(targets)}):
            targets[record.key].record = record
    mapping.fetch(list(targets.values()))
    return {key: mapping.read(target) for key, target in targets.items()}
