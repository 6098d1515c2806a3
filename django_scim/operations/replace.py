"""PUT (RFC 7644 section 3.5.1)."""

from __future__ import annotations

from typing import Any

from scim2_models import Context
from scim2_models import Resource as SCIMResource

from django_scim.adapters.adapter import Adapter
from django_scim.history.events import Attempt
from django_scim.operations.conclusion import conclude, was_active
from django_scim.operations.payloads import dump, stored_resource, validate
from django_scim.operations.saving import apply, save
from django_scim.operations.write import database_of, lock, require_match
from django_scim.resources.loading import fetch
from django_scim.resources.projection import bounded_projection, without_unbounded
from django_scim.resources.resource import Caller, Resource
from django_scim.signals import resource_updated
from django_scim.sql.transactions import run


def replace(
    adapter: Adapter, identifier: str, payload: Any, caller: Caller, attempt: Attempt, *, if_match: str | None
) -> Resource:
    """Make a resource what the body says; what the body leaves out is cleared where it can be.

    :raises NotFoundException: If there is no such resource.
    :raises PreconditionFailedException: If it has changed since the version in ``If-Match``.
    :raises SCIMException: If the body is not a valid resource, or changes what cannot be changed.
    """
    resource = validate(adapter, payload, Context.RESOURCE_REPLACEMENT_REQUEST, caller)
    requested = dump(resource)
    attempt.identify(adapter, requested)

    def work() -> Resource:
        attempt.start()
        obj = lock(adapter, identifier, caller)
        adapter.refuse_protected(obj.instance)
        require_match(if_match, adapter.version(obj))
        projection = bounded_projection(adapter)
        fetch([obj], projection)
        active_before = was_active(obj)
        current = stored_resource(adapter, projection.read(obj))
        replacement = stored_resource(adapter, without_unbounded(adapter, requested))
        keep_extensions(current, replacement)
        replacement.replace(current)
        written = apply(obj, dump(current), dump(replacement), attempt.changes)
        for mapping in adapter.written_mappings:
            if mapping.unbounded:
                mapping.write(obj, mapping.value_in(requested))
        save(obj, written, attempt.changes)
        conclude(obj, attempt, resource_updated, active_before)
        attempt.version = adapter.version(obj)
        attempt.succeeded(200)
        return obj

    return run(database_of(adapter), work)


def keep_extensions(current: SCIMResource[Any], replacement: SCIMResource[Any]) -> None:
    """Put an empty extension where the body leaves one out that the resource has.

    What is left out of an extension is cleared, less what is immutable, and it makes no difference
    whether the extension is left out as a whole.
    """
    for extension in type(current).get_extension_models().values():
        if current[extension] is not None and replacement[extension] is None:
            replacement[extension] = extension()
