"""The OpenAPI document says what the service does: each answer is one that it has."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from openapi_spec_validator import OpenAPIV31SpecValidator

from django_scim.mappings import Computed
from tests.conftest import SCIM, ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small.adapters import THING
from tests.messages import BULK_REQUEST, SEARCH_REQUEST, patch_op
from tests.openapi.document import Document
from tests.query.badges import BADGE, BADGE_VALUES
from tests.representations import ENTERPRISE, USER, group, id_of, member, path_of, user

pytestmark = pytest.mark.django_db


FULL_USER: dict[str, Any] = user(
    "barbara",
    schemas=[USER, ENTERPRISE, BADGE],
    externalId="701984",
    name={"givenName": "Barbara", "familyName": "Jensen"},
    displayName="Babs",
    profileUrl="https://example.com/babs",
    active=True,
    password="correct horse battery",
    emails=[{"value": "babs@example.com", "type": "work", "primary": True}],
    addresses=[{"locality": "Hollywood", "country": "US", "primary": False}],
    x509Certificates=[{"value": "TUlJRA=="}],
    **{
        ENTERPRISE: {"employeeNumber": "701984", "department": "Tours"},
        BADGE: {
            **BADGE_VALUES,
            "doors": [{"number": 1, "opened": "2011-05-13T04:42:34Z", "locked": True, "secret": "s"}],
            "photo": "p",
            "serial": "s-1",
        },
    },
)


HOST = {
    "RESOURCES": {
        "User": {"adapter": "tests.query.badges.BadgedUserAdapter"},
        "Device": {"adapter": "tests.hosts.small.adapters.DeviceAdapter"},
    }
}
"""A project with an extension and a resource type of its own."""


@pytest.fixture(scope="module", autouse=True)
def document():
    """The document of the project, whose settings are in force."""
    with override_settings(DJANGO_SCIM=HOST):
        yield Document()


class TestTheDocument:
    def test_the_document_is_valid_openapi_3_1(self, document):
        assert document.content["openapi"].startswith("3.1")
        assert [str(error) for error in OpenAPIV31SpecValidator(document.content).iter_errors()] == []

    def test_the_document_has_the_endpoints_of_the_rfc_and_of_the_host(self, document):
        resource = {"get", "put", "patch", "delete"}
        expected = {"/": {"get"}, "/.search": {"post"}, "/Bulk": {"post"}, "/Me": resource}
        for endpoint in ("/Users", "/Groups", "/Devices"):
            expected |= {endpoint: {"get", "post"}, f"{endpoint}/.search": {"post"}}
            expected[f"{endpoint}/{{id}}"] = resource
        for endpoint in ("/ResourceTypes", "/Schemas"):
            expected |= {endpoint: {"get"}, f"{endpoint}/{{id}}": {"get"}}
        expected["/ServiceProviderConfig"] = {"get"}

        assert {path: set(methods) for path, methods in document.paths.items()} == expected

    def test_the_document_asks_for_a_bearer_token_where_the_service_does(self, document):
        assert document.content["components"]["securitySchemes"]["scimBearer"]["scheme"] == "bearer"
        for path, methods in document.paths.items():
            is_open = path.startswith(("/ResourceTypes", "/Schemas", "/ServiceProviderConfig"))
            for operation in methods.values():
                assert operation.get("security") == (None if is_open else [{"scimBearer": []}])

    def test_the_document_has_the_parameters_of_a_query(self, document):
        names = [parameter["name"] for parameter in document.operation("GET", "/Users")["parameters"]]

        assert names == [
            "filter",
            "sortBy",
            "sortOrder",
            "startIndex",
            "count",
            "cursor",
            "attributes",
            "excludedAttributes",
        ]

    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
    def test_the_document_has_the_version_that_a_change_may_name(self, document, method):
        parameters = document.operation(method, "/Devices/{id}")["parameters"]

        assert {"If-Match", "id"} <= {parameter["name"] for parameter in parameters}

    @pytest.mark.parametrize("media_type", [SCIM, "application/json"])
    def test_the_document_has_both_media_types(self, document, media_type):
        operation = document.operation("POST", "/Users")

        assert media_type in operation["requestBody"]["content"]
        assert media_type in operation["responses"]["201"]["content"]
        assert media_type in document.resolved(operation["responses"]["409"])["content"]

    def test_the_document_has_no_endpoint_of_what_is_not_served(self, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"Group": None}}

        content = Document().content
        assert not any("Group" in path for path in content["paths"])
        assert "ScimGroupResource" not in content["components"]["schemas"]

    def test_the_document_says_what_a_setting_makes_read_only(self, settings):
        title = Computed(User.get_username, columns=["username"])
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"title": title}}}}
        content = Document().content["components"]["schemas"]

        assert content["ScimUserResource"]["properties"]["title"]["readOnly"]
        assert "title" not in content["ScimUserResourceRequest"]["properties"]


class TestRequests:
    def test_requests_that_the_service_takes_are_described(self, document, scim):
        for path, body in (
            ("/Users", FULL_USER),
            ("/Groups", group("Guides")),
            ("/Devices", {"schemas": [THING], "name": "laptop"}),
        ):
            assert document.request_errors("POST", path, body) == []
            assert document.request_errors("PUT", f"{path}/{{id}}", body) == []
            assert scim.post(path, body).status_code == 201

    @pytest.mark.parametrize(
        "body",
        [
            {"schemas": [USER]},
            {"schemas": ["urn:example:other"], "userName": "barbara"},
            {"schemas": [USER], "userName": True},
            {"schemas": [USER], "userName": "barbara", "name": "Barbara"},
        ],
    )
    def test_requests_that_are_wrong_are_so_by_the_document_too(self, document, scim, body):
        assert document.request_errors("POST", "/Users", body)
        assert scim.post("/Users", body).status_code == 400

    def test_requests_have_no_place_for_what_the_server_writes_alone(self, document):
        names = document.content["components"]["schemas"]["ScimUserResourceRequest"]["properties"]

        assert {"id", "meta", "groups"}.isdisjoint(names)
        assert names["password"]["writeOnly"]


class TestAnswers:
    def test_answers_with_users_are_described(self, document, scim):
        created = scim.post("/Users", FULL_USER)
        document.check(created, "POST", "/Users")
        path = f"/Users/{created.json()['id']}"
        team = GroupFactory.create(name="Guides")
        scim.patch(
            path_of(team), {"op": "add", "path": "members", "value": [{"value": created.json()["id"]}]}
        )

        for query in ({}, {"attributes": f"groups,{BADGE}:photo"}, {"attributes": "id"}):
            document.check(scim.get(path, query), "GET", "/Users/{id}")
            document.check(scim.get("/Users", query), "GET", "/Users")
        document.check(scim.get(path, **{"If-None-Match": "*"}), "GET", "/Users/{id}")
        document.check(scim.put(path, FULL_USER), "PUT", "/Users/{id}")
        document.check(scim.patch(path, {"op": "remove", "path": "displayName"}), "PATCH", "/Users/{id}")
        document.check(scim.delete(path), "DELETE", "/Users/{id}")

    def test_answers_without_what_is_always_returned_and_has_no_value_are_described(self, document, scim):
        body = user("barbara", schemas=[USER, BADGE], **{BADGE: {"armed": True}})

        document.check(scim.post("/Users", body), "POST", "/Users")

    def test_answers_with_groups_are_described(self, document, scim):
        body = group("Guides", members=[member(UserFactory.create())])
        created = scim.post("/Groups", body)
        document.check(created, "POST", "/Groups")
        path = f"/Groups/{created.json()['id']}"

        document.check(scim.get(path), "GET", "/Groups/{id}")
        document.check(scim.put(path, body), "PUT", "/Groups/{id}")
        operation = {"op": "replace", "path": "displayName", "value": "Scouts"}
        assert scim.patch(path, operation).status_code == 204
        document.check(scim.patch(path, operation), "PATCH", "/Groups/{id}")
        request = patch_op(operation)
        asked = scim.request("PATCH", f"{path}?attributes=members.display", request)
        assert asked.status_code == 200
        document.check(asked, "PATCH", "/Groups/{id}")
        document.check(scim.delete(path), "DELETE", "/Groups/{id}")

    def test_answers_with_the_host_s_own_resources_are_described(self, document, scim):
        body = {"schemas": [THING], "name": "laptop", "externalId": "7"}
        created = scim.post("/Devices", body)
        document.check(created, "POST", "/Devices")
        path = f"/Devices/{created.json()['id']}"

        document.check(scim.get(path), "GET", "/Devices/{id}")
        document.check(scim.put(path, body), "PUT", "/Devices/{id}")
        document.check(scim.get("/Devices", {"filter": "name pr"}), "GET", "/Devices")
        document.check(scim.delete(path), "DELETE", "/Devices/{id}")

    @pytest.mark.parametrize(
        "query", [{}, {"count": 1, "cursor": ""}, {"startIndex": 2, "count": 0}, {"filter": 'id eq "none"'}]
    )
    def test_answers_with_pages_are_described(self, document, scim, query):
        UserFactory.create_batch(2)
        GroupFactory.create()

        for path in ("/Users", "/"):
            document.check(scim.get(path, query), "GET", path)
        for path in ("/Users/.search", "/.search"):
            body = {"schemas": [SEARCH_REQUEST], **query}
            assert document.request_errors("POST", path, body) == []
            document.check(scim.post(path, body), "POST", path)

    def test_answers_to_bulk_jobs_are_described(self, document, scim):
        job = {
            "schemas": [BULK_REQUEST],
            "failOnErrors": 5,
            "Operations": [
                {"method": "POST", "path": "/Users", "bulkId": "a", "data": user("ada")},
                {"method": "POST", "path": "/Users", "bulkId": "b", "data": user("ada")},
                {"method": "DELETE", "path": f"/Users/{id_of(UserFactory.create())}"},
            ],
        }
        assert document.request_errors("POST", "/Bulk", job) == []

        response = scim.post("/Bulk", job)

        assert [item["status"] for item in response.json()["Operations"]] == ["201", "409", "204"]
        document.check(response, "POST", "/Bulk")

    def test_answers_with_what_is_discovered_are_described(self, document, scim):
        for path in ("/ServiceProviderConfig", "/ResourceTypes", "/Schemas"):
            document.check(scim.get(path), "GET", path)
        for name in ("User", "Group", "Device"):
            document.check(scim.get(f"/ResourceTypes/{name}"), "GET", "/ResourceTypes/{id}")
        for urn in (USER, ENTERPRISE, BADGE, THING):
            document.check(scim.get(f"/Schemas/{urn}"), "GET", "/Schemas/{id}")

    def test_answers_that_are_errors_are_described(self, document, scim):
        path, wrong = path_of(UserFactory.create(username="ada")), {"If-Match": 'W/"0"'}
        scim.post("/Users", user("barbara"))
        nobody = ScimClient(scim.connection)
        nobody.token = "wrong"

        for response, method, described in (
            (scim.post("/Users", user("barbara")), "POST", "/Users"),
            (scim.post("/Users", b"{"), "POST", "/Users"),
            (scim.post("/Users", user("x"), **{"Content-Type": "text/plain"}), "POST", "/Users"),
            (scim.get("/Users/none"), "GET", "/Users/{id}"),
            (scim.get("/Users", {"filter": "("}), "GET", "/Users"),
            (scim.put(path, user("ada"), **wrong), "PUT", "/Users/{id}"),
            (scim.patch(path, {"op": "remove"}), "PATCH", "/Users/{id}"),
            (scim.delete(path, **wrong), "DELETE", "/Users/{id}"),
            (nobody.get("/Users"), "GET", "/Users"),
            (ScimClient(scim.connection, "read").delete(path), "DELETE", "/Users/{id}"),
            (scim.get("/Schemas", {"filter": "id pr"}), "GET", "/Schemas"),
            (scim.get("/Schemas/none"), "GET", "/Schemas/{id}"),
        ):
            assert response.status_code >= 400
            document.check(response, method, described)
