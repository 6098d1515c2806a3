"""A query of one resource type: filter, order and page (RFC 7644 section 3.4.2)."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from scim2_models import Error, SCIMException, SearchRequest

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import Scope
from django_scim.adapters.paths import Json
from django_scim.conf import get_settings
from django_scim.query.filters import compile_filter
from django_scim.query.loading import load
from django_scim.query.ordering import compile_order
from django_scim.query.projection import Projection

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def parse_parameters(adapter: Adapter, parameters: Json) -> SearchRequest[Any]:
    """Validate the parameters of a query against the schemas of a resource type.

    :raises SCIMException: As RFC 7644 section 3.12 names what is wrong.
    """
    model: Any = SearchRequest.__class_getitem__(adapter.resource)
    try:
        request: SearchRequest[Any] = model.model_validate(parameters)
    except ValidationError as error:
        raise SCIMException.from_error(Error.from_validation_errors(error)[0]) from error
    return request


def projection_of(adapter: Adapter, request: SearchRequest[Any]) -> Projection:
    """Return the projection that the parameters of a request ask for."""
    return Projection(
        adapter,
        [str(path) for path in request.attributes or ()],
        [str(path) for path in request.excluded_attributes or ()],
    )


def search(adapter: Adapter, request: SearchRequest[Any], scope: Scope) -> Json:
    """Return the ListResponse of a query.

    :raises InvalidFilterException: If the filter names what cannot be filtered.
    :raises InvalidPathException: If ``sortBy`` names what cannot be sorted by.
    """
    rows = adapter.queryset(scope.connection)
    if request.filter is not None:
        rows = rows.filter(compile_filter(adapter, request.filter.ast, scope))
    order = compile_order(
        adapter,
        request.sort_binding(adapter.resource),
        scope,
        descending=request.sort_order == SearchRequest.SortOrder.descending,
    )
    start, count = page_of(request)
    total = rows.count()
    resources: list[Json] = []
    if count and start <= total:
        projection = projection_of(adapter, request)
        page = rows.order_by(*order)[start - 1 : start - 1 + count]
        resources = [projection.read(obj) for obj in load(adapter, page, projection, scope)]
    return {
        "schemas": [LIST_RESPONSE],
        "totalResults": total,
        "itemsPerPage": len(resources),
        "startIndex": start,
        "Resources": resources,
    }


def page_of(request: SearchRequest[Any]) -> tuple[int, int]:
    """Return the first index and the number of resources of the page.

    RFC 7644 section 3.4.2.4: an index under 1 is 1, a count under 0 is 0, and the server may return
    fewer than were asked for.
    """
    settings = get_settings()
    start = 1 if request.start_index is None else request.start_index
    count = settings.DEFAULT_PAGE_SIZE if request.count is None else request.count
    return start, min(count, settings.MAX_RESULTS)
