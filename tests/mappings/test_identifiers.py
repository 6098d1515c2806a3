"""The ``id`` of a resource (RFC 7643 section 3.1): unique over all types, and turned back into its key."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.db.models import CharField, IntegerField, UUIDField
from django.test import override_settings
from hypothesis import assume, given
from hypothesis import strategies as st

from django_scim.mappings.identifiers import (
    ColumnScheme,
    IntegerScheme,
    TextScheme,
    reissue,
    reissued,
    scheme_for,
)
from django_scim.models import Record
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small import adapters
from tests.hosts.small.adapters import THING
from tests.hosts.small.models import Device, Enrolment, Legacy, License
from tests.representations import id_of

KEYS = st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1)
NAMES = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,30}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def things(name: str) -> dict[str, Any]:
    """Return the setting that serves one of the small models."""
    adapter = getattr(adapters, f"{name}Adapter")
    return {"RESOURCES": {adapter.name: {"adapter": f"{adapters.__name__}.{name}Adapter"}}}


# Integer keys


@given(KEYS, NAMES)
def test_an_integer_key_of_64_bits_comes_back_from_its_id(key, name):
    scheme = IntegerScheme(name)

    assert scheme.decode(scheme.encode(key)) == key


@given(KEYS, KEYS, NAMES)
def test_different_integer_keys_have_different_ids(key, other, name):
    assume(key != other)
    scheme = IntegerScheme(name)

    assert scheme.encode(key) != scheme.encode(other)


@given(KEYS, NAMES)
def test_the_id_of_an_integer_key_is_a_uuid_of_version_8(key, name):
    identifier = UUID(IntegerScheme(name).encode(key))

    assert (identifier.version, identifier.variant) == (8, "specified in RFC 4122")


@given(KEYS, NAMES, NAMES)
def test_the_id_of_one_resource_type_names_no_row_of_another(key, name, other):
    assume(name != other)

    assert IntegerScheme(other).decode(IntegerScheme(name).encode(key)) is None


@given(st.uuids(), NAMES)
def test_a_uuid_from_elsewhere_names_no_row_with_an_integer_key(uuid, name):
    assert IntegerScheme(name).decode(str(uuid)) is None


@pytest.mark.parametrize("key", [0, 1, -1, (1 << 62) - 1, 1 << 62, -(1 << 62), (1 << 63) - 1, -(1 << 63)])
def test_keys_at_the_edges_of_the_packed_fields_come_back(key):
    scheme = IntegerScheme("User")

    assert scheme.decode(scheme.encode(key)) == key


def test_the_id_of_a_key_is_the_same_in_every_release():
    """Identity providers have stored these: another packing would orphan every account."""
    assert IntegerScheme("User").encode(1) == "67fbf7bb-a602-8000-8000-000000000001"
    assert IntegerScheme("User").encode(-1) == "67fbf7bb-a602-8003-bfff-ffffffffffff"
    assert IntegerScheme("Group").encode(1) == "4fa8c1ec-240c-8000-8000-000000000001"
    assert TextScheme("License", CharField()).encode("A-1") == "TGljZW5zZTpBLTE"


# Any text that is no id


@pytest.mark.parametrize(
    "scheme",
    [
        IntegerScheme("User"),
        TextScheme("License", CharField()),
        TextScheme("Enrolment", UUIDField()),
        ColumnScheme(UUIDField()),
        ColumnScheme(IntegerField()),
    ],
    ids=["integer", "text", "shared UUID", "UUID", "column of integers"],
)
@given(
    st.one_of(
        st.text(),
        st.uuids().map(str),
        st.integers().map(str),
        st.binary().map(base64.b64encode).map(bytes.decode),
    )
)
def test_a_text_that_a_scheme_takes_for_an_id_is_the_id_of_the_key(scheme, text):
    key = scheme.decode(text)

    assert key is None or scheme.encode(key) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1",
        "-1",
        "null",
        "67FBF7BB-A602-8000-8000-000000000001",
        "67fbf7bba602800080000000000000001",
        "67fbf7bba60280008000000000000001",
        "{67fbf7bb-a602-8000-8000-000000000001}",
        "urn:uuid:67fbf7bb-a602-8000-8000-000000000001",
        "67fbf7bb-a602-8000-8000-00000000000\uff11",
        "67fbf7bb-a602-4000-8000-000000000001",
        "67fbf7bb-a602-8004-8000-000000000001",
        "../1",
        "\0",
        "\ud800",
    ],
)
def test_another_spelling_of_an_id_is_no_id(text):
    assert IntegerScheme("User").decode(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "VXNlcjph",
        "TGljZW5zZTpBLTE=",
        "TGljZW5zZTpBLTE!",
        "TGlj ZW5zZTpBLTE",
        "TGljZW5zZTpBLTF",
        "TGljZW5zZTo\0",
        "é",
        "/w",
    ],
    ids=[
        "of another type",
        "padded",
        "with junk",
        "with a space",
        "loose bits",
        "NUL",
        "not ASCII",
        "not UTF-8",
    ],
)
def test_other_base64_is_no_id_of_a_text_key(text):
    scheme = TextScheme("License", CharField())

    assert scheme.decode(text) is None


# Other keys


@given(TEXTS, NAMES)
def test_a_text_key_comes_back_from_its_id(key, name):
    scheme = TextScheme(name, CharField())

    assert scheme.decode(scheme.encode(key)) == key


@given(TEXTS, NAMES)
def test_the_id_of_a_text_key_can_stand_in_a_path(key, name):
    identifier = TextScheme(name, CharField()).encode(key)

    assert identifier.isascii()
    assert identifier.replace("-", "").replace("_", "").isalnum()


@given(st.uuids())
def test_a_uuid_key_is_the_id_itself(uuid):
    scheme = scheme_for(Device._meta.pk, "Device")

    assert scheme.encode(uuid) == str(uuid)
    assert scheme.decode(str(uuid)) == uuid


@given(st.uuids())
def test_a_uuid_that_is_the_key_of_two_rows_makes_two_ids(uuid):
    device, enrolment = scheme_for(Device._meta.pk, "Device"), scheme_for(Enrolment._meta.pk, "Enrolment")

    assert device.encode(uuid) != enrolment.encode(uuid)
    assert enrolment.decode(enrolment.encode(uuid)) == uuid
    assert enrolment.decode(str(uuid)) is None


@given(st.integers())
def test_a_column_of_integers_takes_64_bits_and_no_more(number):
    key = ColumnScheme(IntegerField()).decode(str(number))

    assert key == (number if -(1 << 63) <= number < (1 << 63) else None)


# Through requests


def test_a_user_and_a_group_with_one_key_have_different_ids(scim):
    user = UserFactory.create(pk=7)
    group = GroupFactory.create(pk=7)

    assert id_of(user) != id_of(group)
    assert scim.get(f"/Groups/{id_of(user)}").status_code == 404
    assert scim.get(f"/Users/{id_of(group)}").status_code == 404


def test_an_id_is_case_exact(scim):
    identifier = id_of(UserFactory.create())

    assert scim.get(f"/Users/{identifier}").status_code == 200
    assert scim.get(f"/Users/{identifier.upper()}").status_code == 404
    assert scim.get("/Users", {"filter": f'id eq "{identifier.upper()}"'}).json()["totalResults"] == 0


@pytest.mark.parametrize("key", [-5, 1 << 30])
def test_a_row_is_found_whatever_its_integer_key(scim, key):
    user = UserFactory.create(pk=key)

    assert scim.get(f"/Users/{id_of(user)}").json()["userName"] == user.username


@pytest.mark.parametrize("model", [User, Group])
@pytest.mark.parametrize("key", [(1 << 63) - 1, -(1 << 63)])
def test_an_id_of_a_key_that_no_row_has_is_not_found(scim, model, key):
    endpoint = "/Users" if model is User else "/Groups"

    assert scim.get(f"{endpoint}/{id_of(model(pk=key))}").status_code == 404


@override_settings(DJANGO_SCIM=things("Device"))
def test_a_row_with_a_uuid_key_is_made_and_found(scim):
    created = scim.post("/Devices", {"schemas": [THING], "name": "Printer"}).json()
    device = Device.objects.get()

    assert created["id"] == str(device.pk)
    assert scim.get(f"/Devices/{device.pk}").json()["name"] == "Printer"
    assert scim.get(f"/Devices/{uuid4()}").status_code == 404
    assert scim.get("/Devices/Printer").status_code == 404


@override_settings(DJANGO_SCIM=things("Enrolment"))
def test_a_row_with_the_uuid_of_another_row_is_found_by_an_id_of_its_own(scim):
    device = Device.objects.create(name="Printer")
    Enrolment.objects.create(device=device, name="Third floor")
    (listed,) = scim.get("/Enrolments").json()["Resources"]

    assert listed["id"] != str(device.pk)
    assert scim.get(f"/Enrolments/{listed['id']}").json()["name"] == "Third floor"
    assert scim.get(f"/Enrolments/{device.pk}").status_code == 404
    assert scim.patch(f"/Enrolments/{listed['id']}", rename("Fourth floor")).json()["name"] == "Fourth floor"


@override_settings(DJANGO_SCIM=things("License"))
def test_a_row_with_a_text_key_is_found_and_changed(scim):
    License.objects.create(code="Ä/1:2", name="Server")
    (listed,) = scim.get("/Licenses").json()["Resources"]

    assert scim.get(f"/Licenses/{listed['id']}").json()["name"] == "Server"
    assert scim.patch(f"/Licenses/{listed['id']}", rename("Client")).json()["name"] == "Client"
    assert License.objects.get().name == "Client"


@override_settings(DJANGO_SCIM=things("License"))
def test_text_keys_are_case_exact_on_every_database(scim):
    License.objects.create(code="abc", name="Server")
    scheme = scheme_for(License._meta.pk, "License")

    assert scim.get(f"/Licenses/{scheme.encode('abc')}").status_code == 200
    assert scim.get(f"/Licenses/{scheme.encode('ABC')}").status_code == 404
    assert scim.get(f"/Licenses/{scheme.encode('abc ')}").status_code == 404


# id_field


@override_settings(DJANGO_SCIM=things("Legacy"))
def test_id_field_keeps_the_ids_that_identity_providers_know(scim):
    Legacy.objects.create(name="Printer", scim_id="okta/00u1 é")

    assert scim.get("/Legacies").json()["Resources"][0]["id"] == "okta/00u1 é"
    found = scim.get("/Legacies", {"filter": 'id eq "okta/00u1 é"'}).json()
    assert found["totalResults"] == 1


@override_settings(DJANGO_SCIM=things("Legacy"))
def test_the_values_of_id_field_are_case_exact_on_every_database(scim):
    Legacy.objects.create(name="Printer", scim_id="abc")

    assert scim.get("/Legacies/abc").status_code == 200
    assert scim.get("/Legacies/ABC").status_code == 404
    assert scim.get("/Legacies/abc%20").status_code == 404
    assert scim.get("/Legacies", {"filter": 'id eq "ABC"'}).json()["totalResults"] == 0


@override_settings(DJANGO_SCIM=things("Legacy"))
def test_a_row_without_a_value_in_id_field_is_no_resource(scim):
    Legacy.objects.create(name="Printer")

    assert scim.get("/Legacies").json()["totalResults"] == 0
    assert scim.get("/Legacies/None").status_code == 404


@pytest.mark.parametrize(("adapter", "field"), [("Legacy", "scim_id"), ("Token", "token")])
def test_a_new_row_gets_a_value_in_id_field_where_the_project_gives_none(scim, adapter, field):
    with override_settings(DJANGO_SCIM=things(adapter)):
        created = scim.post("/Legacies", {"schemas": [THING], "name": "Printer"}).json()

        assert created["id"] == str(getattr(Legacy.objects.get(), field))
        assert UUID(created["id"]).version == 4
        assert scim.get(f"/Legacies/{created['id']}").json()["name"] == "Printer"


@override_settings(DJANGO_SCIM=things("Numbered"))
@pytest.mark.parametrize(
    "junk", ["abc", "4.0", "04", "+4", "4 ", "٤", "99999999999999999999999", "-99999999999999999999", "None"]
)
def test_an_id_that_is_no_number_is_not_found_by_an_id_field_of_numbers(scim, junk):
    Legacy.objects.create(name="Printer", number=4)

    assert scim.get("/Legacies/4").json()["name"] == "Printer"
    assert scim.get(f"/Legacies/{junk}").status_code == 404
    assert scim.get("/Legacies", {"filter": f'id eq "{junk}"'}).json()["totalResults"] == 0


@override_settings(DJANGO_SCIM=things("Token"))
def test_a_uuid_in_id_field_has_one_spelling(scim):
    token = uuid4()
    Legacy.objects.create(name="Printer", token=token)

    assert scim.get(f"/Legacies/{token}").json()["id"] == str(token)
    assert scim.get(f"/Legacies/{token.hex}").status_code == 404
    assert scim.get("/Legacies/junk").status_code == 404


def rename(name: str) -> dict[str, Any]:
    """Return the PATCH operation that changes the name of a thing."""
    return {"op": "replace", "path": "name", "value": name}


# Of a row that was used before


@pytest.mark.django_db
def test_an_id_that_no_key_makes_is_known_as_such_and_can_be_stored():
    ids = [reissue() for _ in range(500)]

    Record.objects.bulk_create(
        Record(resource_type="User", integer_key=number, reissued_id=own) for number, own in enumerate(ids)
    )

    assert len(set(ids)) == 500
    assert {own.version for own in ids} == {8}
    assert all(reissued(str(own)) == own for own in ids)
    assert IntegerScheme("User").decode(str(ids[0])) is None
    assert reissued(IntegerScheme("User").encode(4)) is None
    assert set(Record.objects.values_list("reissued_id", flat=True)) == set(ids)
