"""Finds resources by any part of a name, an address or an id, at a cost that has an upper bound.

What an index finds is found among all rows: a key, an ``id``, an ``externalId``, a whole name. A part of a
text is in no index of most projects. So it is looked for in the newest :data:`SCANNED` rows of each type,
and, where there are more, at the beginning of the names in the history, which has an index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from scim2_models import InvalidFilterException
from scim2_models.path import CompareOperator

from django_scim.history.selection import EventSelection
from django_scim.mappings.builtin import link_digest
from django_scim.mappings.columns import HostPath
from django_scim.mappings.identifiers import parse_uuid, reissued
from django_scim.models import Connection, Link, ProvisioningEvent
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.sql.functions import compose
from django_scim.sql.operand import any_of
from django_scim.sql.values import INTEGER_RANGE, is_storable

MOST_FOUND = 500
"""The most resources that are found in one way, such as by the same external id."""

SCANNED = 50_000
"""How many rows of a type, the newest ones, are read for a part of a text."""

MOST_WORDS = 5
"""How many words of a search have to be found."""

SHORTEST_ID = 6
"""How long a part of an ``id`` has to be at least: less is in too many of them."""

SEARCHED = (
    "userName",
    "displayName",
    "nickName",
    "name.formatted",
    "name.givenName",
    "name.familyName",
    "emails.value",
)
"""The attributes that people are known by, as far as a resource type has them."""


@dataclass
class Found:
    """The resources that a search has found.

    :param keys: The primary keys of their rows by resource type, the best first. A row may be gone.
    :param is_complete: Whether all rows were searched for a part of a text, and not the newest ones alone.
    """

    keys: dict[ResourceType, list[Any]] = field(default_factory=dict)
    is_complete: bool = True

    @property
    def condition(self) -> Q:
        """The condition that a record is of one of them."""
        condition = Q(pk__in=[])
        for resource_type, keys in self.keys.items():
            condition |= Q(resource_type=resource_type.name, **{f"{resource_type.record_key}__in": keys})
        return condition


def find(text: str) -> Found:
    """Return the resources that a text names, or a part of whose name, address or id it is."""
    term, found = text.strip(), Found()
    if not term or not is_storable(term):
        return found
    linked = linked_keys(term)
    for resource_type in registry():
        exact = [
            *keys_from_term(resource_type, term),
            *keys_by_column(resource_type, term),
            *linked.get(resource_type.name, ()),
        ]
        oldest = oldest_scanned(resource_type)
        exact += keys_by_part(resource_type, term, oldest)
        if oldest is not None:
            found.is_complete = False
            exact += keys_in_history(resource_type, term)
        if exact:
            found.keys[resource_type] = list(dict.fromkeys(exact))
    return found


# By an index


def linked_keys(term: str) -> dict[str, list[Any]]:
    """Return the keys of rows to which a connection has given this ``externalId``, by resource type."""
    # Every connection, as the index on the digest begins with the connection.
    links = Link.objects.filter(
        connection__in=Connection.objects.values("pk"), digest=link_digest(compose(term) or "")
    )
    return keys_of_links(links[:MOST_FOUND])


def keys_of_links(links: Any) -> dict[str, list[Any]]:
    """Return the keys of the rows that links belong to, by resource type."""
    keys: dict[str, list[Any]] = {}
    columns = ("resource_type", "integer_key", "uuid_key", "text_key")
    for name, *own in links.values_list(*(f"record__{column}" for column in columns)):
        keys.setdefault(name, []).extend(key for key in own if key is not None)
    return keys


def keys_from_term(resource_type: ResourceType, term: str) -> Iterator[Any]:
    """Yield the keys of rows that a term may be: a primary key, or one that an ``id`` is made from."""
    if resource_type.record_key == "text_key":
        yield term
    elif resource_type.record_key == "uuid_key":
        yield from filter(None, [parse_uuid(term.lower())])
    elif is_integer(term):
        yield int(term)
    if resource_type.adapter.id_field is None:
        yield from primary_keys(resource_type, [term]).values()


def is_integer(term: str) -> bool:
    """Whether a term is an integer in the range of a column."""
    digits = term.removeprefix("-")
    return digits.isascii() and digits.isdecimal() and len(digits) < 20 and int(term) in INTEGER_RANGE


def keys_by_column(resource_type: ResourceType, term: str) -> list[Any]:
    """Return the keys of rows by their name, or by the column of their ``id``, where it has an index."""
    adapter = resource_type.adapter
    keys: list[Any] = []
    for column in filter(None, (adapter.display_column, adapter.id_field)):
        column_field: Any = HostPath(resource_type.model, column).field
        if column_field.get_internal_type() in ("CharField", "EmailField", "SlugField") and (
            column_field.unique or column_field.db_index
        ):
            rows = resource_type.model._base_manager.filter(**{column: term})
            keys += rows.values_list("pk", flat=True)[:MOST_FOUND]
    return keys


def keys_in_history(resource_type: ResourceType, term: str) -> list[Any]:
    """Return the keys of rows whose name in the history begins with a term."""
    equal = {"resource_type": resource_type.name}
    selection = EventSelection(ProvisioningEvent.objects.all(), equal=equal, search=term)
    events = selection.read(selection.keys(MOST_FOUND))
    identifiers = set(events.order_by().exclude(resource_id="").values_list("resource_id", flat=True))
    return list(primary_keys(resource_type, identifiers).values())


def primary_keys(resource_type: ResourceType, identifiers: Collection[str]) -> dict[str, Any]:
    """Return the primary keys of rows by their ``id``, or by one that they had until they were hired again.

    A row that has the key of one that is gone is not meant by the ``id`` of that.
    """
    kept = [identifier for identifier in identifiers if reissued(identifier)]
    if kept:
        records = resource_type.records().filter(reissued_id__in=kept)
        found = records.values_list("reissued_id", resource_type.record_key)
        rest = set(identifiers) - set(kept)
        return {str(own): key for own, key in found} | primary_keys(resource_type, rest)
    decoded = {identifier: resource_type.scheme.decode(identifier) for identifier in identifiers}
    decoded = {identifier: key for identifier, key in decoded.items() if key is not None}
    if not decoded:
        return decoded
    if resource_type.adapter.id_field is None:
        records = resource_type.records().filter(reissued_id__isnull=False)
        records = records.filter(**{f"{resource_type.record_key}__in": list(decoded.values())})
        former = dict(records.values_list(resource_type.record_key, "former_ids"))
        return {name: key for name, key in decoded.items() if key not in former or name in former[key]}
    rows = resource_type.model._base_manager.filter(
        **{f"{resource_type.id_column}__in": list(decoded.values())}
    )
    keys = dict(rows.values_list(resource_type.id_column, "pk"))
    return {identifier: keys[key] for identifier, key in decoded.items() if key in keys}


# By a part, in the newest rows


def oldest_scanned(resource_type: ResourceType) -> Any:
    """Return the key of the row after which a part is looked for, or None if that is in all of them."""
    keys = resource_type.model._base_manager.order_by("-pk").values_list("pk", flat=True)
    return keys[SCANNED : SCANNED + 1].first()


def keys_by_part(resource_type: ResourceType, term: str, oldest: Any) -> list[Any]:
    """Return the keys of rows that have all words of a term in a name, an address or an id.

    :param oldest: The key of the newest row that is not read, or None.
    """
    rows = resource_type.model._base_manager.order_by("-pk")
    if oldest is not None:
        rows = rows.filter(pk__gt=oldest)
    named = rows.filter(*(part_condition(resource_type, word) for word in term.split()[:MOST_WORDS]))
    keys = list(dict.fromkeys(named.values_list("pk", flat=True)[:MOST_FOUND]))
    links = Link.objects.filter(
        record__resource_type=resource_type.name, external_id__icontains=term
    ).order_by("-pk")
    newest = Link.objects.order_by("-pk").values_list("pk", flat=True)[SCANNED : SCANNED + 1].first()
    if newest is not None:
        links = links.filter(pk__gt=newest)
    keys += keys_of_links(links[:MOST_FOUND]).get(resource_type.name, [])
    if len(term) >= SHORTEST_ID and " " not in term:
        own = rows.values_list(resource_type.id_column, flat=True)[:SCANNED]
        ids = (resource_type.scheme.encode(key) for key in own if key is not None)
        found = [identifier for identifier in ids if term.lower() in identifier.lower()][:MOST_FOUND]
        keys += primary_keys(resource_type, found).values()
    return keys


def part_condition(resource_type: ResourceType, word: str) -> Q:
    """Return the condition that a row has a word in one of the attributes that people are known by."""
    caller, conditions = Caller(None), []
    for key in SEARCHED:
        path = resource_type.resolve(key)
        mapping = None if path is None else resource_type.mapping_for(path)
        if path is None or mapping is None or not mapping.filterable:
            continue
        try:
            conditions.append(mapping.lookup(path, CompareOperator.co, word, caller))
        except InvalidFilterException:
            continue
    if (column := resource_type.adapter.display_column) is not None:
        conditions.append(Q(**{f"{column}__icontains": word}))
    return any_of(conditions) if conditions else Q(pk__in=[])
