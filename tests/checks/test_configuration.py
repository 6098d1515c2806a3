"""``manage.py check`` says what is wrong with the configuration: the place, and the nearest right name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured

from django_scim.adapters.adapter import Adapter
from django_scim.adapters.users import UserAdapter
from django_scim.mappings import Column, Computed, Members, Password, PrimaryValue, Reference, Rows
from tests.hosts.small.adapters import PersonAdapter, Thing
from tests.hosts.small.models import Device
from tests.representations import ENTERPRISE

HERE = "tests.checks.test_configuration"
USER = 'DJANGO_SCIM["RESOURCES"]["User"]'
SMALL = "tests.hosts.small.adapters"


@pytest.fixture
def check(settings):
    """Run the system checks of a project with a setting, those of its routes too."""

    def run(configured: Any) -> list[CheckMessage]:
        settings.DJANGO_SCIM = configured
        return run_checks(tags=["django_scim", "urls"])

    return run


def people(**attributes: Any) -> dict[str, Any]:
    """Return the setting of a project that serves people, with further mappings."""
    return {
        "RESOURCES": {"User": {"adapter": f"{SMALL}.PersonAdapter", "attributes": attributes}, "Group": None}
    }


def mapping(attribute: Any, target: Any) -> dict[str, Any]:
    """Return the setting that maps one attribute of the stock user."""
    return {"RESOURCES": {"User": {"attributes": {attribute: target}}}}


def only(messages: list[CheckMessage]) -> tuple[str, str, str]:
    """Return the one message that there is: its id, its text and its hint."""
    (message,) = messages
    return str(message.id), message.msg, message.hint or ""


def test_the_checks_find_nothing_in_a_stock_project(check):
    assert check({}) == []


def test_the_checks_find_nothing_in_a_project_with_models_of_all_kinds(check):
    configured = {
        "RESOURCES": {
            "User": {"adapter": f"{SMALL}.PersonAdapter"},
            "Group": None,
            "Device": {"adapter": f"{SMALL}.DeviceAdapter"},
        }
    }

    assert check(configured) == []


# Attributes


@pytest.mark.parametrize(
    ("attribute", "hint"),
    [
        ("tilte", "Did you mean 'title'?"),
        ("name.famliyName", "Did you mean 'name.familyName'?"),
        ("department", f"Did you mean '{ENTERPRISE}:department'?"),
        ("Department", f"Did you mean '{ENTERPRISE}:department'?"),
        (f"{ENTERPRISE}:departement", f"Did you mean '{ENTERPRISE}:department'?"),
        ("manager.displayName", f"Did you mean '{ENTERPRISE}:manager.displayName'?"),
        ("user-name", "Did you mean 'userName'?"),
        ("zzz", "There are: active, addresses, "),
    ],
)
def test_a_mapping_of_an_attribute_that_no_schema_has_is_an_error(check, attribute, hint):
    identifier, text, found = only(check(mapping(attribute, "first_name")))

    assert identifier == "django_scim.E001"
    assert text == f"""{USER} maps '{attribute}', which is no attribute of the User schemas."""
    assert found.startswith(hint)


@pytest.mark.parametrize(
    "attribute", ["", ".", "a[", "name.", 3, None, 'emails[type eq "work"].value', "urn:x:y"]
)
def test_a_mapping_of_what_is_no_attribute_at_all_is_an_error(check, attribute):
    identifier, text, _ = only(check(mapping(attribute, "first_name")))

    assert identifier == "django_scim.E001"
    assert f"maps '{attribute}'" in text


@pytest.mark.parametrize("attribute", ["id", "ID", "meta", "schemas"])
@pytest.mark.parametrize("target", ["username", None])
def test_an_attribute_that_the_server_alone_knows_cannot_be_mapped(check, attribute, target):
    identifier, text, hint = only(check(mapping(attribute, target)))

    assert identifier == "django_scim.E001"
    assert f"maps '{attribute.lower()}', which is not the project's to map" in text
    assert ("id_field" in hint) is (attribute.lower() == "id")


# Columns


@pytest.mark.parametrize(
    ("path", "field", "model", "hint"),
    [
        ("frist_name", "frist_name", "auth.User", "Did you mean 'first_name'?"),
        ("First_Name", "First_Name", "auth.User", "Did you mean 'first_name'?"),
        ("profile__title", "profile", "auth.User", "There are: "),
        ("", "", "auth.User", "There are: "),
        ("pk", "pk", "auth.User", "Did you mean 'id'?"),
    ],
)
def test_a_mapping_to_a_field_that_the_model_does_not_have_is_an_error(check, path, field, model, hint):
    identifier, text, found = only(check(mapping("title", path)))

    assert identifier == "django_scim.E002"
    assert text == f"""{USER} maps 'title' to '{path}', but {model} has no field '{field}'."""
    assert found.startswith(hint)


@pytest.mark.parametrize(
    ("path", "field", "model", "hint"),
    [
        ("profil__title", "profil", "small.Person", "Did you mean 'profile'?"),
        ("profile__titel", "titel", "small.Profile", "Did you mean 'title'?"),
        ("profile__department__nam", "nam", "small.Department", "Did you mean 'name'?"),
    ],
)
def test_the_wrong_step_in_the_path_of_a_mapping_is_named(check, path, field, model, hint):
    identifier, text, found = only(check(people(title=path)))

    assert identifier == "django_scim.E002"
    assert f"maps 'title' to '{path}', but {model} has no field '{field}'." in text
    assert found == hint


@pytest.mark.parametrize(
    "path",
    [
        "groups__name",
        "groups",
        "user_permissions__codename",
        "first_name__lower",
        "logentry__change_message",
        "logentry",
    ],
)
def test_a_mapping_whose_path_does_not_lead_to_one_column_is_an_error(check, path):
    identifier, text, hint = only(check(mapping("title", path)))

    assert identifier == "django_scim.E003"
    assert f"maps 'title' to '{path}', which does not lead from auth.User to one column" in text
    assert "Members" in hint


@pytest.mark.parametrize("path", ["profile", "desk", "home", "profile__department", "profile__manager"])
def test_a_mapping_to_a_relation_instead_of_a_column_is_an_error(check, path):
    identifier, text, hint = only(check(people(title=path)))

    assert identifier == "django_scim.E003"
    assert f"'{path}'" in text
    assert "Reference for a foreign key" in hint


@pytest.mark.parametrize("path", ["home__company__name", "profile__department__company__name"])
def test_a_mapping_whose_path_goes_on_behind_a_shared_row_is_an_error(check, path):
    identifier, text, _ = only(check(people(title=path)))

    assert identifier == "django_scim.E003"
    assert "could not be written" in text


# What fits an attribute


@pytest.mark.parametrize(
    ("attribute", "target"),
    [("name", "first_name"), ("emails", "email"), ("addresses", "email"), ("members", None)],
)
def test_one_column_is_not_enough_for_a_complex_attribute_or_a_list(check, attribute, target):
    messages = check(mapping(attribute, target))
    identifier, text, _ = only(messages)

    assert identifier == ("django_scim.E001" if attribute == "members" else "django_scim.E004")
    assert f"maps '{attribute}'" in text


@pytest.mark.parametrize("target", ["email", Column("email"), Computed(str), None])
def test_a_part_of_a_list_cannot_be_mapped(check, target):
    identifier, text, hint = only(check(mapping("emails.value", target)))

    assert identifier == "django_scim.E004"
    assert "'emails' is a list" in text
    assert "PrimaryValue" in hint


@pytest.mark.parametrize("target", [3, ["title"], object, Password, {"column": "title"}, b"title", True])
def test_an_attribute_with_what_is_no_mapping_is_an_error(check, target):
    identifier, text, _ = only(check(mapping("title", target)))

    assert identifier == "django_scim.E004"
    assert "maps 'title' to " in text
    assert "which is no mapping" in text


@pytest.mark.parametrize(
    ("attribute", "target", "identifier", "text", "hint"),
    [
        ("emails", PrimaryValue("emial"), "E002", "has no field 'emial'", "Did you mean 'email'?"),
        ("groups", Members("group", to="Group"), "E002", "'group'", "Did you mean 'groups'?"),
        ("groups", Members("username", to="Group"), "E002", "'username'", "There are: "),
        ("emails", Rows("emailaddress", value="email"), "E002", "'emailaddress'", "There are: "),
        (f"{ENTERPRISE}:manager", Reference("manager", to="User"), "E002", "'manager'", "There are: "),
        (f"{ENTERPRISE}:manager", Reference("username", to="User"), "E003", "'username'", "Use Rows"),
        (
            "groups",
            Members("groups", to="Gruop"),
            "E009",
            "the type 'Gruop', which there is not",
            "Did you mean 'Group'?",
        ),
        (
            "groups",
            Members("groups", to="User"),
            "E009",
            "model is auth.User, but the relation leads to auth.Group",
            "",
        ),
        (
            "displayName",
            Computed(str, columns=["frist_name"]),
            "E002",
            "'frist_name'",
            "Did you mean 'first_name'?",
        ),
        ("displayName", Computed(str, columns=["groups__name"]), "E003", "'groups__name'", "Use Rows"),
    ],
)
def test_a_mapping_checks_what_it_names(check, attribute, target, identifier, text, hint):
    found = only(check(mapping(attribute, target)))

    assert found[0] == f"django_scim.{identifier}"
    assert """DJANGO_SCIM["RESOURCES"]["User"] maps""" in found[1]
    assert text in found[1]
    assert found[2].startswith(hint)


def test_a_reference_to_rows_of_another_model_is_an_error(check):
    wrong = Reference("profile__department", to="User")
    identifier, text, _ = only(check(people(**{f"{ENTERPRISE}:manager": wrong})))

    assert identifier == "django_scim.E009"
    assert "model is small.Person, but the relation leads to small.Department" in text


# Dotted paths


@pytest.mark.parametrize(
    ("path", "text", "hint"),
    [
        (
            "django_scim.adapters.users.UserAdaptr",
            "'django_scim.adapters.users' has no 'UserAdaptr'",
            "'UserAdapter'",
        ),
        (
            "django_scim.adapters.user.UserAdapter",
            "No module named 'django_scim.adapters.user'",
            "adapters.UserAdapter'",
        ),
        ("nowhere.UserAdapter", "cannot be imported: No module named 'nowhere'", ""),
        ("UserAdapter", "'UserAdapter' is no dotted path", "A dotted path has"),
        (".UserAdapter", "'.UserAdapter' is no dotted path", ""),
        ("..x", "'..x' is no dotted path", ""),
        ("a b.c", "'a b.c' is no dotted path", ""),
        ("django_scim.adapters.users.", "is no dotted path", ""),
        ("django.contrib.auth.models.User", "'django.contrib.auth.models.User' is no adapter", "Adapter"),
        ("django_scim.adapters.users.NAMES", "'django_scim.adapters.users.NAMES' is no adapter", "Adapter"),
    ],
)
@pytest.mark.parametrize("name", ["User", "Group", "Device"])
def test_an_adapter_that_cannot_be_imported_is_an_error(check, name, path, text, hint):
    identifier, found, suggestion = only(check({"RESOURCES": {name: {"adapter": path}}}))

    assert identifier == "django_scim.E007"
    assert found.startswith(f'DJANGO_SCIM["RESOURCES"]["{name}"]: ')
    assert text in found
    assert hint in suggestion


@pytest.mark.parametrize(
    ("option", "path", "text", "hint"),
    [
        (
            "AUTHENTICATION_CLASSES",
            "django_scim.api.authentication.AccessTokenAuthentcation",
            "'django_scim.api.authentication' has no 'AccessTokenAuthentcation'",
            "Did you mean 'AccessTokenAuthentication'?",
        ),
        (
            "AUTHENTICATION_CLASSES",
            "django_scim.authentication.AccessTokenAuthentication",
            "No module named 'django_scim.authentication'",
            "Did you mean 'django_scim.api.authentication.AccessTokenAuthentication'?",
        ),
        (
            "AUTHENTICATION_CLASSES",
            "django_scim.api.permissions.HasScope",
            "a class with the method authenticate()",
            "",
        ),
        (
            "HISTORY_AUTHENTICATION_CLASSES",
            "rest_framework.authentication.SessionAuthentcation",
            "has no 'SessionAuthentcation'",
            "Did you mean 'SessionAuthentication'?",
        ),
        (
            "PERMISSION_CLASSES",
            "django_scim.api.permissions.HasScop",
            "has no 'HasScop'",
            "Did you mean 'HasScope'?",
        ),
        (
            "PERMISSION_CLASSES",
            "rest_framework.permissions.SAFE_METHODS",
            "a class with the method has_permission()",
            "",
        ),
        ("THROTTLE_CLASSES", "nowhere", "'nowhere' is no dotted path", ""),
        (
            "CURRENT_RESOURCE",
            "django_scim.api.resources.nobody",
            "'django_scim.api.resources' has no 'nobody'",
            "",
        ),
        ("CURRENT_RESOURCE", "django.conf.ENVIRONMENT_VARIABLE", "is not a function", ""),
    ],
)
def test_a_setting_that_names_a_missing_class_or_function_is_an_error(check, option, path, text, hint):
    messages = check({option: path if option == "CURRENT_RESOURCE" else [path]})
    identifier, found, suggestion = only([message for message in messages if message.is_serious()])

    assert identifier == "django_scim.E007"
    assert found.startswith(f'DJANGO_SCIM["{option}"]: ')
    assert text in found
    assert suggestion.startswith(hint)


# Adapters of the project


class Nameless(Adapter):
    """An adapter that says nothing."""


class Schemaless(Adapter):
    """An adapter without a schema."""

    name = "Thing"
    endpoint = "/Things"
    model = Device


class Modelless(Schemaless):
    """An adapter whose model is the name of one."""

    resource = Thing
    model = "small.Device"  # type: ignore[assignment]


class Abstract(UserAdapter):
    """An adapter of a model that has no table."""

    from django.contrib.auth.models import AbstractUser as model


class Listed(UserAdapter):
    """An adapter with a list of attributes."""

    attributes = ["title"]  # type: ignore[assignment]


class OddlyNamed(Schemaless):
    """An adapter whose name could stand in no address."""

    resource = Thing
    name = "a thing/1"


class Rootless(Schemaless):
    """An adapter whose endpoint is no path."""

    resource = Thing
    endpoint = "Things"


class Nested(Rootless):
    """An adapter whose endpoint is two steps."""

    endpoint = "/api/Things"


class Reserved(Rootless):
    """An adapter on an endpoint of the RFC."""

    endpoint = "/schemas"


class SameName(Rootless):
    """An adapter with the name of another."""

    endpoint = "/Things"
    name = "user"


class SameEndpoint(Rootless):
    """An adapter with the endpoint of another."""

    endpoint = "/users"


@pytest.mark.parametrize(
    ("adapter", "text"),
    [
        ("Nameless", "its 'name' has to be a string"),
        ("Schemaless", "its 'resource' has to be a subclass of Resource"),
        ("Modelless", "its 'model' has to be a subclass of Model"),
        ("Abstract", "auth.AbstractUser is abstract, and has no rows"),
        ("Listed", "its 'attributes' have to be a dictionary"),
        ("OddlyNamed", "the name 'a thing/1' has to match"),
        ("Rootless", "the endpoint 'Things' has to match"),
        ("Nested", "the endpoint '/api/Things' has to match"),
        ("Reserved", "the endpoint '/schemas' means something else already"),
        (
            "SameName",
            """the name 'user' belongs to UserAdapter of DJANGO_SCIM["RESOURCES"]["User"] already""",
        ),
        (
            "SameEndpoint",
            """the endpoint '/users' belongs to UserAdapter of DJANGO_SCIM["RESOURCES"]["User"] already""",
        ),
    ],
)
def test_an_adapter_that_cannot_be_used_is_an_error(check, adapter, text):
    name = "user" if adapter == "SameName" else "Thing"
    identifier, found, _ = only(check({"RESOURCES": {name: {"adapter": f"{HERE}.{adapter}"}}}))

    assert identifier == "django_scim.E008"
    assert found.startswith(f"""DJANGO_SCIM["RESOURCES"]["{name}"]: '{HERE}.{adapter}' cannot be used: """)
    assert text in found


class Undecided(UserAdapter):
    """An adapter that finds out late that it cannot be used."""

    def get_attributes(self):
        """Refuse."""
        raise ImproperlyConfigured("it has no attributes.")


def test_an_adapter_that_finds_out_late_that_it_cannot_be_used_is_an_error(check, scim):
    identifier, text, _ = only(check({"RESOURCES": {"User": {"adapter": f"{HERE}.Undecided"}}}))

    assert identifier == "django_scim.E008"
    assert text == """DJANGO_SCIM["RESOURCES"]["User"]: 'Undecided' cannot be used: it has no attributes."""
    assert scim.get("/Groups").status_code == 200


def test_a_resource_type_under_another_name_than_that_of_its_adapter_is_an_error(check):
    identifier, text, _ = only(check({"RESOURCES": {"Gadget": {"adapter": f"{SMALL}.DeviceAdapter"}}}))

    assert identifier == "django_scim.E008"
    assert text.endswith("its name is 'Device', not 'Gadget'.")


@pytest.mark.parametrize(
    ("name", "hint"), [("user", "Did you mean 'User'?"), ("Device", "There are: Group, User.")]
)
def test_a_resource_type_of_the_host_without_an_adapter_is_an_error(check, name, hint):
    identifier, text, suggestion = only(check({"RESOURCES": {name: {}}}))

    assert identifier == "django_scim.E008"
    assert text == f"""DJANGO_SCIM["RESOURCES"]["{name}"] has no 'adapter'."""
    assert suggestion == hint


@pytest.mark.parametrize("label", ["small.Persn", "nowhere.Person", "Person", ""])
def test_a_model_that_the_settings_name_and_that_there_is_not_is_an_error(check, label):
    options = {"adapter": f"{SMALL}.PersonAdapter", "model": label}
    messages = check({"RESOURCES": {"User": options, "Group": None}})

    assert {message.id for message in messages} <= {"django_scim.E006", "django_scim.E008"}
    assert "'model'" in messages[0].msg or '["model"]' in messages[0].msg


class Misled(PersonAdapter):
    """An adapter that names what there is not."""

    display_column = "logn"
    created_field = "createed"
    delete = "sfot"
    attributes = {**PersonAdapter.attributes, "title": "profile__titel"}


def test_a_mistake_in_the_class_of_an_adapter_names_the_class(check):
    messages = check({"RESOURCES": {"User": {"adapter": f"{HERE}.Misled"}, "Group": None}})

    assert {message.obj for message in messages} == {Misled}
    texts = {message.msg.split(": ")[-1]: message.hint for message in messages}
    assert texts == {
        "the 'display_column' is 'logn', but small.Person has no such column.": "Did you mean 'login'?",
        "the 'created_field' is 'createed', but small.Person has no such column.": texts[
            "the 'created_field' is 'createed', but small.Person has no such column."
        ],
        "'delete' is 'sfot', but has to be 'soft' or 'hard'.": "Did you mean 'soft'?",
        f"{USER} maps 'title' to 'profile__titel', but small.Profile has no field 'titel'.": (
            "Did you mean 'title'?"
        ),
    }


# Identifiers


@pytest.mark.parametrize(
    ("id_field", "hint"),
    [
        ("scim_id", "There are: id, username."),
        ("usrname", "Did you mean 'username'?"),
        ("first_name", ""),
        ("groups", ""),
        ("is_active", ""),
        ("logentry", ""),
    ],
)
def test_an_id_field_that_cannot_hold_the_id_is_an_error(check, id_field, hint):
    identifier, text, found = only(check({"RESOURCES": {"User": {"id_field": id_field}}}))

    assert identifier == "django_scim.E010"
    assert f"the 'id_field' is '{id_field}', which is no unique column of text, integers or UUIDs" in text
    assert found.startswith(hint)


def test_an_id_field_that_may_be_empty_hides_rows(check):
    identifier, text, _ = only(check({"RESOURCES": {"Legacy": {"adapter": f"{SMALL}.LegacyAdapter"}}}))

    assert identifier == "django_scim.W003"
    assert "rows of small.Legacy without a value in 'scim_id'" in text


def test_a_primary_key_that_no_record_can_hold_is_an_error(check):
    messages = check({"RESOURCES": {"Thing": {"adapter": f"{SMALL}.MeasurementAdapter"}}})

    assert "django_scim.E010" in {message.id for message in messages}
    assert "the primary key of small.Measurement is a DecimalField" in " ".join(
        message.msg for message in messages
    )


# What is legal and dangerous


def test_accounts_that_nothing_can_lock_are_warned_of(check):
    configured = {"RESOURCES": {"User": {"adapter": f"{SMALL}.AccountAdapter"}, "Group": None}}
    identifier, text, _ = only(check(configured))

    assert identifier == "django_scim.W002"
    assert "'active' is mapped to no column of small.Account" in text


def test_taking_away_the_mapping_that_locks_accounts_is_warned_of(check):
    assert only(check(mapping("active", None)))[0] == "django_scim.W002"


def test_a_column_that_a_post_leaves_empty_is_warned_of(check):
    configured = {
        "RESOURCES": {
            "User": {"adapter": f"{SMALL}.CitizenAdapter", "attributes": {"active": "is_superuser"}}
        }
    }
    messages = check({"RESOURCES": {"Group": None}, **configured})

    warned = {str(message.id): message.msg for message in messages}
    assert "the column 'birthday' of small.Citizen" in warned["django_scim.W004"]


def test_a_user_name_that_nothing_maps_is_warned_of(check):
    identifier, text, _ = only(check(mapping("userName", None)))

    assert identifier == "django_scim.W004"
    assert "the column 'username' of auth.User" in text


@pytest.mark.parametrize(("attribute", "target"), [("title", "is_active"), ("active", "first_name")])
def test_a_truth_value_in_a_column_of_another_type_is_warned_of(check, attribute, target):
    # Without the attribute that has the column by itself: two are an error.
    whose = {"is_active": "active", "first_name": "name.givenName"}[target]
    attributes = {whose: None, attribute: target}
    messages = check({"RESOURCES": {"User": {"attributes": attributes}}})
    identifier, text, _ = only([message for message in messages if message.id != "django_scim.W002"])

    assert identifier == "django_scim.W005"
    assert f"maps '{attribute}'" in text
    assert f"'{target}'" in text


@pytest.mark.parametrize("column", ["is_superuser", "is_staff"])
def test_an_attribute_that_gives_every_right_is_warned_of(check, column):
    messages = check(mapping("active", column))

    assert "django_scim.W006" in {message.id for message in messages}
    assert f"maps 'active' to '{column}'" in " ".join(message.msg for message in messages)


def test_a_relation_that_gives_every_right_is_warned_of(check):
    """``roles`` as ``Members`` of the permissions of a user."""
    messages = check(mapping("roles", Members("user_permissions", to="Group")))

    assert "django_scim.W006" in {message.id for message in messages}


def test_a_default_page_that_is_larger_than_a_page_may_be_is_warned_of(check):
    assert only(check({"DEFAULT_PAGE_SIZE": 300}))[0] == "django_scim.W007"


@pytest.mark.parametrize("classes", [[], ["rest_framework.permissions.IsAuthenticated"]])
def test_permissions_that_forget_the_scope_of_a_token_are_warned_of(check, classes):
    identifier, text, _ = only(check({"PERMISSION_CLASSES": classes}))

    assert identifier == "django_scim.W008"
    assert "may write" in text


def test_permissions_of_a_project_with_tokens_of_its_own_are_its_own(check):
    configured = {
        "AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
        "PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    }

    assert check(configured) == []


def test_members_that_are_in_no_group_of_the_project_are_warned_of(check):
    identifier, text, _ = only(check({"RESOURCES": {"Group": {"adapter": f"{SMALL}.TeamAdapter"}}}))

    assert identifier == "django_scim.W009"
    assert "'members' is mapped to no relation of small.Team" in text


@pytest.mark.parametrize(
    ("mode", "is_warned"), [("IMMEDIATE", False), ("EXCLUSIVE", False), ("DEFERRED", True), (None, True)]
)
def test_a_sqlite_database_on_which_writers_fail_is_warned_of(check, monkeypatch, mode, is_warned):
    from django.db import connection

    if connection.vendor != "sqlite":
        is_warned = False
    options = {**connection.settings_dict["OPTIONS"], "transaction_mode": mode}
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)
    messages = check({})

    assert [str(message.id) for message in messages] == (["django_scim.W001"] if is_warned else [])


# The command


def run_check(folder: Path, configured: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py check`` of a project that has never imported its routes."""
    root = Path(__file__).resolve().parents[2]
    (folder / "broken_settings.py").write_text(f"from tests.settings import *\nDJANGO_SCIM = {configured}\n")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "broken_settings",
        "DATABASE_URL": "sqlite://:memory:",
        "PYTHONPATH": os.pathsep.join([str(folder), str(root)]),
    }
    return subprocess.run(
        [sys.executable, "-m", "django", "check"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("configured", "text"),
    [
        ("{'RESOURCES': {'User': {'adapter': 'nowhere.Adapter'}, 'Group': 3}}", "E007"),
        ("['RESOURCES']", "DJANGO_SCIM is ['RESOURCES'], but has to be a dictionary."),
        ("{'RESOURCES': {'User': {'attributes': {'title': 'nowhere', 3: 4}}}}", "E002"),
    ],
)
def test_the_check_command_says_what_is_wrong_and_never_fails_with_a_traceback(tmp_path, configured, text):
    done = run_check(tmp_path, configured)

    assert done.returncode == 1
    assert "SystemCheckError" in done.stderr
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_the_check_command_is_content_with_a_right_configuration(tmp_path):
    attributes = {"name.middleName": "first_name", "name.givenName": None}
    done = run_check(tmp_path, repr({"RESOURCES": {"User": {"attributes": attributes}}}))

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
