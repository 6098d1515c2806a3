"""PUT (RFC 7644 section 3.5.1)."""

from __future__ import annotations

from typing import Any

from scim2_models import Context
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
        replacement.replace(current)
        before, after = dump(current), dump(replacement)
        keep_names(self.obj, before, after)
        written = apply(self.obj, before, after, self.attempt.changes)
        for mapping in self.resource_type.written_mappings:
            if mapping.unbounded:
                mapping.write(self.obj, mapping.value_in(self.body))
        return written


def keep_extensions(current: SCIMResource[Any], replacement: SCIMResource[Any]) -> None:
    """Add an empty extension if the body leaves out one that the resource has.

    So its attributes are cleared, except immutable ones, as if the body had the extension without them.
    """
    for extension in type(current).get_extension_models().values():
        if current[extension] is not None and replacement[extension] is None:
            replacement[extension] = extension()
