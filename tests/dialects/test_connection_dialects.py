"""The dialect of a connection, and the rules that it chooses."""

from __future__ import annotations

import orjson
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from django_scim.dialects import Stage
from django_scim.dialects.registry import DIALECTS, MODULES, RULES, STANDARD, dialect_choices, dialect_of
from django_scim.models import Connection
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.representations import path_of, user

ADMIN = {"id": "06b07648-ecfe-589f-9d2f-6325724a46ee", "value": "25", "displayName": "Role1234"}
ADMIN_TEXT = orjson.dumps(ADMIN).decode()


@pytest.fixture
def entra(db) -> ScimClient:
    return ScimClient(ConnectionFactory.create(dialect="entra"))


# Roles as JSON text, which Entra ID adds by PATCH


@pytest.mark.parametrize("op", ["Add", "replace"])
@pytest.mark.parametrize(
    "value", [[{"value": ADMIN_TEXT}], [ADMIN_TEXT], ADMIN_TEXT], ids=["values", "texts", "text"]
)
def test_entra_id_sends_roles_as_json_text(entra, op, value):
    row = UserFactory.create()

    response = entra.patch(path_of(row), {"op": op, "path": "roles", "value": value})

    assert response.json()["roles"] == [{"value": "25", "display": "Role1234"}]


def test_values_beside_the_json_text_of_a_role_are_kept(entra):
    roles = [{"primary": "True", "type": "WindowsAzureActiveDirectoryRole", "value": ADMIN_TEXT}]

    response = entra.post("/Users", user(roles=roles))

    assert response.json()["roles"] == [
        {"primary": True, "type": "WindowsAzureActiveDirectoryRole", "value": "25", "display": "Role1234"}
    ]


def test_roles_as_json_text_can_be_removed(entra):
    row = UserFactory.create()
    entra.patch(path_of(row), {"op": "Add", "path": "roles", "value": [ADMIN_TEXT, "User"]})

    response = entra.patch(path_of(row), {"op": "Remove", "path": "roles", "value": [{"value": ADMIN_TEXT}]})

    assert response.json()["roles"] == [{"value": "User"}]


@pytest.mark.parametrize("text", ["{", "{}", '{"id": "5"}', '{"value": 5}', '["Admin"]', "Admin"])
def test_the_text_of_a_role_that_is_no_json_object_is_the_value(entra, text):
    assert entra.post("/Users", user(roles=[{"value": text}])).json()["roles"] == [{"value": text}]


def test_the_json_text_of_a_role_is_the_value_in_another_dialect(scim):
    response = scim.post("/Users", user(entitlements=[{"value": ADMIN_TEXT}]))

    assert response.json()["entitlements"] == [{"value": ADMIN_TEXT}]


# The field


def test_a_connection_has_the_standard_dialect_unless_another_is_chosen(db):
    connection = ConnectionFactory.create()

    assert connection.dialect == ""
    assert dialect_of(connection.dialect) is STANDARD
    connection.full_clean()


@pytest.mark.parametrize("name", [name for name in DIALECTS if name])
def test_each_dialect_can_be_chosen_for_a_connection(db, name):
    connection = ConnectionFactory.create(dialect=name)

    connection.full_clean()
    assert dialect_of(connection.dialect) is DIALECTS[name]
    assert name in dict(dialect_choices())


def test_a_dialect_that_does_not_exist_cannot_be_chosen(db):
    with pytest.raises(ValidationError, match="dialect"):
        ConnectionFactory.create(dialect="klingon").full_clean()


def test_a_dialect_that_is_no_more_is_read_as_the_standard_one(db):
    client = ScimClient(ConnectionFactory.create(dialect="klingon"))

    assert client.post("/Users", user(emails="b@example.com")).status_code == 201


def test_the_admin_sets_the_dialect_of_a_connection(admin_client):
    page = admin_client.get(reverse("admin:django_scim_connection_add"))

    assert '<option value="entra">' in page.content.decode()
    data = {"name": "Entra", "dialect": "entra", "is_active": "on", "tenant_type": "", "tenant_id": ""}
    response = admin_client.post(reverse("admin:django_scim_connection_add"), data)

    assert response.status_code == 302, response.context["errors"]
    assert Connection.objects.get().dialect == "entra"


# The rules


def test_every_rule_of_a_dialect_says_who_sends_it_and_where_that_is_written():
    for rule in RULES:
        assert rule.function.__doc__, rule.name
        assert rule.sent_by, rule.name
        assert rule.source, rule.name
        assert rule.stages, rule.name


def test_every_rule_that_is_not_in_force_by_default_is_one_of_a_dialect():
    chosen = {function for dialect in DIALECTS.values() for function in dialect.own}

    assert {rule.function for rule in RULES if not rule.default} == chosen


def test_every_module_of_rules_has_some():
    for module in MODULES:
        assert [rule for rule in RULES if rule.function.__module__ == module.__name__]


def test_a_dialect_adds_to_the_default_rules():
    for dialect in DIALECTS.values():
        for stage in Stage if not dialect.is_strict else ():
            assert set(STANDARD.rules(stage)) <= set(dialect.rules(stage))
