"""The resource types that the settings name are those that are served."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from tests.factories import UserFactory
from tests.hosts.small.adapters import THING
from tests.hosts.small.models import Device, Person
from tests.representations import ENTERPRISE, path_of, user

ADAPTERS = "tests.hosts.small.adapters"


def served(scim):
    """Return the resource types that discovery names, with their endpoints."""
    return {kind["name"]: kind["endpoint"] for kind in scim.get("/ResourceTypes").json()["Resources"]}


def test_a_stock_project_serves_users_and_groups(scim):
    assert served(scim) == {"User": "/Users", "Group": "/Groups"}


def test_a_resource_type_of_the_project_is_served_beside_users_and_groups(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Device": {"adapter": f"{ADAPTERS}.DeviceAdapter"}}}
    created = scim.post("/Devices", {"schemas": [THING], "name": "Printer"})

    assert created.status_code == 201
    assert served(scim) == {"User": "/Users", "Group": "/Groups", "Device": "/Devices"}
    assert created.json()["meta"]["location"].endswith(f"/scim/v2/Devices/{Device.objects.get().pk}")
    assert scim.get("/Devices", {"filter": 'name eq "printer"'}).json()["totalResults"] == 1
    assert scim.get(f"/Schemas/{THING}").json()["attributes"][0]["name"] == "name"


def test_the_endpoint_of_a_resource_type_is_gone_with_its_setting(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Device": {"adapter": f"{ADAPTERS}.DeviceAdapter"}}}
    assert scim.get("/Devices").status_code == 200

    settings.DJANGO_SCIM = {}
    assert scim.get("/Devices").status_code == 404
    assert scim.get("/Users").status_code == 200


def test_a_resource_type_may_be_left_out(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": None}}

    assert served(scim) == {"User": "/Users"}
    assert scim.get("/Groups").status_code == 404
    assert scim.get("/Groups/1").json()["status"] == "404"


def test_an_attribute_is_mapped_by_the_name_of_a_column(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"displayName": "first_name"}}}}
    account = UserFactory.create(first_name="Barbara")

    assert scim.get(path_of(account)).json()["displayName"] == "Barbara"
    scim.patch(path_of(account), {"op": "replace", "path": "displayName", "value": "Babs"})
    account.refresh_from_db()
    assert account.first_name == "Babs"


@pytest.mark.parametrize(
    "spelling",
    ["name.familyName", "NAME.FAMILYNAME", "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName"],
)
def test_a_mapping_to_none_takes_the_default_away_however_the_attribute_is_spelled(scim, settings, spelling):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {spelling: None}}}}
    created = scim.post(
        "/Users", user("bjensen", name={"givenName": "Barbara", "familyName": "Jensen"})
    ).json()
    account = User.objects.get()

    assert (account.first_name, account.last_name) == ("Barbara", "")
    assert created["name"] == {"givenName": "Barbara", "familyName": "Jensen"}


def test_a_mapping_of_a_complex_attribute_to_none_takes_away_those_of_its_parts(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"name": None}}}}
    created = scim.post(
        "/Users", user("bjensen", name={"givenName": "Barbara", "familyName": "Jensen"})
    ).json()
    account = User.objects.get()

    assert (account.first_name, account.last_name) == ("", "")
    assert created["name"] == {"givenName": "Barbara", "familyName": "Jensen"}


def test_a_mapping_in_another_spelling_takes_the_place_of_the_default(scim, settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            "User": {"attributes": {"Name.GivenName": "last_name", "name.familyname": "first_name"}}
        }
    }
    account = UserFactory.create(first_name="Barbara", last_name="Jensen")

    assert scim.get(path_of(account)).json()["name"] == {"givenName": "Jensen", "familyName": "Barbara"}


def test_an_extension_attribute_is_mapped_by_its_urn(scim, settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"attributes": {f"{ENTERPRISE.upper()}:Department": "first_name"}}}
    }
    account = UserFactory.create(first_name="Tours")
    document = scim.get(path_of(account)).json()

    assert document[ENTERPRISE] == {"department": "Tours"}
    assert ENTERPRISE in document["schemas"]


def test_the_time_of_a_column_stands_in_meta(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"meta.lastModified": "date_joined"}}}}
    account = UserFactory.create()

    joined = account.date_joined.isoformat().replace("+00:00", "Z")
    assert scim.get(path_of(account)).json()["meta"]["lastModified"] == joined


def test_the_option_hard_makes_a_delete_delete_the_row(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": "hard"}}}
    account = UserFactory.create()

    assert scim.delete(path_of(account)).status_code == 204
    assert not type(account).objects.exists()


def test_id_field_takes_the_id_from_a_column(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"id_field": "username"}}}
    UserFactory.create(username="bjensen")

    assert scim.get("/Users/bjensen").json()["id"] == "bjensen"
    assert scim.post("/Users", user("jsmith")).json()["id"] == "jsmith"


def test_an_adapter_that_cannot_be_made_leaves_the_other_adapters_in_force(scim, settings, caplog):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"adapter": "nowhere.GroupAdapter"}}}

    assert scim.get("/Users").status_code == 200
    assert served(scim) == {"User": "/Users"}


def test_a_server_that_runs_no_checks_does_not_say_that_a_broken_type_is_not_there(scim, settings, caplog):
    """A 404 would let an identity provider forget its groups, or take its accounts for deleted."""
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"adapter": "nowhere.GroupAdapter"}}}
    scim.client.raise_request_exception = False
    response = scim.get("/Groups")

    assert (response.status_code, response.json()["status"]) == (500, "500")
    assert "nowhere" not in response.content.decode()
    assert "'nowhere.GroupAdapter' cannot be imported: No module named 'nowhere'" in caplog.text


def test_the_settings_name_the_model_of_a_resource_type(settings, scim):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"model": "small.Person"}, "Group": None}}

    response = scim.post("/Users", user("bjensen", name={"familyName": "Jensen"}))

    assert response.status_code == 201
    assert list(Person.objects.values_list("login", "surname")) == [("bjensen", "Jensen")]
    assert scim.get("/Users", {"filter": 'userName eq "BJENSEN"'}).json()["totalResults"] == 1
    assert not User.objects.exists()
