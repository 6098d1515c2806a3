"""``schemas``, extensions, and the URNs of the past."""

from __future__ import annotations

import pytest

from tests.representations import ENTERPRISE, GROUP, USER

MICROSOFT_GROUP = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"


@pytest.mark.parametrize(
    "schemas",
    [
        None,
        [],
        "",
        USER,
        [USER],
        [USER.lower()],
        [ENTERPRISE],
        [USER, ENTERPRISE, USER],
        ["urn:scim:schemas:core:1.0"],
        ["urn:scim:schemas:core:2.0"],
        ["urn:scim:schemas:core:2.0:User"],
        ["urn:scim:schemas:core:2.0", "urn:scim:schemas:extension:enterprise:2.0"],
        [USER, "urn:example:unknown:2.0:User"],
    ],
    ids=str,
)
def test_a_user_is_accepted_whatever_schemas_its_body_lists(scim, schemas):
    response = scim.post("/Users", {"schemas": schemas, "userName": "bjensen"})

    assert response.status_code == 201, response.json()
    assert response.json()["schemas"] == [USER]


def test_a_user_is_accepted_without_schemas(scim):
    assert scim.post("/Users", {"userName": "bjensen"}).status_code == 201


@pytest.mark.parametrize(
    "schemas",
    [[GROUP, MICROSOFT_GROUP], [MICROSOFT_GROUP], [MICROSOFT_GROUP.lower()], ["urn:scim:schemas:core:2.0"]],
)
def test_a_group_is_accepted_with_the_schema_of_microsoft(scim, schemas):
    response = scim.post("/Groups", {"schemas": schemas, "displayName": "Tour Guides"})

    assert response.status_code == 201, response.json()
    assert response.json()["schemas"] == [GROUP]


@pytest.mark.parametrize(
    "schemas", [[GROUP], [MICROSOFT_GROUP], ["urn:example:unknown"], [5], {"a": "b"}], ids=str
)
def test_a_body_with_the_schema_of_another_resource_type_is_refused(scim, schemas):
    response = scim.post("/Users", {"schemas": schemas, "userName": "bjensen"})

    assert response.status_code == 400


@pytest.mark.parametrize(
    "urn",
    [
        ENTERPRISE,
        ENTERPRISE.upper(),
        "urn:scim:schemas:extension:enterprise:1.0",
        "urn:scim:schemas:extension:enterprise:2.0",
        "urn:scim:schemas:extension:enterprise:2.0:User",
    ],
)
@pytest.mark.parametrize("is_listed", [True, False])
def test_an_extension_is_read_under_any_of_its_names_whether_it_is_listed_or_not(scim, urn, is_listed):
    schemas = [USER, urn] if is_listed else [USER]
    body = {"schemas": schemas, "userName": "bjensen", urn: {"department": "IT", "manager": "5"}}

    document = scim.post("/Users", body).json()

    assert document["schemas"] == [USER, ENTERPRISE]
    assert document[ENTERPRISE] == {"department": "IT", "manager": {"value": "5"}}
    assert document.keys() <= {"schemas", "id", "meta", "userName", "active", ENTERPRISE}


def test_an_extension_that_is_listed_may_be_absent(scim):
    response = scim.post("/Users", {"schemas": [USER, ENTERPRISE], "userName": "bjensen"})

    assert response.json()["schemas"] == [USER]


def test_the_urn_of_an_extension_of_today_counts_where_that_of_the_past_is_there_too(scim):
    body = {
        "schemas": [USER],
        "userName": "bjensen",
        "urn:scim:schemas:extension:enterprise:1.0": {"department": "Sales"},
        ENTERPRISE: {"department": "IT"},
    }

    assert scim.post("/Users", body).json()[ENTERPRISE] == {"department": "IT"}


def test_attributes_of_an_extension_may_stand_at_the_top(scim):
    body = {
        "schemas": [USER],
        "userName": "bjensen",
        "department": "IT",
        "Manager": None,
        "costCenter": "4130",
        ENTERPRISE: {"costCenter": "4711", "division": "Theme Park"},
    }

    document = scim.post("/Users", body).json()

    assert document[ENTERPRISE] == {"department": "IT", "costCenter": "4711", "division": "Theme Park"}
    assert "department" not in document


def test_a_path_and_a_filter_find_an_extension_under_the_names_of_the_past(scim):
    scim.post("/Users", {"userName": "bjensen", "department": "IT"})
    scim.post("/Users", {"userName": "sue"})

    for attribute in (
        f"{ENTERPRISE}:department",
        f"{ENTERPRISE}.department",
        "urn:scim:schemas:extension:enterprise:1.0:department",
        "department",
    ):
        response = scim.get("/Users", {"filter": f'{attribute} eq "IT"', "attributes": attribute})
        assert response.status_code == 200, response.json()
        (found,) = response.json()["Resources"]
        assert found.keys() == {"schemas", "id", ENTERPRISE}
