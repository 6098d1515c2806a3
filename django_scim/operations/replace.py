"""PUT (RFC 7644 section 3.5.1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Any

from pydantic import BaseModel
from scim2_models import Context, Mutability
from scim2_models import Resource as SCIMResource

from django_scim.operations.payloads import dump, stored_resource
from django_scim.operations.saving import Written, apply, keep_names
from django_scim.operations.write import DocumentWrite, WriteById
from django_scim.resources.projection import without_unbounded
from django_scim.schema.paths import Json


class Replace(DocumentWrite, WriteById):
    """Replaces a resource by the body. Attributes that the body leaves out are cleared, if possible."""

    context = Context.RESOURCE_REPLACEMENT_REQUEST

    def read(self) -> Json:
        """Return the document. The history has the names from the body, not from the document."""
        return self.current()

    def change(self) -> Written:
        """Write the differences, and all members.

        :raises MutabilityException: If the body changes an immutable attribute.
        """
        current = stored_resource(self.resource_type, self.document)
        replacement = stored_resource(self.resource_type, without_unbounded(self.resource_type, self.body))
        keep_extensions(current, replacement)
        replacement.replace(with_first_values(current, replacement))
        before, after = dump(current), dump(replacement)
        keep_names(self.obj, before, after)
        written = apply(self.obj, before, after, self.attempt.changes)
        for mapping in self.resource_type.written_mappings:
            if mapping.unbounded:
                mapping.write(self.obj, mapping.value_in(self.body))
        return written


def with_first_values(current: Any, replacement: Any) -> Any:
    """Return the resource as it is, with the immutable values of the body that it has none of yet.

    RFC 7644 section 3.5.1 has such a value refused if one is set already, and only then. scim2-models
    compares it with none too. Values of a multi-valued attribute are paired as it pairs them: by a ``value``
    that neither side has twice.
    """
    known = current.model_copy()
    for name in type(current).model_fields:
        old, new = getattr(current, name), getattr(replacement, name)
        if isinstance(old, list) and isinstance(new, list):
            alone, partners = by_value(old), by_value(new)
            pairs = [(entry, partners.get(value_of(entry))) for entry in old]
            old = [
                with_first_values(entry, partner) if partner and value_of(entry) in alone else entry
                for entry, partner in pairs
            ]
        elif isinstance(old, BaseModel) and isinstance(new, BaseModel):
            old = with_first_values(old, new)
        elif old in (None, []) and current.get_field_annotation(name, Mutability) == Mutability.immutable:
            old = new
        # Not by assignment, which would validate what the project has stored.
        known.__dict__[name] = old
    return known


def by_value(entries: list[Any]) -> dict[Any, Any]:
    """Return the values of a multi-valued attribute by a ``value`` that only one of them has."""
    counts = Counter(map(value_of, entries))
    return {value_of(each): each for each in entries if counts[value_of(each)] == 1 and value_of(each)}


def value_of(entry: Any) -> Any:
    """Return the ``value`` in one of several values, or None."""
    value = getattr(entry, "value", None)
    return value if isinstance(value, Hashable) else None


def keep_extensions(current: SCIMResource[Any], replacement: SCIMResource[Any]) -> None:
    """Add an empty extension if the body leaves out one that the resource has.

    So its attributes are cleared, except immutable ones, as if the body had the extension without them.
    """
    for extension in type(current).get_extension_models().values():
        if current[extension] is not None and replacement[extension] is None:
            replacement[extension] = extension()
