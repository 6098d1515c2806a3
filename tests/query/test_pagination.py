"""Pages by index, to the letter of RFC 7644 section 3.4.2.4."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from scim2_models import Context, ListResponse

from django_scim.schema.types import EnterpriseUserExtension
from django_scim.schema.types import User as UserResource
from tests.factories import UserFactory
from tests.messages import LIST_RESPONSE
from tests.reading import Reader
from tests.representations import path_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven() -> list[str]:
    """Seven accounts."""
    names = [f"user{number}" for number in range(1, 8)]
    User.objects.bulk_create(User(username=name) for name in names)
    return names


@pytest.mark.parametrize(
    ("parameters", "start", "found"),
    [
        ({}, 1, [1, 2, 3, 4, 5, 6, 7]),
        ({"count": 3}, 1, [1, 2, 3]),
        ({"startIndex": 1, "count": 3}, 1, [1, 2, 3]),
        ({"startIndex": 4, "count": 3}, 4, [4, 5, 6]),
        ({"startIndex": 7, "count": 3}, 7, [7]),
        ({"startIndex": 6}, 6, [6, 7]),
        ({"count": 7}, 1, [1, 2, 3, 4, 5, 6, 7]),
        # "A value less than 1 SHALL be interpreted as 1."
        ({"startIndex": 0, "count": 2}, 1, [1, 2]),
        ({"startIndex": -1, "count": 2}, 1, [1, 2]),
        ({"startIndex": -(10**30), "count": 2}, 1, [1, 2]),
        # "A negative value SHALL be interpreted as 0", and 0 asks for totalResults alone.
        ({"count": 0}, 1, []),
        ({"count": -1}, 1, []),
        ({"count": -(10**30)}, 1, []),
        ({"startIndex": 3, "count": 0}, 3, []),
        # Past the end.
        ({"startIndex": 8}, 8, []),
        ({"startIndex": 1000, "count": 5}, 1000, []),
        ({"startIndex": 2**63 - 1, "count": 5}, 2**63 - 1, []),
        # More than there are.
        ({"count": 1000}, 1, [1, 2, 3, 4, 5, 6, 7]),
        ({"count": 10**30}, 1, [1, 2, 3, 4, 5, 6, 7]),
        ({"startIndex": "+2", "count": " 2 "}, 2, [2, 3]),
    ],
)
def test_a_page_is_what_start_index_and_count_say(users: Reader, seven, parameters, start, found):
    page = users.page(**parameters)

    assert [resource["userName"] for resource in page["Resources"]] == [f"user{number}" for number in found]
    assert page["startIndex"] == start
    assert page["itemsPerPage"] == len(found)
    assert page["totalResults"] == 7


def test_a_start_index_larger_than_any_is_past_the_end(users: Reader, seven):
    page = users.page(startIndex=10**30)

    assert page["Resources"] == []
    assert page["totalResults"] == 7


def test_the_numbers_of_a_list_response_are_numbers(users: Reader, seven):
    page = users.page(startIndex="2", count="2")

    assert page["schemas"] == [LIST_RESPONSE]
    for name in ("totalResults", "itemsPerPage", "startIndex"):
        assert type(page[name]) is int


def test_the_answer_to_a_query_is_a_valid_list_response(users: Reader, seven):
    response = ListResponse[UserResource[EnterpriseUserExtension]].model_validate(
        users.page(count=2), scim_ctx=Context.RESOURCE_QUERY_RESPONSE
    )

    assert [resource.user_name for resource in response.resources or ()] == ["user1", "user2"]
    assert (response.total_results, response.items_per_page, response.start_index) == (7, 2, 1)


def test_an_empty_collection_is_a_page_too(users: Reader):
    page = users.page()

    assert page == {
        "schemas": [LIST_RESPONSE],
        "totalResults": 0,
        "itemsPerPage": 0,
        "startIndex": 1,
        "Resources": [],
    }


def test_pages_by_index_one_after_the_other_are_the_collection(users: Reader, seven):
    names = [name for start in (1, 3, 5, 7) for name in users.names(startIndex=start, count=2)]

    assert names == seven


def test_total_results_counts_what_the_filter_finds(users: Reader, seven):
    page = users.page(filter='userName gt "user4"', count=2)

    assert page["totalResults"] == 3
    assert page["itemsPerPage"] == 2


def test_total_results_counts_no_deleted_resources(scim, users: Reader, seven):
    scim.delete(path_of(User.objects.get(username="user3")))

    page = users.page(startIndex=3, count=2)

    assert page["totalResults"] == 6
    assert [resource["userName"] for resource in page["Resources"]] == ["user4", "user5"]


def test_count_is_lowered_to_the_most_that_the_server_returns(users: Reader, seven, settings):
    settings.DJANGO_SCIM = {"MAX_RESULTS": 4, "DEFAULT_PAGE_SIZE": 3}

    assert users.page()["itemsPerPage"] == 3
    assert users.page(count=4)["itemsPerPage"] == 4
    assert users.page(count=5)["itemsPerPage"] == 4
    assert users.page(count=10**30)["itemsPerPage"] == 4
    assert users.names(startIndex=5, count=100) == ["user5", "user6", "user7"]


def test_the_default_page_is_no_larger_than_the_largest(users: Reader, seven, settings):
    settings.DJANGO_SCIM = {"MAX_RESULTS": 2, "DEFAULT_PAGE_SIZE": 100}

    assert users.page()["itemsPerPage"] == 2


@pytest.mark.parametrize("name", ["startIndex", "count"])
@pytest.mark.parametrize(
    "value", ["one", "1.5", "1e2", "0x10", "1,2", "1;2", "٣", "null", "NaN", "9" * 5000, "1\x00"]
)
def test_a_start_index_or_count_that_is_no_number_is_refused(users: Reader, name, value):
    assert users.refusal(**{name: value}) == "invalidValue"


def test_a_query_parameter_that_does_not_exist_changes_nothing(users: Reader):
    UserFactory.create(username="a")

    assert users.names(page=2, format="xml", limit=0, offset=5) == ["a"]
