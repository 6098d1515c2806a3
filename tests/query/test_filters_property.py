"""The database finds what scim2-models finds in memory: any filter, order and selection of any users."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context, ScimFilter, SearchRequest

from tests import strategies
from tests.conftest import ScimClient
from tests.query.badges import BadgedUserAdapter
from tests.query.populations import provisioned

Json = dict[str, Any]
RESOURCE: Any = BadgedUserAdapter.resource

pytestmark = pytest.mark.usefixtures("badges")


@contextmanager
def stored(scim: ScimClient, users: list[Json], groups: list[Any]) -> Iterator[list[Json]]:
    """Store resources by POST, and give them as a query returns them; they are gone in the end."""
    with provisioned(scim, users, groups):
        yield read(scim)


def read(scim: ScimClient, **parameters: Any) -> list[Json]:
    """Return the users that a query finds."""
    response = scim.get("/Users", {"count": 200, **parameters})
    assert response.status_code == 200, response.content.decode()
    found: list[Json] = response.json()["Resources"]
    return found


def parsed(resources: list[Json]) -> list[Any]:
    """Return resources as scim2-models has them."""
    return [RESOURCE.model_validate(resource) for resource in resources]


def ids(resources: list[Any]) -> list[str]:
    """Return the ids."""
    return [resource["id"] if isinstance(resource, dict) else resource.id for resource in resources]


def ordered_alike() -> list[str]:
    """Return what each database orders as scim2-models does.

    An index gives the order of ``userName``: where it is in a collation, that decides about ``_`` and ``É``.
    """
    if connection.vendor == "postgresql":
        return list(strategies.SORTABLE)
    return [path for path in strategies.SORTABLE if path != "userName"]


USERS = st.deferred(lambda: st.lists(strategies.users(), min_size=1, max_size=4))
GROUPS = st.deferred(lambda: st.lists(strategies.groups(), max_size=2))


@strategies.PROFILE
@given(users=USERS, groups=GROUPS, data=st.data())
def test_a_filter_finds_what_scim2_models_finds_in_memory(scim, users, groups, data):
    with stored(scim, users, groups) as resources:
        for _ in range(8):
            node = data.draw(strategies.filters(resources))
            condition = ScimFilter[RESOURCE](str(node))
            wanted = [resource for resource in parsed(resources) if condition.match(resource)]
            found = read(scim, filter=str(node), attributes="id")
            assert ids(found) == ids(wanted), node


@strategies.PROFILE
@given(users=USERS, groups=GROUPS, data=st.data())
def test_an_order_of_users_is_that_of_scim2_models(scim, users, groups, data):
    with stored(scim, users, groups) as resources:
        for _ in range(6):
            path = data.draw(st.sampled_from(ordered_alike()))
            order = data.draw(st.sampled_from(SearchRequest.SortOrder))
            request = SearchRequest[RESOURCE](sort_by=path, sort_order=order)
            found = read(scim, sortBy=path, sortOrder=str(order), attributes="id")
            assert ids(found) == ids(request.sort(parsed(resources)))


@strategies.PROFILE
@given(users=USERS, groups=GROUPS, data=st.data())
def test_a_selection_of_attributes_is_that_of_scim2_models(scim, users, groups, data):
    with stored(scim, users, groups):
        whole = parsed(read(scim, attributes=",".join((*strategies.NAMES, *strategies.SCHEMAS))))
        for _ in range(6):
            names = data.draw(strategies.selections((*strategies.NAMES, *strategies.SCHEMAS)))
            selection = SearchRequest[RESOURCE](attributes=names)
            found = read(scim, attributes=",".join(names))
            assert dumped(parsed(found)) == selected(whole, selection)


@strategies.PROFILE
@given(users=USERS, groups=GROUPS, data=st.data())
def test_an_exclusion_of_attributes_is_that_of_scim2_models(scim, users, groups, data):
    with stored(scim, users, groups):
        whole = parsed(read(scim, attributes=",".join((*strategies.NAMES, *strategies.SCHEMAS))))
        for _ in range(6):
            # A schema cannot be excluded: RFC 7644 section 3.9 has attributes there.
            names = data.draw(strategies.selections(strategies.NAMES))
            selection = SearchRequest[RESOURCE](excluded_attributes=names)
            found = read(scim, excludedAttributes=",".join(names))
            assert dumped(parsed(found)) == selected(whole, selection)


def dumped(resources: list[Any]) -> list[Json]:
    """Return all of resources."""
    return [resource.model_dump() for resource in resources]


def selected(resources: list[Any], selection: Any) -> list[Json]:
    """Return what an answer to a query has of resources."""
    context = Context.RESOURCE_QUERY_RESPONSE
    return [resource.model_dump(scim_ctx=context, response_parameters=selection) for resource in resources]
