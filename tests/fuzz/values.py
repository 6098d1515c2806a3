"""Strategies for what is put where something else belongs: scalars, texts and JSON of any shape."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.query.badges import BADGE
from tests.representations import ENTERPRISE, GROUP, USER

Strategy = st.SearchStrategy[Any]

ATTRIBUTES = [
    "schemas",
    "id",
    "externalId",
    "EXTERNALID",
    "meta",
    "meta.lastModified",
    "meta.version",
    "userName",
    "username",
    "name",
    "name.givenName",
    "name.formatted",
    "displayName",
    "nickName",
    "profileUrl",
    "title",
    "preferredLanguage",
    "active",
    "password",
    "emails",
    "emails.value",
    "emails.primary",
    'emails[type eq "work"]',
    'emails[type eq "work"].value',
    "emails[primary eq true].type",
    "emails[value pr].display",
    "phoneNumbers",
    'phoneNumbers[type eq "fax"].value',
    "photos",
    "addresses",
    "addresses.country",
    'addresses[type eq "home"].country',
    "entitlements",
    "roles",
    "groups",
    "groups.value",
    "x509Certificates",
    "members",
    "members.value",
    "members.$ref",
    'members[value eq "<user1>"]',
    "members[type pr].display",
    ENTERPRISE,
    f"{ENTERPRISE}:department",
    f"{ENTERPRISE}:manager",
    f"{ENTERPRISE}:manager.value",
    f"{USER}:userName",
    f"{GROUP}:members",
    BADGE,
    f"{BADGE}:level",
    f"{BADGE}:weight",
    f"{BADGE}:issued",
    f"{BADGE}:armed",
    f"{BADGE}:chip",
    f"{BADGE}:tags",
    f"{BADGE}:grades",
    f"{BADGE}:doors",
    f"{BADGE}:doors[number gt 1].opened",
    f"{BADGE}:pin",
    "number",
    "token",
    "value",
    "$ref",
    "type",
    "primary",
    "display",
    "op",
    "path",
    "Operations",
    "urn:example:nothing:attribute",
]

TEXTS = [
    "",
    " ",
    "a",
    "user1",
    "USER2",
    "Team 1",
    "l1",
    "bárbara",
    "ba\u0301rbara",
    "\u0130stanbul",
    "\u039f\u0394\u039f\u03a3",
    "😀" * 40,
    "é" * 160,
    "x" * 300,
    "x" * 9_999,
    "x" * 10_001,
    "True",
    "false",
    "null",
    "1",
    "-1",
    "1e400",
    "NaN",
    "\0",
    "\x7f\u2028\ufffe",
    "%",
    "_%\\",
    "'; DROP TABLE auth_user; --",
    '"',
    "\\",
    "2011-05-13T04:42:34Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999-14:00",
    "2011-05-13",
    "24:00",
    "AAEC",
    "====",
    "data:image/png;base64,AAEC",
    "http://[::1",
    "https://example.com/\u00e9",
    "/Users/<user1>",
    "../Users/<user2>",
    "Users/<user0>",
    "bulkId:a",
    "bulkId:",
    "<user0>",
    "<user1>",
    "<user7>",
    "<group0>",
    "<device0>",
    "<legacy1>",
    "00000000-0000-0000-0000-000000000000",
    "a@example.com",
    "user1@example.com",
    "not an address",
    'W/"0"',
]

NUMBERS: list[Any] = [
    0,
    -0.0,
    1,
    -1,
    0.1,
    1.5,
    2**31 - 1,
    2**31,
    -(2**31) - 1,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    2**64 - 1,
    2**64,
    1e308,
    5e-324,
    10**30,
]


def seldom(usual: Strategy, other: Strategy, one_in: int) -> Strategy:
    """Return a strategy for what is usual, but for one in so many."""
    # An alternative of strategies would choose each as often, however often it is named.
    return st.sampled_from(range(one_in)).flatmap(lambda number: other if number == 0 else usual)


names = st.sampled_from(ATTRIBUTES) | st.text(max_size=8)
# Surrogates are no Unicode text, so that UTF-8 has none; those that are escaped are put in as bytes.
texts = st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.one_of(
    st.sampled_from([None, True, False, *NUMBERS]), texts, st.sampled_from(ATTRIBUTES), st.integers()
)
wrong: Strategy = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)
"""Any JSON, of which most is of the wrong type wherever it is put."""
