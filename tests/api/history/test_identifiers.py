"""The ``id`` of an event for a token: it says nothing of how many events there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from django_scim.api.history.identifiers import masked, unmasked

NUMBERS = st.integers(min_value=1, max_value=2**63 - 1)


@given(NUMBERS)
def test_the_number_of_an_id_is_the_one_that_it_was_made_of(number):
    assert unmasked(masked(number)) == number


@given(st.sets(NUMBERS, min_size=2, max_size=20))
def test_the_ids_of_different_events_differ(numbers):
    assert len({masked(number) for number in numbers}) == len(numbers)


def test_the_ids_of_events_in_a_row_are_in_no_order():
    found = [masked(number) for number in range(1, 101)]

    assert found not in (sorted(found), sorted(found, reverse=True))
    assert len({identifier[:4] for identifier in found}) > 90


def test_an_id_depends_on_the_secret_key(settings):
    before = masked(1)
    settings.SECRET_KEY = "another"

    assert masked(1) != before


def test_a_text_that_is_no_id_has_no_number():
    texts = ["", "1", "0" * 17, "g" * 16, "\N{ARABIC-INDIC DIGIT ONE}" * 16, f"{masked(1)} "]

    assert [unmasked(text) for text in texts] == [None] * len(texts)
