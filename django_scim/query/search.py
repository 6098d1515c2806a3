"""A query of one resource type or of several: filter, order and page (RFC 7644 section 3.4.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any

from django.db.models import QuerySet
from pydantic import ValidationError
from scim2_models import (
    Error,
    InvalidCountException,
    InvalidCursorException,
    InvalidValueException,
    Resource,
    SCIMException,
    TooManyException,
)
from scim2_models.path import FilterNode

from django_scim.allowance import CostExceeded
from django_scim.conf import get_settings
from django_scim.dialects.canonical import canonical_parameters
from django_scim.dialects.registry import Dialect
from django_scim.query.filters import compile_filter, require_bounded_parameters
from django_scim.query.listing import Found, Listing, MergedListing, Part
from django_scim.query.ordering import Cursor, compile_order
from django_scim.query.statements import KeptQuery
from django_scim.resources.projection import Projection, projection_for
from django_scim.resources.resource import Caller
from django_scim.resources.resource_type import ResourceType
from django_scim.schema.paths import Json, parametrized
from django_scim.schema.search_request import SearchRequest
from django_scim.sql.keyset import read_page
from django_scim.sql.timeouts import query_within_limits
from django_scim.sql.values import INTEGER_RANGE

LIST_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:ListResponse"

LAST_INDEX = INTEGER_RANGE[-1]
"""The largest index, which is past the end of everything: JSON has no larger numbers."""

ResourceTypes = Sequence[ResourceType]
"""One resource type, or several that are queried as one collection."""


def parse_parameters(resource_types: ResourceTypes, parameters: Json, dialect: Dialect) -> SearchRequest[Any]:
    """Validate the parameters of a query against the schemas of its resource types.

    :param dialect: The dialect of the caller.
    :raises SCIMException: As RFC 7644 section 3.12 names what is wrong.
    """
    require_bounded_parameters(parameters)
    resources = [resource_type.resource for resource_type in resource_types]
    parameters = canonical_parameters(resources, parameters, dialect)
    try:
        # Where no resource type is served, a query has no attribute of any.
        model = parametrized(SearchRequest, *(resources or [Resource[Any]]))
        request: SearchRequest[Any] = model.model_validate(parameters)
    except ValidationError as error:
        raise parameter_error(error, parameters) from error
    if request.cursor is not None:
        require_cursor_parameters(parameters, request)
    return request


def parameter_error(error: ValidationError, parameters: Json) -> SCIMException:
    """Return what is wrong with the parameters of a query, in the words of RFC 9865 if it has a cursor."""
    if parameter(parameters, "cursor") is not None:
        wrong = {str(item["loc"][0]).lower() for item in error.errors() if item["loc"]}
        if "cursor" in wrong:
            return InvalidCursorException(detail="the cursor is none that this server has given")
        if "count" in wrong:
            return InvalidCountException(detail="count has to be a number")
    return SCIMException.from_error(Error.from_validation_errors(error)[0])


def parameter(parameters: Json, name: str) -> Any:
    """Return a parameter by its name in lower case: a SearchRequest may have it in any case."""
    return next((value for key, value in parameters.items() if key.lower() == name), None)


def require_cursor_parameters(parameters: Json, request: SearchRequest[Any]) -> None:
    """Refuse what does not go with a cursor.

    :raises InvalidValueException: If there is an index too.
    :raises InvalidCountException: If the page size is not one that a page can have (RFC 9865 section 2.1).
    """
    if request.start_index is not None:
        raise InvalidValueException(detail="a query has a cursor or a startIndex, not both")
    limit = get_settings().MAX_RESULTS
    # scim2-models has made a zero of a negative number, as RFC 7644 has it for an index.
    is_negative = str(parameter(parameters, "count")).strip().startswith("-")
    if request.count is not None and (is_negative or request.count > limit):
        raise InvalidCountException(detail=f"with a cursor, count is from 0 to {limit}")


def requested_projection(resource_type: ResourceType, request: SearchRequest[Any]) -> Projection:
    """Return the projection that the parameters of a request ask for."""
    return projection_for(
        resource_type,
        tuple(str(path) for path in request.attributes or ()),
        tuple(str(path) for path in request.excluded_attributes or ()),
    )


def search(resource_types: ResourceTypes, request: SearchRequest[Any], caller: Caller) -> Json:
    """Return the ListResponse of a query.

    :raises InvalidFilterException: If the filter names what cannot be filtered.
    :raises InvalidPathException: If ``sortBy`` names what cannot be sorted by.
    :raises TooManyException: If the query takes longer than ``STATEMENT_TIMEOUT``, or its page has too much.
    :raises InvalidCursorException: If the cursor was given to another query.
    :raises ExpiredCursorException: If it is too old.
    :raises InvalidCountException: If the page size differs from that of the pages before.
    """
    listing = listing_of(resource_types, request, caller)
    with ExitStack() as limits:
        # Statements that are kept are look-ups by an index.
        sought = [part for part in listing.parts if part.kept is None or not part.kept.is_look_up]
        for database in {part.database for part in sought}:
            limits.enter_context(query_within_limits(database))
        try:
            if request.cursor is None:
                return page_by_index(listing, request)
            return page_by_cursor(listing, request, identity_of(resource_types, request, caller))
        except CostExceeded as error:
            raise TooManyException(detail=error.detail) from error


def listing_of(resource_types: ResourceTypes, request: SearchRequest[Any], caller: Caller) -> Listing:
    """Return what a query selects, in its order."""
    descending = request.sort_order == SearchRequest.SortOrder.descending
    is_alone = len(resource_types) == 1
    parts = []
    for position, resource_type in enumerate(resource_types):
        node = None if request.filter is None else request.filter.ast
        binding = request.sort_binding(resource_type.resource)
        kept = KeptQuery.of(resource_type, node, caller) if is_alone and binding is None else None
        select: Callable[[], QuerySet[Any]] = partial(
            selected, resource_type, node, caller, is_alone=is_alone
        )
        if kept is None:
            # At once, since what is wrong with the filter comes before what is wrong with the order.
            select = partial(QuerySet.all, select())
        order = compile_order(resource_type, binding, caller, descending=descending, is_alone=is_alone)
        projection = requested_projection(resource_type, request)
        parts.append(Part(position, resource_type, select, order, projection, caller, kept))
    is_sorted = any(part.order.expression is not None for part in parts)
    return MergedListing(parts) if is_sorted and not is_alone else Listing(parts)


def selected(
    resource_type: ResourceType, node: FilterNode | None, caller: Caller, *, is_alone: bool
) -> QuerySet[Any]:
    """Return the rows that a connection sees and that meet a filter, if there is one."""
    rows = resource_type.queryset(caller.connection)
    if node is None:
        return rows
    return rows.filter(compile_filter(resource_type, node, caller, is_alone=is_alone))


def page_by_index(listing: Listing, request: SearchRequest[Any]) -> Json:
    """Return the page from an index on.

    RFC 7644 section 3.4.2.4: an index under 1 is 1, a count under 0 is 0, and the server may return
    fewer than were asked for.
    """
    settings = get_settings()
    start = 1 if request.start_index is None else min(request.start_index, LAST_INDEX)
    count = settings.DEFAULT_PAGE_SIZE if request.count is None else request.count
    count = min(count, settings.MAX_RESULTS)
    is_first_page = start == 1 and count > 0
    found = listing.beyond(None, count) if is_first_page else []
    if is_first_page and len(found) < count:
        # Nobody has to count what one page holds, such as the one user that a client looks for.
        total = len(found)
    else:
        totals = listing.totals()
        total = sum(totals)
        if not is_first_page and count and start <= total:
            found = listing.page(start - 1, count, totals)
    return {**list_response(found, total), "startIndex": start}


def page_by_cursor(listing: Listing, request: SearchRequest[Any], query: str) -> Json:
    """Return the page that a cursor leads to; the first one if it is empty (RFC 9865 section 2)."""
    settings = get_settings()
    cursor = Cursor.open(request.cursor, query) if request.cursor else None
    count = request.count
    if count is None:
        count = cursor.count if cursor else min(settings.DEFAULT_PAGE_SIZE, settings.MAX_RESULTS)
    elif cursor and cursor.count != count:
        raise InvalidCountException(detail=f"count has to stay {cursor.count} on every page of the query")
    total = sum(listing.totals()) if settings.COUNT_WITH_CURSOR else None
    mark = cursor.mark if cursor else None
    backwards = cursor is not None and cursor.backwards
    page = read_page(
        lambda limit: listing.beyond(mark, limit, backwards=backwards),
        count,
        has_key=cursor is not None,
        backwards=backwards,
    )
    response = list_response(page.rows, total)
    if page.has_next:
        response["nextCursor"] = Cursor(page.rows[-1].mark, False, count).seal(query)
    if page.has_previous:
        response["previousCursor"] = Cursor(page.rows[0].mark, True, count).seal(query)
    return response


def list_response(found: Sequence[Found], total: int | None) -> Json:
    """Return the ListResponse of a page, without ``totalResults`` where nobody counted."""
    resources = [item.part.projection.answer(item.obj) for item in found if item.obj is not None]
    totals = {} if total is None else {"totalResults": total}
    return {"schemas": [LIST_RESPONSE], **totals, "itemsPerPage": len(resources), "Resources": resources}


def identity_of(resource_types: ResourceTypes, request: SearchRequest[Any], caller: Caller) -> str:
    """Return what makes a query the same as another: all that its order and its rows depend on."""
    return repr(
        (
            caller.acting.pk,
            sorted(caller.limits),
            [resource_type.name for resource_type in resource_types],
            str(request.filter or ""),
            str(request.sort_by or ""),
            request.sort_order == SearchRequest.SortOrder.descending,
        )
    )
