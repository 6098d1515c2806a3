"""Any JSON at all: the rules never fail, what is canonical stays as it is, and no request is a 500.

What a rule may raise is a SCIM error: those of the strict dialect do, and text that should be base64 is one.
"""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scim2_models import SCIMException

from django_scim.dialects.canonical import (
    canonical_message,
    canonical_operations,
    canonical_parameters,
    canonical_path,
    canonical_resource,
)
from django_scim.dialects.registry import DIALECTS
from django_scim.schema.attributes import schema_of
from django_scim.schema.types import EnterpriseUserExtension, Group, User
from tests.dialects.canonical_requests import MESSAGES, PARAMETERS, RESOURCES
from tests.factories import GroupFactory, UserFactory
from tests.fuzz.values import ATTRIBUTES
from tests.representations import ENTERPRISE, USER, path_of

RESOURCE_TYPES: list[Any] = [User[EnterpriseUserExtension], Group]

NAMES = [
    *ATTRIBUTES,
    "givenName",
    "manager",
    "department",
    "members[value eq x]",
    USER,
    ENTERPRISE.upper(),
    f"{ENTERPRISE}.manager",
    "urn:scim:schemas:core:1.0",
    "urn:scim:schemas:extension:enterprise:1.0",
    "urn:scim:schemas:extension:enterprise:2.0:User.manager.value",
]
"""Names as clients write them, and as some have written them in the past."""

TEXTS = [
    "",
    "True",
    "False",
    "add",
    "Remove",
    "REPLACE",
    '{"value": "Admin"}',
    "{",
    "userName eq x",
    'emails[type eq work].value eq "x" and not (manager eq 5)',
    "[",
    "]",
    '"',
    "eq eq eq",
    "a eq 1e999",
]

text = st.one_of(st.sampled_from(NAMES + TEXTS), st.text(max_size=20))
scalars = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), text)
json = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(text, inner, max_size=4)),
    max_leaves=12,
)
objects = st.dictionaries(text, json, max_size=6)
operations = st.fixed_dictionaries(
    {},
    optional={
        "op": st.one_of(st.sampled_from(["add", "Replace", "remove"]), json),
        "path": text,
        "value": json,
    },
)
messages = st.one_of(
    json,
    operations,
    st.lists(operations, max_size=3),
    st.fixed_dictionaries({"Operations": st.one_of(json, operations, st.lists(operations, max_size=3))}),
)
resource_types = st.sampled_from(RESOURCE_TYPES)
dialects = st.sampled_from(list(DIALECTS.values()))


@given(resource_types, st.one_of(json, objects), dialects)
def test_any_body_of_a_resource_has_a_canonical_form(resource, body, dialect):
    before = copy.deepcopy(body)

    with suppress(SCIMException):
        canonical_resource(resource, body, dialect)

    assert body == before


@given(resource_types, messages, dialects)
def test_any_body_of_a_patch_has_a_canonical_form(resource, body, dialect):
    before = copy.deepcopy(body)

    with suppress(SCIMException):
        message = canonical_message(body, dialect)
        if isinstance(message, dict) and isinstance(message.get("Operations"), list):
            canonical_operations(resource, message["Operations"], dialect)

    assert body == before


@given(st.lists(resource_types, max_size=2), objects, dialects)
def test_any_parameters_of_a_query_have_a_canonical_form(resources, parameters, dialect):
    with suppress(SCIMException):
        canonical_parameters(resources, {**parameters, "filter": parameters.get("filter", "")}, dialect)


@given(st.lists(resource_types, max_size=2), text, dialects)
def test_any_filter_has_a_canonical_form(resources, filter_text, dialect):
    parameters = {"filter": filter_text, "sortBy": filter_text, "attributes": [filter_text, filter_text]}

    with suppress(SCIMException):
        canonical_parameters(resources, parameters, dialect)


@given(resource_types, text, dialects)
def test_any_path_has_a_canonical_form(resource, path, dialect):
    with suppress(SCIMException):
        canonical_path(path, schema_of(resource), dialect)


# What is canonical stays as it is


@pytest.mark.parametrize(("resource", "body"), RESOURCES)
def test_a_conforming_body_stays_as_it_is(resource, body):
    assert canonical_resource(resource, body) == body


@pytest.mark.parametrize(("resource", "message"), MESSAGES)
def test_a_conforming_patch_stays_as_it_is(resource, message):
    assert canonical_message(message) == message
    assert canonical_operations(resource, message["Operations"]) == message["Operations"]


@pytest.mark.parametrize(("resource", "parameters"), PARAMETERS)
def test_a_conforming_query_stays_as_it_is(resource, parameters):
    assert canonical_parameters([resource], parameters) == parameters


# Through the whole server

sent = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@sent
@given(st.one_of(objects, messages), st.sampled_from(["/Users", "/Groups"]))
def test_no_post_of_any_json_is_a_500(scim, body, path):
    assert scim.post(path, body).status_code < 500


@sent
@given(st.one_of(objects, messages), st.booleans())
def test_no_put_of_any_json_is_a_500(scim, body, is_group):
    row = GroupFactory.create() if is_group else UserFactory.create()

    assert scim.put(path_of(row), body).status_code < 500


@sent
@given(messages, st.booleans())
def test_no_patch_of_any_json_is_a_500(scim, body, is_group):
    row = GroupFactory.create() if is_group else UserFactory.create()

    assert scim.request("PATCH", path_of(row), body).status_code < 500


@sent
@given(text, st.sampled_from(["/Users", "/Groups", "/"]), st.sampled_from(["filter", "sortBy", "attributes"]))
def test_no_query_of_any_text_is_a_500(scim, value, path, name):
    assert scim.get(path, {name: value}).status_code < 500


@sent
@given(objects)
def test_no_query_in_a_body_of_any_json_is_a_500(scim, body):
    assert scim.post("/Users/.search", body).status_code < 500
