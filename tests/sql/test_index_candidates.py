"""The condition that an index answers leaves out no row that is equal."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import F, Q
from django.db.models.lookups import Exact
from scim2_models.path import CompareOperator

from django_scim.sql.functions import Comparable, compose, fold
from django_scim.sql.index_candidates import (
    Beginnings,
    Candidates,
    after_all_with,
    is_known_to_mysql,
    spellings,
)
from django_scim.sql.substrings import substring
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

FORM = {False: fold, True: compose}
LETTERS = [
    *map(chr, range(1, 0x250)),
    *"\u0391\u03a9\u03a3\u03f4\u0410\u042f\u0401\u04c0\u1e9e\u1fef\u037e\u2126\u212a\u212b\u2c6f",
]
"""Those of ASCII and Latin, and some that become one of them, or that collations disagree on."""


def exact(text, *, case_exact):
    """Return the condition that decides."""
    return Q(Exact(Comparable(F("username"), case_exact=case_exact), text))


@pytest.mark.parametrize("case_exact", [False, True])
def test_every_letter_is_among_the_candidates_for_what_it_is_equal_to(case_exact):
    names = [f"{ord(letter)} x{letter}y" for letter in LETTERS]
    User.objects.bulk_create(UserFactory.build(username=name) for name in names)
    wrong = []
    for name in names:
        text = str(FORM[case_exact](name))
        found = User.objects.filter(exact(text, case_exact=case_exact))
        candidates = found.filter(Q(Candidates(F("username"), text, case_exact=case_exact)))
        if set(found.values_list("pk")) != set(candidates.values_list("pk")):
            wrong.append(name)

    assert wrong == []


@pytest.mark.parametrize("case_exact", [False, True])
def test_every_letter_is_among_the_candidates_for_what_begins_with_it(case_exact):
    names = [f"x{letter}{number}y" for number, letter in enumerate(LETTERS)]
    User.objects.bulk_create(UserFactory.build(username=name) for name in names)
    wrong = []
    for beginning in {str(FORM[case_exact](name))[:2] for name in names}:
        exactly = substring(Comparable(F("username"), case_exact=case_exact), CompareOperator.sw, beginning)
        found = User.objects.filter(exactly)
        candidates = found.filter(Q(Beginnings(F("username"), beginning, case_exact=case_exact)))
        if set(found.values_list("pk")) != set(candidates.values_list("pk")):
            wrong.append(beginning)

    assert wrong == []


def test_a_beginning_may_hold_what_a_pattern_has_a_meaning_for(scim):
    for name in ("50%_!x", "50xyzx", "5!x"):
        UserFactory.create(username=name)

    for beginning, found in {
        "50%": ["50%_!x"],
        "50%_!": ["50%_!x"],
        "5!": ["5!x"],
        "50": ["50%_!x", "50xyzx"],
    }.items():
        response = scim.get("/Users", {"filter": f'userName sw "{beginning}"'})
        assert [each["userName"] for each in response.json()["Resources"]] == found


@pytest.mark.parametrize(
    ("text", "end"), [("a", "b"), ("a\ud7ff", "a\ue000"), ("a\U0010ffff", "b"), ("\U0010ffff", None)]
)
def test_the_end_of_a_range_is_the_next_text_that_begins_otherwise(text, end):
    assert after_all_with(text) == end


@pytest.mark.parametrize("name", ["Kim", "KIM", "\u212aim", "kim"])
def test_a_kelvin_sign_is_a_candidate_for_k(scim, name):
    UserFactory.create(username=name)
    UserFactory.create(username="tim")

    response = scim.get("/Users", {"filter": 'userName eq "kim"'})

    assert [found["userName"] for found in response.json()["Resources"]] == [name]


def test_a_name_with_too_many_spellings_is_found_all_the_same(scim):
    UserFactory.create(username="K\u212ak" * 4)

    response = scim.get("/Users", {"filter": f'userName eq "{"kkk" * 4}"'})

    assert response.json()["totalResults"] == 1


def test_a_text_has_each_choice_of_spellings():
    assert spellings("akk", {"k": "\u212a"}) == ["akk", "ak\u212a", "a\u212ak", "a\u212a\u212a"]


@pytest.mark.parametrize("name", ["Élodie", "ÉLODIE", "Ивáн", "ΣΊΣΥΦΟΣ", "İpek", "straße", "ẞ", "Ⱥ"])
def test_names_outside_ascii_are_found(scim, name):
    UserFactory.create(username=name)
    UserFactory.create(username="Eloise")

    for asked in (name, name.lower()):
        response = scim.get("/Users", {"filter": f'userName eq "{asked}"'})
        assert [found["userName"] for found in response.json()["Resources"]] == [name]


def test_a_name_that_differs_by_an_accent_or_a_space_alone_is_another(scim):
    for name in ("rene", "rené", "rene "):
        UserFactory.create(username=name) if connection.vendor != "mysql" else None
    if connection.vendor == "mysql":
        # The unique index of the host takes the three for one.
        UserFactory.create(username="rené")

    response = scim.get("/Users", {"filter": 'userName eq "rene"'})

    expected = [] if connection.vendor == "mysql" else ["rene"]
    assert [found["userName"] for found in response.json()["Resources"]] == expected


def test_a_name_that_is_not_equal_is_found_by_ne_whatever_the_candidates(scim):
    UserFactory.create(username="Kim")
    UserFactory.create(username="tim")

    response = scim.get("/Users", {"filter": 'userName ne "KIM"'})

    assert [found["userName"] for found in response.json()["Resources"]] == ["tim"]


def test_letters_that_collations_disagree_on_are_not_trusted():
    assert is_known_to_mysql("é")
    assert is_known_to_mysql("я")
    assert not is_known_to_mysql("ⱥ")
    assert not is_known_to_mysql("\u0307")
