"""The part of a resource that may be loaded to be changed."""

from __future__ import annotations

import copy

from django_scim.adapters.base import Adapter
from django_scim.adapters.paths import Json
from django_scim.query.projection import Projection, compiled


def bounded_projection(adapter: Adapter) -> Projection:
    """Return the projection of all attributes but those that may have any number of values."""
    unbounded = [mapping.path.key for mapping in adapter.mappings.values() if mapping.unbounded]
    return compiled(adapter, excluded=tuple(unbounded))


def without_unbounded(adapter: Adapter, document: Json) -> Json:
    """Return a copy of a document without the attributes that may have any number of values."""
    document = copy.deepcopy(document)
    for mapping in adapter.mappings.values():
        if mapping.unbounded:
            mapping.path.set(document, None)
    return document
