"""Schema extensions of the host's own (RFC 7643 section 3.3), added to a resource type in the settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union

from django.core.exceptions import ImproperlyConfigured
from pydantic import ValidationError
from scim2_models import Extension, Required, Schema

from django_scim.adapters.paths import ResourceModel
from django_scim.imports import ImportFailed, import_path

ExtensionOption = str | type[Extension] | Mapping[str, Any]
"""A dotted path to a scim2-models class, the class itself, or a schema as ``/Schemas`` has it."""


def extended(resource: ResourceModel, extensions: Sequence[ExtensionOption]) -> ResourceModel:
    """Return a resource type with further extensions.

    :raises ImproperlyConfigured: If one is no extension.
    """
    if not extensions:
        return resource
    models: list[Any] = [qualified(resource, model) for model in resource.get_extension_models().values()]
    models += [extension_model(option) for option in extensions]
    # A class with extensions ignores further ones: they go with the others to the class that it was made of.
    origin: Any = resource.__base__ if "__scim_extension_metadata__" in vars(resource) else resource
    extended_resource: ResourceModel = origin[Union[tuple(models)]]  # noqa: UP007 - of any number
    return extended_resource


def qualified(resource: ResourceModel, extension: type[Extension]) -> Any:
    """Return an extension as it was added to a resource type, required or not."""
    required = resource.get_field_annotation(extension.__name__, Required)
    return Annotated[extension, required]


def extension_model(option: ExtensionOption) -> type[Extension]:
    """Return the scim2-models class that an option stands for.

    :raises ImproperlyConfigured: If it stands for none.
    """
    if isinstance(option, Mapping):
        try:
            return Extension.from_schema(Schema.model_validate(dict(option)))
        except (ValidationError, KeyError, ValueError) as error:
            raise ImproperlyConfigured(f"the extension '{option.get('id')}' is no schema: {error}") from error
    if isinstance(option, str):
        try:
            option = import_path(option)
        except ImportFailed as error:
            raise ImproperlyConfigured(f"{error.reason}. {error.hint or ''}".rstrip()) from error
    if not isinstance(option, type) or not issubclass(option, Extension):
        raise ImproperlyConfigured(f"'{option}' is no Extension of scim2-models.")
    return option
