"""Adapters as the documents of /ResourceTypes and /Schemas."""

from __future__ import annotations

from typing import Any

from scim2_models import Context, ResourceType

from django_scim.adapters.base import Adapter
from django_scim.adapters.paths import Json, walk


def resource_type_of(adapter: Adapter, base_url: str) -> Json:
    """Return the ResourceType of an adapter."""
    document = dump(ResourceType.from_resource(adapter.resource))
    document["id"] = document["name"] = adapter.name
    document["endpoint"] = adapter.endpoint
    document["description"] = adapter.description
    location = f"{base_url}/ResourceTypes/{adapter.name}"
    document["meta"] = {"resourceType": "ResourceType", "location": location}
    return document


def schemas_of(adapter: Adapter, base_url: str) -> dict[str, Json]:
    """Return the schemas of an adapter's resource type and of its extensions, by their URN."""
    found = {}
    models: list[Any] = [adapter.resource, *adapter.resource.get_extension_models().values()]
    for model in models:
        document = dump(model.to_schema())
        location = f"{base_url}/Schemas/{document['id']}"
        document["meta"] = {"resourceType": "Schema", "location": location}
        found[document["id"]] = document
    declare_mapped(adapter, found)
    return found


def declare_mapped(adapter: Adapter, schemas: dict[str, Json]) -> None:
    """Let each mapping say what holds for its attribute in this project."""
    core = str(adapter.resource.__schema__)
    paths = {path.head: path for path in walk(adapter.resource)}
    for mapping in adapter.mappings.values():
        head = paths.get(mapping.path.head)
        if head is None:
            continue
        attributes = schemas[head.extension or core]["attributes"]
        attribute = named(attributes, head.name)
        if attribute is not None and mapping.path.sub:
            attribute = named(attribute.get("subAttributes", ()), mapping.path.sub)
        if attribute is not None:
            mapping.declare(attribute)


def named(attributes: Any, name: str) -> Any:
    """Return the attribute of a name; common attributes such as ``id`` are in no schema."""
    return next((attribute for attribute in attributes if attribute["name"] == name), None)


def dump(model: Any) -> Json:
    """Return the JSON of a document of scim2-models."""
    document: Json = model.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return document
