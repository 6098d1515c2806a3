"""Filters that cannot be answered: 400 ``invalidFilter``, whatever a client sends."""

from __future__ import annotations

import json

import pytest

from django_scim.conf import ScimSettings
from tests.conftest import ScimClient
from tests.factories import UserFactory
from tests.query.badges import BADGE
from tests.reading import Reader
from tests.representations import ENTERPRISE, GROUP, USER

MAX_TERMS = ScimSettings.MAX_FILTER_TERMS
SECRET = "pbkdf2_sha256$1000000$salt$digest"


@pytest.mark.parametrize(
    "filter",
    [
        "userName",
        "userName eq",
        'eq "a"',
        '"a"',
        'userName eq "a',
        "userName eq 'a'",
        'userName = "a"',
        'userName eq "a" and',
        'and userName eq "a"',
        'userName eq "a" userName eq "b"',
        'userName eq "a" && active eq true',
        '(userName eq "a"',
        'userName eq "a")',
        '((userName eq "a")',
        "()",
        "not",
        "not active eq true",
        "not pr",
        'userName pr "a"',
        'userName like "a"',
        'emails[type eq "work"',
        "emails[]",
        'emails[emails[type eq "work"]]',
        'emails[type eq "work"][value eq "a"]',
        'emails.value[type eq "work"]',
        'emails["work"]',
        'userName eq "\\x"',
        'userName eq "\\u12"',
        'userName eq "a\nb"',
        'a.b.c eq "x"',
        'name..givenName eq "x"',
        '.userName eq "x"',
        "{}",
        '{"userName": "a"}',
        "$where=1",
        "\x00",
        'userName eq "a"\x00',
        'user\u00a0Name eq "a"',
        "😀 pr",
    ],
)
def test_a_filter_with_bad_syntax_is_refused(users: Reader, filter):
    assert users.refusal(filter=filter) == "invalidFilter"


@pytest.mark.parametrize(
    "filter",
    [
        'nope eq "a"',
        "nope pr",
        'name.nope eq "a"',
        'title.value eq "a"',
        'emails[nope eq "a"]',
        "emails[nope pr]",
        'emails[emails.type eq "work"]',
        f'{USER}:nope eq "a"',
        f'{GROUP}:displayName eq "a"',
        f'{ENTERPRISE}:nope eq "a"',
        'urn:example:unknown:userName eq "a"',
        f"{ENTERPRISE} pr",
        'username__startswith eq "a"',
        "is_superuser eq true",
        'groups__name eq "a"',
        "pk eq 1",
        'members eq "a"',
    ],
)
def test_a_filter_by_an_attribute_that_users_do_not_have_is_refused(users: Reader, filter):
    assert users.refusal(filter=filter) == "invalidFilter"


@pytest.mark.usefixtures("badges")
@pytest.mark.parametrize(
    "filter",
    [
        # RFC 7644 section 3.4.2.2: booleans and binaries have no order.
        *(f"active {operator} true" for operator in ("gt", "ge", "lt", "le", "co", "sw", "ew")),
        *(f'{BADGE}:chip {operator} "AQI="' for operator in ("gt", "ge", "lt", "le", "co", "sw", "ew")),
        "emails[primary gt false]",
        "emails.primary co true",
        # A value of another type than the attribute.
        "userName eq true",
        "title sw true",
        'active eq "maybe"',
        "active eq 2",
        f'{BADGE}:level eq "nine"',
        f"{BADGE}:level eq 1.5",
        f"{BADGE}:level eq true and {BADGE}:level eq 1.5",
        f'{BADGE}:weight gt "heavy"',
        f"{BADGE}:weight gt {'9' * 400}",
        f'{BADGE}:issued gt "yesterday"',
        f'{BADGE}:issued gt "2011-13-45T00:00:00Z"',
        'meta.created eq "soon"',
        f'{BADGE}:grades[value gt "a"]',
        # Substrings of what is no string.
        f'{BADGE}:level co "9"',
        f'{BADGE}:weight sw "1"',
        f'{BADGE}:issued sw "2011"',
        f'{BADGE}:doors[number ew "7"]',
        f'{BADGE}:grades[value co "1"]',
        'meta.created sw "2011"',
        'meta.lastModified co "05"',
        # Complex attributes that have no "value".
        'name eq "Barbara"',
        'name co "Barbara"',
        "name gt null",
        'addresses eq "Hollywood"',
        'meta eq "User"',
        # Value paths on attributes with one value.
        'userName[value eq "a"]',
        'name[givenName eq "Barbara"]',
        f'{ENTERPRISE}:manager[value eq "x"]',
        # What no column holds.
        'meta.location eq "https://example.com"',
        'meta.version eq "1"',
    ],
)
def test_a_filter_with_an_operator_that_the_type_does_not_have_is_refused(users: Reader, filter):
    assert users.refusal(filter=filter) == "invalidFilter"


@pytest.mark.parametrize(
    "filter",
    [
        f'password eq "{SECRET}"',
        f'password ne "{SECRET}"',
        'password sw "pbkdf2"',
        'password co "$"',
        'password gt "a"',
        "password pr",
        "not (password pr)",
        "password eq null",
        "password ne null",
        f'{USER}:password eq "{SECRET}"',
        f'PASSWORD eq "{SECRET}"',
        f'userName pr and password eq "{SECRET}"',
        f'userName pr or not (password eq "{SECRET}")',
    ],
)
def test_a_password_is_neither_found_nor_told(scim: ScimClient, users: Reader, filter):
    UserFactory.create(username="babs", password=SECRET)

    response = scim.get("/Users", {"filter": filter, "attributes": "userName,password"})

    assert users.refusal(filter=filter) == "invalidFilter"
    assert "babs" not in response.content.decode()
    assert "totalResults" not in response.json()


# Text that no database can hold


@pytest.mark.parametrize(
    "place", ["userName", "title", "emails", "groups.display", "id", "meta.resourceType"]
)
@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800", r"\udfff", r"a\udc00b", r"\ud83d"])
@pytest.mark.parametrize("operator", ["eq", "ne"])
def test_a_filter_for_characters_that_no_attribute_can_hold_is_refused(
    users: Reader, place, escape, operator
):
    assert users.refusal(filter=f'{place} {operator} "{escape}"') == "invalidFilter"


@pytest.mark.parametrize("escape", [r"\u0000", r"\ud800"])
@pytest.mark.parametrize(
    "filter",
    ['externalId eq "{}"', 'userName co "{}"', 'emails[value sw "{}"]', 'phoneNumbers[type eq "{}"]'],
)
def test_characters_that_no_attribute_can_hold_are_refused_anywhere_in_a_filter(
    users: Reader, filter, escape
):
    assert users.refusal(filter=filter.format(escape)) == "invalidFilter"


def test_an_error_of_a_filter_may_quote_what_is_no_text(scim: ScimClient):
    response = scim.get("/Users", {"filter": r'active eq "\ud800"'})

    assert response.status_code == 400
    assert json.loads(response.content.decode())["scimType"] == "invalidFilter"


def test_octets_in_a_filter_that_are_not_utf_8_are_no_reason_to_fail(scim: ScimClient):
    response = scim.request("GET", "/Users?filter=userName%20eq%20%22%ff%fe%22")

    assert response.status_code == 200
    assert response.json()["totalResults"] == 0


# Size


def test_a_filter_may_have_as_many_comparisons_as_are_allowed_and_no_more(users: Reader):
    UserFactory.create(username="user7")
    terms = [f'userName eq "user{number}"' for number in range(MAX_TERMS)]

    assert users.names(" or ".join(terms)) == ["user7"]
    assert users.refusal(filter=" or ".join([*terms, "title pr"])) == "invalidFilter"


@pytest.mark.parametrize(
    "term",
    [
        "emails pr",
        "addresses pr",
        "meta pr",
        "not (name pr)",
        f"{ENTERPRISE}:manager eq null",
        f'schemas eq "{ENTERPRISE}"',
        'groups.display sw "a"',
        'emails ne "a"',
    ],
)
def test_a_costly_comparison_may_be_in_a_filter_as_often_as_any(users: Reader, term):
    UserFactory.create(username="babs")

    assert users.page(filter=" or ".join([term] * MAX_TERMS))["totalResults"] in (0, 1)
    assert users.page(filter=" and ".join([f"not ({term})"] * MAX_TERMS))["totalResults"] in (0, 1)


def test_comparisons_in_a_value_path_count_as_those_of_the_filter(users: Reader):
    inner = " or ".join(['value eq "a"'] * MAX_TERMS)

    assert users.names(f"emails[{inner}]") == []
    assert users.refusal(filter=f'emails[{inner} or type eq "b"]') == "invalidFilter"


def test_a_filter_that_is_nested_too_deeply_is_refused(users: Reader):
    def nested(depth: int) -> str:
        return "not (" * depth + 'userName eq "a"' + ")" * depth

    UserFactory.create(username="a")

    assert users.names(nested(30)) == ["a"]
    assert users.refusal(filter=nested(33)) == "invalidFilter"
    assert users.refusal(filter=nested(5000)) == "invalidFilter"
    assert users.names("(" * 2000 + 'userName eq "a"' + ")" * 2000) == ["a"]
    assert users.refusal(filter="(" * 5000) == "invalidFilter"
    assert users.refusal(filter="emails[" * 100 + "type pr" + "]" * 100) == "invalidFilter"


def test_a_filter_may_nest_and_in_or_in_and(users: Reader):
    UserFactory.create(username="a")
    filter = 'userName eq "a"'
    for number in range(28):
        filter = f'({filter}) {"and" if number % 2 else "or"} userName {"sw" if number % 2 else "eq"} "a"'

    assert users.names(filter) == ["a"]


def test_a_long_filter_is_evaluated(users: Reader):
    assert users.names(f'userName eq "{"a" * 9_900}"') == []
    assert users.names(f'title co "{"ä" * 9_900}"') == []
    assert users.refusal(filter="a" * 9_900) == "invalidFilter"


@pytest.mark.parametrize("digits", ["9" * 20, "9" * 309, "9" * 5000, "-" + "9" * 5000, "1e308", "1e-400"])
@pytest.mark.usefixtures("badges")
def test_huge_numbers_in_a_filter_are_no_failure(scim: ScimClient, digits):
    for attribute in ("level", "weight", "doors.number", "grades"):
        for operator in ("eq", "lt"):
            response = scim.get("/Users", {"filter": f"{BADGE}:{attribute} {operator} {digits}"})
            assert response.status_code in (200, 400)
            assert response.status_code == 200 or response.json()["scimType"] == "invalidFilter"


def test_a_filter_given_twice_is_one_or_an_error(scim: ScimClient):
    response = scim.request("GET", "/Users?filter=userName%20pr&filter=nonsense")

    assert response.status_code == 400
