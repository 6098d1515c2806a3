"""Which attributes an answer has (RFC 7644 section 3.9), decided once and pushed down.

What is not asked for is not fetched: neither columns nor records nor members.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from scim2_models import Returned

from django_scim.adapters.base import Adapter
from django_scim.adapters.mappings.base import Mapping
from django_scim.adapters.objects import ResourceObject
from django_scim.adapters.paths import AttributePath, Json, walk

Selection = dict[str, set[str] | None]
"""The attributes to return by the key of their head: none for all of one, or the sub-attributes."""


class Projection:
    """The attributes that a request wants of the resources of one type.

    :param attributes: ``attributes``; unknown ones are ignored.
    :param excluded: ``excludedAttributes``; what is ``returned: always`` stays.
    """

    def __init__(
        self, adapter: Adapter, attributes: Iterable[str] = (), excluded: Iterable[str] = ()
    ) -> None:
        self.adapter = adapter
        asked = self._named(attributes)
        refused = self._named(excluded)
        self.selection: Selection = {}
        for path in walk(adapter.resource):
            self._select(path, asked if attributes else None, refused)

    def _named(self, texts: Iterable[str]) -> dict[str, set[str] | None]:
        named: dict[str, set[str] | None] = {}
        for text in texts:
            urn = text.lower()
            for head in walk(self.adapter.resource):
                schema = head.extension or str(self.adapter.resource.__schema__)
                if urn == schema.lower():
                    named[head.key] = None
            path = self.adapter.resolve(text)
            if path is None:
                continue
            if path.sub is None:
                named[path.head] = None
            elif named.get(path.head, set()) is not None:
                subs = named.setdefault(path.head, set())
                assert subs is not None
                subs.add(path.sub)
        return named

    def _select(
        self,
        path: AttributePath,
        asked: dict[str, set[str] | None] | None,
        refused: dict[str, set[str] | None],
    ) -> None:
        returned = path.binding.get_annotation(Returned)
        if returned is Returned.always:
            self.selection[path.key] = None
        if returned in (Returned.always, Returned.never):
            return
        if asked is None and returned is Returned.request:
            return
        if asked is not None and path.key not in asked:
            return
        subs = None if asked is None else asked[path.key]
        if path.key in refused:
            unwanted = refused[path.key]
            if unwanted is None:
                return
            subs = (set(path.sub_attributes) if subs is None else subs) - unwanted
        if subs is not None and path.sub_attributes:
            subs = subs | self._always(path)
        self.selection[path.key] = subs

    def _always(self, path: AttributePath) -> set[str]:
        always = set()
        for sub in path.sub_attributes:
            part = self.adapter.resolve(f"{path.key}.{sub}")
            if part is not None and part.binding.get_annotation(Returned) is Returned.always:
                always.add(sub)
        return always

    @cached_property
    def mappings(self) -> list[Mapping]:
        """The mappings to read."""
        chosen = []
        for mapping in self.adapter.mappings.values():
            subs = self.selection.get(mapping.path.head, set())
            if subs is None or mapping.path.sub in subs or (subs and mapping.path.sub is None):
                chosen.append(mapping)
        return chosen

    @cached_property
    def _trimmed(self) -> list[tuple[Mapping, set[str]]]:
        return [
            (mapping, subs)
            for mapping in self.mappings
            if mapping.path.sub is None and (subs := self.selection[mapping.path.head]) is not None
        ]

    @cached_property
    def needs_version(self) -> bool:
        """Whether the answer has ``meta.version``, which takes all mapped columns."""
        subs = self.selection.get("meta", set())
        return subs is None or "version" in subs

    @cached_property
    def needs_record(self) -> bool:
        """Whether the records are needed."""
        return any(mapping.uses_record for mapping in self.mappings)

    @cached_property
    def columns(self) -> set[str]:
        """The columns that the mappings read."""
        mappings: Iterable[Mapping] = self.mappings
        if self.needs_version:
            mappings = self.adapter.mappings.values()
        return {column for mapping in mappings for column in mapping.columns()}

    def read(self, obj: ResourceObject) -> Json:
        """Return the JSON document of a resource for which everything has been fetched."""
        document: Json = {"schemas": []}
        for mapping in self.mappings:
            value = mapping.read(obj)
            if value is not None:
                mapping.path.set(document, value)
        for mapping, subs in self._trimmed:
            value = mapping.path.get(document)
            if value is not None:
                mapping.path.set(document, trim(value, subs))
        document["schemas"] = self.adapter.schemas_of(document)
        return document


def trim(value: Any, subs: set[str]) -> Any:
    """Return a complex value, or a list of them, with some sub-attributes alone."""
    if isinstance(value, list):
        return [entry for entry in (trim(entry, subs) for entry in value) if entry]
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if name in subs}
    return value
