"""Organisations with an address of their own."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings as project
from django.core.checks import run_checks

from tests.api.tenants import AddressClient
from tests.assertions import assert_scim_error
from tests.hosts.tenants.conftest import connection_of
from tests.hosts.tenants.models import Member
from tests.representations import ENTERPRISE, group, path_of, user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls_of_tenants")]

RESOURCES: Any = project.DJANGO_SCIM["RESOURCES"]


@pytest.fixture(autouse=True)
def addresses(settings):
    """The project with the setting."""
    settings.DJANGO_SCIM = {"RESOURCES": RESOURCES, "TENANT_IN_ADDRESS": {"org": "name"}}


def client_of(name: str) -> AddressClient:
    """Return the client of a new organisation, at its address."""
    client = AddressClient(connection_of(name))
    client.root = f"/orgs/{name}/scim/v2"
    return client


def test_each_organisation_has_its_own_members_at_its_own_address():
    here, there = client_of("here"), client_of("there")
    for client in (here, there):
        created = client.post("/Users", user("bjensen"))
        assert created.headers["Location"].startswith(f"https://testserver{client.root}/Users/")

    assert here.get("/Users").json()["totalResults"] == 1
    assert Member.objects.count() == 2


def test_a_token_is_good_for_nothing_at_the_address_of_another_organisation():
    here, there = client_of("here"), client_of("there")
    there.post("/Users", user("bjensen"))
    own = path_of(Member.objects.get())
    here.post("/Users", user("bjensen"))
    mine = here.get("/Users").json()["Resources"][0]["id"]

    here.root = there.root
    for path in (own, f"/Users/{mine}", "/Users", "/Groups"):
        assert_scim_error(here.get(path), 404)
    assert_scim_error(here.delete(own), 404)
    assert Member.objects.filter(is_active=True).count() == 2


def test_managers_and_members_are_referred_to_at_the_address_of_the_organisation():
    client = client_of("here")
    boss = client.post("/Users", user("boss")).json()
    staff = client.post("/Users", user("staff", **{ENTERPRISE: {"manager": {"value": boss["id"]}}})).json()
    team = client.post("/Groups", group(members=[{"value": boss["id"]}])).json()

    address = f"https://testserver/orgs/here/scim/v2/Users/{boss['id']}"
    assert staff[ENTERPRISE]["manager"]["$ref"] == address
    assert client.get(f"/Groups/{team['id']}").json()["members"][0]["$ref"] == address


def test_the_checks_name_an_attribute_that_no_organisation_has(settings):
    settings.DJANGO_SCIM = {"RESOURCES": RESOURCES, "TENANT_IN_ADDRESS": {"org": "nome"}}

    (message,) = [each for each in run_checks(tags=["django_scim"]) if each.id == "django_scim.E060"]

    assert message.msg == 'DJANGO_SCIM["TENANT_IN_ADDRESS"]["org"] is \'nome\', which no tenant has.'
    assert message.hint == "Did you mean 'name'?"
