"""PUT (RFC 7644 section 3.5.1)."""

from __future__ import annotations

from typing import Any

from scim2_models import Context
from scim2_models import Resource as SCIMResource

from django_scim.operations.payloads import dump, stored_resource
from django_scim.operations.saving import Written, apply
from django_scim.operations.write import WriteById
from django_scim.resources.projection import without_unbounded
from django_scim.schema.paths import Json


class Replace(WriteById):
    """Makes a resource what the body says; what the body leaves out is cleared where it can be."""

    body: Json

    def read_body(self, payload: Any) -> Replace:
        """Take the resource that a request's body describes; return the write itself.

        :raises SCIMException: If the body is not a valid resource.
        """
        self.body = self.document_in(payload, Context.RESOURCE_REPLACEMENT_REQUEST)
        return self

    def read(self) -> Json:
        """Return the document; the history has the names of the body."""
        return self.current()

    def change(self) -> Written:
        """Write what differs, and all members.

        :raises MutabilityException: If the body changes what cannot be changed.
        """
        current = stored_resource(self.resource_type, self.document)
        replacement = stored_resource(self.resource_type, without_unbounded(self.resource_type, self.body))
        keep_extensions(current, replacement)
        replacement.replace(current)
        written = apply(self.obj, dump(current), dump(replacement), self.attempt.changes)
        for mapping in self.resource_type.written_mappings:
            if mapping.unbounded:
                mapping.write(self.obj, mapping.value_in(self.body))
        return written


def keep_extensions(current: SCIMResource[Any], replacement: SCIMResource[Any]) -> None:
    """Put an empty extension where the body leaves one out that the resource has.

    What is left out of an extension is cleared, less what is immutable, and it makes no difference
    whether the extension is left out as a whole.
    """
    for extension in type(current).get_extension_models().values():
        if current[extension] is not None and replacement[extension] is None:
            replacement[extension] = extension()
