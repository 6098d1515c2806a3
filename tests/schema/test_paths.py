"""Attribute paths (RFC 7644 section 3.10): one spelling of each, and what it names in a document."""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import EnterpriseUser, InvalidPathException, User

from django_scim.schema.paths import AttributePath, resolve, walk
from django_scim.schema.types import EnterpriseUserExtension, Group
from django_scim.schema.types import User as ServedUser
from tests.representations import ENTERPRISE, USER

RESOURCE = ServedUser[EnterpriseUserExtension]


def path(text: str) -> AttributePath:
    """Return the path of a text that names an attribute."""
    found = resolve(RESOURCE, text)
    assert found is not None
    return found


# One spelling


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("userName", "userName"),
        ("USERNAME", "userName"),
        (f"{USER}:userName", "userName"),
        (f"{USER.upper()}:username", "userName"),
        ("name.familyName", "name.familyName"),
        ("NAME.familyname", "name.familyName"),
        (f"{USER}:name.familyName", "name.familyName"),
        ("emails.value", "emails.value"),
        ("members.$ref", None),
        ("groups.$ref", "groups.$ref"),
        ("GROUPS.$REF", "groups.$ref"),
        ("x509certificates", "x509Certificates"),
        ("meta.lastmodified", "meta.lastModified"),
        (f"{ENTERPRISE}:department", f"{ENTERPRISE}:department"),
        (f"{ENTERPRISE.lower()}:DEPARTMENT", f"{ENTERPRISE}:department"),
        (f"{ENTERPRISE}:manager.displayName", f"{ENTERPRISE}:manager.displayName"),
        ("department", None),
        ("urn:example:other:department", None),
        ("tilte", None),
        ("name.nickName", None),
        ("userName.value", None),
        ("name.familyName.first", None),
    ],
)
def test_a_path_has_one_spelling_whatever_its_case_and_prefix(text, key):
    try:
        found = resolve(RESOURCE, text)
    except InvalidPathException:
        found = None

    assert (found and found.key) == key


@pytest.mark.parametrize(
    "text", ["", ".", "name.", ".name", "a b", "name[", 'emails[type eq "work"', "$$", "1"]
)
def test_a_text_that_is_no_path_is_refused_or_names_nothing(text):
    with suppress(InvalidPathException):
        assert resolve(RESOURCE, text) is None


def test_a_path_knows_its_parts():
    manager = path(f"{ENTERPRISE}:manager.value")

    assert (manager.extension, manager.name, manager.sub) == (ENTERPRISE, "manager", "value")
    assert manager.head == f"{ENTERPRISE}:manager"


@pytest.mark.parametrize(
    ("text", "is_multivalued", "is_complex", "is_read_only", "is_secret"),
    [
        ("userName", False, False, False, False),
        ("name", False, True, False, False),
        ("name.familyName", False, False, False, False),
        ("emails", True, True, False, False),
        ("emails.value", True, False, False, False),
        ("groups", True, True, True, False),
        ("password", False, False, False, True),
        ("id", False, False, True, False),
        (f"{ENTERPRISE}:manager", False, True, False, False),
    ],
)
def test_a_path_knows_what_its_schema_says(text, is_multivalued, is_complex, is_read_only, is_secret):
    found = path(text)

    assert found.is_multivalued is is_multivalued
    assert found.is_complex is is_complex
    assert found.is_read_only is is_read_only
    assert found.is_secret is is_secret


def test_the_sub_attributes_of_a_path_have_the_names_of_the_schema():
    assert "$ref" in path("groups").sub_attributes
    assert "familyName" in path("name").sub_attributes
    assert path("userName").sub_attributes == ()


# All of a resource type


def test_walking_a_resource_type_names_each_attribute_once():
    keys = [attribute.key for attribute in walk(RESOURCE)]

    assert len(keys) == len(set(keys))
    assert {"schemas", "id", "externalId", "meta", "userName", "emails", "x509Certificates"} <= {*keys}
    assert f"{ENTERPRISE}:department" in keys
    assert ENTERPRISE not in keys
    assert f"{ENTERPRISE}:schemas" not in keys


@pytest.mark.parametrize("resource", [RESOURCE, Group, User[EnterpriseUser]])
def test_each_attribute_that_is_walked_is_found_by_its_own_spelling(resource):
    for attribute in walk(resource):
        assert resolve(resource, attribute.key) == attribute


# Values in a document


@pytest.mark.parametrize(
    ("text", "value", "document"),
    [
        ("title", "Guide", {"title": "Guide"}),
        ("name.familyName", "Jensen", {"name": {"familyName": "Jensen"}}),
        ("emails", [{"value": "a@b"}], {"emails": [{"value": "a@b"}]}),
        (f"{ENTERPRISE}:department", "Sales", {ENTERPRISE: {"department": "Sales"}}),
        (f"{ENTERPRISE}:manager.value", "1", {ENTERPRISE: {"manager": {"value": "1"}}}),
        ("active", False, {"active": False}),
        ("title", "", {"title": ""}),
    ],
)
def test_setting_a_path_puts_the_value_where_the_json_of_scim_has_it(text, value, document):
    made: dict[str, object] = {}
    path(text).set(made, value)

    assert made == document
    assert path(text).get(made) == value


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_setting_a_path_to_an_unassigned_value_leaves_nothing_behind(nothing):
    """RFC 7643 section 2.5 has null and the empty list as unassigned."""
    document = {"userName": "bjensen", ENTERPRISE: {"manager": {"value": "1"}}}
    path(f"{ENTERPRISE}:manager.value").set(document, nothing)

    assert document == {"userName": "bjensen"}


def test_setting_a_sub_attribute_keeps_what_else_the_attribute_has():
    document = {"name": {"familyName": "Jensen", "givenName": "Barbara"}}
    path("name.familyName").set(document, None)

    assert document == {"name": {"givenName": "Barbara"}}


def test_clearing_a_path_that_is_not_there_changes_nothing():
    document = {"userName": "bjensen"}
    path(f"{ENTERPRISE}:manager.value").set(document, None)

    assert document == {"userName": "bjensen"}


@pytest.mark.parametrize("broken", [None, "text", ["list"], 3])
def test_a_sub_attribute_of_what_is_no_object_has_no_value(broken):
    assert path("name.familyName").get({"name": broken}) is None
    assert path(f"{ENTERPRISE}:department").get({ENTERPRISE: broken}) is None


PATHS = st.sampled_from(
    ["title", "name.familyName", "name.givenName", f"{ENTERPRISE}:manager.value", "emails"]
)
VALUES = st.one_of(st.text(), st.integers(), st.booleans(), st.lists(st.text(), min_size=1))


@given(st.dictionaries(PATHS, VALUES), PATHS, VALUES)
def test_setting_and_clearing_a_path_leaves_the_document_as_it_was(values, text, value):
    document: dict[str, object] = {}
    for key, item in values.items():
        if key != text:
            path(key).set(document, item)
    before = deepcopy(document)

    path(text).set(document, value)
    assert path(text).get(document) == value
    path(text).set(document, None)

    assert document == before
