"""Requests as scim2-models sees them: validated resources, and their canonical JSON."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from scim2_models import Context, Error, Resource, SCIMException, ScimPolicy

from django_scim.adapters.base import Adapter
from django_scim.adapters.paths import Json

POLICY = ScimPolicy(unknown=ScimPolicy.Unknown.ignore, remove_value_as_filter=ScimPolicy.RemoveValue.apply)
"""Attributes that no schema has are ignored, and a ``remove`` may name its values in ``value``, as
Microsoft Entra ID sends it: neither can be confused with a conforming request."""


def validate(adapter: Adapter, payload: Any, context: Context) -> Resource[Any]:
    """Return the resource in a request.

    :raises SCIMException: As RFC 7644 section 3.12 names what is wrong.
    """
    try:
        resource: Resource[Any] = adapter.resource.model_validate(
            payload, scim_ctx=context, scim_policy=POLICY
        )
    except ValidationError as error:
        raise scim_error(error) from error
    return resource


def scim_error(error: ValidationError) -> SCIMException:
    """Return the first error of a validation as the exception that it stands for."""
    return SCIMException.from_error(Error.from_validation_errors(error)[0])


def dump(resource: Resource[Any]) -> Json:
    """Return the canonical JSON of a resource, without what is unassigned."""
    document: Json = resource.model_dump(scim_ctx=Context.DEFAULT, scim_policy=POLICY)
    return document


def revive(adapter: Adapter, document: Json) -> Resource[Any]:
    """Return the resource that is stored, without the values that the host may hold and SCIM may not.

    A host may have values that the schema forbids, such as a broken URL. They stay as they are until
    a client changes them.
    """
    document = dict(document)
    while True:
        try:
            resource: Resource[Any] = adapter.resource.model_validate(document, scim_policy=POLICY)
            return resource
        except ValidationError as error:
            wrong = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
            names = [name for name in document if matches(name, wrong)]
            if not names:
                raise scim_error(error) from error
            for name in names:
                del document[name]


def matches(name: str, wrong: set[str]) -> bool:
    """Whether a validation error is about a member of the document."""
    folded = {item.lower().replace("_", "") for item in wrong}
    return name.lower() in folded or name.rpartition(":")[2].lower() in folded
