"""Which attributes an answer has (RFC 7644 section 3.9), decided once and pushed down.

What is not asked for is not fetched: neither columns nor records nor members.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

from scim2_models import Returned

from django_scim.mappings.mapping import Mapping
from django_scim.resources.resource import Resource
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import AttributePath, Json, is_assigned, walk

Named = set[str]
"""Keys of attributes and of sub-attributes that a request names."""

SelectedAttributes = dict[str, set[str] | None]
"""The attributes to return by the key of their head: the sub-attributes, or None for all of them."""


class Projection:
    """The attributes that a request wants of the resources of one type.

    :param attributes: ``attributes``; unknown ones are ignored.
    :param excluded: ``excludedAttributes``; what is ``returned: always`` stays.
    """

    def __init__(
        self, resource_type: ResourceType, attributes: Iterable[str] = (), excluded: Iterable[str] = ()
    ) -> None:
        self.resource_type = resource_type
        asked = self._named(attributes) if attributes else None
        refused = self._named(excluded)
        self.selection: SelectedAttributes = {}
        for path in walk(resource_type.resource):
            if self._is_selected(path, asked, refused):
                self.selection[path.key] = self._parts(path, asked, refused)

    def _named(self, texts: Iterable[str]) -> Named:
        """Return the keys of attributes and of sub-attributes; the URN of a schema stands for all of it.

        What has to be named itself to be returned is not named by its schema.
        """
        named: Named = set()
        core = str(self.resource_type.resource.__schema__)
        for text in texts:
            path = self.resource_type.resolve(text)
            if path is not None:
                named.add(path.key)
            named.update(
                head.key
                for head in walk(self.resource_type.resource)
                if text.lower() == (head.extension or core).lower() and returned(head) is not Returned.request
            )
        return named

    def _is_selected(self, path: AttributePath, asked: Named | None, refused: Named) -> bool:
        when = returned(path)
        if when in (Returned.always, Returned.never):
            return when is Returned.always
        if path.key in refused:
            return False
        if asked is None:
            return when is Returned.default
        return path.key in asked or any(f"{path.key}.{sub}" in asked for sub in path.sub_attributes)

    def _parts(self, path: AttributePath, asked: Named | None, refused: Named) -> set[str] | None:
        """Return which sub-attributes to return, or None for all that there are."""
        is_whole = asked is None or path.key in asked
        chosen = set()
        for sub in path.sub_attributes:
            part = self.resource_type.resolve(f"{path.key}.{sub}")
            if part is None:
                continue
            when = returned(part)
            is_asked = (is_whole and when is Returned.default) or (asked is not None and part.key in asked)
            if when is Returned.always or (
                is_asked and when is not Returned.never and part.key not in refused
            ):
                chosen.add(sub)
        return None if len(chosen) == len(path.sub_attributes) else chosen

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What ``attributes`` would name for this selection."""
        parts = (
            [key] if subs is None else [f"{key}.{sub}" for sub in sorted(subs)]
            for key, subs in self.selection.items()
        )
        return tuple(chain.from_iterable(parts))

    @cached_property
    def mappings(self) -> list[Mapping]:
        return [mapping for mapping in self.resource_type.mappings.values() if self._reads(mapping)]

    def _reads(self, mapping: Mapping) -> bool:
        subs = self.selection.get(mapping.path.head, set())
        return subs is None or any(mapping.holds(sub) for sub in subs)

    @cached_property
    def _members(self) -> list[tuple[Mapping, str | None, str | None]]:
        """The mappings, with the member of the stored attributes that each needs, and the name of what is a
        member of the document itself.
        """
        return [
            (mapping, mapping.stored_in, None if path.extension or path.sub else path.name)
            for mapping in self.mappings
            for path in [mapping.path]
        ]

    @cached_property
    def _trimmed(self) -> list[tuple[Mapping, set[str]]]:
        return [
            (mapping, subs)
            for mapping in self.mappings
            if mapping.path.sub is None
            and (subs := self.selection[mapping.path.head]) is not None
            and not mapping.leaves_out.issuperset({*mapping.path.sub_attributes} - subs)
        ]

    @cached_property
    def _lists(self) -> list[str]:
        return [
            mapping.path.name
            for mapping in self.mappings
            if mapping.unbounded and mapping.writable and not mapping.path.extension
        ]

    @cached_property
    def needs_version(self) -> bool:
        """Whether the mapping of ``meta`` works out ``meta.version``, which takes all mapped columns."""
        return "meta" in self.selection

    @cached_property
    def needs_record(self) -> bool:
        return any(mapping.uses_record for mapping in self.mappings)

    @cached_property
    def columns(self) -> set[str]:
        mappings: Iterable[Mapping] = self.mappings
        if self.needs_version:
            mappings = self.resource_type.mappings.values()
        return {column for mapping in mappings for column in mapping.columns()}

    def read(self, obj: Resource) -> Json:
        """Return the JSON document of a resource for which everything has been fetched.

        A group without members has an empty list of them, which RFC 7643 section 2.5 takes as unassigned:
        there are clients that iterate over the members without looking whether there are any.
        """
        document: Json = {"schemas": []}
        stored = {} if obj.record is None else obj.record.attributes
        for mapping, member, name in self._members:
            if member is None or member in stored:
                value = mapping.read(obj)
                if value is None:
                    continue
                if name is None:
                    mapping.path.set(document, value)
                elif is_assigned(value):
                    document[name] = value
        # A removed value stays in a column that cannot be empty: until it changes, no answer has it.
        for key, unassigned in obj.unassigned.items():
            path = self.resource_type.resolve(key)
            if path is not None and path.get(document) == unassigned:
                path.set(document, None)
        for mapping, subs in self._trimmed:
            value = mapping.path.get(document)
            if value is not None:
                mapping.path.set(document, trim(value, subs))
        for name in self._lists:
            document.setdefault(name, [])
        document["schemas"] = self.resource_type.schemas_of(document)
        return document

    def answer(self, obj: Resource) -> Json:
        """Return what :meth:`read` does, and what the dialect of the caller has in every answer."""
        document = self.read(obj)
        for key in obj.caller.dialect.always:
            path = self.resource_type.resolve(key)
            subs = set() if path is None else self.selection.get(path.head, set())
            if path is not None and (subs is None or path.sub in subs) and path.get(document) is None:
                path.set(document, "")
        return document


def returned(path: AttributePath) -> Any:
    """Return when the schema has it that an answer holds an attribute."""
    return path.binding.get_annotation(Returned)


@lru_cache(maxsize=256)
def projection_for(
    resource_type: ResourceType, attributes: tuple[str, ...] = (), excluded: tuple[str, ...] = ()
) -> Projection:
    """Return the projection of a selection, from a cache: clients ask for the same few."""
    return Projection(resource_type, attributes, excluded)


def trim(value: Any, subs: set[str]) -> Any:
    """Return a complex value, or a list of them, with some sub-attributes alone."""
    if isinstance(value, list):
        return [entry for entry in (trim(entry, subs) for entry in value) if entry]
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if name in subs}
    return value


def bounded_projection(resource_type: ResourceType) -> Projection:
    """Return the projection of all attributes but those that may have any number of values."""
    unbounded = [mapping.path.key for mapping in resource_type.mappings.values() if mapping.unbounded]
    return projection_for(resource_type, excluded=tuple(unbounded))


def without_unbounded(resource_type: ResourceType, document: Json) -> Json:
    """Return a copy of a document without the attributes that may have any number of values."""
    unbounded = [mapping.path for mapping in resource_type.mappings.values() if mapping.unbounded]
    # What is to be left out is not copied first: a group may have many thousand members.
    left_out = [value for path in unbounded if isinstance(value := path.get(document), list)]
    document = copy.deepcopy(document, {id(value): [] for value in left_out})
    for path in unbounded:
        path.set(document, None)
    return document
