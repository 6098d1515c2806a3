"""What ``co`` and ``ew`` compare first is coarse, and leaves out nothing that they find."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db.models import F, Q
from scim2_models.path import CompareOperator

from django_scim.sql.functions import Comparable, compose, fold
from django_scim.sql.substrings import Roughly, substring
from tests.factories import UserFactory
from tests.sql.test_index_candidates import LETTERS

pytestmark = pytest.mark.django_db

FORM = {False: fold, True: compose}


@pytest.mark.parametrize("case_exact", [False, True])
@pytest.mark.parametrize("operator", [CompareOperator.co, CompareOperator.ew])
def test_no_letter_is_left_out_by_the_rough_comparison(operator, case_exact):
    names = [f"{number} x{letter}" for number, letter in enumerate(LETTERS)]
    User.objects.bulk_create(UserFactory.build(username=name) for name in names)
    username = Comparable(F("username"), case_exact=case_exact)
    wrong = []
    for name in names:
        text = str(FORM[case_exact](name))[len(name.split()[0]) :]
        found = User.objects.filter(username=name).filter(substring(username, operator, text))
        roughly = Q(Roughly(username, text, operator=operator))
        if found.exists() and not User.objects.filter(username=name).filter(roughly).exists():
            wrong.append(name)

    assert wrong == []


def test_a_text_in_another_normal_form_is_found():
    for name in ("caf\u00e9!", "cafe\u0301?"):
        UserFactory.create(username=name)
    username = Comparable(F("username"), case_exact=False)

    roughly = User.objects.filter(Q(Roughly(username, "f\u00e9", operator=CompareOperator.co)))

    assert roughly.count() == 2


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("ann@", "%ann@%"),
        ("Mailing", "%ma%l%ng%"),
        ("k\u00e9y;`", "%%y%%"),
        ("50%_!", "%50!%!_!!%"),
        ("\u4e2d", "%%%"),
    ],
)
def test_anything_may_stand_for_what_may_be_written_in_another_way(text, pattern):
    found = Roughly(Comparable(F("username"), case_exact=False), text, operator=CompareOperator.co)

    assert found.pattern(text) == pattern


def test_a_row_that_is_rough_alone_is_not_found(scim):
    UserFactory.create(username="mail")
    UserFactory.create(username="maul")

    response = scim.get("/Users", {"filter": 'userName co "mail"'})

    assert [each["userName"] for each in response.json()["Resources"]] == ["mail"]
