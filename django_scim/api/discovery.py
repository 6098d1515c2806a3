"""The discovery endpoints: /ServiceProviderConfig, /ResourceTypes, /Schemas (RFC 7644 section 4).

They need no token, as the RFC allows: a client reads them before it has one.
"""

from __future__ import annotations

from typing import Any

import scim2_models
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import Context, ForbiddenException, NotFoundException

from django_scim.api.views import OpenView, instances
from django_scim.conf import get_settings
from django_scim.query.search import LIST_RESPONSE
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json, walk

CONFIG = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

AUTHENTICATION_SCHEMES: dict[str, Json] = {
    "bearer": {
        "type": "oauthbearertoken",
        "name": "OAuth Bearer Token",
        "description": "A bearer token in the Authorization header",
        "specUri": "https://www.rfc-editor.org/info/rfc6750",
    },
    "basic": {
        "type": "httpbasic",
        "name": "HTTP Basic",
        "description": "A name and a password in the Authorization header",
        "specUri": "https://www.rfc-editor.org/info/rfc7617",
    },
    "digest": {
        "type": "httpdigest",
        "name": "HTTP Digest",
        "description": "A digest of a password in the Authorization header",
        "specUri": "https://www.rfc-editor.org/info/rfc7616",
    },
}
"""The schemes that RFC 7643 section 5 names, by the scheme of their ``WWW-Authenticate`` challenge."""


class DiscoveryView(OpenView):
    """A view of documents that are made from the resource types."""

    def refuse_filter(self, request: Request) -> None:
        """Refuse a filter, as RFC 7644 section 4 requires.

        :raises ForbiddenException: If there is a filter.
        """
        if "filter" in request.query_params:
            raise ForbiddenException(detail="this endpoint cannot be filtered")


class DocumentsView(DiscoveryView):
    """Several documents, each with an ``id``."""

    def documents(self) -> dict[str, Json]:
        """Return the documents by their ``id``."""
        raise NotImplementedError

    def list(self, request: Request) -> Response:
        self.refuse_filter(request)
        documents = list(self.documents().values())
        return Response(
            {
                "schemas": [LIST_RESPONSE],
                "totalResults": len(documents),
                "itemsPerPage": len(documents),
                "startIndex": 1,
                "Resources": documents,
            }
        )

    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer with one of them; the case of a URN makes no difference (RFC 8141)."""
        self.refuse_filter(request)
        found = {key.lower(): document for key, document in self.documents().items()}.get(pk.lower())
        if found is None:
            raise NotFoundException(detail=f"there is nothing with the id '{pk}' here")
        return Response(found, headers={"Location": found["meta"]["location"]})


class ResourceTypeViewSet(DocumentsView):
    """/ResourceTypes (RFC 7643 section 6)."""

    endpoint = "/ResourceTypes"

    def documents(self) -> dict[str, Json]:
        return {each.name: resource_type_document(each, self.base_url) for each in registry()}


class SchemaViewSet(DocumentsView):
    """/Schemas (RFC 7643 section 7)."""

    endpoint = "/Schemas"

    def documents(self) -> dict[str, Json]:
        schemas: dict[str, Json] = {}
        for resource_type in registry():
            schemas |= schemas_of(resource_type, self.base_url)
        return schemas


class ServiceProviderConfigViewSet(DiscoveryView):
    """/ServiceProviderConfig (RFC 7643 section 5)."""

    endpoint = "/ServiceProviderConfig"

    def list(self, request: Request) -> Response:
        """Answer with what the server supports."""
        self.refuse_filter(request)
        settings = get_settings()
        has_password = any("password" in resource_type.mappings for resource_type in registry())
        document: Json = {
            "schemas": [CONFIG],
            "patch": {"supported": True},
            "bulk": {
                "supported": True,
                "maxOperations": settings.MAX_BULK_OPERATIONS,
                "maxPayloadSize": settings.MAX_PAYLOAD_SIZE,
            },
            "filter": {"supported": True, "maxResults": settings.MAX_RESULTS},
            "changePassword": {"supported": has_password},
            "sort": {"supported": True},
            "etag": {"supported": True},
            "pagination": {
                "cursor": True,
                "index": True,
                "defaultPaginationMethod": "index",
                "defaultPageSize": settings.DEFAULT_PAGE_SIZE,
                "maxPageSize": settings.MAX_RESULTS,
                "cursorTimeout": settings.CURSOR_TIMEOUT,
            },
            "authenticationSchemes": authentication_schemes(request),
            "meta": {"resourceType": "ServiceProviderConfig", "location": f"{self.base_url}{self.endpoint}"},
        }
        if settings.DOCUMENTATION_URI:
            document["documentationUri"] = settings.DOCUMENTATION_URI
        return Response(document, headers={"Location": document["meta"]["location"]})


def authentication_schemes(request: Request) -> list[Json]:
    """Return the schemes of ``AUTHENTICATION_CLASSES`` that the RFC names."""
    schemes: dict[str, Json] = {}
    for authenticator in instances(get_settings().AUTHENTICATION_CLASSES):
        challenge = authenticator.authenticate_header(request) or ""
        scheme = AUTHENTICATION_SCHEMES.get(challenge.partition(" ")[0].lower())
        if scheme is not None:
            schemes.setdefault(scheme["type"], {**scheme, "primary": not schemes})
    return list(schemes.values())


def resource_type_document(resource_type: ResourceType, base_url: str) -> Json:
    """Return the document of a resource type (RFC 7643 section 6)."""
    document = dump(scim2_models.ResourceType.from_resource(resource_type.resource))
    document["id"] = document["name"] = resource_type.name
    document["endpoint"] = resource_type.endpoint
    document["description"] = resource_type.adapter.description
    location = f"{base_url}/ResourceTypes/{resource_type.name}"
    document["meta"] = {"resourceType": "ResourceType", "location": location}
    return document


def schemas_of(resource_type: ResourceType, base_url: str) -> dict[str, Json]:
    """Return the schemas of a resource type and its extensions by their URN, the core schema first."""
    schemas = {}
    models: list[Any] = [resource_type.resource, *resource_type.resource.get_extension_models().values()]
    for model in models:
        document = dump(model.to_schema())
        location = f"{base_url}/Schemas/{document['id']}"
        document["meta"] = {"resourceType": "Schema", "location": location}
        schemas[document["id"]] = document
    declare_mapped(resource_type, schemas)
    return schemas


def declare_mapped(resource_type: ResourceType, schemas: dict[str, Json]) -> None:
    """Let each mapping say what holds for its attribute in this project."""
    core = str(resource_type.resource.__schema__)
    paths = {path.head: path for path in walk(resource_type.resource)}
    for mapping in resource_type.mappings.values():
        head = paths.get(mapping.path.head)
        if head is None:
            continue
        attributes = schemas[head.extension or core]["attributes"]
        attribute = attribute_named(attributes, head.name)
        if attribute is not None and mapping.path.sub:
            attribute = attribute_named(attribute.get("subAttributes", ()), mapping.path.sub)
        if attribute is not None:
            mapping.declare(attribute)


def attribute_named(attributes: Any, name: str) -> Any:
    """Return the attribute with a name, or None. No schema contains common attributes such as ``id``."""
    return next((attribute for attribute in attributes if attribute["name"] == name), None)


def dump(model: Any) -> Json:
    """Return the JSON of an object of scim2-models."""
    document: Json = model.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
    return document
