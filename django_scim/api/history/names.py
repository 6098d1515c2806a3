"""What a token that is limited to resource types must not learn from their events: what others are called.

A group has members, and what a client sends of them may have their names.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from django_scim.history.counting import READS
from django_scim.history.excerpts import excerpt, query_excerpt
from django_scim.history.redaction import REDACTED, Redaction
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import AttributePath, Json, walk

DISPLAY = "display"
"""The sub-attribute in which RFC 7643 has the names of members and of groups."""


def without_names(document: Json, resource_types: Iterable[ResourceType], caller: Caller) -> Json:
    """Return the document of an event without the names of resources that the caller may not read.

    The ``id`` of who joined or left a group stays.

    :param resource_types: Those that the token is limited to.
    """
    hidden = [path for each in resource_types for path in references(each, caller)]
    if not hidden:  # The token is limited to all that there is.
        return document
    of_requests = Redaction(frozenset({DISPLAY, *(path.name.lower() for path in hidden)}))
    nameless = (path.name.lower() for path in hidden if DISPLAY not in path.sub_attributes)
    named = Redaction(frozenset({DISPLAY, *nameless}))
    shown = {
        **document,
        "path": of_requests.target(document["path"]),
        "changes": excerpt(document["changes"], named, sys.maxsize),
        "detail": REDACTED if named.names_in(document["detail"]) else document["detail"],
    }
    if "request" in document:
        copied = query_excerpt if document["operation"] in READS else excerpt
        shown["request"] = copied(document["request"], of_requests, sys.maxsize)
    return shown


def references(resource_type: ResourceType, caller: Caller) -> Iterator[AttributePath]:
    """Yield the attributes that refer to resources, unless the caller may read all that they may refer to."""
    registry = resource_type.registry
    for path in walk(resource_type.resource):
        reference = resource_type.resolve(f"{path.head}.$ref") if "$ref" in path.sub_attributes else None
        if reference is not None:
            targets = map(registry.get, reference_types(reference))
            if not all(target is not None and caller.may_name(target) for target in targets):
                yield path


def reference_types(path: AttributePath) -> tuple[str, ...]:
    """Return the ``referenceTypes`` of an attribute (RFC 7643 section 7)."""
    return getattr(path.binding.target_type, "__reference_types__", ("external",))
