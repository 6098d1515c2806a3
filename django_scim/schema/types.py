"""The SCIM schemas that the app serves: scim2-models' own where they are right, and those of the host.

The workarounds for scim2-models' schemas live here, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Union

import scim2_models
from django.core.exceptions import ImproperlyConfigured
from pydantic import Field, GetCoreSchemaHandler, ValidationError, ValidatorFunctionWrapHandler, create_model
from pydantic_core.core_schema import (
    CoreSchema,
    no_info_wrap_validator_function,
    plain_serializer_function_ser_schema,
)
from scim2_models import (
    URN,
    AnyExtension,
    CaseExact,
    EnterpriseUser,
    Extension,
    External,
    InvalidPathException,
    Mutability,
    Path,
    Required,
    Returned,
    Schema,
)
from scim2_models import Reference as SCIMReference

from django_scim.imports import ImportFailed, import_path
from django_scim.schema.paths import Json, ResourceModel

ENTERPRISE = str(EnterpriseUser.__schema__)
"""The URN of the enterprise extension (RFC 7643 section 4.3), for the keys of ``attributes``."""


class Email(scim2_models.Email):
    """An email address as any string.

    RFC 7643 section 4.1.2 says SHOULD of the address syntax. scim2-models refuses the domains that
    directories use inside a company (``.local``) and lowers the case of others, so that a value would
    not come out as it went in. The host's own field still validates what is mapped to it.
    """

    value: str | None = None
    """Email addresses for the user."""


class Manager(scim2_models.Manager):
    """A manager, of whom the client knows the ``id`` alone.

    RFC 7643 section 4.3 says RECOMMENDED of ``value`` and ``$ref``, section 8.7.1 has both as not
    required, and no identity provider sends ``$ref``. ``displayName`` is the server's to give.
    """

    value: Annotated[str | None, CaseExact.true] = None
    """The id of the SCIM resource representing the User's manager."""

    ref: Annotated[SCIMReference["User"] | None, Required.false] = Field(  # type: ignore[assignment, type-arg]  # noqa: UP037 - the name is the referenceType
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The URI of the SCIM resource representing the User's manager."""

    display_name: Annotated[str | None, Mutability.read_only] = None
    """The displayName of the User's manager."""


class EnterpriseUserExtension(scim2_models.EnterpriseUser):
    """The enterprise extension, with the manager that clients can send."""

    __schema__ = URN(ENTERPRISE)

    manager: Manager | None = None
    """The User's manager."""


RELATIVE = re.compile(r"""(?![^/?#:]*:)(?:[^\s%<>"{}|\\^`\x00-\x20\x7f]|%[0-9A-Fa-f]{2})+""")
"""A URI without a scheme; characters outside ASCII stand for themselves, as in an IRI (RFC 3987)."""


class Link(SCIMReference[External]):
    """A URI of a page or a photo, which may be relative (RFC 7643 section 2.3.7).

    scim2-models takes relative ones only if they begin with a slash: ``people/rel`` is none to it.
    """

    @classmethod
    def __get_pydantic_core_schema__(cls, source: type[Any], handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_wrap_validator_function(
            cls._validate,
            super().__get_pydantic_core_schema__(source, handler),
            serialization=plain_serializer_function_ser_schema(str),
        )

    @classmethod
    def _validate(cls, value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
        try:
            return validate(value)
        except ValueError:
            if isinstance(value, str) and RELATIVE.fullmatch(value):
                return cls(value)
            raise


class Photo(scim2_models.Photo):
    """A photo, whose URL may be relative."""

    value: Link | None = None
    """URL of a photo of the User."""


class User(scim2_models.User[AnyExtension]):
    """A user (RFC 7643 section 4.1)."""

    __schema__ = scim2_models.User.__schema__

    emails: list[Email] | None = None  # type: ignore[assignment]
    """Email addresses for the user."""

    profile_url: Link | None = None
    """A fully qualified or relative URL of the User's online profile."""

    photos: list[Photo] | None = None  # type: ignore[assignment]
    """URLs of photos of the User."""


class Member(scim2_models.GroupMember):
    """A member, whose name is the server's to give, and given to who asks for it.

    No relation has a place for a name that a client sends. To be told one that it has not sent is a
    surprise to a client that compares what it reads with what it wrote.
    """

    display: Annotated[str | None, Mutability.read_only, Returned.request] = None
    """A human-readable name of the member."""


class Group(scim2_models.Group):
    """A group (RFC 7643 section 4.2)."""

    __schema__ = scim2_models.Group.__schema__

    members: list[Member] | None = None  # type: ignore[assignment]
    """A list of members of the Group."""


EnterpriseUserExtension.__name__ = "EnterpriseUser"

__all__ = ["ENTERPRISE", "Email", "EnterpriseUserExtension", "Group", "Manager", "Member", "User"]

ExtensionOption = str | type[Extension] | Mapping[str, Any]
"""A dotted path to a scim2-models class, the class itself, or a schema as ``/Schemas`` has it. Each may be
the ``schema`` of a dictionary that says whether it is ``required``."""


def extended(resource: ResourceModel, extensions: Sequence[ExtensionOption]) -> ResourceModel:
    """Return a resource type with further extensions, or with others in the place of those of the same URN.

    :raises ImproperlyConfigured: If one is no extension.
    """
    if not extensions:
        require_names(resource)
        return resource
    models: dict[str, Any] = {
        urn: qualified(resource, model) for urn, model in resource.get_extension_models().items()
    }
    for option in extensions:
        required = Required.false
        if isinstance(option, Mapping) and "schema" in option:
            required = Required(bool(option.get("required")))
            option = option["schema"]
        model: Any = extension_model(option)
        models[str(model.__schema__)] = Annotated[model, required]
    # A class with extensions ignores further ones: they go with the others to the class that it was made of.
    origin: Any = resource.__base__ if "__scim_extension_metadata__" in vars(resource) else resource
    extended_resource: ResourceModel = origin[Union[tuple(models.values())]]  # noqa: UP007 - of any number
    require_names(extended_resource)
    return extended_resource


URN_WRITTEN = re.compile(r"[\w:.~/+@!$*,;=-]+")
"""The characters that the id of a schema may have: others mean something in paths, in SQL or in URLs."""

NAME_WRITTEN = re.compile(r"\$?[A-Za-z][\w$-]*")
"""How an attribute may be called (RFC 7643 section 2.1); ``$ref`` is one."""


def require_names(resource: ResourceModel) -> None:
    """Refuse schemas whose id, or the name of an attribute, is none that a path can have.

    :raises ImproperlyConfigured: If there is one.
    """
    for model in (resource, *resource.get_extension_models().values()):
        urn = str(model.__schema__)
        if not URN_WRITTEN.fullmatch(urn):
            raise ImproperlyConfigured(f"'{urn}' cannot be the id of a schema: it is no plain URN.")
        for name, field in model.model_fields.items():
            written = field.serialization_alias or name
            # A name with a colon is that of an extension, which is looked at itself.
            if ":" not in written and not NAME_WRITTEN.fullmatch(written):
                raise ImproperlyConfigured(f"'{written}' cannot be the name of an attribute of {urn}.")
        try:
            Path(f"{urn}:id")
        except InvalidPathException as error:
            raise ImproperlyConfigured(f"'{urn}' cannot be the id of a schema: {error}") from error


def qualified(resource: ResourceModel, extension: type[Extension]) -> Any:
    """Return an extension as it was added to a resource type, required or not."""
    required = resource.get_field_annotation(extension.__name__, Required)
    return Annotated[extension, required]


def extension_model(option: ExtensionOption) -> type[Extension]:
    """Return the scim2-models class that an option stands for.

    :raises ImproperlyConfigured: If it stands for no extension.
    """
    if isinstance(option, Mapping):
        try:
            return with_relative_links(Extension.from_schema(Schema.model_validate(dict(option))))
        except (ValidationError, KeyError, ValueError) as error:
            raise ImproperlyConfigured(
                f"the extension '{option.get('id')}' is no schema: {reason_of(error)}"
            ) from error
    if isinstance(option, str):
        try:
            option = import_path(option)
        except ImportFailed as error:
            raise ImproperlyConfigured(f"{error.reason}. {error.hint or ''}".rstrip()) from error
    if not isinstance(option, type) or not issubclass(option, Extension):
        raise ImproperlyConfigured(f"'{option}' is no Extension of scim2-models.")
    return option


def reason_of(error: Exception) -> str:
    """Return what is wrong with a schema, in a line."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}."


def with_relative_links(model: type[Extension]) -> type[Extension]:
    """Return an extension whose external references may be relative too."""
    links: dict[str, Any] = {
        name: (Link | None, field)
        for name, field in model.model_fields.items()
        if model.get_field_root_type(name) is SCIMReference[External]
        and not model.get_field_multiplicity(name)
    }
    return create_model(model.__name__, __base__=model, **links) if links else model


def keep_parts(attribute: Json, names: Collection[str]) -> dict[str, Json]:
    """Leave out the sub-attributes that have no place; return those that stay, by name."""
    parts = {part["name"]: part for part in attribute.get("subAttributes", ()) if part["name"] in names}
    if parts:
        attribute["subAttributes"] = list(parts.values())
    return parts


def declare_read_only(attribute: Json) -> None:
    """Say that the attribute is the server's to write."""
    attribute["mutability"] = "readOnly"


def declare_values(attribute: Json, values: Collection[Any]) -> None:
    """Say which values there are, of text if it is known: schemas have no place for others."""
    if values and attribute["type"] == "string":
        attribute["canonicalValues"] = [str(value) for value in values]
