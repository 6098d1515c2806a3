"""``UNKNOWN_ATTRIBUTES``: what no schema has is ignored, or refused."""

from __future__ import annotations

import pytest

from django_scim.history.redaction import REDACTED
from django_scim.models import ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.factories import UserFactory
from tests.representations import ENTERPRISE, USER, path_of, user

CUSTOM = "urn:ietf:params:scim:schemas:extension:CustomExtensionName:2.0:User"

BODIES = [
    user(favouriteColour="green"),
    user(name={"givenName": "Barbara", "nick": "Babs"}),
    user(emails=[{"value": "b@example.com", "verified": True}]),
    {**user(), CUSTOM: {"tag": "701984"}},
    {**user(), "schemas": [USER, CUSTOM]},
]
OPERATIONS = [
    {"op": "replace", "path": "favouriteColour", "value": "green"},
    {"op": "replace", "path": "name.nick", "value": "Babs"},
    {"op": "replace", "path": f"{CUSTOM}:tag", "value": "701984"},
    {"op": "add", "path": 'colours[type eq "work"].value', "value": "green"},
    {"op": "replace", "value": {"favouriteColour": "green"}},
    {"op": "replace", "value": {f"{CUSTOM}:tag": "701984"}},
    {"op": "replace", "value": {CUSTOM: {"tag": "701984"}}},
    {"op": "remove", "path": "favouriteColour"},
    {"op": "Remove", "path": "favouriteColour", "value": "green"},
]


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_body_with_unknown_attributes_is_accepted_without_them(scim, body):
    response = scim.post("/Users", body)

    assert response.status_code == 201, response.json()
    assert "green" not in response.content.decode()
    assert response.json()["schemas"] == [USER]


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_an_operation_on_an_unknown_attribute_changes_nothing(scim, operation):
    row = path_of(UserFactory.create())
    before = scim.get(row).json()

    response = scim.patch(row, operation)

    assert response.status_code == 200, response.json()
    assert response.json() == before


def test_known_attributes_beside_unknown_ones_are_written(scim):
    row = path_of(UserFactory.create())

    response = scim.patch(row, {"op": "replace", "value": {"favouriteColour": "green", "title": "Guide"}})

    assert response.json()["title"] == "Guide"


# What is no name of the client's own


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@pytest.mark.parametrize(
    "path",
    [
        "userName.foo",
        "active.value",
        "title.display",
        "password.hash",
        "department.name",
        f"{ENTERPRISE}:department.value",
        f"{USER}:title.value",
        "schemas.value",
    ],
)
def test_a_sub_attribute_of_a_simple_attribute_is_no_path(scim, op, path):
    row = path_of(UserFactory.create())

    detail = assert_scim_error(scim.patch(row, {"op": op, "path": path, "value": "x"}), 400, "invalidPath")

    # Where a request names a secret, no answer repeats a part of it.
    assert detail == REDACTED if "password" in path else detail.endswith("has no sub-attributes")


@pytest.mark.parametrize("setting", ["ignore", "forbid"])
@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("userNmae", "userName"),
        ("emials", "emails"),
        ("email", "emails"),
        ("organisation", "organization"),
        ("name.givnName", "givenName"),
        ("emails.vlaue", "value"),
        ('emails[type eq "work"].valeu', "value"),
        (f"{ENTERPRISE}:departmnt", "department"),
        (f"{ENTERPRISE}:manager.vlaue", "value"),
        (f"{USER}:userNmae", "userName"),
    ],
)
def test_a_mistyped_path_is_told_from_an_unknown_one(scim, settings, setting, path, meant):
    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": setting}
    row = path_of(UserFactory.create())

    response = scim.patch(row, {"op": "replace", "path": path, "value": "x"})

    detail = assert_scim_error(response, 400, "invalidPath")
    assert setting == "forbid" or f"'{meant}'" in detail


@pytest.mark.parametrize("path", ["givenNameKana", "name.familyNameKana", "title2", "extensionAttribute1"])
def test_a_name_that_goes_on_after_a_known_one_is_unknown(scim, path):
    row = path_of(UserFactory.create())

    assert scim.patch(row, {"op": "replace", "path": path, "value": "x"}).status_code == 200


def test_a_key_with_a_dot_is_a_path(scim):
    row = path_of(UserFactory.create())

    response = scim.patch(row, {"op": "replace", "value": {"name.givnName": "x", "title": "Guide"}})

    assert_scim_error(response, 400, "invalidPath")


def test_a_key_of_a_whole_resource_is_no_path(scim):
    row = path_of(UserFactory.create())

    response = scim.patch(row, {"op": "replace", "value": {"email": "x@example.com", "title": "Guide"}})

    assert response.json()["title"] == "Guide"


# The history


@pytest.mark.parametrize(
    ("body", "names"),
    list(zip(BODIES, ["favouriteColour", "name.nick", "emails.verified", CUSTOM, None], strict=True)),
    ids=str,
)
def test_the_history_names_what_was_ignored_in_a_body(scim, body, names):
    row = f"/Users/{scim.post('/Users', body).json()['id']}"
    created = ProvisioningEvent.objects.latest("pk").detail
    scim.put(row, body)

    assert created == ProvisioningEvent.objects.latest("pk").detail
    assert created == ("" if names is None else f"ignored: {names}")


@pytest.mark.parametrize(
    ("operation", "names"),
    list(
        zip(
            OPERATIONS,
            [
                "favouriteColour",
                "name.nick",
                f"{CUSTOM}:tag",
                "colours",
                "favouriteColour",
                f"{CUSTOM}:tag",
                CUSTOM,
                "favouriteColour",
                "favouriteColour",
            ],
            strict=True,
        )
    ),
    ids=str,
)
def test_the_history_names_what_was_ignored_in_an_operation(scim, operation, names):
    scim.patch(path_of(UserFactory.create()), operation, {"op": "add", "path": "title", "value": "Guide"})

    assert ProvisioningEvent.objects.get().detail.endswith(f"ignored: {names}")


def test_the_history_names_what_was_ignored_in_a_value(scim):
    row = path_of(UserFactory.create())

    scim.patch(
        row,
        {"op": "add", "path": "name", "value": {"nick": "Babs"}},
        {"op": "add", "path": ENTERPRISE, "value": {"tag": 1}},
        {"op": "add", "path": "ims", "value": [{"value": "x", "seen": 1}, {"value": "y", "seen": 2}]},
    )

    assert ProvisioningEvent.objects.get().detail.endswith(f"ignored: name.nick, {ENTERPRISE}:tag, ims.seen")


def test_the_history_names_a_limited_number_of_ignored_attributes(scim):
    scim.post("/Users", {**user(), **{f"unknown{number}": 1 for number in range(30)}})

    detail = ProvisioningEvent.objects.get().detail
    assert detail.startswith("ignored: unknown0, unknown1, ")
    assert (detail.count("unknown"), detail[-1]) == (20, "…")


@pytest.mark.parametrize("body", BODIES, ids=str)
def test_a_host_may_refuse_unknown_attributes_in_a_body(scim, settings, body):
    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": "forbid"}

    response = scim.post("/Users", body)

    assert response.status_code == 400
    assert response.json()["scimType"] in ("invalidSyntax", "invalidValue")


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_a_host_may_refuse_operations_on_unknown_attributes(scim, settings, operation):
    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": "forbid"}
    row = path_of(UserFactory.create())

    response = scim.patch(row, operation)

    assert response.status_code == 400
    assert response.json()["scimType"] in ("invalidPath", "invalidValue")


def test_a_host_that_refuses_unknown_attributes_accepts_the_rest(scim, settings):
    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": "forbid"}
    row = path_of(UserFactory.create())

    assert scim.post("/Users", user(title="Guide", emails="b@example.com")).status_code == 201
    assert scim.patch(row, {"op": "Replace", "value": {"title": "Guide"}}).json()["title"] == "Guide"


def test_the_setting_for_unknown_attributes_has_two_values(settings):
    from django_scim.conf import check_settings

    settings.DJANGO_SCIM = {"UNKNOWN_ATTRIBUTES": "refuse"}

    (error,) = list(check_settings())

    assert "UNKNOWN_ATTRIBUTES" in error.msg
