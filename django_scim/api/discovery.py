"""The discovery endpoints: /ServiceProviderConfig, /ResourceTypes, /Schemas (RFC 7644 section 4).

They need no token, as the RFC allows: a client reads them before it has one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import orjson
import scim2_models
from rest_framework.exceptions import APIException, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from scim2_models import Context, ForbiddenException, NotFoundException

from django_scim.api.throttling import DiscoveryThrottle
from django_scim.api.views import OpenView, instances
from django_scim.conf import get_settings
from django_scim.query.search import LIST_RESPONSE
from django_scim.resources.registry import Registry, registry
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


BASE_URL = "https://scim.invalid"
"""Stands for the base URL in the documents that are prepared: a client may ask by any name of the host."""


class DiscoveryView(OpenView):
    """A view of documents that are made from the resource types.

    Anybody may ask, so there is a rate for each address. An identity provider with a right token is answered
    nevertheless: others may have the same address.
    """

    throttle_classes = [DiscoveryThrottle]

    def require_within_rates(self, request: Request) -> None:
        """Refuse a request over the rate, unless it has a right token.

        :raises Throttled: In this case.
        """
        try:
            super().require_within_rates(request)
        except Throttled:
            if not is_authentic(request):
                raise

    def refuse_filter(self, request: Request) -> None:
        """Refuse a filter, as RFC 7644 section 4 requires.

        :raises ForbiddenException: If there is a filter.
        """
        if "filter" in request.query_params:
            raise ForbiddenException(detail="this endpoint cannot be filtered")


class DocumentsView(DiscoveryView):
    """Several documents, each with an ``id``."""

    @staticmethod
    def documents(resource_types: Registry) -> dict[str, Json]:
        """Return the documents by their ``id``, with :data:`BASE_URL` as their base URL."""
        raise NotImplementedError

    def answer(self, identifier: str) -> Response | None:
        """Answer with one of the prepared documents, or all for ``""``; None if there is no such."""
        prepared = prepared_documents(type(self).documents, registry()).get(identifier.lower())
        if prepared is None:
            return None
        base_url = orjson.dumps(self.base_url)[1:-1]
        headers = {"Location": prepared.location.replace(BASE_URL, self.base_url)} if identifier else None
        return Response(orjson.Fragment(prepared.body.replace(BASE_URL.encode(), base_url)), headers=headers)

    def list(self, request: Request) -> Response | None:
        self.refuse_filter(request)
        return self.answer("")

    def retrieve(self, request: Request, pk: str) -> Response:
        """Answer with one of them; the case of a URN makes no difference (RFC 8141)."""
        self.refuse_filter(request)
        found = self.answer(pk)
        if found is None:
            raise NotFoundException(detail=f"there is nothing with the id '{pk}' here")
        return found


class ResourceTypeViewSet(DocumentsView):
    """/ResourceTypes (RFC 7643 section 6)."""

    endpoint = "/ResourceTypes"

    @staticmethod
    def documents(resource_types: Registry) -> dict[str, Json]:
        return {each.name: resource_type_document(each, BASE_URL) for each in resource_types}


class SchemaViewSet(DocumentsView):
    """/Schemas (RFC 7643 section 7)."""

    endpoint = "/Schemas"

    @staticmethod
    def documents(resource_types: Registry) -> dict[str, Json]:
        schemas: dict[str, Json] = {}
        for resource_type in resource_types:
            schemas |= schemas_of(resource_type, BASE_URL)
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


class PreparedDocument(NamedTuple):
    """A document with :data:`BASE_URL` as its base URL."""

    location: str
    body: bytes
    """Its JSON."""


@lru_cache(maxsize=8)
def prepared_documents(
    documents_of: Callable[[Registry], dict[str, Json]], resource_types: Registry
) -> dict[str, PreparedDocument]:
    """Return the documents of a view by their ``id`` in lower case, and a list of all by ``""``."""
    documents = documents_of(resource_types)
    listing = {
        "schemas": [LIST_RESPONSE],
        "totalResults": len(documents),
        "itemsPerPage": len(documents),
        "startIndex": 1,
        "Resources": list(documents.values()),
    }
    return {
        key.lower(): PreparedDocument(document.get("meta", {}).get("location", ""), orjson.dumps(document))
        for key, document in {"": listing, **documents}.items()
    }


def is_authentic(request: Request) -> bool:
    """Whether a request is authenticated, which the view does not ask for."""
    for authenticator in instances(get_settings().AUTHENTICATION_CLASSES):
        try:
            if authenticator.authenticate(request) is not None:
                return True
        except APIException:
            return False
    return False


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
