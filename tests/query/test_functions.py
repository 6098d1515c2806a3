"""The SQL that folds text agrees with Python, character by character."""

from __future__ import annotations

from unicodedata import category, normalize

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import F

from django_scim.query.functions import Comparable, fold

pytestmark = pytest.mark.django_db

# Which letters have two cases higher up depends on the version of Unicode that a database knows.
CHARACTERS = [
    chr(code)
    for code in range(1, 0x3000)
    if category(chr(code)) != "Cn" and normalize("NFC", chr(code)) == chr(code)
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

    found = folded(texts)

    assert len(found) == len(texts)
    differing = {text: got for text, got in zip(texts, found, strict=True) if got != fold(text)}
    # MariaDB may know marks that Python's Unicode has not got yet.
    assert not differing, (connection.vendor, differing)


def test_a_column_keeps_its_case_where_it_is_exact():
    Group.objects.create(name="ÄΣ 😀 ")

    (row,) = Group.objects.annotate(exact=Comparable(F("name"), case_exact=True))

    assert row.exact == "ÄΣ 😀 "
