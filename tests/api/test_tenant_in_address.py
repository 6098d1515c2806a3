"""Addresses that name a tenant, such as ``/orgs/acme/scim/v2/``: they and the token have to name the same."""

from __future__ import annotations

import json
import logging
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_scim.models import Connection, ProvisioningEvent
from tests.api.endpoints import HISTORY, OPEN, PROTECTED
from tests.api.tenants import client_of, connection_of
from tests.assertions import assert_scim_error
from tests.conftest import SCIM, HttpsClient
from tests.factories import UserFactory
from tests.hosts.small.models import Company, License
from tests.messages import BULK_REQUEST, SEARCH_REQUEST
from tests.operations.patch_operations import replace
from tests.representations import group, id_of, path_of, user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls_of_tenants")]

NOWHERE = "there is nothing at this address"


@pytest.fixture(autouse=True)
def host(settings):
    """A project whose tenants are companies."""
    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "name"}}


@pytest.fixture
def acme(db):
    """A tenant."""
    return Company.objects.create(name="acme")


@pytest.fixture
def scim(acme):
    """The client of its connection, at its address."""
    return client_of(acme)


def found_addresses(document: Any) -> set[str]:
    """Return each text in a document that is an address of this server."""
    if isinstance(document, dict):
        return {each for value in document.values() for each in found_addresses(value)}
    if isinstance(document, list):
        return {each for value in document for each in found_addresses(value)}
    is_address = isinstance(document, str) and document.startswith("http") and "testserver" in document
    return {document} if is_address else set()


ROOT_URL = "https://testserver/orgs/acme/scim/v2/"


# Each endpoint is there


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "path",
    [
        "/Users",
        "/Groups",
        "/ServiceProviderConfig",
        "/ResourceTypes",
        "/ResourceTypes/User",
        "/Schemas",
        "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User",
        "/history",
        "/health",
    ],
)
def test_an_endpoint_is_there_below_the_address_of_a_tenant(scim, path, slash):
    response = scim.get(path + slash)

    assert response.status_code == 200
    assert all(address.startswith(ROOT_URL) for address in found_addresses(response.json()))


def test_the_root_answers_a_query_of_all_resource_types(scim):
    UserFactory.create(username="barbara")

    response = scim.get("/", {"filter": 'userName eq "barbara"'})

    (resource,) = response.json()["Resources"]
    assert resource["meta"]["location"].startswith(f"{ROOT_URL}Users/")


@pytest.mark.parametrize("path", ["/.search", "/.search/", "/Users/.search"])
def test_a_search_is_posted_below_the_address_of_a_tenant(scim, path):
    UserFactory.create(username="barbara")

    response = scim.post(path, {"schemas": [SEARCH_REQUEST], "filter": 'userName eq "barbara"'})

    (resource,) = response.json()["Resources"]
    assert resource["meta"]["location"].startswith(f"{ROOT_URL}Users/")


def test_the_life_of_a_resource_is_below_the_address_of_its_tenant(scim):
    created = scim.post("/Users", user("barbara"))
    path = f"/Users/{created.json()['id']}"

    assert created.status_code == 201
    assert created.headers["Location"] == created.json()["meta"]["location"] == f"{ROOT_URL}{path[1:]}"
    assert scim.get(path).headers["Content-Location"] == f"{ROOT_URL}{path[1:]}"
    assert scim.put(path, user("babs")).json()["userName"] == "babs"
    assert scim.patch(path, replace("userName", "barb")).json()["userName"] == "barb"
    assert scim.delete(path).status_code == 204
    assert scim.get(path).status_code == 404


def test_members_and_managers_are_referred_to_by_the_address_of_the_tenant(scim):
    account = UserFactory.create()

    created = scim.post("/Groups", group(members=[{"value": id_of(account)}])).json()
    document = scim.get(f"/Groups/{created['id']}").json()

    assert document["members"][0]["$ref"] == f"{ROOT_URL}{path_of(account)[1:]}"
    (reference,) = scim.get(path_of(account)).json()["groups"]
    assert reference["$ref"] == f"{ROOT_URL}Groups/{created['id']}"


def test_the_operations_of_a_bulk_request_have_locations_below_the_address_of_the_tenant(scim):
    operations = [{"method": "POST", "path": "/Users", "bulkId": "1", "data": user("barbara")}]

    answer = scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations}).json()

    (operation,) = answer["Operations"]
    assert operation["status"] == "201"
    assert operation["location"] == f"{ROOT_URL}{path_of(User.objects.get())[1:]}"


def test_a_bulk_operation_may_name_the_whole_address_of_a_resource(scim):
    account = UserFactory.create(username="barbara")
    path = f"{ROOT_URL}{path_of(account)[1:]}"
    operations = [{"method": "DELETE", "path": path}]

    (operation,) = scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations}).json()[
        "Operations"
    ]

    assert (operation["status"], operation["location"]) == ("204", path)


def test_somebody_who_is_signed_in_is_themselves_at_the_address_of_the_tenant(acme, settings):
    settings.DJANGO_SCIM = {
        "TENANT_IN_ADDRESS": {"org": "name"},
        "AUTHENTICATION_CLASSES": ["tests.api.acting.OwnAccount"],
    }
    barbara = UserFactory.create(username="barbara")
    connection_of(acme, name="Self-service")

    response = HttpsClient().get("/orgs/acme/scim/v2/Me", headers={"X-Account": "barbara"})

    assert response.json()["meta"]["location"] == f"{ROOT_URL}{path_of(barbara)[1:]}"


def test_the_links_between_pages_of_the_history_keep_the_address_of_the_tenant(scim):
    for number in range(3):
        scim.post("/Users", user(f"user{number}"))

    page = scim.get("/history", {"page_size": 1, "operation": "create"}).json()

    assert page["next"].startswith(f"{ROOT_URL}history?")
    assert page["results"][0]["path"] == "/Users"


def test_a_tenant_whose_name_needs_escapes_is_named_with_them(db):
    client = client_of(Company.objects.create(name="a?b c"), root="/orgs/a%3Fb%20c/scim/v2")

    created = client.post("/Users", user("barbara"))

    assert created.json()["meta"]["location"].startswith("https://testserver/orgs/a%3Fb%20c/scim/v2/Users/")


# Errors below such an address


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/Nowhere", {}, 404),
        ("GET", "/Users/Nowhere/Nowhere", {}, 404),
        ("PUT", "/Users", {}, 405),
        ("DELETE", "/Schemas", {}, 405),
        ("GET", "/Bulk", {}, 405),
        ("GET", "/Users", {"Accept": "text/html"}, 406),
        ("POST", "/Users", {"Content-Type": "text/plain"}, 415),
        ("GET", "/Me", {}, 501),
    ],
)
def test_an_error_below_the_address_of_a_tenant_is_one_of_scim(scim, method, path, headers, status):
    sent = {"Authorization": f"Bearer {scim.token}", **headers}
    media_type = headers.get("Content-Type", SCIM)

    response = scim.client.generic(
        method, f"{scim.root}{path}", json.dumps(user()), content_type=media_type, headers=sent
    )

    assert_scim_error(response, status)


def test_options_of_an_endpoint_are_told_below_the_address_of_a_tenant(scim):
    response = scim.request("OPTIONS", "/Users")

    assert response.status_code == 204
    assert "POST" in response.headers["Allow"]


# Another tenant's address


@pytest.mark.parametrize(("method", "path"), [*PROTECTED, *HISTORY])
def test_at_the_address_of_another_tenant_a_token_finds_nothing(scim, method, path):
    Company.objects.create(name="umbrella")
    scim.root = "/orgs/umbrella/scim/v2"

    response = scim.request(method, path)

    assert response.status_code == 404
    if method != "HEAD":
        assert assert_scim_error(response, 404) == NOWHERE


def test_what_there_is_at_another_tenants_address_is_not_told(scim):
    """The answer about a resource that exists is that about an address that does not."""
    Company.objects.create(name="umbrella")
    account = UserFactory.create()
    scim.root = "/orgs/umbrella/scim/v2"

    assert scim.get(path_of(account)).content == scim.get("/Nowhere").content
    assert scim.delete(path_of(account)).content == scim.get("/Nowhere").content
    assert User.objects.get().is_active
    assert not ProvisioningEvent.objects.exists()


def test_an_address_of_no_tenant_is_answered_like_that_of_another(scim):
    Company.objects.create(name="umbrella")
    answers = set()
    for name in ("umbrella", "nobody"):
        scim.root = f"/orgs/{name}/scim/v2"
        answers.add((scim.get("/Users").status_code, scim.get("/Users").content))

    assert len(answers) == 1


def test_another_spelling_of_a_tenants_name_is_another_name(scim):
    scim.root = "/orgs/ACME/scim/v2"

    assert_scim_error(scim.get("/Users"), 404)


def test_a_connection_without_a_tenant_finds_nothing_at_the_address_of_one(acme):
    assert_scim_error(client_of(None).get("/Users"), 404)


def test_a_connection_whose_tenant_is_gone_finds_nothing(scim, acme):
    acme.delete()

    assert_scim_error(scim.get("/Users"), 404)


@pytest.mark.parametrize("key", ["no number", "", "9" * 40])
def test_a_connection_whose_tenant_has_a_key_that_is_none_finds_nothing(scim, key):
    Connection.objects.update(tenant_id=key)

    assert_scim_error(scim.get("/Users"), 404)


def test_a_tenant_of_a_kind_without_the_attribute_is_at_no_address(db, settings):
    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "place"}}

    assert_scim_error(client_of(Company.objects.create(name="acme")).get("/Users"), 404)


def test_a_tenant_without_a_value_is_not_the_one_that_is_called_none(db):
    tenant = License.objects.create(code="x")
    tenant.name = ""
    tenant.save()

    assert_scim_error(client_of(tenant, root="/orgs/None/scim/v2").get("/Users"), 404)


@pytest.mark.parametrize("path", ["/Users", "/Users/1", "/history", "/Bulk", "/Me"])
@pytest.mark.parametrize("org", ["acme", "umbrella"])
def test_a_wrong_token_is_unauthorized_whatever_tenant_the_address_names(acme, path, org):
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        response = HttpsClient().get(f"/orgs/{org}/scim/v2{path}", headers=headers)

        assert_scim_error(response, 401)


@pytest.mark.parametrize("org", ["acme", "nobody"])
@pytest.mark.parametrize(("method", "path"), OPEN)
def test_what_everybody_may_ask_says_nothing_of_the_tenants_there_are(acme, org, method, path):
    response = HttpsClient().generic(method, f"/orgs/{org}/scim/v2{path}")

    assert response.status_code == (404 if path == "/Nowhere" else 200)


def test_a_token_without_tls_is_refused_before_its_tenant_is_looked_at(scim):
    scim.client = type(scim.client).__mro__[1]()

    assert_scim_error(scim.get("/Users"), 403)


def test_staff_who_are_signed_in_find_no_history_at_the_address_of_a_tenant(acme, admin_user):
    client = HttpsClient()
    client.force_login(admin_user)

    assert_scim_error(client.get("/orgs/acme/scim/v2/history"), 404)


def test_the_log_says_which_connection_was_used_at_another_address(scim, caplog):
    scim.root = "/orgs/umbrella/scim/v2"

    with caplog.at_level(logging.WARNING, "django_scim.request"):
        scim.get("/Users")

    assert f"The connection {scim.connection} was used at an address that is not its tenant's." in caplog.text


# What an address may hold


def test_the_tenant_of_an_address_takes_one_query(scim):
    def queries(root: str) -> int:
        scim.root = root
        scim.get("/Users")
        with CaptureQueriesContext(database) as captured:
            assert scim.get("/Users").status_code == 200
        return len(captured)

    named = queries("/orgs/acme/scim/v2")
    with override_settings(ROOT_URLCONF="tests.urls"):
        assert queries("/scim/v2") == named - 1


@pytest.mark.urls("tests.api.urls_of_regions")
def test_a_tenant_can_be_named_by_two_arguments(settings, acme):
    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "name", "number": "pk"}}

    assert client_of(acme, root=f"/acme/{acme.pk}/scim/v2").get("/Users").status_code == 200
    for root in (f"/acme/{acme.pk + 1}/scim/v2", f"/other/{acme.pk}/scim/v2"):
        assert_scim_error(client_of(acme, root=root).get("/Users"), 404)


def test_a_column_of_uuids_is_compared_as_text(settings, db):
    from tests.hosts.small.models import Device

    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "id"}}
    device = Device.objects.create(id=uuid4(), name="A tenant")

    assert client_of(device, root=f"/orgs/{device.pk}/scim/v2").get("/Users").status_code == 200


@pytest.mark.parametrize("configured", [{}, {"TENANT_IN_ADDRESS": {"other": "name"}}])
@pytest.mark.parametrize(("method", "path"), [*PROTECTED, *HISTORY, *OPEN])
def test_an_argument_that_the_settings_do_not_explain_is_never_open(acme, settings, configured, method, path):
    settings.DJANGO_SCIM = configured

    assert client_of(acme).request(method, path).status_code == 404


@pytest.mark.urls("tests.api.urls_hiding_tenants")
@pytest.mark.parametrize("root", ["/keys/1/scim/v2", "/groups/acme/scim/v2"])
@pytest.mark.parametrize(("method", "path"), [*PROTECTED, *OPEN])
def test_an_argument_that_views_cannot_see_is_never_open(acme, settings, root, method, path):
    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"pk": "pk", "org": "name"}}

    assert client_of(acme, root=root).request(method, path).status_code == 404


@pytest.mark.urls("tests.urls")
def test_an_address_that_names_no_tenant_is_for_all_connections(acme):
    assert client_of(acme, root="/scim/v2").get("/Users").status_code == 200
    assert client_of(None, root="/scim/v2").get("/Users").status_code == 200
