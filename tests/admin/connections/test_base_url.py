"""The address of a connection, as the admin and the OpenAPI document tell it."""

from __future__ import annotations

import pytest
from django.urls import reverse

from django_scim.models import Connection
from tests.api.tenants import client_of, connection_of
from tests.hosts.small.models import Company
from tests.openapi.document import Document
from tests.representations import user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls_of_tenants")]


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


# The admin, and the OpenAPI document


def connection_page(connection: Connection) -> str:
    """Return the address of the page of a connection."""
    return reverse("admin:django_scim_connection_change", args=(connection.pk,))


def test_the_page_of_a_connection_has_the_address_of_its_tenant(admin_client, scim):
    text = admin_client.get(connection_page(scim.connection)).text

    assert 'value="http://testserver/orgs/acme/scim/v2"' in text


def test_the_page_of_a_connection_without_a_tenant_says_that_the_address_needs_one(admin_client):
    text = admin_client.get(connection_page(connection_of(None))).text

    assert "names the tenant of the connection: choose the tenant first" in text
    assert "scim-base-url" not in text


@pytest.mark.urls("tests.api.urls_of_regions")
def test_the_address_of_a_connection_has_all_arguments_of_the_route(settings, rf, acme):
    from django_scim.setup_links.addresses import scim_base_url

    settings.DJANGO_SCIM = {"TENANT_IN_ADDRESS": {"org": "name", "number": "pk"}}
    root = f"http://testserver/acme/{acme.pk}/scim/v2"

    assert scim_base_url(rf.get("/"), connection_of(acme)) == root
    assert scim_base_url(rf.get("/"), None) is None


@pytest.mark.urls("tests.urls")
def test_the_address_of_a_connection_names_no_tenant_where_the_route_names_none(rf, acme):
    from django_scim.setup_links.addresses import scim_base_url

    assert scim_base_url(rf.get("/"), connection_of(acme)) == "http://testserver/scim/v2"


def test_the_page_of_a_resource_shows_the_document_as_its_tenant_gets_it(admin_client, scim):
    from django_scim.models import Record

    scim.post("/Users", user("barbara"))
    record = Record.objects.get()

    text = admin_client.get(reverse("admin:django_scim_record_change", args=(record.pk,))).text

    assert "/orgs/acme/scim/v2/Users/" in text


def test_the_openapi_document_has_the_argument_of_the_address():
    paths = Document().content["paths"]

    operation = paths["/orgs/{org}/scim/v2/Users/{id}"]["get"]
    assert [each["name"] for each in operation["parameters"] if each["in"] == "path"] == ["org", "id"]
    assert paths["/orgs/{org}/scim/v2/Bulk"]["post"]["parameters"][0]["name"] == "org"


# Projects that choose their routes by request


@pytest.fixture
def other_host(settings):
    """A project whose routes depend on the host that is asked."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.api.middleware.chooses_the_routes"]
    return {"headers": {"Host": "scim.example.com"}}


@pytest.mark.urls("tests.urls")
def test_addresses_are_those_of_the_routes_that_the_request_has(other_host, acme):
    client = client_of(acme, root="/acme/provisioning")

    created = client.post("/Users", user("barbara"), Host="scim.example.com")

    assert created.status_code == 201
    assert created.headers["Location"].startswith("https://scim.example.com/acme/provisioning/Users/")


@pytest.mark.urls("tests.urls")
def test_the_admin_shows_the_address_that_the_routes_of_its_request_have(other_host, admin_client, acme):
    connection = connection_of(acme)
    here = admin_client.get(f"/admin/django_scim/connection/{connection.pk}/change/")
    there = admin_client.get(f"/staff/django_scim/connection/{connection.pk}/change/", **other_host)

    assert 'value="http://testserver/scim/v2"' in here.text
    assert 'value="http://scim.example.com/acme/provisioning"' in there.text
