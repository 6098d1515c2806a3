"""The hints of the system checks: what somebody meant who configured something wrongly."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks

from django_scim.mappings import Column, Convert, FullName
from tests.representations import ENTERPRISE

SMALL = "tests.hosts.small.adapters"
ACME = "urn:example:params:scim:schemas:extension:acme:2.0:User"


@pytest.fixture
def check(settings):
    """Return what runs the system checks with the options of the users, and returns the only message."""

    def run(**options: Any) -> CheckMessage:
        settings.DJANGO_SCIM = {"RESOURCES": {"User": options, "Group": None}}
        (message,) = run_checks(tags=["django_scim"])
        return message

    return run


def people(**attributes: Any) -> dict[str, Any]:
    """Return the options of users who are people, with further mappings."""
    return {"adapter": f"{SMALL}.PersonAdapter", "attributes": attributes}


# Tenants and managers


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("hme", "Did you mean 'home'?"),
        ("login", "'login' is a column of values. Give the model a foreign key to the tenant"),
        ("profile__department", "It cannot lead across a relation: give small.Person a key to the tenant"),
        ("desks__place", "It cannot lead across a relation"),
        ("organisation", "Give the model a foreign key to the tenant, and name that. There are: desk, home"),
    ],
)
def test_a_tenant_field_that_leads_to_no_tenant_is_an_error(check, field, hint):
    message = check(**people(), tenant_field=field)

    assert message.id == "django_scim.E008"
    assert (
        f"its tenant_field '{field}' is no foreign key or many-to-many relation of small.Person"
        in message.msg
    )
    assert hint in message.hint


def test_a_manager_that_the_model_does_not_have_is_an_error_with_the_nearest_one(check):
    message = check(manager="object")

    assert message.id == "django_scim.E008"
    assert message.hint == "Did you mean 'objects'?"


@pytest.mark.parametrize(
    ("protect", "reason"),
    [
        ({"nope": 1}, "Cannot resolve keyword 'nope' into field."),
        ({"is_staff": "maybe"}, "“maybe” value must be either True or False."),
    ],
)
def test_a_protect_that_cannot_be_looked_up_is_an_error_with_an_example(check, protect, reason):
    message = check(protect=protect)

    assert message.id == "django_scim.E011"
    assert f"'protect' cannot be looked up: {reason}" in message.msg
    assert "groups__name" in message.hint


# Columns


@pytest.mark.parametrize(
    ("attribute", "path", "hint"),
    [
        (f"{ENTERPRISE}:department", "profile__department", "Did you mean 'profile__department__name'?"),
        (f"{ENTERPRISE}:division", "home", "Did you mean 'home__name'?"),
        ("title", "profile", "Did you mean 'profile__title'?"),
        ("nickName", "desk", "Did you mean 'desk__place'?"),
    ],
)
def test_a_relation_where_its_column_is_meant_is_an_error_with_the_column(check, attribute, path, hint):
    message = check(**people(**{attribute: path}))

    assert message.id == "django_scim.E003"
    assert message.hint.startswith(hint)


@pytest.mark.parametrize(
    ("name", "kind"), [("get_full_name", "method"), ("is_anonymous", "property"), ("natural_key", "method")]
)
def test_a_property_is_an_error_that_names_computed(check, name, kind):
    message = check(attributes={"displayName": name})

    assert message.id == "django_scim.E002"
    assert message.hint.startswith(f"'{name}' is a {kind} of auth.User, and no column: use Computed")


@pytest.mark.parametrize(
    ("attribute", "path", "kind"),
    [
        ("title", "profile__number", "IntegerField"),
        ("nickName", "id", "BigAutoField"),
        ("displayName", "profile__joined", "DateTimeField"),
    ],
)
def test_text_in_a_column_of_another_type_is_warned_of(check, attribute, path, kind):
    # Without the attribute that has the column by itself: two are an error.
    message = check(**people(**{f"{ENTERPRISE}:employeeNumber": None, attribute: path}))

    assert message.id == "django_scim.W005"
    assert f"maps '{attribute}', which is text, to '{path}', whose type is {kind}" in message.msg
    assert "Convert" in message.hint


@pytest.mark.parametrize(
    "attributes",
    [
        {f"{ENTERPRISE}:employeeNumber": "profile__number"},
        {
            f"{ENTERPRISE}:employeeNumber": None,
            "title": Column("profile__number", convert=Convert(read=str, write=int)),
        },
        {"name": FullName("surname"), "displayName": None},
    ],
    ids=["the number of an employee", "converted", "text"],
)
def test_text_in_a_column_that_takes_it_is_not_warned_of(settings, attributes):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": people(**attributes), "Group": None}}

    assert [each.id for each in run_checks(tags=["django_scim"]) if each.id == "django_scim.W005"] == []


# Attributes


@pytest.mark.parametrize(
    ("attribute", "hint"),
    [
        (
            'emails[type eq "work"].value',
            "A filter has no place here. Map 'emails' as a whole, with PrimaryValue",
        ),
        ("phoneNumbers[primary eq true]", "A filter has no place here. Map 'phoneNumbers' as a whole"),
        (f"{ACME}:badge", f"No schema of the resource type is called '{ACME}': add it to 'extensions'"),
        (f"{ACME}:badge.number", f"No schema of the resource type is called '{ACME}'"),
        (f"{ENTERPRISE.replace('2.0', '2.1')}:department", f"Did you mean '{ENTERPRISE}:department'?"),
        (f"{ENTERPRISE}:departement", f"Did you mean '{ENTERPRISE}:department'?"),
    ],
)
def test_an_attribute_that_no_schema_has_is_an_error_with_what_was_meant(settings, attribute, hint):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {attribute: "email"}}}}
    (message,) = run_checks(tags=["django_scim"])

    assert message.id == "django_scim.E001"
    assert (message.hint or "").startswith(hint)


def test_an_extension_that_is_no_schema_is_an_error_of_one_line(check):
    message = check(extensions=[{"id": "x"}])

    assert message.id == "django_scim.E008"
    assert "the extension 'x' is no schema: id: " in message.msg
    assert "\n" not in message.msg


# Names


def test_a_model_with_names_of_which_none_is_mapped_is_warned_of(check):
    message = check(attributes={"name.givenName": None, "name.familyName": None})

    assert message.id == "django_scim.W017"
    assert "no name is mapped, and auth.User has 'first_name'" in message.msg
    assert "FullName('first_name')" in message.hint


@pytest.mark.parametrize(
    "options",
    [
        {"attributes": {"name.givenName": None, "name.familyName": None, "displayName": "first_name"}},
        {"attributes": {"name.givenName": None}},
        {"adapter": f"{SMALL}.AccountAdapter"},
        people(),
    ],
    ids=["displayName", "a part", "one column", "computed"],
)
def test_a_model_with_a_name_that_is_mapped_is_not_warned_of(settings, options):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": options, "Group": None}}

    assert "django_scim.W017" not in {each.id for each in run_checks(tags=["django_scim"])}
