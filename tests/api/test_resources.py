"""The endpoints of resources over HTTP: methods, addresses, media types, versions."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import Group, User

from tests.api.endpoints import COLLECTION_METHODS, RESOURCE_METHODS
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM
from tests.factories import UserFactory
from tests.messages import patch_op
from tests.representations import GROUP, USER, group, member, path_of, user

JSON = "application/json"
BASE = f"https://testserver{ROOT}"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"

slash = pytest.mark.parametrize("slash", ["", "/"], ids=["no slash", "slash"])
media_types = pytest.mark.parametrize(
    "media_type",
    [
        SCIM,
        JSON,
        "application/scim+json;charset=utf-8",
        "application/json; charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json;odata.metadata=minimal",
        "Application/SCIM+JSON",
    ],
)


def replace(path, value):
    return {"op": "replace", "path": path, "value": value}


class TestPost:
    @slash
    def test_a_post_makes_the_resource_and_answers_with_it(self, send, kind, slash):
        response = send("POST", f"{kind.endpoint}{slash}", kind.body("barbara"))

        assert response.status_code == 201
        assert response.headers["Content-Type"] == SCIM
        created = response.json()
        assert created[kind.attribute] == "barbara"
        rows = {"User": User.objects.all(), "Group": Group.objects.all()}[kind.name]
        assert [kind.name_of(row) for row in rows] == ["barbara"]

    @slash
    def test_a_post_names_the_new_address_without_a_slash_at_its_end(self, send, kind, slash):
        response = send("POST", f"{kind.endpoint}{slash}", kind.body("barbara"))

        location = f"{BASE}{kind.endpoint}/{response.json()['id']}"
        assert response.headers["Location"] == location
        assert response.headers["Content-Location"] == location
        assert response.json()["meta"]["location"] == location

    def test_a_post_names_the_version_in_the_header_and_in_meta(self, send, kind):
        response = send("POST", kind.endpoint, kind.body("barbara"))

        assert response.headers["ETag"] == response.json()["meta"]["version"]
        assert response.headers["ETag"].startswith('W/"')

    def test_a_post_sets_the_resource_type_and_both_times(self, send, kind):
        meta = send("POST", kind.endpoint, kind.body("barbara")).json()["meta"]

        assert meta["resourceType"] == kind.name
        assert datetime.fromisoformat(meta["created"]) <= datetime.fromisoformat(meta["lastModified"])

    def test_a_post_ignores_what_a_client_says_of_id_and_meta(self, send, kind):
        body = kind.body("barbara", id="mine", meta={"resourceType": "Mine", "version": 'W/"mine"'})

        created = send("POST", kind.endpoint, body).json()

        assert created["id"] != "mine"
        assert created["meta"]["resourceType"] == kind.name
        assert created["meta"]["version"] != 'W/"mine"'

    def test_a_post_answers_with_the_attributes_that_are_asked_for(self, send):
        response = send("POST", "/Users?attributes=userName", user("barbara", title="Tour Guide"))

        assert response.status_code == 201
        assert set(response.json()) == {"schemas", "id", "userName"}
        assert response.headers["Location"] == f"{BASE}/Users/{response.json()['id']}"

    def test_what_a_post_answers_is_what_get_answers_at_the_location(self, send, scim, kind):
        response = send("POST", kind.endpoint, kind.body("barbara"))

        path = response.headers["Location"].removeprefix(BASE)
        assert scim.get(path).json() == response.json()


class TestGet:
    @slash
    def test_a_get_answers_with_the_resource_its_address_and_its_version(self, send, kind, slash):
        row = kind.row()

        response = send("GET", f"{path_of(row)}{slash}")

        assert response.status_code == 200
        assert response.headers["Content-Type"] == SCIM
        assert response.json()[kind.attribute] == kind.name_of(row)
        assert response.json()["meta"]["location"] == f"{BASE}{path_of(row)}"
        assert response.headers["Location"] == f"{BASE}{path_of(row)}"
        assert response.headers["Content-Location"] == f"{BASE}{path_of(row)}"
        assert response.headers["ETag"] == response.json()["meta"]["version"]

    @slash
    def test_a_get_answers_a_query_with_a_list(self, send, kind, slash):
        row = kind.row()

        response = send("GET", f"{kind.endpoint}{slash}")

        assert response.status_code == 200
        assert response.headers["Content-Type"] == SCIM
        (found,) = response.json()["Resources"]
        assert found[kind.attribute] == kind.name_of(row)
        assert found["meta"]["location"] == f"{BASE}{path_of(row)}"

    def test_a_get_is_not_troubled_by_a_content_type_without_a_body(self, scim, kind):
        # Entra ID and others send the header with every request.
        for media_type in (SCIM, JSON, "text/plain", "multipart/form-data"):
            response = scim.get(path_of(kind.row()), **{"Content-Type": media_type})
            assert response.status_code == 200

    def test_the_address_of_a_resource_is_that_of_the_request_behind_any_prefix_and_host(self, scim):
        row = UserFactory.create()

        response = scim.client.get(
            f"{ROOT}{path_of(row)}",
            headers={"Authorization": f"Bearer {scim.token}", "Host": "tenant.example.com:8443"},
            SCRIPT_NAME="/behind",
            secure=True,
        )

        location = f"https://tenant.example.com:8443/behind{ROOT}{path_of(row)}"
        assert response.json()["meta"]["location"] == location

    def test_a_get_ignores_query_parameters_that_it_does_not_know(self, send, kind):
        row = kind.row()

        # DRF would take "format" for itself.
        assert send("GET", f"{path_of(row)}?format=xml&api-version=1").status_code == 200


class TestPut:
    @slash
    def test_a_put_replaces_the_resource_and_answers_with_it(self, send, kind, slash):
        row = kind.row()

        response = send("PUT", f"{path_of(row)}{slash}", kind.body("renamed"))

        assert response.status_code == 200
        assert response.headers["Content-Type"] == SCIM
        assert response.json()[kind.attribute] == "renamed"
        assert response.headers["Location"] == f"{BASE}{path_of(row)}"
        assert response.headers["Content-Location"] == f"{BASE}{path_of(row)}"
        assert response.headers["ETag"] == response.json()["meta"]["version"]
        row.refresh_from_db()
        assert kind.name_of(row) == "renamed"

    def test_a_put_moves_the_version_and_the_last_modification_and_keeps_the_creation(self, send, kind):
        created = send("POST", kind.endpoint, kind.body("first")).json()["meta"]

        path = created["location"].removeprefix(BASE)
        replaced = send("PUT", path, kind.body("second")).json()["meta"]

        assert replaced["version"] != created["version"]
        assert replaced["created"] == created["created"]
        assert replaced["lastModified"] > created["lastModified"]

    def test_a_put_of_what_a_resource_is_already_moves_nothing(self, send, kind):
        created = send("POST", kind.endpoint, kind.body("first")).json()["meta"]

        path = created["location"].removeprefix(BASE)

        assert send("PUT", path, kind.body("first")).json()["meta"] == created


class TestPatch:
    @slash
    def test_a_patch_modifies_a_user_and_answers_with_it(self, send, slash):
        row = UserFactory.create()

        response = send("PATCH", f"{path_of(row)}{slash}", patch_op(replace("name.givenName", "Babs")))

        assert response.status_code == 200
        assert response.json()["name"]["givenName"] == "Babs"
        assert response.headers["Location"] == f"{BASE}{path_of(row)}"
        assert response.headers["Content-Location"] == f"{BASE}{path_of(row)}"
        assert response.headers["ETag"] == response.json()["meta"]["version"]
        row.refresh_from_db()
        assert row.first_name == "Babs"

    @slash
    def test_a_patch_of_a_group_loads_no_members_to_answer_with(self, send, scim, slash):
        path = send("POST", "/Groups", group(members=[member(UserFactory.create())])).headers["Location"]
        path = path.removeprefix(BASE)

        response = send("PATCH", f"{path}{slash}", patch_op(replace("displayName", "Guides")))

        assert response.status_code == 204
        assert response.content == b""
        assert "Content-Type" not in response.headers
        assert response.headers["ETag"] == scim.get(path).headers["ETag"]

    def test_a_patch_of_a_group_answers_with_what_is_asked_for(self, send, kind):
        row = kind.row()

        response = send(
            "PATCH",
            f"{path_of(row)}?attributes={kind.attribute}",
            patch_op(replace(kind.attribute, "renamed")),
        )

        assert response.status_code == 200
        assert response.json()[kind.attribute] == "renamed"
        assert set(response.json()) == {"schemas", "id", kind.attribute}


class TestDelete:
    @slash
    def test_a_delete_answers_without_a_body_and_the_resource_is_gone(self, send, kind, slash):
        row = kind.row()
        path = path_of(row)

        response = send("DELETE", f"{path}{slash}")

        assert response.status_code == 204
        assert response.content == b""
        assert "Content-Type" not in response.headers
        for method in ("GET", "DELETE"):
            assert_scim_error(send(method, path), 404)
        assert send("GET", kind.endpoint).json()["totalResults"] == 0

    def test_a_delete_of_a_resource_that_is_gone_is_404_for_every_method(self, send, kind):
        row = kind.row()
        path = path_of(row)
        send("DELETE", path)

        assert_scim_error(send("PUT", path, kind.body("again")), 404)
        assert_scim_error(send("PATCH", path, patch_op(replace(kind.attribute, "again"))), 404)

    @media_types
    def test_a_delete_takes_a_content_type_without_a_body(self, send, media_type):
        row = UserFactory.create()

        assert send("DELETE", path_of(row), Content_Type=media_type).status_code == 204


class TestHead:
    @pytest.mark.parametrize("suffix", ["", "?count=1"])
    def test_a_head_has_the_headers_of_get_and_no_body(self, send, kind, suffix):
        row = kind.row()

        for path in (path_of(row), kind.endpoint):
            found = send("GET", f"{path}{suffix}")
            response = send("HEAD", f"{path}{suffix}")

            assert response.status_code == 200
            assert response.content == b""
            for header in ("Content-Type", "Content-Length"):
                assert response.headers[header] == found.headers[header]
            assert response.headers.get("ETag") == found.headers.get("ETag")


class TestOptions:
    def test_an_options_request_says_which_methods_there_are(self, send, kind):
        of_all = send("OPTIONS", kind.endpoint)
        of_one = send("OPTIONS", path_of(kind.row()))

        assert {of_all.status_code, of_one.status_code} == {204}
        assert of_all.content == of_one.content == b""
        assert set(of_all.headers["Allow"].split(", ")) == COLLECTION_METHODS
        assert set(of_one.headers["Allow"].split(", ")) == RESOURCE_METHODS


class TestVersions:
    def test_a_client_that_has_the_version_gets_no_body(self, send, kind):
        path = path_of(kind.row())
        version = send("GET", path).headers["ETag"]

        response = send("GET", path, If_None_Match=version)

        assert response.status_code == 304
        assert response.content == b""
        assert response.headers["ETag"] == version
        assert "Content-Type" not in response.headers

    def test_a_client_that_has_another_version_gets_the_resource(self, send, kind):
        assert send("GET", path_of(kind.row()), If_None_Match='W/"other"').status_code == 200

    def test_a_write_of_another_version_is_refused(self, send, kind):
        row = kind.row()
        writes = [
            ("PUT", kind.body("renamed")),
            ("PATCH", patch_op(replace(kind.attribute, "renamed"))),
            ("DELETE", None),
        ]

        for method, payload in writes:
            assert_scim_error(send(method, path_of(row), payload, If_Match='W/"other"'), 412)

        row.refresh_from_db()
        assert kind.name_of(row) != "renamed"

    def test_a_write_of_the_version_that_the_client_has_seen_is_done(self, send, kind):
        path = path_of(kind.row())
        version = send("GET", path).headers["ETag"]

        assert send("PUT", path, kind.body("renamed"), If_Match=version).status_code == 200
        assert_scim_error(send("PUT", path, kind.body("again"), If_Match=version), 412)


class TestMediaTypes:
    @media_types
    def test_a_body_is_read_under_either_name_with_any_parameter(self, send, kind, media_type):
        row = kind.row()

        assert send("POST", kind.endpoint, kind.body("new"), media_type).status_code == 201
        assert send("PUT", path_of(row), kind.body("renamed"), media_type).status_code == 200
        operations = patch_op(replace(kind.attribute, "renamed-again"))
        assert send("PATCH", path_of(row), operations, media_type).status_code in (200, 204)

    @pytest.mark.parametrize(
        ("accept", "expected"),
        [
            ("application/scim+json", SCIM),
            ("application/json", JSON),
            ("application/scim+json;charset=utf-8", SCIM),
            ("application/json; charset=utf-8", JSON),
            ("application/json, */*", JSON),
            ("application/xml, application/json;q=0.5", JSON),
            ("application/*", SCIM),
            ("*/*", SCIM),
            (BROWSER, SCIM),
            ("", SCIM),
            (" , ", SCIM),
        ],
    )
    def test_the_answer_has_the_media_type_that_the_client_accepts(self, scim, kind, accept, expected):
        row = kind.row()

        response = scim.get(path_of(row), Accept=accept)

        assert response.status_code == 200
        assert response.headers["Content-Type"] == expected
        assert response.json()[kind.attribute] == kind.name_of(row)

    def test_the_media_type_is_scim_for_a_client_that_does_not_say(self, send, kind):
        assert send("GET", kind.endpoint).headers["Content-Type"] == SCIM

    def test_an_error_has_the_media_type_that_the_client_accepts(self, scim):
        response = scim.get("/Users/none", Accept=JSON)

        assert response.status_code == 404
        assert response.headers["Content-Type"] == JSON

    def test_the_charset_of_text_is_utf_8(self, send):
        response = send("POST", "/Users", user("bärbel@例え.jp", title="Größe — 大"))

        assert "bärbel@例え.jp" in response.content.decode("utf-8")
        assert response.json()["title"] == "Größe — 大"

    def test_media_types_depend_on_the_header_alone_and_caches_are_told(self, send, kind):
        assert "Accept" in send("GET", kind.endpoint).headers["Vary"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/Users",
        "/Users/",
        "/Users/none",
        "/Users/none/",
        "/Groups",
        "/Groups/none/",
        "/Me",
        "/Bulk/",
        "/.search",
        "/Schemas",
        "/Schemas/",
        "/ResourceTypes/User",
        "/ServiceProviderConfig/",
        "/nothing",
        "/nothing/",
        "//Users",
        "/Users//",
    ],
)
def test_an_address_with_or_without_a_slash_is_never_redirected(send, settings, method, path):
    settings.DEBUG = True  # where CommonMiddleware raises an error instead of sending a POST elsewhere

    response = send(method, path)

    assert not 300 <= response.status_code < 400
    assert response.status_code < 500 or response.status_code == 501


def test_the_settings_of_rest_framework_are_those_of_other_apis(scim, settings):
    settings.REST_FRAMEWORK = {
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.BrowsableAPIRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.FormParser"],
        "DEFAULT_AUTHENTICATION_CLASSES": [],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
        "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
        "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
        "EXCEPTION_HANDLER": "rest_framework.views.exception_handler",
        "UNAUTHENTICATED_USER": None,
        "UNICODE_JSON": False,
    }

    created = scim.post("/Users", user("barbara"))
    refused = scim.post("/Users", user("barbara"))

    assert created.status_code == 201
    assert created.headers["Content-Type"] == SCIM
    assert_scim_error(refused, 409, "uniqueness")
    assert scim.get("/Users", Accept="application/json; version=3").status_code == 200


def test_a_resource_has_the_schemas_of_its_type(send):
    of_user = send("POST", "/Users", user("barbara")).json()
    of_group = send("POST", "/Groups", group("Guides")).json()

    assert of_user["schemas"] == [USER]
    assert of_group["schemas"] == [GROUP]
