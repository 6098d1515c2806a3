"""``manage.py scim_inspect``: what it says of a mapping is what the server does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from django_scim.resources.registry import registry
from django_scim.schema import ENTERPRISE
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.indexes.plans import indexes_dropped

pytestmark = pytest.mark.django_db


def run(*arguments):
    """Run the command; return what it printed."""
    out = StringIO()
    call_command("scim_inspect", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def inspected(resource_type):
    """Return what the command says of each attribute of a resource type, by its path."""
    (found,) = json.loads(run(resource_type, "--format", "json"))
    return {
        f"{attribute['schema']}:{attribute['attribute']}"
        if attribute["schema"]
        else attribute["attribute"]: attribute
        for attribute in found["attributes"]
    }


def answers(scim, resource_type, parameter, attribute, value):
    """Whether the server takes a parameter for an attribute, or for a sub-attribute of it."""
    adapter = registry().by_name[resource_type]
    found = adapter.resolve(attribute)
    assert found is not None
    subs = [f".{sub}" for sub in found.sub_attributes]
    responses = [
        scim.get(adapter.endpoint, {parameter: value.format(f"{attribute}{sub}")}) for sub in ("", *subs)
    ]
    assert {response.status_code for response in responses} <= {200, 400}
    return any(response.status_code == 200 for response in responses)


class TestTable:
    def test_the_table_of_scim_inspect_has_a_row_for_each_attribute_with_its_mapping_and_its_field(self):
        rows = [line.split() for line in run("User").splitlines()]

        assert ["userName", "Column", "username", "yes", "yes", "yes"] in [row[:6] for row in rows]
        assert ["password", "Password", "-", "yes", "no", "no", "no"] in rows
        is_indexed = "yes" if connection.vendor == "postgresql" else "no"
        assert ["nickName", "Stored", "-", "yes", "yes", "yes", is_indexed] in rows
        assert ["groups", "Members", "groups", "no", "yes"] in [row[:5] for row in rows]

    def test_the_table_of_scim_inspect_names_the_resource_type_its_endpoint_and_its_model(self):
        printed = run()

        assert "User: /Users, auth.User" in printed
        assert "Group: /Groups, auth.Group" in printed

    def test_the_table_of_scim_inspect_has_the_attributes_of_an_extension_below_its_urn(self):
        lines = run("User").splitlines()

        below = lines[lines.index(ENTERPRISE) + 1 :]
        assert any(line.startswith("  employeeNumber ") for line in below)

    def test_the_table_of_scim_inspect_is_of_one_resource_type_where_one_is_asked_for_in_any_case(self):
        assert "User:" not in run("group")

    def test_the_table_of_scim_inspect_is_aligned(self):
        table = run("User").splitlines()[2:-1]
        lines = [line for line in table if not line.startswith("urn:")]

        column = lines[0].index("Mapping")
        assert {line[column - 2 : column] for line in lines} == {"  "}

    def test_the_table_of_scim_inspect_of_an_unknown_resource_type_is_an_error_that_names_the_nearest(self):
        with pytest.raises(CommandError, match=r"There is no resource type Users\. Did you mean 'User'"):
            run("Users")


class TestEffectiveMapping:
    def test_the_effective_mapping_is_that_of_the_settings(self, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"User": {"attributes": {"title": "last_name", "name.familyName": None}}}
        }

        found = inspected("User")

        assert (found["title"]["mapping"], found["title"]["fields"]) == ("Column", ["last_name"])
        assert "name.familyName" not in found

    def test_the_effective_mapping_of_an_attribute_that_never_has_a_value_is_none(self, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"groups": None}}}}

        groups = inspected("User")["groups"]

        assert groups["mapping"] is None
        assert not any(groups[key] for key in ("fields", "writable", "filterable", "sortable", "indexed"))

    def test_the_effective_mapping_is_that_of_the_adapter(self, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {"User": {"adapter": "tests.management.adapters.ComputedAdapter"}}
        }

        found = inspected("User")

        assert found["displayName"]["mapping"] == "Computed"
        assert found["displayName"]["fields"] == ["first_name", "last_name"]
        assert not found["displayName"]["writable"]
        assert not found["displayName"]["filterable"]
        assert found["nickName"]["filterable"]


@pytest.mark.parametrize("resource_type", ["User", "Group"])
class TestEveryAttribute:
    def test_every_attribute_can_be_filtered_if_it_says_so_and_else_cannot(self, scim, resource_type):
        UserFactory.create()
        GroupFactory.create()
        for path, attribute in inspected(resource_type).items():
            told = attribute["filterable"]
            assert answers(scim, resource_type, "filter", path, "{} pr") is told, path

    def test_every_attribute_can_be_sorted_by_if_it_says_so_and_else_cannot(self, scim, resource_type):
        for path, attribute in inspected(resource_type).items():
            assert answers(scim, resource_type, "sortBy", path, "{}") is attribute["sortable"], path

    def test_every_attribute_is_read_only_in_the_schemas_if_it_cannot_be_written(self, scim, resource_type):
        schemas = {schema["id"]: schema for schema in scim.get("/Schemas").json()["Resources"]}
        core = str(registry().by_name[resource_type].resource.__schema__)
        mutability = {
            (schema["id"], declared["name"]): declared["mutability"]
            for schema in schemas.values()
            for declared in schema["attributes"]
        }
        for path, attribute in inspected(resource_type).items():
            declared = mutability.get((attribute["schema"] or core, attribute["attribute"].partition(".")[0]))
            if declared is not None and "." not in attribute["attribute"]:
                assert (declared != "readOnly") is attribute["writable"], path


def test_scim_inspect_names_the_policy_of_each_connection_and_who_counts_as_the_same_person():
    ConnectionFactory.create(name="Okta", adoption="own")
    ConnectionFactory.create(name="Entra ID", adoption="matching", domains=["example.com"])

    printed = run("User")

    assert "known again by externalId; adopted by userName" in printed
    (okta,) = [line for line in printed.splitlines() if line.strip().startswith("Okta: ")]
    (entra,) = [line for line in printed.splitlines() if line.strip().startswith("Entra ID: ")]
    assert okta.strip().startswith("Okta: own (")
    assert entra.strip().startswith("Entra ID: matching (")
    assert entra.endswith("; domains: example.com")


@pytest.mark.django_db(transaction=True)
def test_an_attribute_is_indexed_once_there_is_an_index():
    before = inspected("User")["emails"]["indexed"]
    with indexes_dropped():
        call_command("scim_createindexes", stdout=StringIO())
        after = inspected("User")["emails"]["indexed"]

    assert (before, after) == (False, True)


def test_an_attribute_of_a_number_is_indexed_if_its_column_is(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"title": "id", "nickName": "is_staff"}}}}

    found = inspected("User")

    # The title is text: the number is converted to be compared.
    assert not found["title"]["indexed"]
    assert not found["nickName"]["indexed"]
    assert found["id"]["indexed"]
    assert found["externalId"]["indexed"]


def test_scim_inspect_says_nothing_of_indexes_where_the_table_is_not_there(settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Ghost": {"adapter": "tests.indexes.adapters.GhostAdapter"}}}

    assert inspected("Ghost")["displayName"]["indexed"] is None
    assert "?" in run("Ghost")


def test_scim_inspect_prints_the_tables_where_the_database_does_not_answer():
    nowhere = {"DATABASE_URL": "postgresql://127.0.0.1:1/nowhere", "DJANGO_SETTINGS_MODULE": "tests.settings"}
    command = [sys.executable, "-m", "django", "scim_inspect", "Group"]

    done = subprocess.run(command, env={**os.environ, **nowhere}, capture_output=True, text=True, check=False)  # noqa: S603

    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in done.stdout.splitlines() if line.startswith("displayName")] == ["?"]
