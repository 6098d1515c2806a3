"""How text compares: without case but for what is case-exact, by code point, and never as a pattern.

Each case is tried on a column of the host and on what the record keeps; all databases agree.
"""

# ruff: noqa: RUF001 - letters that look alike are what is tested.

from __future__ import annotations

import json
from unicodedata import normalize

import pytest
from django.db import connection

from tests.query.badges import BADGE
from tests.reading import Reader
from tests.representations import user

PLACES = ("name.familyName", "title")
"""An attribute in a column, and one in the record."""


def quoted(text: str) -> str:
    """Return text as a filter has it."""
    return json.dumps(text, ensure_ascii=False)


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    """The attribute that is compared."""
    return str(request.param)


def store(users: Reader, *texts: str) -> None:
    """Make a user for each text, which is its family name and its title."""
    for number, text in enumerate(texts):
        users.post(user(f"user{number}", name={"familyName": text}, title=text))


def assert_equal(users: Reader, place: str, value: str) -> None:
    """Check that the first user is found by a value, whichever way it is asked for."""
    operators = ("eq", "sw", "ew", "co", "ge", "le")
    assert users.names(" and ".join(f"{place} {operator} {quoted(value)}" for operator in operators)) == [
        "user0"
    ]
    assert "user0" not in users.names(f"{place} ne {quoted(value)}")


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("Färber", "FÄRBER"),
        ("FÄRBER", "färber"),
        ("Łódź", "łÓDŹ"),
        ("Ιωάννησ", "ΙΩΆΝΝΗΣ".replace("Σ", "σ")),
        ("ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("οδυσσευς", "ΟΔΥΣΣΕΥΣ"),
        ("ΟΔΥΣΣΕΥΣ ΑΣ", "Οδυσσευς ας"),
        ("Чехов", "ЧЕХОВ"),
        ("Աբովյան", "ԱԲՈՎՅԱՆ"),
        ("ᲒᲐᲛᲐᲠᲯᲝᲑᲐ", "გამარჯობა"),
        ("Ꭰꮳꭹ", "ꭰꮳꭹ"),
        ("İstanbul", "i\u0307stanbul"),
        ("i\u0307stanbul", "İSTANBUL"),
        ("STRAẞE", "straße"),
        ("ǄEMAL", "ǅemal"),
        ("Ω", "\u2126"),
        ("𐐀𐐁", "𐐨𐐩"),
        ("Ⅷ", "ⅷ"),
    ],
)
def test_a_filter_folds_case_in_all_of_unicode(users: Reader, place, stored, asked):
    store(users, normalize("NFC", stored))

    assert_equal(users, place, asked)


@pytest.mark.parametrize(
    ("stored", "asked"),
    [
        ("ı", "i"),  # Dotless: another letter, whatever the locale of the database.
        ("I", "ı"),
        ("İ", "i"),
        ("straße", "strasse"),
        ("é", "e"),
        ("Ø", "O"),
        ("a\u0301", "a"),
        ("ﬁ", "fi"),
        ("ｱ", "ア"),
        ("æ", "ae"),
        ("a\u00ad", "a"),
        ("a\u200b", "a"),
        ("ας", "ασ"),
        ("½", "1/2"),
        ("\ufeffa", "a"),
        ("a\x01", "a"),
        ("😀", "😁"),
        ("𝒳", "X"),
    ],
)
def test_a_filter_tells_letters_apart_that_a_collation_may_confuse(users: Reader, place, stored, asked):
    store(users, normalize("NFC", stored))

    assert users.names(f"{place} eq {quoted(asked)}") == []
    assert users.names(f"{place} ne {quoted(asked)}") == ["user0"]


@pytest.mark.parametrize("asked", ["Ren\u00e9", "Rene\u0301", "RENE\u0301", "REN\u00c9"])
def test_a_filter_takes_a_composed_letter_and_its_parts_for_the_same(users: Reader, place, asked):
    store(users, "Ren\u00e9")

    assert_equal(users, place, asked)


@pytest.mark.parametrize("place", ["title", *([] if connection.vendor == "mysql" else ["name.familyName"])])
def test_a_filter_finds_a_letter_that_is_stored_in_parts_by_the_composed_one(users: Reader, place):
    # MariaDB has no function that composes letters: in a column of the host it compares what is there.
    store(users, "Rene\u0301")

    assert_equal(users, place, "Ren\u00e9")


@pytest.mark.parametrize("text", ["%", "_", "a%b", "a_b", "\\", "\\%", "%%", "*", "?", "[a-z]", ".*", "^a$"])
def test_a_pattern_in_a_filter_is_text(users: Reader, place, text):
    store(users, text, "axb", "a", "zz")

    assert_equal(users, place, text)


@pytest.mark.parametrize(
    "text",
    [
        "O'Neil",
        'the "boss"',
        "it''s",
        "`x`",
        "back\\slash",
        "a\\",
        "\\'",
        "' OR 1=1 --",
        "'; DROP TABLE auth_user; --",
        "%s %(x)s %%",
        "{0} {x}",
        "$.title",
        '"quoted"',
        "\\u0041",
        "line\nbreak",
        "tab\t",
        "<script>",
        "null",
        "true",
        "1e5",
        "\x7f",
        "\u2028",
    ],
)
def test_characters_that_mean_something_elsewhere_are_text_in_a_filter(users: Reader, place, text):
    store(users, text, "x")

    assert_equal(users, place, text)


def test_space_around_text_counts_in_a_filter(users: Reader, place):
    store(users, "a", "a ", " a", "a\u00a0", "a\t")

    assert users.names(f'{place} eq "a"') == ["user0"]
    assert users.names(f'{place} eq "a "') == ["user1"]
    assert users.names(f'{place} eq " a"') == ["user2"]
    assert users.names(f'{place} ew " "') == ["user1"]
    assert users.names(f'{place} ne "a"') == ["user1", "user2", "user3", "user4"]
    assert users.names(f'{place} gt "a"') == ["user1", "user3", "user4"]
    assert users.names(f'{place} lt "a "') == ["user0", "user2", "user4"]


def test_text_is_compared_by_code_point_in_a_filter(users: Reader, place):
    store(users, "Z", "a", "Ä", "ä", "中", "😀", "_")

    assert users.names(f'{place} gt "z"') == ["user2", "user3", "user4", "user5"]
    assert users.names(f'{place} lt "a"') == ["user6"]
    assert users.names(f'{place} ge "Ä" and {place} le "ä"') == ["user2", "user3"]
    assert users.names(f'{place} gt "中"') == ["user5"]


@pytest.mark.parametrize("operator", ["co", "sw", "ew"])
def test_every_value_holds_the_empty_string(users: Reader, place, operator):
    store(users, "a", "b")
    users.post(user("nameless"))

    assert users.names(f'{place} {operator} ""') == ["user0", "user1"]


def test_a_fragment_in_a_filter_may_be_longer_than_the_value(users: Reader, place):
    store(users, "ab")

    assert users.names(f'{place} sw "abc"') == []
    assert users.names(f'{place} ew "xab"') == []
    assert users.names(f'{place} co "abab"') == []


def test_a_filter_compares_characters_and_not_their_bytes(users: Reader, place):
    store(users, "😀中é")

    assert users.names(f'{place} sw "😀中"') == ["user0"]
    assert users.names(f'{place} ew "中é"') == ["user0"]
    assert users.names(f'{place} co "中"') == ["user0"]
    assert users.names(f'{place} sw "中"') == []


def test_a_filter_compares_long_text_to_its_end(users: Reader):
    long = "ä" * 70_000
    users.post(user("short", title=f"{long}a"))
    users.post(user("longer", title=f"{long}b"))

    assert users.names('title ew "äb"') == ["longer"]
    assert users.names('title co "äÄäÄa"') == ["short"]
    assert users.names('title sw "äää" and title ge "' + "ä" * 500 + '"') == ["short", "longer"]


@pytest.mark.usefixtures("badges")
def test_a_filter_looks_at_the_case_of_case_exact_text(users: Reader):
    users.post(user("upper", **{BADGE: {"code": "ABÉ", "doors": [{"label": "North"}]}}))
    users.post(user("lower", **{BADGE: {"code": "abé", "doors": [{"label": "north"}]}}))

    assert users.names(f'{BADGE}:code eq "ABÉ"') == ["upper"]
    assert users.names(f'{BADGE}:code eq "ABE\u0301"') == ["upper"]
    assert users.names(f'{BADGE}:code sw "a"') == ["lower"]
    assert users.names(f'{BADGE}:code co "bé"') == ["lower"]
    assert users.names(f'{BADGE}:code lt "a"') == ["upper"]
    assert users.names(f'{BADGE}:doors[label eq "north"]') == ["lower"]
    assert users.names(f'{BADGE}:doors.label eq "North"') == ["upper"]
