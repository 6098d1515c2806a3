"""The dialect ``strict``: what conforms is understood, and nothing else."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from django_scim.dialects.canonical import canonical_message, canonical_operations, canonical_parameters
from django_scim.dialects.registry import DIALECTS, RULES
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, ScimClient
from tests.dialects.canonical_requests import FILTERS, MESSAGES, PARAMETERS
from tests.factories import ConnectionFactory, UserFactory
from tests.messages import SEARCH_REQUEST, patch_op
from tests.representations import ENTERPRISE, GROUP, USER, path_of, user

STRICT = DIALECTS["strict"]
WORK = {"type": "work", "value": "b@example.com"}


@pytest.fixture
def strict(db) -> ScimClient:
    return ScimClient(ConnectionFactory.create(dialect="strict"))


@pytest.fixture
def row(strict) -> str:
    """A user with one email address, as a path."""
    body = user(emails=[WORK], name={"givenName": "Barbara"})
    return f"/Users/{strict.post('/Users', body).json()['id']}"


# What conforms


def test_a_full_user_is_understood_to_the_letter(strict):
    body = {
        "schemas": [USER, ENTERPRISE],
        "userName": "bjensen",
        "active": False,
        "name": {"givenName": "Barbara"},
        "emails": [{**WORK, "primary": True}],
        "x509Certificates": [{"value": "MIIDQzCC"}],
        "title": None,
        "ims": [],
        "id": "the server's",
        "meta": {"resourceType": "User"},
        ENTERPRISE: {"employeeNumber": "701984"},
    }

    created = strict.post("/Users", body)

    assert created.status_code == 201, created.json()
    assert created.json()[ENTERPRISE]["employeeNumber"] == "701984"
    assert strict.put(f"/Users/{created.json()['id']}", created.json()).status_code == 200


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "name.familyName", "value": "Jensen"},
        {"op": "add", "path": "emails", "value": [{"value": "babs@jensen.org", "type": "home"}]},
        {"op": "replace", "path": 'emails[type eq "work"].value', "value": "new@example.com"},
        {"op": "replace", "value": {"title": "Guide", "active": True, "emails": [WORK]}},
        {"op": "replace", "value": {ENTERPRISE: {"department": "Tours"}}},
        {"op": "replace", "path": f"{ENTERPRISE}:department", "value": "Tours"},
        {"op": "replace", "path": "title", "value": None},
        {"op": "remove", "path": 'emails[type eq "work" and value ew "example.com"]'},
        {"op": "remove", "path": 'emails[type eq "home"]'},
        {"op": "remove", "path": "nickName"},
    ],
    ids=str,
)
def test_an_operation_as_the_rfc_has_it_is_understood_to_the_letter(strict, row, operation):
    response = strict.patch(row, operation)

    assert response.status_code == 200, response.json()


@pytest.mark.parametrize("text", [text for text in FILTERS if "unknown" not in text])
def test_a_filter_of_the_rfc_is_understood_to_the_letter(strict, text):
    assert strict.get("/Users", {"filter": text}).status_code == 200


# A path whose filter matches nothing


@pytest.mark.parametrize("op", ["add", "replace"])
@pytest.mark.parametrize("path", ['emails[type eq "home"].value', 'phoneNumbers[type eq "work"].value'])
def test_a_filter_that_matches_nothing_is_no_target_to_the_letter(strict, row, op, path):
    assert_scim_error(strict.patch(row, {"op": op, "path": path, "value": "x"}), 400, "noTarget")


# What deviates


@pytest.mark.parametrize(
    "body",
    [
        {"userName": "bjensen"},
        {"schemas": [], "userName": "bjensen"},
        {"schemas": USER, "userName": "bjensen"},
        {"schemas": [GROUP], "userName": "bjensen"},
        user(active="True"),
        user(active=1),
        user(title=5),
        user(title=["Guide"]),
        user(name=[{"givenName": "Barbara"}]),
        user(emails=WORK),
        user(emails=["b@example.com"]),
        user(emails=[{**WORK, "primary": "true"}]),
        user(emails=[{**WORK, "verified": True}]),
        user(favouriteColour="green"),
        {**user(), "user_name": "bjensen"},
        user(department="Tours"),
        {**user(), ENTERPRISE: {"department": "Tours"}},
        {**user(), "schemas": [USER, ENTERPRISE], ENTERPRISE: {"manager": "26118915"}},
        {**user(), "schemas": [USER, ENTERPRISE], ENTERPRISE: {"employeeNumber": 701984}},
        {**user(), "schemas": [USER, "urn:scim:schemas:extension:enterprise:1.0"]},
        {**user(), "name.givenName": "Barbara"},
    ],
    ids=str,
)
def test_a_body_that_deviates_is_refused_to_the_letter(strict, body):
    response = strict.post("/Users", body)

    assert response.status_code == 400, response.json()


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Add", "path": "title", "value": "Guide"},
        {"op": "REPLACE", "path": "title", "value": "Guide"},
        {"op": "replace", "path": "", "value": {"title": "Guide"}},
        {"op": "replace", "path": "active", "value": "False"},
        {"op": "replace", "path": "title", "value": 5},
        {"op": "replace", "path": "title", "value": ["Guide"]},
        {"op": "replace", "path": "title", "value": [{"value": "Guide"}]},
        {"op": "replace", "value": {"name.familyName": "Jensen"}},
        {"op": "replace", "value": {f"{ENTERPRISE}:department": "Tours"}},
        {"op": "replace", "value": {'emails[type eq "work"].value': "x@example.com"}},
        {"op": "replace", "value": {"id": "another"}},
        {"op": "replace", "value": {"favouriteColour": "green"}},
        {"op": "replace", "value": [{"title": "Guide"}]},
        {"op": "replace", "path": "favouriteColour", "value": "green"},
        {"op": "replace", "path": "department", "value": "Tours"},
        {"op": "replace", "path": f"{ENTERPRISE}.department", "value": "Tours"},
        {"op": "replace", "path": f"{ENTERPRISE}:manager", "value": "26118915"},
        {"op": "remove", "path": "emails", "value": [{"value": "b@example.com"}]},
        {"op": "remove", "path": 'emails[primary eq "True"]'},
        {"op": "remove", "path": "emails[type eq work]"},
        {"op": "add", "path": "title", "value": None},
    ],
    ids=str,
)
def test_an_operation_that_deviates_is_refused_to_the_letter(strict, row, operation):
    before = strict.get(row).json()

    assert strict.patch(row, operation).status_code == 400
    assert strict.get(row).json() == before


@pytest.mark.parametrize(
    "message",
    [
        [{"op": "replace", "path": "title", "value": "Guide"}],
        {"op": "replace", "path": "title", "value": "Guide"},
        {"Operations": [{"op": "replace", "path": "title", "value": "Guide"}]},
        {**patch_op(), "Operations": {"op": "replace", "path": "title", "value": "Guide"}},
        patch_op(),
    ],
    ids=str,
)
def test_a_patch_message_that_deviates_is_refused_to_the_letter(strict, row, message):
    assert strict.request("PATCH", row, message).status_code == 400


@pytest.mark.parametrize(
    "text",
    [
        "externalId eq jyoung",
        "externalId eq 701984",
        'active eq "True"',
        'emails[primary eq "true"]',
        'not (title eq 5 or active eq "False")',
        f'{ENTERPRISE}:manager eq "26118915"',
        'department eq "Tours"',
        "",
    ],
)
def test_a_filter_that_deviates_is_refused_to_the_letter(strict, text):
    assert_scim_error(strict.get("/Users", {"filter": text}), 400, "invalidFilter")


@pytest.mark.parametrize("name", ["count", "sortBy", "startIndex"])
def test_an_empty_parameter_is_refused_to_the_letter(strict, name):
    assert strict.get("/Users", {name: ""}).status_code == 400


def test_a_query_in_a_body_has_its_schema_to_the_letter(strict):
    assert strict.post("/Users/.search", {"count": 1}).status_code == 400
    assert strict.post("/Users/.search", {"schemas": [SEARCH_REQUEST], "count": 1}).status_code == 200


def test_a_bulk_request_has_its_schema_to_the_letter(strict):
    operation = {"method": "POST", "path": "/Users", "bulkId": "a", "data": user()}

    assert strict.post("/Bulk", {"Operations": [operation]}).status_code == 400


def send(client: ScimClient, body: bytes, **options: Any) -> Any:
    headers = {"Authorization": f"Bearer {client.token}"}
    return client.client.generic("POST", f"{ROOT}/Users", data=body, headers=headers, **options)


def test_a_byte_order_mark_is_refused_to_the_letter(strict):
    body = b"\xef\xbb\xbf" + orjson.dumps(user())

    assert_scim_error(send(strict, body, content_type="application/scim+json"), 400, "invalidSyntax")


def test_a_body_has_a_type_to_the_letter(strict):
    assert_scim_error(send(strict, orjson.dumps(user()), content_type=""), 415)


# The rules


def test_a_strict_dialect_has_none_of_the_rules_of_the_others():
    own = set(STRICT.own)

    assert not [rule for rule in RULES if rule.default and rule.function in own]


def test_a_strict_dialect_changes_nothing():
    for resource, message in MESSAGES:
        assert canonical_message(message, STRICT) == message
        assert canonical_operations(resource, message["Operations"], STRICT) == message["Operations"]
    for resource, parameters in PARAMETERS:
        assert canonical_parameters([resource], parameters, STRICT) == parameters


def test_what_a_connection_sends_otherwise_is_understood_without_the_strict_dialect(scim):
    row = path_of(UserFactory.create())

    response = scim.patch(
        row, {"op": "Replace", "path": "", "value": {"title": ["Guide"], "active": "False"}}
    )

    assert (response.json()["title"], response.json()["active"]) == ("Guide", False)
