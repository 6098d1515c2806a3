"""One user has one name, however it is spelled; a password is prepared (RFC 7644 section 5)."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import Group, User

from django_scim.models import UniqueValue
from django_scim.resources.registry import clear
from tests.assertions import assert_scim_error
from tests.factories import UserFactory
from tests.messages import BULK_REQUEST
from tests.operations.bulk_operations import post
from tests.operations.patch_operations import replace
from tests.representations import group, path_of, user

pytestmark = pytest.mark.django_db

SPELLINGS = {
    "full width": ("\uff21\uff44\uff41", "Ada"),
    "half width": ("\uff76\uff9e", "\u30ac"),
    "decomposed": ("jose\u0301", "jos\u00e9"),
    "compatible": ("\ufb01ona", "fiona"),
    "another space": ("ada\u00a0lovelace", "ada lovelace"),
    "space at the end": ("ada\u3000", "ada"),
    "an angstrom": ("\u212bsa", "\u00c5sa"),
}


def names_found(scim, filter_):
    """Return the user names that a filter finds."""
    return [found["userName"] for found in scim.get("/Users", {"filter": filter_}).json()["Resources"]]


@pytest.mark.parametrize(("sent", "name"), SPELLINGS.values(), ids=SPELLINGS)
class TestUserName:
    """A user name in another spelling."""

    def test_a_post_stores_the_name_that_the_login_looks_for(self, scim, sent, name):
        response = scim.post("/Users", user(sent, password="correct horse"))

        assert response.status_code == 201
        assert response.json()["userName"] == User.objects.get().username == name
        form = AuthenticationForm(data={"username": sent, "password": "correct horse"})
        assert form.is_valid()

    def test_a_put_and_a_patch_store_it(self, scim, sent, name):
        for number, write in enumerate((scim.put, scim.patch)):
            row = UserFactory.create()
            spelled = f"{number}.{sent}"
            body = user(spelled) if write == scim.put else replace("userName", spelled)

            assert write(path_of(row), body).json()["userName"] == f"{number}.{name}"

    def test_it_is_the_same_name(self, scim, sent, name):
        row, other = UserFactory.create(username=name), UserFactory.create()
        operation = post("/Users", "1", user(sent))

        assert_scim_error(scim.post("/Users", user(sent)), 409, "uniqueness")
        assert_scim_error(scim.put(path_of(other), user(sent)), 409, "uniqueness")
        assert_scim_error(scim.patch(path_of(other), replace("userName", sent)), 409, "uniqueness")
        bulk = scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": [operation]})
        assert bulk.json()["Operations"][0]["status"] == "409"
        assert scim.put(path_of(row), user(sent)).status_code == 200
        assert list(User.objects.filter(pk=row.pk).values_list("username", flat=True)) == [name]

    def test_a_claim_of_one_spelling_is_of_the_other(self, scim, sent, name):
        scim.post("/Users", user(sent))
        digest = UniqueValue.objects.get().digest
        UniqueValue.objects.all().delete()
        User.objects.all().delete()

        scim.post("/Users", user(name))

        assert UniqueValue.objects.get().digest == digest

    @pytest.mark.parametrize("operator", ["eq", "co", "sw", "ew"])
    def test_a_filter_finds_it(self, scim, sent, name, operator):
        UserFactory.create(username=name)
        UserFactory.create(username="somebody else")
        asked = sent if operator == "eq" else sent.strip()

        assert names_found(scim, f'userName {operator} "{asked}"') == [name]
        assert names_found(scim, f'not (userName {operator} "{asked}")') == ["somebody else"]

    def test_what_is_not_equal_is_another_name(self, scim, sent, name):
        UserFactory.create(username=name)

        assert names_found(scim, f'userName ne "{sent}"') == []


def test_a_name_that_the_project_stored_in_another_spelling_is_found_by_it(scim):
    UserFactory.create(username="\ufb01ona")

    assert names_found(scim, 'userName eq "\ufb01ona"') == ["\ufb01ona"]


def test_a_name_that_the_project_stored_in_another_spelling_stays_until_it_is_changed(scim):
    row = UserFactory.create(username="\ufb01ona", first_name="")

    for response in (
        scim.put(path_of(row), user("\ufb01ona", name={"givenName": "Fiona"})),
        scim.patch(path_of(row), replace("name.givenName", "Fifi")),
    ):
        assert response.json()["userName"] == "\ufb01ona"


def test_a_name_is_spelled_as_the_user_model_says(scim, monkeypatch):
    monkeypatch.setattr(User, "normalize_username", staticmethod(lambda name: name.replace(".", "").lower()))
    clear()
    try:
        created = scim.post("/Users", user("Ada.Lovelace"))
        again = scim.post("/Users", user("adalovelace"))

        assert created.json()["userName"] == "adalovelace"
        assert_scim_error(again, 409, "uniqueness")
        assert names_found(scim, 'userName eq "a.d.a.lovelace"') == ["adalovelace"]
    finally:
        clear()


@pytest.mark.parametrize(
    "character", ["\u200b", "\u00ad", "\t", "\u202e", "\ufeff", "\ue000", "\u2028"], ids=ascii
)
def test_a_name_and_a_password_have_no_characters_that_nobody_sees(scim, character):
    row = UserFactory.create()
    code = f"the character U+{ord(character):04X} is not allowed"

    scim.put(path_of(row), user("ada"))

    for response, attribute in (
        (scim.post("/Users", user(f"a{character}da")), "userName"),
        (scim.put(path_of(row), user(f"a{character}da")), "userName"),
        (scim.patch(path_of(row), replace("userName", f"a{character}da")), "userName"),
        (scim.patch(path_of(row), replace("password", f"correct{character}horse")), "password"),
    ):
        assert_scim_error(response, 400, "invalidValue")
        assert response.json()["detail"] == f"{attribute}: {code}"


def test_a_name_of_spaces_alone_is_none(scim):
    assert_scim_error(scim.post("/Users", user("\u00a0 ")), 400, "invalidValue")


@pytest.mark.parametrize("sent", ["cafe\u0301 cr\u00e8me", "caf\u00e9\u2003cre\u0300me"])
def test_a_password_is_set_as_precis_prepares_it(scim, sent):
    scim.post("/Users", user("ada", password=sent))

    assert authenticate(username="ada", password="caf\u00e9 cr\u00e8me") is not None


def test_a_password_keeps_case_and_width(scim):
    scim.post("/Users", user("ada", password="Correct \uff28orse \U0001f40e"))

    assert authenticate(username="ada", password="Correct \uff28orse \U0001f40e") is not None
    assert authenticate(username="ada", password="Correct Horse \U0001f40e") is None


def test_text_that_is_shown_is_kept_as_it_was_sent(scim):
    created = scim.post(
        "/Users", user("ada", displayName="\uff21da e\u0301", name={"givenName": "\ufb01 e\u0301"})
    )
    team = scim.post("/Groups", group("\uff34eam e\u0301"))

    assert created.json()["displayName"] == "\uff21da e\u0301"
    assert created.json()["name"]["givenName"] == User.objects.get().first_name == "\ufb01 e\u0301"
    assert team.json()["displayName"] == Group.objects.get().name == "\uff34eam e\u0301"
