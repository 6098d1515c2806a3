"""System check errors for wrong mappings: the setting, the attribute, and the nearest right name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from reprlib import repr as short_repr
from typing import TYPE_CHECKING, Any

from django.core.checks import Error
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ManyToManyField, ManyToManyRel, ManyToOneRel, Model

from django_scim.imports import nearest
from django_scim.mappings.conversions import Conversion
from django_scim.mappings.suggestions import for_missing_field, for_relation, for_unknown_attribute
from django_scim.schema.paths import AttributePath, walk

if TYPE_CHECKING:
    from django_scim.resources.resource_type import ResourceType


STANDARD = ("User", "Group")
"""The resource types of RFC 7643, which a project may leave out."""


class WrongMapping(Error):
    """Something that is wrong with a mapping, with the parameters of Django's ``Error`` in their order.

    :param msg: The text after "maps", which begins with the attribute.
    """

    def __init__(self, msg: str, hint: str | None, resource_type: ResourceType, id: str) -> None:
        super().__init__(f"{resource_type.setting} maps {msg}", hint, type(resource_type.adapter), id)


def unknown_field(resource_type: ResourceType, attribute: str, model: type[Model], path: str) -> Error:
    """Report a mapping to a model field that does not exist, or that does not lead to one value."""
    label = resource_type.model._meta.label
    for step in path.split("__"):
        try:
            field = model._meta.get_field(step)
        except FieldDoesNotExist:
            return WrongMapping(
                f"'{attribute}' to '{path}', but {model._meta.label} has no field '{step}'.",
                for_missing_field(model, step),
                resource_type,
                "django_scim.E002",
            )
        if not isinstance(field.related_model, type):
            break
        model = field.related_model
    meant = for_relation(field, path, attribute) if path else None
    return WrongMapping(
        f"'{attribute}' to '{path}', which does not lead from {label} to one column.",
        meant
        or "Use Rows for rows that have a key to it, Members for a many-to-many relation, and Reference for "
        "a foreign key.",
        resource_type,
        "django_scim.E003",
    )


def wrong_fallback(resource_type: ResourceType, attribute: str, fallback: str) -> Error:
    """Report a fallback that has no text of which the column could be made."""
    return WrongMapping(
        f"'{attribute}' with the fallback '{fallback}', which is no text with one value.",
        "Name an attribute such as 'userName'.",
        resource_type,
        "django_scim.E016",
    )


def shared_row(resource_type: ResourceType, attribute: str, path: str) -> Error:
    """Report a mapping to a column that lies further than one step behind a foreign key."""
    return WrongMapping(
        f"'{attribute}' to '{path}', which could not be written: the row behind a foreign key is shared, "
        f"and nothing may follow the key but a column of that row.",
        "Map a column that is nearer, or use Computed for an attribute that is only read.",
        resource_type,
        "django_scim.E003",
    )


def unknown_relation(resource_type: ResourceType, attribute: str, relation: str) -> Error:
    """Report a mapping to a many-to-many relation that does not exist."""
    relations = [
        field.get_accessor_name() if isinstance(field, ManyToManyRel) else field.name
        for field in resource_type.model._meta.get_fields()
        if isinstance(field, ManyToManyField | ManyToManyRel)
    ]
    return no_relation(resource_type, attribute, relation, "many-to-many relation", relations)


def unknown_rows(resource_type: ResourceType, attribute: str, relation: str) -> Error:
    """Report a mapping to rows that no foreign key of the project relates to the model."""
    fields = resource_type.model._meta.get_fields()
    relations = [field.get_accessor_name() for field in fields if isinstance(field, ManyToOneRel)]
    return no_relation(resource_type, attribute, relation, "foreign key to it", relations)


def no_relation(
    resource_type: ResourceType, attribute: str, relation: str, kind: str, relations: Iterable[str | None]
) -> Error:
    """Report a mapping to a relation of a kind that does not exist."""
    return WrongMapping(
        f"'{attribute}' to '{relation}', but {resource_type.model._meta.label} has no {kind} of that name.",
        nearest(relation, filter(None, relations)),
        resource_type,
        "django_scim.E002",
    )


def not_one_value(resource_type: ResourceType, attribute: str) -> Error:
    """Report one column for an attribute that has several values or sub-attributes."""
    return WrongMapping(
        f"'{attribute}' to one column, but the attribute is complex or multi-valued.",
        "Map a sub-attribute, or use PrimaryValue or Rows for a list, and Members or Reference for "
        "relations.",
        resource_type,
        "django_scim.E004",
    )


def no_conversion(
    resource_type: ResourceType, attribute: str, column: str, given: Any, bound: Conversion
) -> Iterator[Error]:
    """Report what is in the place of a conversion, and one that does not fit the column or the attribute.

    :param given: What the mapping was given.
    :param bound: The same for the column, if it is a conversion at all.
    """
    if isinstance(given, Conversion):
        reasons = bound.check()
    else:
        reasons = [f"{short_repr(given)} is no instance of Choices, Convert or Locale"]
    for reason in reasons:
        yield wrong_conversion(resource_type, attribute, column, reason)


def wrong_conversion(resource_type: ResourceType, attribute: str, column: str, reason: str) -> Error:
    """Report a conversion that cannot be."""
    return WrongMapping(
        f"'{attribute}' to '{column}', and converts it wrongly: {reason}.",
        None,
        resource_type,
        "django_scim.E012",
    )


def unknown_attribute(resource_type: ResourceType, attribute: str) -> Error:
    """Report a mapping of an attribute that the schemas of the resource type do not have."""
    names: list[str] = []
    for path in walk(resource_type.resource):
        names += [path.key, *(f"{path.key}.{sub}" for sub in path.sub_attributes)]
    resource = resource_type.resource
    schemas = [str(resource.__schema__), *map(str, resource.get_extension_models())]
    return WrongMapping(
        f"'{attribute}', which is no attribute of the {resource_type.name} schemas.",
        for_unknown_attribute(attribute, schemas, names),
        resource_type,
        "django_scim.E001",
    )


def built_in_attribute(resource_type: ResourceType, attribute: str) -> Error:
    """Report a mapping of an attribute that the server alone knows."""
    hint = "Use 'id_field' for a column that holds the id." if attribute == "id" else None
    return WrongMapping(
        f"'{attribute}', which is not the project's to map.", hint, resource_type, "django_scim.E001"
    )


def part_of_list(resource_type: ResourceType, path: AttributePath) -> Error:
    """Report a mapping of a sub-attribute that each value of a list has."""
    return WrongMapping(
        f"'{path.key}', but '{path.head}' is a list, and has no one '{path.sub}'.",
        f"Map '{path.head}' as a whole, with PrimaryValue for one of its values, Rows, or Members.",
        resource_type,
        "django_scim.E004",
    )


def not_the_attribute(resource_type: ResourceType, attribute: str, mapping: str, right: str) -> Error:
    """Report a mapping that is for another attribute."""
    return WrongMapping(
        f"'{attribute}' by {mapping}, which is for '{right}' alone.", None, resource_type, "django_scim.E004"
    )


def part_elsewhere(resource_type: ResourceType, path: AttributePath) -> Error:
    """Report a mapping of a part of what another mapping holds as a whole."""
    return WrongMapping(
        f"'{path.key}' beside FullName, which holds all of '{path.head}'.",
        f"Map '{path.head}.formatted' to the column instead of '{path.head}'.",
        resource_type,
        "django_scim.E004",
    )


def no_mapping(resource_type: ResourceType, attribute: str, mapping: Any) -> Error:
    """Report what is in the place of a mapping."""
    return WrongMapping(
        f"'{attribute}' to {short_repr(mapping)}, which is no mapping.",
        "A mapping is the name of a column, an instance of a class such as Reference, or None.",
        resource_type,
        "django_scim.E004",
    )


def wrong_resource_type(
    resource_type: ResourceType, attribute: str, name: str, model: Any
) -> Iterator[Error]:
    """Report a relation to a resource type that there is not, or whose rows are not what it leads to.

    A project that serves no groups may keep the relation to them.

    :param model: The model that the relation leads to.
    """
    other = resource_type.registry.get(name)
    if other is None:
        if name not in STANDARD:
            yield WrongMapping(
                f"'{attribute}' to resources of the type '{name}', which there is not.",
                nearest(name, [other.name for other in resource_type.registry]),
                resource_type,
                "django_scim.E009",
            )
    elif not issubclass(other.model._meta.concrete_model or other.model, model._meta.concrete_model):
        yield WrongMapping(
            f"'{attribute}' to resources of the type '{name}', whose model is {other.model._meta.label}, "
            f"but the relation leads to {model._meta.label}.",
            None,
            resource_type,
            "django_scim.E009",
        )
