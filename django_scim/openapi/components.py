"""The components of the OpenAPI document: schemas of resources and messages."""

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
"""The types of RFC 7643 section 2.3. A reference has no format: it may be relative, or a URN."""

Attributes = Iterable[Json]
"""The attributes of a document of ``/Schemas``."""


def request_schema(attributes: Attributes) -> Json:
    """Return the schema of an object in a request, without read-only attributes."""
    written = [attribute for attribute in attributes if attribute.get("mutability") != "readOnly"]
    required = [item["name"] for item in written if item.get("required")]
    return object_schema({item["name"]: value_schema(item, request_schema) for item in written}, required)


def answer_schema(attributes: Attributes) -> Json:
    """Return the schema of an object that the server sends: nothing else is in it.

    All of it may be left out: also what is always returned is not there where it has no value.
    """
    read = [attribute for attribute in attributes if attribute.get("returned") != "never"]
    return object_schema({item["name"]: value_schema(item, answer_schema) for item in read}, is_closed=True)


def object_schema(properties: Json, required: Iterable[str] = (), *, is_closed: bool = False) -> Json:
    """Return the schema of an object.

    :param is_closed: Whether it has no other properties.
    """
    schema: Json = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    if is_closed:
        schema["additionalProperties"] = False
    return schema


def array(items: Json, **limits: int) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": items, **limits}


def value_schema(attribute: Json, of_object: Callable[[Attributes], Json]) -> Json:
    """Return the schema of the value of an attribute.

    :param of_object: Returns the schema of a complex value from its sub-attributes.
    """
    if attribute["type"] == "complex":
        schema: Json = of_object(attribute.get("subAttributes") or ())
    else:
        schema = dict(TYPES[attribute["type"]])
        if suggested := attribute.get("canonicalValues"):
            # Other values are allowed (RFC 7643 section 7).
            schema["examples"] = list(suggested)
    if attribute.get("multiValued"):
        schema = array(schema)
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
"""The prefix of the components, so that they differ from the project's own. The names of resource types also
contain ``Resource``, so that they differ from those of messages."""

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
"""The classes of the discovery documents, by the name of their schema."""


class Components:
    """Adds components to the document when an operation refers to them."""

    def __init__(self, registry: ComponentRegistry) -> None:
        self.registry = registry

    def schema(self, name: str, schema: Json) -> Json:
        """Add a schema to the document, and return the reference to it."""
        return self.component(name, ResolvedComponent.SCHEMA, schema)

    def component(self, name: str, kind: str, content: Json) -> Json:
        """Add a component to the document, and return the reference to it."""
        component = ResolvedComponent(f"{PREFIX}{name}", kind, schema=content, object=name)
        self.registry.register_on_missing(component)
        return dict(component.ref)

    # Resources

    def request_resource(self, resource_type: ResourceType) -> Json:
        """Return the schema of a resource in a request."""
        schema = resource_schema(resource_type, request_schema, {"externalId": EXTERNAL_ID})
        schema["required"] = ["schemas", *schema.get("required", ())]
        return self.schema(f"{resource_type.name}ResourceRequest", schema)

    def answer_resource(self, resource_type: ResourceType) -> Json:
        """Return the schema of a resource that the server sends."""
        common = {
            "id": {"type": "string", "description": "The identifier that the server has given it."},
            "externalId": EXTERNAL_ID,
            "meta": META,
        }
        schema = resource_schema(resource_type, answer_schema, common)
        return self.schema(f"{resource_type.name}Resource", {**schema, "required": ["schemas", "id"]})

    def discovery_document(self, name: str) -> Json:
        """Return the schema of a discovery document."""
        core = dump(DISCOVERED[name].to_schema())
        schema = answer_schema(core["attributes"])
        schema["properties"] = {
            "schemas": array(STRING),
            "id": STRING,
            "meta": META,
            **schema["properties"],
        }
        return self.schema(name, {**schema, "required": ["schemas"]})

    # Messages

    def message(self, name: str, urn: str, properties: Json, *required: str, is_closed: bool = False) -> Json:
        """Add the schema of a SCIM message to the document, and return the reference to it."""
        properties = {"schemas": urns(urn), **properties}
        return self.schema(name, object_schema(properties, ["schemas", *required], is_closed=is_closed))

    def page(self, name: str, resources: list[Json]) -> Json:
        """Return the ListResponse of resources (RFC 7644 section 3.4.2)."""
        properties = {
            "totalResults": {**INTEGER, "description": "How many resources the query selects."},
            "itemsPerPage": {**INTEGER, "description": "How many this page has."},
            "startIndex": {**INTEGER, "description": "The index of the first, from 1 on."},
            "nextCursor": {**STRING, "description": "The cursor of the next page (RFC 9865)."},
            "previousCursor": {**STRING, "description": "The cursor of the page before."},
            "Resources": array(one_of(resources)),
        }
        return self.message(f"{name}List", LIST_RESPONSE, properties, is_closed=True)

    def error(self) -> Json:
        """Return the body of an error (RFC 7644 section 3.12)."""
        properties = {
            "status": {**STRING, "description": "The HTTP status."},
            "scimType": {**STRING, "description": "The kind of an error 400 or 409."},
            "detail": {**STRING, "description": "What is wrong, for people."},
        }
        return self.message("Error", ERROR, properties, "status", is_closed=True)

    def search_request(self) -> Json:
        """Return the body of a query (RFC 7644 section 3.4.3)."""
        properties = {
            "filter": {**STRING, "maxLength": get_settings().MAX_FILTER_LENGTH},
            "sortBy": STRING,
            "sortOrder": choice("ascending", "descending"),
            "startIndex": INTEGER,
            "count": INTEGER,
            "cursor": STRING,
            "attributes": array(STRING),
            "excludedAttributes": array(STRING),
        }
        return self.message("SearchRequest", SEARCH_REQUEST, properties)

    def patch(self) -> Json:
        """Return the body of a PATCH (RFC 7644 section 3.5.2)."""
        settings = get_settings()
        operation = {
            "op": choice("add", "remove", "replace"),
            "path": {**STRING, "maxLength": settings.MAX_FILTER_LENGTH},
            "value": {"description": "Any JSON that is right for the path."},
        }
        operations = array(object_schema(operation, ["op"]), maxItems=settings.MAX_PATCH_OPERATIONS)
        return self.message("PatchOp", PATCH_OP, {"Operations": operations}, "Operations")

    def bulk_request(self) -> Json:
        """Return the body of a bulk job (RFC 7644 section 3.7)."""
        operation = {
            "method": choice("POST", "PUT", "PATCH", "DELETE"),
            "path": STRING,
            "bulkId": STRING,
            "version": STRING,
            "data": {"type": "object", "description": "The body of the operation."},
        }
        properties = {
            "failOnErrors": {**INTEGER, "minimum": 1},
            "Operations": array(
                object_schema(operation, ["method", "path"]), maxItems=get_settings().MAX_BULK_OPERATIONS
            ),
        }
        return self.message("BulkRequest", BULK_REQUEST, properties, "Operations")

    def bulk_response(self) -> Json:
        """Return the body of the response to a bulk job (RFC 7644 section 3.7)."""
        operation: Json = dict.fromkeys(("method", "bulkId", "version", "location", "status"), STRING)
        operation["response"] = self.error()
        operations = array(object_schema(operation, ["status"], is_closed=True))
        return self.message(
            "BulkResponse", BULK_RESPONSE, {"Operations": operations}, "Operations", is_closed=True
        )


def resource_schema(
    resource_type: ResourceType, of_object: Callable[[Attributes], Json], common: Json
) -> Json:
    """Return the schema of a resource, with its extensions.

    :param of_object: Makes the schema of an object from its attributes.
    :param common: The attributes that no schema of ``/Schemas`` has (RFC 7643 section 3.1).
    """
    core, *extensions = schemas_of(resource_type, "").values()
    schema = of_object(core["attributes"])
    schema["properties"] = {
        "schemas": urns(core["id"], *(extension["id"] for extension in extensions)),
        **common,
        **schema["properties"],
        **{extension["id"]: of_object(extension["attributes"]) for extension in extensions},
    }
    return {**schema, "description": core["description"]}


def one_of(schemas: list[Json]) -> Json:
    """Return the schema of what one of some schemas describes."""
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def choice(*values: str) -> Json:
    """Return the schema of an enumeration of strings.

    The enumeration is inside ``anyOf``. Otherwise drf-spectacular would create a component for it, with a
    name that the project may use already.
    """
    return {"type": "string", "anyOf": [{"enum": list(values)}]}


def urns(*values: str) -> Json:
    """Return the schema of ``schemas`` in a message or a resource."""
    return array(choice(*values), minItems=1)
