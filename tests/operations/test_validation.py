"""Django's own validators of user names stop no identity provider; those of the project do."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.contrib.auth.validators import ASCIIUsernameValidator, UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, RegexValidator

from tests.assertions import assert_scim_error
from tests.factories import UserFactory
from tests.operations.patch_operations import replace
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db

NAMES = [
    "o'brien",
    "o\u2019brien",
    "ada lovelace",
    "CORP\\ada",
    "CORP/ada",
    "ada#ext#@example.com",
    "\u0921\u0947\u0935\u0928\u093e\u0917\u0930\u0940",  # with vowel signs, which are no letters
    "\u1ea1\u0329\u0301b",  # a letter with three marks
    "ada!$&*()",
    "\U0001f680",
]


class HouseValidator(UnicodeUsernameValidator):
    """What the project has made of Django's validator."""


def no_ada(value):
    """Refuse a name."""
    if "ada" in value:
        raise ValidationError("ada is on leave", code="invalid")


@pytest.fixture
def validators(monkeypatch):
    """Give the column of the user name other validators."""

    def give(*given, **messages):
        field = User._meta.get_field("username")
        monkeypatch.setattr(field, "_validators", list(given))
        monkeypatch.setitem(field.__dict__, "validators", [*field.default_validators, *given])
        monkeypatch.setattr(field, "error_messages", {**field.error_messages, **messages})

    return give


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_django_refuses_is_the_providers_to_give(scim, name):
    row, other = UserFactory.create(), UserFactory.create()

    assert scim.post("/Users", user(name)).json()["userName"] == name
    assert scim.put(path_of(row), user(f"{name}1")).json()["userName"] == f"{name}1"
    assert scim.patch(path_of(other), replace("userName", f"{name}2")).json()["userName"] == f"{name}2"


def test_a_name_that_django_refuses_in_other_words_is_the_providers_to_give(scim, validators):
    validators(UnicodeUsernameValidator(), ASCIIUsernameValidator(), invalid="no such name")

    assert scim.post("/Users", user("\u00e5sa o'brien")).status_code == 201


@pytest.mark.parametrize(
    ("own", "detail"),
    [
        (HouseValidator(), UnicodeUsernameValidator.message),
        (RegexValidator(r"^\w+$", "letters alone"), "letters alone"),
        (RegexValidator(r"^\w+$", UnicodeUsernameValidator.message), UnicodeUsernameValidator.message),
        (no_ada, "ada is on leave"),
        (MaxLengthValidator(5), "Ensure this value has at most 5 characters (it has 8)."),
    ],
    ids=["subclass", "regex", "the same words", "function", "length"],
)
def test_a_validator_of_the_project_refuses_a_name_beside_djangos(scim, validators, own, detail):
    validators(UnicodeUsernameValidator(), own)

    response = scim.post("/Users", user("ada king"))

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"] == f"userName (column username): {detail}"
    assert not User.objects.exists()


def test_the_column_still_has_its_length(scim):
    response = scim.post("/Users", user("o'" + "b" * 200))

    assert_scim_error(response, 400, "invalidValue")
    assert re.search(r"at most 150 characters", response.json()["detail"])


def test_a_setting_lets_djangos_own_validators_count(scim, settings):
    settings.DJANGO_SCIM = {"DJANGO_USERNAME_VALIDATORS": True}

    response = scim.post("/Users", user("o'brien"))

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"].startswith("userName (column username): Enter a valid username.")
