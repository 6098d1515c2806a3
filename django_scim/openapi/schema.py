"""The operations of SCIM's views for drf-spectacular."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ComponentRegistry

from django_scim.api.bulk import BulkViewSet
from django_scim.api.discovery import DiscoveryView, ServiceProviderConfigViewSet
from django_scim.api.resources import MeViewSet, ResourceViewSet
from django_scim.api.root import RootViewSet
from django_scim.openapi import operations as ops
from django_scim.openapi.components import Components, one_of
from django_scim.resources.registry import registry as resource_types
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json

BODY_ERRORS = (400, 413, 415)
"""The statuses of an invalid body."""

Details = Json
"""The part of an operation that depends on its action: parameters, body, responses, statuses of errors."""


class ScimSchema(AutoSchema):
    """Describes the operations of SCIM's views. Views that are not in :data:`OPERATIONS` are left out."""

    view: Any

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: ComponentRegistry
    ) -> Json | None:
        """Return the OpenAPI operation of a method, or None if it is not described."""
        self.registry, self.method = registry, method.upper()
        self.path, self.path_regex, self.path_prefix = path, path_regex, path_prefix
        self.components = Components(registry)
        operation = OPERATIONS.get(self.kind or "", {}).get(self.view.action)
        if operation is None:
            return None
        details = operation(self)
        if enclosing := ops.enclosing_parameters(path):
            details["parameters"] = [*enclosing, *details.get("parameters", ())]
        statuses = {*details.pop("errors", ()), *self.statuses}
        details["responses"] |= ops.errors(self.components, statuses)
        security = self.get_auth()
        return {
            "operationId": self.operation_id,
            "summary": self.get_description().partition("\n")[0],
            "tags": [self.view.endpoint.strip("/") or "SCIM"],
            **details,
            **({"security": security} if security else {}),
        }

    @property
    def kind(self) -> str | None:
        """The key of the view in :data:`OPERATIONS`, or None."""
        kinds = {
            "me": MeViewSet,
            "resources": ResourceViewSet,
            "root": RootViewSet,
            "bulk": BulkViewSet,
            "configuration": ServiceProviderConfigViewSet,
            "discovery": DiscoveryView,
        }
        return next((name for name, kind in kinds.items() if isinstance(self.view, kind)), None)

    @property
    def statuses(self) -> set[int]:
        """The statuses of errors that any request may get."""
        return {404, 429} if self.kind == "discovery" else {401, 403, 429, 503}

    @property
    def operation_id(self) -> str:
        """The unique name of the operation."""
        endpoint = "" if self.kind == "root" else f"{self.view.endpoint.strip('/')}_"
        return f"scim_{endpoint}{self.view.action}"

    # Resources

    @property
    def resource_types(self) -> list[ResourceType]:
        """The resource types that a response of the view may have."""
        name = getattr(self.view, "resource_name", "")
        return [resource_type for resource_type in resource_types() if not name or resource_type.name == name]

    @property
    def request_body(self) -> Json:
        return ops.body(one_of([self.components.request_resource(each) for each in self.resource_types]))

    @property
    def answer_schemas(self) -> list[Json]:
        return [self.components.answer_resource(each) for each in self.resource_types]

    @property
    def page(self) -> Json:
        return self.components.page(f"{getattr(self.view, 'resource_name', '')}Resource", self.answer_schemas)

    @property
    def id_parameters(self) -> list[Json]:
        """The parameter ``id``. ``/Me`` has none."""
        return [] if self.kind == "me" else [ops.ID]

    def resource_answer(self, description: str, **headers: Json) -> Json:
        headers = {"ETag": ops.ETAG, "Content_Location": ops.LOCATION, **headers}
        return ops.answer(description, one_of(self.answer_schemas), **headers)

    # The operations

    def lists(self) -> Details:
        return {
            "parameters": ops.query_parameters(),
            "responses": {"200": ops.answer("A page", self.page)},
            "errors": [400],
        }

    def searches(self) -> Details:
        """A query whose parameters are in the body."""
        return {
            "requestBody": ops.body(self.components.search_request()),
            "responses": {"200": ops.answer("A page", self.page)},
            "errors": BODY_ERRORS,
        }

    def retrieves(self) -> Details:
        return {
            "parameters": [*self.id_parameters, ops.IF_NONE_MATCH, *ops.SELECTION],
            "responses": {
                "200": self.resource_answer("The resource"),
                "304": ops.answer("The client has this version", ETag=ops.ETAG),
            },
            "errors": [400, 404],
        }

    def creates(self) -> Details:
        return {
            "parameters": ops.SELECTION,
            "requestBody": self.request_body,
            "responses": {"201": self.resource_answer("The new resource", Location=ops.LOCATION)},
            "errors": [*BODY_ERRORS, 409],
        }

    def replaces(self) -> Details:
        return {
            "parameters": [*self.id_parameters, ops.IF_MATCH, *ops.SELECTION],
            "requestBody": self.request_body,
            "responses": {"200": self.resource_answer("The resource")},
            "errors": [*BODY_ERRORS, 404, 409, 412],
        }

    def modifies(self) -> Details:
        """The response for a resource with a collection is 204, unless the request names attributes."""
        responses = {"200": self.resource_answer("The resource")}
        if any(
            mapping.unbounded
            for resource_type in self.resource_types
            for mapping in resource_type.written_mappings
        ):
            responses["204"] = ops.answer("The resource was changed", ETag=ops.ETAG)
        return {
            "parameters": [*self.id_parameters, ops.IF_MATCH, *ops.SELECTION],
            "requestBody": ops.body(self.components.patch()),
            "responses": responses,
            "errors": [*BODY_ERRORS, 404, 409, 412],
        }

    def deletes(self) -> Details:
        return {
            "parameters": [*self.id_parameters, ops.IF_MATCH],
            "responses": {"204": ops.answer("The resource is deleted")},
            "errors": [404, 409, 412],
        }

    def runs(self) -> Details:
        return {
            "requestBody": ops.body(self.components.bulk_request()),
            "responses": {"200": ops.answer("What came of each operation", self.components.bulk_response())},
            "errors": BODY_ERRORS,
        }

    # Discovery

    @property
    def document(self) -> str:
        """The name of the schema of the view's documents."""
        return str(self.view.endpoint).strip("/").removesuffix("s")

    def discovers(self) -> Details:
        schema = self.components.discovery_document(self.document)
        return {"parameters": [ops.ID], "responses": {"200": ops.answer("The document", schema)}}

    def discovers_all(self) -> Details:
        schema = self.components.page(self.document, [self.components.discovery_document(self.document)])
        return {"responses": {"200": ops.answer("The documents", schema)}, "errors": [403]}

    def configures(self) -> Details:
        schema = self.components.discovery_document("ServiceProviderConfig")
        return {"responses": {"200": ops.answer("What the server can do", schema)}, "errors": [403]}


RESOURCE_OPERATIONS: dict[str, Callable[[ScimSchema], Details]] = {
    "list": ScimSchema.lists,
    "search": ScimSchema.searches,
    "retrieve": ScimSchema.retrieves,
    "create": ScimSchema.creates,
    "update": ScimSchema.replaces,
    "partial_update": ScimSchema.modifies,
    "destroy": ScimSchema.deletes,
}

OPERATIONS: dict[str, dict[Any, Callable[[ScimSchema], Details]]] = {
    "resources": RESOURCE_OPERATIONS,
    # A client cannot register itself: a POST is 501.
    "me": {action: method for action, method in RESOURCE_OPERATIONS.items() if action != "create"},
    "root": {"list": ScimSchema.lists, "search": ScimSchema.searches},
    "bulk": {"create": ScimSchema.runs},
    "configuration": {"list": ScimSchema.configures},
    "discovery": {"list": ScimSchema.discovers_all, "retrieve": ScimSchema.discovers},
}
"""The operations by the kind of view and its action."""
