"""/ServiceProviderConfig, /ResourceTypes and /Schemas: what they say is valid, open to all, and true."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from scim2_models import Context, ListResponse, ResourceType, Schema, ServiceProviderConfig

from django_scim.mappings import Computed
from tests.assertions import assert_scim_error
from tests.conftest import ROOT, SCIM
from tests.factories import GroupFactory, UserFactory, managed
from tests.messages import BULK_REQUEST
from tests.representations import ENTERPRISE, GROUP, USER, id_of, member, path_of, user

BASE = f"https://testserver{ROOT}"
COLLECTIONS = ["/ResourceTypes", "/Schemas"]
DOCUMENTS = [
    "/ServiceProviderConfig",
    "/ResourceTypes/User",
    "/ResourceTypes/Group",
    f"/Schemas/{USER}",
    f"/Schemas/{GROUP}",
    f"/Schemas/{ENTERPRISE}",
]
everywhere = pytest.mark.parametrize("path", [*COLLECTIONS, *DOCUMENTS])


def read(client, path, **headers):
    return client.get(f"{ROOT}{path}", headers=headers)


def config_of(client):
    return read(client, "/ServiceProviderConfig").json()


def attributes_of(client, urn):
    """Return the attributes of a schema, and their sub-attributes under ``attribute.sub``."""
    found = {}
    for attribute in read(client, f"/Schemas/{urn}").json()["attributes"]:
        found[attribute["name"]] = attribute
        for sub in attribute.get("subAttributes", ()):
            found[f"{attribute['name']}.{sub['name']}"] = sub
    return found


class TestAccess:
    @everywhere
    @pytest.mark.parametrize("slash", ["", "/"], ids=["no slash", "slash"])
    def test_discovery_takes_no_token(self, anonymous, path, slash):
        response = read(anonymous, f"{path}{slash}")

        assert response.status_code == 200
        assert response.headers["Content-Type"] == SCIM

    @everywhere
    @pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Basic dXNlcjpwdw==", "nonsense"])
    def test_discovery_is_given_with_a_wrong_token_too(self, anonymous, path, header):
        assert read(anonymous, path, Authorization=header).status_code == 200

    @everywhere
    def test_discovery_is_json_for_a_client_that_asks_for_it(self, anonymous, path):
        assert read(anonymous, path, Accept="application/json").headers["Content-Type"] == "application/json"

    @everywhere
    @pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
    def test_discovery_is_only_read(self, send, path, method):
        response = send(method, path, {})

        assert_scim_error(response, 405)
        assert set(response.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}

    @everywhere
    def test_discovery_refuses_a_filter(self, anonymous, path):
        # RFC 7644 section 4: so that no client takes all the documents for those that match.
        assert_scim_error(read(anonymous, f'{path}?filter=name eq "User"'), 403)

    @pytest.mark.parametrize("path", COLLECTIONS)
    def test_discovery_ignores_other_parameters_of_a_query(self, anonymous, path):
        query = "count=1&startIndex=2&sortBy=id&sortOrder=descending&attributes=id"

        assert read(anonymous, f"{path}?{query}").json() == read(anonymous, path).json()

    @pytest.mark.parametrize(
        "path",
        [
            "/ResourceTypes/Nothing",
            "/Schemas/User",
            "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Nothing",
            "/ServiceProviderConfig/1",
        ],
    )
    def test_discovery_of_what_is_not_there_is_404(self, anonymous, path):
        assert_scim_error(read(anonymous, path), 404)


class TestDocuments:
    def test_the_service_provider_configuration_is_valid(self, anonymous):
        document = config_of(anonymous)

        config = ServiceProviderConfig.model_validate(document, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
        assert config.meta is not None
        assert config.meta.location == f"{BASE}/ServiceProviderConfig"

    def test_the_resource_types_are_valid_and_lead_to_their_endpoints_and_schemas(self, anonymous, scim):
        document = read(anonymous, "/ResourceTypes").json()

        answer = ListResponse[ResourceType].model_validate(document, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
        assert answer.total_results == 2
        found = {each.id: each for each in answer.resources or ()}
        assert {each.name: each.endpoint for each in found.values()} == {"User": "/Users", "Group": "/Groups"}
        extensions = found["User"].schema_extensions or []
        assert [(each.schema_, each.required) for each in extensions] == [(ENTERPRISE, False)]
        for each in found.values():
            assert scim.get(str(each.endpoint)).status_code == 200
            assert read(anonymous, f"/Schemas/{each.schema_}").status_code == 200

    def test_the_schemas_are_valid(self, anonymous):
        document = read(anonymous, "/Schemas").json()

        answer = ListResponse[Schema].model_validate(document, scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
        assert answer.total_results == 3
        names = {each.id: each.name for each in answer.resources or ()}
        assert names == {USER: "User", GROUP: "Group", ENTERPRISE: "EnterpriseUser"}

    @pytest.mark.parametrize("path", COLLECTIONS)
    def test_each_document_of_discovery_is_found_at_its_location_as_it_is_in_the_list(self, anonymous, path):
        for document in read(anonymous, path).json()["Resources"]:
            location = document["meta"]["location"]
            assert location == f"{BASE}{path}/{document['id']}"
            assert read(anonymous, location.removeprefix(BASE)).json() == document

    def test_a_schema_is_found_by_its_urn_in_any_case(self, anonymous):
        assert read(anonymous, f"/Schemas/{USER.upper()}").json()["id"] == USER

    def test_discovery_without_groups_has_no_word_of_them(self, anonymous, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"Group": None}}

        types = read(anonymous, "/ResourceTypes").json()["Resources"]
        schemas = read(anonymous, "/Schemas").json()["Resources"]

        assert [each["id"] for each in types] == ["User"]
        assert [each["id"] for each in schemas] == [USER, ENTERPRISE]


class TestConfiguration:
    """Each thing that the document says the server can do, it does."""

    def test_the_configuration_announces_patch(self, anonymous, scim):
        assert config_of(anonymous)["patch"] == {"supported": True}
        operation = {"op": "replace", "path": "active", "value": False}
        assert scim.patch(path_of(UserFactory.create()), operation).status_code == 200

    def test_the_configuration_announces_filter_with_the_most_results_of_a_page(
        self, anonymous, scim, settings
    ):
        settings.DJANGO_SCIM = {"MAX_RESULTS": 2}
        UserFactory.create_batch(3)

        assert config_of(anonymous)["filter"] == {"supported": True, "maxResults": 2}
        page = scim.get("/Users", {"filter": "userName pr", "count": 100}).json()
        assert (page["totalResults"], page["itemsPerPage"], len(page["Resources"])) == (3, 2, 2)

    def test_the_configuration_announces_sort(self, anonymous, scim):
        for name in ("b", "C", "a"):
            UserFactory.create(username=name)

        assert config_of(anonymous)["sort"] == {"supported": True}
        page = scim.get("/Users", {"sortBy": "userName", "sortOrder": "descending"}).json()
        assert [found["userName"] for found in page["Resources"]] == ["C", "b", "a"]

    def test_the_configuration_announces_entity_tags(self, anonymous, scim):
        path = path_of(UserFactory.create())

        assert config_of(anonymous)["etag"] == {"supported": True}
        version = scim.get(path).headers["ETag"]
        assert scim.get(path, **{"If-None-Match": version}).status_code == 304
        assert scim.put(path, user("other"), **{"If-Match": 'W/"other"'}).status_code == 412

    def test_the_configuration_announces_passwords(self, anonymous, scim):
        account = managed(scim.connection, UserFactory.create())

        assert config_of(anonymous)["changePassword"] == {"supported": True}
        scim.patch(path_of(account), {"op": "replace", "path": "password", "value": "correct horse battery"})
        account.refresh_from_db()
        assert account.check_password("correct horse battery")

    def test_the_configuration_announces_no_passwords_where_none_is_mapped(self, anonymous, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"password": None}}}}

        assert config_of(anonymous)["changePassword"] == {"supported": False}

    def test_the_configuration_announces_bulk_with_its_limits(self, anonymous, scim, settings):
        settings.DJANGO_SCIM = {"MAX_BULK_OPERATIONS": 1, "MAX_PAYLOAD_SIZE": 2000}
        operation = {"method": "DELETE", "path": path_of(UserFactory.create())}
        request = {
            "schemas": [BULK_REQUEST],
            "Operations": [operation],
        }

        assert config_of(anonymous)["bulk"] == {
            "supported": True,
            "maxOperations": 1,
            "maxPayloadSize": 2000,
        }
        assert scim.post("/Bulk", request).status_code == 200
        assert_scim_error(scim.post("/Bulk", {**request, "Operations": [operation] * 2}), 413)
        assert_scim_error(scim.post("/Bulk", {**request, "padding": "x" * 2000}), 413)

    def test_the_configuration_announces_pages(self, anonymous, scim, settings):
        settings.DJANGO_SCIM = {"DEFAULT_PAGE_SIZE": 2, "MAX_RESULTS": 3, "CURSOR_TIMEOUT": 60}
        GroupFactory.create_batch(4)

        pagination = config_of(anonymous)["pagination"]
        assert pagination == {
            "cursor": True,
            "index": True,
            "defaultPaginationMethod": "index",
            "defaultPageSize": 2,
            "maxPageSize": 3,
            "cursorTimeout": 60,
        }
        first = scim.get("/Groups").json()
        last = scim.get("/Groups", {"startIndex": 3}).json()
        found = [each["id"] for each in first["Resources"] + last["Resources"]]
        assert len(set(found)) == len(found) == 4
        assert "nextCursor" not in first
        beginning = scim.get("/Groups", {"cursor": ""}).json()
        rest = scim.get("/Groups", {"cursor": beginning["nextCursor"]}).json()
        assert [each["id"] for each in beginning["Resources"] + rest["Resources"]] == found

    def test_the_configuration_announces_bearer_tokens(self, anonymous, scim):
        (scheme,) = config_of(anonymous)["authenticationSchemes"]

        assert scheme["type"] == "oauthbearertoken"
        assert scheme["primary"] is True
        challenge = read(anonymous, "/Users").headers["WWW-Authenticate"]
        assert challenge.partition(" ")[0] == "Bearer"
        assert scim.get("/Users").status_code == 200

    def test_the_configuration_announces_the_schemes_of_the_host_s_own_authentication(
        self, anonymous, settings
    ):
        settings.DJANGO_SCIM = {
            "AUTHENTICATION_CLASSES": [
                "rest_framework.authentication.BasicAuthentication",
                "django_scim.api.authentication.AccessTokenAuthentication",
            ]
        }

        schemes = config_of(anonymous)["authenticationSchemes"]
        assert [(each["type"], each.get("primary")) for each in schemes] == [
            ("httpbasic", True),
            ("oauthbearertoken", False),
        ]
        ServiceProviderConfig.model_validate(config_of(anonymous))

    def test_the_configuration_announces_the_documentation_where_there_is_one(self, anonymous, settings):
        assert "documentationUri" not in config_of(anonymous)
        settings.DJANGO_SCIM = {"DOCUMENTATION_URI": "https://docs.example.com/scim"}
        assert config_of(anonymous)["documentationUri"] == "https://docs.example.com/scim"


# Type, multi-valued, required, case-exact, mutability, returned, uniqueness: RFC 7643 section 8.7.1.
# Where that section is against the text of the RFC, the text counts: references and binary values are
# case-exact (sections 2.3.6 and 2.3.7), and so is an ``id`` that a member or a manager is named by
# (section 3.1); ``displayName`` of a group is required (section 4.2).
STRING = ("string", False, False, False, "readWrite", "default", "none")
COMPLEX = ("complex", False, False, False, "readWrite", "default", "none")
VALUES = ("complex", True, False, False, "readWrite", "default", "none")
BOOLEAN = ("boolean", False, False, False, "readWrite", "default", "none")
REFERENCE = ("reference", False, False, True, "readWrite", "default", "none")
CHARACTERISTICS = {
    USER: {
        "userName": ("string", False, True, False, "readWrite", "default", "server"),
        "name": COMPLEX,
        "name.formatted": STRING,
        "name.familyName": STRING,
        "name.givenName": STRING,
        "name.middleName": STRING,
        "name.honorificPrefix": STRING,
        "name.honorificSuffix": STRING,
        "displayName": STRING,
        "nickName": STRING,
        "profileUrl": REFERENCE,
        "title": STRING,
        "userType": STRING,
        "preferredLanguage": STRING,
        "locale": STRING,
        "timezone": STRING,
        "active": BOOLEAN,
        "emails": VALUES,
        "emails.value": STRING,
        "emails.display": STRING,
        "emails.type": STRING,
        "emails.primary": BOOLEAN,
        "phoneNumbers": VALUES,
        "phoneNumbers.value": STRING,
        "ims": VALUES,
        "photos": VALUES,
        "photos.value": REFERENCE,
        "addresses": VALUES,
        "addresses.streetAddress": STRING,
        "addresses.country": STRING,
        "groups": ("complex", True, False, False, "readOnly", "default", "none"),
        "groups.value": ("string", False, False, True, "readOnly", "default", "none"),
        "groups.$ref": ("reference", False, False, True, "readOnly", "default", "none"),
        "groups.display": ("string", False, False, False, "readOnly", "default", "none"),
        "groups.type": ("string", False, False, False, "readOnly", "default", "none"),
        "entitlements": VALUES,
        "roles": VALUES,
        "x509Certificates": VALUES,
        "x509Certificates.value": ("binary", False, False, True, "readWrite", "default", "none"),
    },
    GROUP: {
        # The column of Django's groups is unique, where RFC 7643 leaves that open.
        "displayName": ("string", False, True, False, "readWrite", "default", "server"),
        "members": VALUES,
        "members.value": ("string", False, False, True, "immutable", "default", "none"),
        "members.$ref": ("reference", False, False, True, "immutable", "default", "none"),
        "members.type": ("string", False, False, False, "immutable", "default", "none"),
    },
    ENTERPRISE: {
        "employeeNumber": STRING,
        "costCenter": STRING,
        "organization": STRING,
        "division": STRING,
        "department": STRING,
        "manager": COMPLEX,
        "manager.value": ("string", False, False, True, "readWrite", "default", "none"),
        "manager.$ref": REFERENCE,
    },
}
NAMES = ("type", "multiValued", "required", "caseExact", "mutability", "returned", "uniqueness")


class TestSchemas:
    @pytest.mark.parametrize(
        ("urn", "name"), [(urn, name) for urn, names in CHARACTERISTICS.items() for name in names]
    )
    def test_an_attribute_has_the_characteristics_of_the_rfc(self, anonymous, urn, name):
        attribute = attributes_of(anonymous, urn)[name]

        assert tuple(attribute[each] for each in NAMES) == CHARACTERISTICS[urn][name]

    def test_a_password_is_written_and_never_returned(self, anonymous):
        password = attributes_of(anonymous, USER)["password"]

        assert (password["mutability"], password["returned"]) == ("writeOnly", "never")

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("emails.type", {"work", "home", "other"}),
            ("phoneNumbers.type", {"work", "home", "mobile", "fax", "pager", "other"}),
            ("ims.type", {"aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"}),
            ("photos.type", {"photo", "thumbnail"}),
            ("addresses.type", {"work", "home", "other"}),
            ("groups.type", {"direct", "indirect"}),
        ],
    )
    def test_an_attribute_has_the_canonical_values_of_the_rfc(self, anonymous, name, values):
        assert set(attributes_of(anonymous, USER)[name]["canonicalValues"]) == values

    def test_references_say_where_they_lead(self, anonymous):
        of_user = attributes_of(anonymous, USER)

        assert of_user["profileUrl"]["referenceTypes"] == ["external"]
        assert "Group" in of_user["groups.$ref"]["referenceTypes"]
        assert "User" in attributes_of(anonymous, GROUP)["members.$ref"]["referenceTypes"]
        assert attributes_of(anonymous, ENTERPRISE)["manager.$ref"]["referenceTypes"] == ["User"]

    def test_the_name_in_a_member_is_the_server_s_and_given_to_who_asks_for_it(self, anonymous, scim):
        display = attributes_of(anonymous, GROUP)["members.display"]
        account, team = UserFactory.create(username="barbara"), GroupFactory.create()
        operation = {"op": "add", "path": "members", "value": [{**member(account), "display": "Babs"}]}

        assert scim.patch(path_of(team), operation).status_code == 204

        assert (display["mutability"], display["returned"]) == ("readOnly", "request")
        (by_default,) = scim.get(path_of(team)).json()["members"]
        assert by_default == {
            "value": id_of(account),
            "$ref": f"{BASE}{path_of(account)}",
            "type": "User",
        }
        (asked_for,) = scim.get(path_of(team), {"attributes": "members.display"}).json()["members"]
        assert asked_for == {"display": "barbara"}

    def test_an_attribute_that_is_worked_out_is_said_to_be_read_only(self, anonymous, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {
                "User": {
                    "attributes": {
                        "displayName": Computed(User.get_full_name, columns=["first_name", "last_name"]),
                        "name.formatted": Computed(User.get_full_name, columns=["first_name", "last_name"]),
                        f"{ENTERPRISE}:organization": Computed(User.get_username, columns=["username"]),
                    }
                }
            }
        }

        of_user = attributes_of(anonymous, USER)
        assert of_user["displayName"]["mutability"] == "readOnly"
        assert of_user["name.formatted"]["mutability"] == "readOnly"
        assert of_user["name"]["mutability"] == of_user["name.givenName"]["mutability"] == "readWrite"
        of_extension = attributes_of(anonymous, ENTERPRISE)
        assert of_extension["organization"]["mutability"] == "readOnly"
        assert of_extension["department"]["mutability"] == "readWrite"

    def test_what_the_settings_make_read_only_is_so_for_as_long_as_they_say(self, anonymous, settings):
        title = Computed(User.get_username, columns=["username"])
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"title": title}}}}
        assert attributes_of(anonymous, USER)["title"]["mutability"] == "readOnly"

        settings.DJANGO_SCIM = {}

        assert attributes_of(anonymous, USER)["title"]["mutability"] == "readWrite"
