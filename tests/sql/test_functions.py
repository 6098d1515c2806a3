"""The SQL that folds text agrees with Python, character by character."""

# ruff: noqa: RUF001 - letters that look alike are what is tested.

from __future__ import annotations

from unicodedata import normalize, ucd_3_2_0

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import F

from django_scim.sql.functions import Comparable, fold

pytestmark = pytest.mark.django_db

# Those of Unicode 3.2, which every database knows, and no ideographs, which have no case.
CHARACTERS = [
    character
    for character in map(chr, (*range(1, 0x3000), *range(0x10400, 0x10450)))
    if ucd_3_2_0.category(character) != "Cn" and normalize("NFC", character) == character
]


def folded(texts: list[str]) -> list[str]:
    """Return texts as the database compares them."""
    Group.objects.bulk_create(Group(name=f"{number}|{text}") for number, text in enumerate(texts))
    rows = Group.objects.annotate(folded=Comparable(F("name"), case_exact=False)).order_by("pk")
    return [row.folded.partition("|")[2] for row in rows]


@pytest.mark.parametrize(
    ("before", "after"),
    [("", ""), ("", "Σ"), ("Α", "Σ"), ("ΑΣ", ""), ("ΑΣ", "Β")],
    ids=["alone", "before sigma", "within, before sigma", "after sigma", "after sigma, within"],
)
def test_every_character_is_lowered_as_in_python(before, after):
    texts = [normalize("NFC", f"{before}{character}{after}") for character in CHARACTERS]
    if connection.vendor == "mysql":
        # A few marks can be composed with a small letter only, and MariaDB cannot compose.
        texts = [text for text in texts if text.lower() == fold(text)]

    found = folded(texts)

    assert len(found) == len(texts)
    differing = {text: got for text, got in zip(texts, found, strict=True) if got != fold(text)}
    assert not differing


def test_a_column_keeps_its_case_where_it_is_exact():
    Group.objects.create(name="ÄΣ 😀 ")

    (row,) = Group.objects.annotate(exact=Comparable(F("name"), case_exact=True))

    assert row.exact == "ÄΣ 😀 "
