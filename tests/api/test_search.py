"""Queries by POST: of the root, where all resource types are one collection, and of each endpoint."""

from __future__ import annotations

import pytest
from scim2_models import Context, ListResponse

from django_scim.models import ProvisioningEvent
from django_scim.schema.types import EnterpriseUserExtension, Group, User
from tests.assertions import assert_scim_error
from tests.conftest import SCIM, ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.messages import PATCH_OP, SEARCH_REQUEST
from tests.operations.responses import stored
from tests.representations import id_of, path_of

ENDPOINTS = ["/.search", "/Users/.search", "/Groups/.search"]


def query(**parameters):
    """Return a SearchRequest."""
    return {"schemas": [SEARCH_REQUEST], **parameters}


def names(response):
    """Return how the resources of a ListResponse are called."""
    assert response.status_code == 200, response.content
    resources = response.json()["Resources"]
    return [resource.get("userName") or resource["displayName"] for resource in resources]


@pytest.fixture
def people(db):
    """Three users and two groups."""
    users = [UserFactory.create(username=name) for name in ("ann", "bob", "zoe")]
    return users, [GroupFactory.create(name=name) for name in ("Clerks", "Guides")]


# What is answered


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_search_is_answered_as_the_same_query_in_the_address_is(scim, path):
    parameters = {
        "filter": 'id pr and not (displayName eq "Guides")',
        "sortBy": "meta.created",
        "sortOrder": "descending",
        "startIndex": 2,
        "count": 2,
        "excludedAttributes": "name,members",
    }

    response = scim.post(path, query(**parameters))

    assert response.status_code == 200
    assert response["Content-Type"] == SCIM
    assert response.json() == scim.get(path.removesuffix(".search"), parameters).json()


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("path", ["/.search", "/"])
def test_the_answer_to_a_search_is_a_list_of_resources_of_several_types(scim, path):
    response = scim.post(path, query()) if path == "/.search" else scim.get(path)

    listing = ListResponse[User[EnterpriseUserExtension] | Group].model_validate(
        response.json(), scim_ctx=Context.RESOURCE_QUERY_RESPONSE
    )
    assert listing.total_results == 5
    assert [type(resource).__name__ for resource in listing.resources or []] == [
        *["User[EnterpriseUser]"] * 3,
        *["Group"] * 2,
    ]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("path", "found"),
    [("/.search", ["ann", "Clerks"]), ("/Users/.search", ["ann"])],
)
def test_a_filter_in_the_body_of_a_search_selects(scim, path, found):
    filter = 'userName eq "ann" or displayName sw "c"' if path == "/.search" else 'userName eq "ann"'

    assert names(scim.post(path, query(filter=filter))) == found


@pytest.mark.usefixtures("people")
def test_attributes_in_a_search_may_be_a_list_or_text_with_commas(scim):
    for attributes in (["userName", "active"], "userName,active"):
        response = scim.post("/Users/.search", query(attributes=attributes))
        assert response.json()["Resources"][0].keys() == {"schemas", "id", "userName", "active"}


@pytest.mark.usefixtures("people")
def test_parameters_of_a_search_are_read_in_any_case(scim):
    response = scim.post("/Users/.search", query(SORTBY="userName", sortorder="descending", Count=1))

    assert names(response) == ["zoe"]


@pytest.mark.usefixtures("people")
def test_null_parameters_of_a_search_are_none(scim):
    parameters = dict.fromkeys(
        ("filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes")
    )

    response = scim.post("/.search", query(**parameters))

    assert response.json() == scim.get("/").json()


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("body", [{}, {"schemas": [SEARCH_REQUEST]}])
def test_a_search_without_parameters_finds_everything(scim, path, body):
    response = scim.post(path, body)

    assert response.json() == scim.get(path.removesuffix(".search")).json()


def test_the_location_of_what_is_found_is_that_of_the_resource(scim, people):
    (row, *_), _ = people
    for path in ("/.search", "/.search/", "/Users/.search", "/Users/.search/"):
        response = scim.post(path, query(filter='userName eq "ann"'))
        (resource,) = response.json()["Resources"]
        assert resource["meta"]["location"] == f"https://testserver/scim/v2{path_of(row)}"
        assert resource["id"] == id_of(row)


@pytest.mark.usefixtures("people")
def test_the_root_is_read_with_any_parameters_of_a_query(scim):
    assert names(scim.get("/", {"sortBy": "userName", "count": "2", "unknown": "x"})) == ["ann", "bob"]
    assert names(scim.get("/?")) == ["ann", "bob", "zoe", "Clerks", "Guides"]


def test_a_head_of_the_root_is_its_get_without_a_body(scim):
    response = scim.request("HEAD", "/")

    assert (response.status_code, response.content) == (200, b"")


# Who may


@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_token_that_may_read_may_search(connection, path):
    reader = ScimClient(connection, "read")

    assert reader.post(path, query()).status_code == 200
    assert reader.get("/").status_code == 200


@pytest.mark.parametrize("path", ENDPOINTS)
def test_nobody_searches_without_a_token(anonymous, path):
    response = anonymous.post(f"/scim/v2{path}", query(), content_type=SCIM)

    assert_scim_error(response, 401)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_nobody_reads_the_root_without_a_token(anonymous):
    assert_scim_error(anonymous.get("/scim/v2/"), 401)


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("path", ENDPOINTS)
def test_a_search_changes_nothing_and_is_no_event(scim, path):
    before = stored()

    assert scim.post(path, query()).status_code == 200
    assert scim.post(path, query(filter="nonsense")).status_code == 400
    assert scim.post(path, b"{").status_code == 400

    assert stored() == before
    assert not ProvisioningEvent.objects.exists()


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_search_is_posted_and_nothing_else(scim, path, method):
    # Where there are resources, ``.search`` may be the id of one, which there is not.
    assert scim.request(method, path, {}).status_code in (404, 405)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_the_root_is_read_and_nothing_else(scim, method):
    assert_scim_error(scim.request(method, "/", {}), 405)


# What cannot be read


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"5", b"[{}]", b"\xff\xfe"])
def test_the_body_of_a_search_that_is_no_json_object_is_invalid_syntax(scim, path, body):
    assert_scim_error(scim.post(path, body), 400, "invalidSyntax")


@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_body_of_a_search_of_another_media_type_is_refused(scim, path):
    response = scim.client.post(
        f"/scim/v2{path}",
        "filter=x",
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": f"Bearer {scim.token}"},
    )

    assert_scim_error(response, 415)


@pytest.mark.parametrize("path", ENDPOINTS)
def test_the_body_of_a_search_that_is_too_large_is_refused(scim, settings, path):
    settings.DJANGO_SCIM = {"MAX_PAYLOAD_SIZE": 100}

    assert_scim_error(scim.post(path, query(filter="x" * 200)), 413)


@pytest.mark.parametrize("path", ENDPOINTS)
@pytest.mark.parametrize(
    ("parameters", "scim_type"),
    [
        ({"filter": "nonsense"}, "invalidFilter"),
        ({"filter": 'colour eq "red"'}, "invalidFilter"),
        ({"filter": 5}, "invalidValue"),
        ({"filter": ["id pr"]}, "invalidValue"),
        ({"sortBy": "colour"}, "invalidPath"),
        ({"sortBy": "meta"}, "invalidPath"),
        ({"sortOrder": "sideways"}, "invalidValue"),
        ({"count": "many"}, "invalidValue"),
        ({"startIndex": "first"}, "invalidValue"),
        ({"startIndex": []}, "invalidValue"),
        ({"cursor": "abc"}, "invalidCursor"),
    ],
    ids=str,
)
def test_a_parameter_of_a_search_that_cannot_be_read_is_refused_by_its_kind(
    scim, path, parameters, scim_type
):
    assert_scim_error(scim.post(path, query(**parameters)), 400, scim_type)


@pytest.mark.parametrize("schemas", [[PATCH_OP], "x", [5], {}], ids=str)
def test_a_search_with_the_schema_of_another_message_is_refused(scim, schemas):
    assert scim.post("/.search", {"schemas": schemas}).status_code == 400
