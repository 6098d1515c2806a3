"""The parts of the OpenAPI document that are made from the schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import scim2_models
from drf_spectacular.plumbing import ComponentRegistry, ResolvedComponent
from scim2_models import Schema, ServiceProviderConfig

from django_scim.api.bulk import BULK_RESPONSE
from django_scim.api.discovery import dump, schemas_of
from django_scim.api.errors import ERROR
from django_scim.conf import get_settings
from django_scim.dialects.patch import PATCH_OP
from django_scim.query.search import LIST_RESPONSE
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json

TYPES: dict[str, Json] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "decimal": {"type": "number"},
    "integer": {"type": "integer"},
    "dateTime": {"type": "string", "format": "date-time"},
    "reference": {"type": "string"},
    "binary": {"type": "string", "format": "byte"},
}
"""The types of RFC 7643 section 2.3; a reference may be relative, or the URN of a schema."""

Attributes = Iterable[Json]
"""Attributes as a schema of ``/Schemas`` has them."""


def request_schema(attributes: Attributes) -> Json:
    """Return the schema of an object that a client sends: without what the server alone writes."""
    written = [attribute for attribute in attributes if attribute.get("mutability") != "readOnly"]
    schema = object_schema({item["name"]: value_schema(item, request_schema) for item in written})
    required = [item["name"] for item in written if item.get("required")]
    return {**schema, "required": required} if required else schema


def answer_schema(attributes: Attributes) -> Json:
    """Return the schema of an object that the server sends: nothing else is in it.

    All of it may be left out: also what is always returned is not there where it has no value.
    """
    read = [attribute for attribute in attributes if attribute.get("returned") != "never"]
    schema = object_schema({item["name"]: value_schema(item, answer_schema) for item in read})
    return {**schema, "additionalProperties": False}


def object_schema(properties: Json) -> Json:
    """Return the schema of an object."""
    return {"type": "object", "properties": properties}


def value_schema(attribute: Json, of_object: Callable[[Attributes], Json]) -> Json:
    """Return the schema of what an attribute holds.

    :param of_object: Makes the schema of a complex value from its sub-attributes.
    """
    if attribute["type"] == "complex":
        schema: Json = of_object(attribute.get("subAttributes") or ())
    else:
        schema = dict(TYPES[attribute["type"]])
        if suggested := attribute.get("canonicalValues"):
            # Others are allowed (RFC 7643 section 7).
            schema["examples"] = list(suggested)
    if attribute.get("multiValued"):
        schema = {"type": "array", "items": schema}
    if description := attribute.get("description"):
        schema["description"] = " ".join(description.split())
    if attribute.get("mutability") == "readOnly":
        schema["readOnly"] = True
    if attribute.get("mutability") == "writeOnly":
        schema["writeOnly"] = True
    return schema


BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

SEARCH_REQUEST = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"

PREFIX = "Scim"
"""What the names of the schemas begin with, so that the project's own have others. Those of resource types
have ``Resource`` in them too, so that none has the name of a message."""

STRING: Json = {"type": "string"}

INTEGER: Json = {"type": "integer"}

EXTERNAL_ID: Json = {"type": "string", "description": "What the client calls the resource."}

META = answer_schema(
    [
        {"name": "resourceType", "type": "string", "description": "The name of the resource type."},
        {"name": "created", "type": "dateTime", "description": "When the resource was made."},
        {"name": "lastModified", "type": "dateTime", "description": "When it was changed last."},
        {"name": "location", "type": "reference", "description": "The address of the resource."},
        {"name": "version", "type": "string", "description": "The entity tag of this version."},
    ]
)
"""``meta`` of RFC 7643 section 3.1."""

DISCOVERED: dict[str, Any] = {
    "ServiceProviderConfig": ServiceProviderConfig,
    "ResourceType": scim2_models.ResourceType,
    "Schema": Schema,
}
"""The documents of discovery, by the name of their schema."""


class Components:
    """Names schemas in the document, each when an operation refers to it."""

    def __init__(self, registry: ComponentRegistry) -> None:
        self.registry = registry

    def schema(self, name: str, schema: Json) -> Json:
        """Put a schema in the document, and return the reference to it."""
        return self.named(name, ResolvedComponent.SCHEMA, schema)

    def named(self, name: str, kind: str, content: Json) -> Json:
        """Put something in the document under a name, and return the reference to it."""
        component = ResolvedComponent(f"{PREFIX}{name}", kind, schema=content, object=name)
        self.registry.register_on_missing(component)
        return dict(component.ref)

    # Resources

    def sent(self, resource_type: ResourceType) -> Json:
        """Return the schema of a resource that a client sends."""
        core, *extensions = schemas_of(resource_type, "").values()
        schema = request_schema(core["attributes"])
        schema["properties"] = {
            "schemas": schema_urns([core, *extensions]),
            "externalId": EXTERNAL_ID,
            **schema["properties"],
            **{extension["id"]: request_schema(extension["attributes"]) for extension in extensions},
        }
        schema["required"] = ["schemas", *schema.get("required", ())]
        return self.schema(
            f"{resource_type.name}ResourceRequest", {**schema, "description": core["description"]}
        )

    def answered(self, resource_type: ResourceType) -> Json:
        """Return the schema of a resource that the server sends."""
        core, *extensions = schemas_of(resource_type, "").values()
        schema = answer_schema(core["attributes"])
        schema["properties"] = {
            "schemas": schema_urns([core, *extensions]),
            "id": {"type": "string", "description": "The identifier that the server has given it."},
            "externalId": EXTERNAL_ID,
            "meta": META,
            **schema["properties"],
            **{extension["id"]: answer_schema(extension["attributes"]) for extension in extensions},
        }
        schema["required"] = ["schemas", "id"]
        return self.schema(f"{resource_type.name}Resource", {**schema, "description": core["description"]})

    def discovered(self, name: str) -> Json:
        """Return the schema of a document of discovery."""
        core = dump(DISCOVERED[name].to_schema())
        schema = answer_schema(core["attributes"])
        schema["properties"] = {
            "schemas": {"type": "array", "items": STRING},
            "id": STRING,
            "meta": META,
            **schema["properties"],
        }
        return self.schema(name, {**schema, "required": ["schemas"]})

    # Messages

    def page(self, name: str, resources: list[Json]) -> Json:
        """Return the ListResponse of resources (RFC 7644 section 3.4.2)."""
        entry = resources[0] if len(resources) == 1 else {"anyOf": resources}
        properties = {
            "schemas": message_urn(LIST_RESPONSE),
            "totalResults": {**INTEGER, "description": "How many resources the query selects."},
            "itemsPerPage": {**INTEGER, "description": "How many this page has."},
            "startIndex": {**INTEGER, "description": "The index of the first, from 1 on."},
            "nextCursor": {**STRING, "description": "The cursor of the next page (RFC 9865)."},
            "previousCursor": {**STRING, "description": "The cursor of the page before."},
            "Resources": {"type": "array", "items": entry},
        }
        schema = {**object_schema(properties), "required": ["schemas"], "additionalProperties": False}
        return self.schema(f"{name}List", schema)

    def error(self) -> Json:
        """Return the body of an error (RFC 7644 section 3.12)."""
        properties = {
            "schemas": message_urn(ERROR),
            "status": {**STRING, "description": "The HTTP status."},
            "scimType": {**STRING, "description": "The kind of an error 400 or 409."},
            "detail": {**STRING, "description": "What is wrong, for people."},
        }
        schema = {**object_schema(properties), "required": ["schemas", "status"]}
        return self.schema("Error", {**schema, "additionalProperties": False})

    def search_request(self) -> Json:
        """Return the body of a query (RFC 7644 section 3.4.3)."""
        settings = get_settings()
        paths = {"type": "array", "items": STRING}
        properties = {
            "schemas": message_urn(SEARCH_REQUEST),
            "filter": {**STRING, "maxLength": settings.MAX_FILTER_LENGTH},
            "sortBy": STRING,
            "sortOrder": choice("ascending", "descending"),
            "startIndex": INTEGER,
            "count": INTEGER,
            "cursor": STRING,
            "attributes": paths,
            "excludedAttributes": paths,
        }
        return self.schema("SearchRequest", {**object_schema(properties), "required": ["schemas"]})

    def patch(self) -> Json:
        """Return the body of a PATCH (RFC 7644 section 3.5.2)."""
        operation = {
            **object_schema(
                {
                    "op": choice("add", "remove", "replace"),
                    "path": {**STRING, "maxLength": get_settings().MAX_FILTER_LENGTH},
                    "value": {"description": "Any JSON that is right for the path."},
                }
            ),
            "required": ["op"],
        }
        properties = {
            "schemas": message_urn(PATCH_OP),
            "Operations": {
                "type": "array",
                "items": operation,
                "maxItems": get_settings().MAX_PATCH_OPERATIONS,
            },
        }
        schema = {**object_schema(properties), "required": ["schemas", "Operations"]}
        return self.schema("PatchOp", schema)

    def bulk_request(self) -> Json:
        """Return the body of a bulk job (RFC 7644 section 3.7)."""
        operation = {
            **object_schema(
                {
                    "method": choice("POST", "PUT", "PATCH", "DELETE"),
                    "path": STRING,
                    "bulkId": STRING,
                    "version": STRING,
                    "data": {"type": "object", "description": "The body of the operation."},
                }
            ),
            "required": ["method", "path"],
        }
        properties = {
            "schemas": message_urn(BULK_REQUEST),
            "failOnErrors": {**INTEGER, "minimum": 1},
            "Operations": {
                "type": "array",
                "items": operation,
                "maxItems": get_settings().MAX_BULK_OPERATIONS,
            },
        }
        schema = {**object_schema(properties), "required": ["schemas", "Operations"]}
        return self.schema("BulkRequest", schema)

    def bulk_response(self) -> Json:
        """Return the answer to a bulk job: what came of each operation."""
        operation = {
            **object_schema(
                {
                    "method": STRING,
                    "bulkId": STRING,
                    "version": STRING,
                    "location": STRING,
                    "status": STRING,
                    "response": self.error(),
                }
            ),
            "required": ["status"],
            "additionalProperties": False,
        }
        properties = {
            "schemas": message_urn(BULK_RESPONSE),
            "Operations": {"type": "array", "items": operation},
        }
        schema = {**object_schema(properties), "required": ["schemas", "Operations"]}
        return self.schema("BulkResponse", {**schema, "additionalProperties": False})


def choice(*values: str) -> Json:
    """Return the schema of one of some strings.

    drf-spectacular would make a component of an enumeration that is a property itself, by a name that the
    project's own may have.
    """
    return {"type": "string", "anyOf": [{"enum": list(values)}]}


def message_urn(urn: str) -> Json:
    """Return the schema of ``schemas`` in a message."""
    return {"type": "array", "items": choice(urn), "minItems": 1}


def schema_urns(documents: list[Json]) -> Json:
    """Return the schema of ``schemas`` in a resource."""
    urns = [document["id"] for document in documents]
    return {"type": "array", "items": choice(*urns), "minItems": 1}
