"""Strategies for messages that are nearly those of RFC 7644: right ones, with something wrong in them."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import strategies as st

from tests.fuzz.host import LEGACY
from tests.fuzz.queries import parameters
from tests.fuzz.values import ATTRIBUTES, names, scalars, seldom, texts, wrong
from tests.hosts.small.adapters import THING
from tests.messages import BULK_REQUEST, PATCH_OP, SEARCH_REQUEST
from tests.query.badges import BADGE, BADGE_VALUES
from tests.representations import ENTERPRISE, GROUP, USER

Strategy = st.SearchStrategy[Any]


user_names = seldom(st.from_regex(r"[a-z]{1,3}[0-9]{0,2}", fullmatch=True), st.just("USER1") | texts, 4)

FULL_USER: dict[str, Any] = {
    "schemas": [USER, ENTERPRISE, BADGE],
    "externalId": "701984",
    "userName": "bjensen",
    "name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen", "givenName": "Barbara"},
    "displayName": "Babs Jensen",
    "nickName": "Babs",
    "profileUrl": "https://login.example.com/bjensen",
    "emails": [
        {"value": "bjensen@example.com", "type": "work", "primary": True},
        {"value": "babs@example.org", "type": "home"},
    ],
    "addresses": [{"type": "work", "locality": "Hollywood", "country": "US", "primary": True}],
    "phoneNumbers": [{"value": "555-555-5555", "type": "work"}],
    "photos": [{"value": "https://photos.example.com/F", "type": "photo"}],
    "title": "Tour Guide",
    "preferredLanguage": "en-US",
    "timezone": "America/Los_Angeles",
    "active": True,
    "password": "t1meMa$heen",
    "x509Certificates": [{"value": "MIIDQzCCAqyg"}],
    ENTERPRISE: {"department": "Tour Operations", "manager": {"value": "<user1>"}},
    BADGE: BADGE_VALUES,
}

members = st.lists(
    st.fixed_dictionaries(
        {"value": st.sampled_from([f"<user{n}>" for n in range(8)] + ["<group1>", "bulkId:a", "none"])},
        optional={"$ref": texts, "type": st.sampled_from(["User", "Group", "x"]), "display": texts},
    ),
    max_size=4,
)
users = st.builds(lambda name, parts: pick(FULL_USER, name, parts), user_names, st.sets(st.integers(0, 20)))
groups = st.builds(
    lambda name, found: {"schemas": [GROUP], "displayName": name, "members": found}, texts, members
)
devices = st.builds(lambda name: {"schemas": [THING], "name": name}, texts)
legacies = st.builds(
    lambda name, number, token: {"schemas": [LEGACY], "name": name, "number": number, "token": token},
    texts,
    st.integers(0, 20) | scalars,
    st.uuids().map(str) | texts,
)

RESOURCES: dict[str, Strategy] = {
    "Users": users,
    "Groups": groups,
    "Devices": devices,
    "Legacies": legacies,
}

IDENTIFIERS: dict[str, list[str]] = {
    "Users": [f"<user{number}>" for number in range(8)],
    "Groups": [f"<group{number}>" for number in range(4)],
    "Devices": ["<device0>", "<device1>"],
    "Legacies": ["<legacy0>", "<legacy1>"],
}


def pick(full: dict[str, Any], name: str, parts: set[int]) -> dict[str, Any]:
    """Return a user with some attributes of the full one."""
    chosen = {key: value for number, (key, value) in enumerate(full.items()) if number in parts}
    return {"schemas": full["schemas"], **chosen, "userName": name}


RIGHT: dict[str, list[Any]] = {
    "displayName": ["Team 1", "Renamed", None],
    "userName": ["user1", "renamed", "RENAMED"],
    "active": [True, False, "False"],
    "password": ["t1meMa$heen", ""],
    "name": [{"givenName": "B"}, {"familyName": "J"}],
    "name.givenName": ["Barbara", None],
    "externalId": ["1", "2", None],
    "title": ["Guide", "x" * 300],
    "emails": [[{"value": "a@example.com"}], [{"value": "b@example.com", "primary": True}], []],
    'emails[type eq "work"].value': ["c@example.com"],
    "emails[primary eq true]": [{"value": "d@example.com", "primary": True}],
    'phoneNumbers[type eq "fax"].value': ["+1"],
    "roles": [["admin"], [{"value": "admin", "primary": "True"}]],
    "members": [[{"value": "<user1>"}], [{"value": "<user2>"}, {"value": "<user3>"}], []],
    'members[value eq "<user1>"]': [None, [{"value": "<user4>"}]],
    "members[value pr]": [None],
    ENTERPRISE: [{"department": "Tours", "manager": {"value": "<user2>"}}],
    f"{ENTERPRISE}:manager": ["<user1>", {"value": "<user1>"}, None],
    f"{BADGE}:level": [1, 2**63 - 1, None],
    f"{BADGE}:weight": [1, 0.5],
    f"{BADGE}:issued": ["2011-05-13T04:42:34Z"],
    f"{BADGE}:armed": [True],
    f"{BADGE}:chip": ["AAEC"],
    f"{BADGE}:tags": [["a"], "b"],
    f"{BADGE}:doors[number eq 1]": [{"number": 1, "locked": True}],
    f"{BADGE}:doors[number gt 1].label": ["d"],
    "number": [1, 2, None],
    "token": ["00000000-0000-0000-0000-000000000001"],
}
"""Values that are right for a path, of one resource type or another."""

right_operations = st.sampled_from(list(RIGHT)).flatmap(
    lambda path: st.builds(
        lambda op, value: {"op": op, "path": path, "value": value},
        st.sampled_from(["add", "replace", "remove", "Replace"]),
        st.sampled_from(RIGHT[path]),
    )
)
right_bundles = st.builds(
    lambda op, value: {"op": op, "value": value},
    st.sampled_from(["add", "replace"]),
    st.sets(st.sampled_from(list(RIGHT)), min_size=1, max_size=4).flatmap(
        lambda paths: st.fixed_dictionaries({path: st.sampled_from(RIGHT[path]) for path in sorted(paths)})
    ),
)
odd_operations = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "replace", "remove", "Add", "Replace", "move"])},
    optional={
        "path": st.sampled_from(ATTRIBUTES) | names,
        "value": st.one_of(
            wrong,
            members,
            users,
            st.sampled_from(list(FULL_USER.values())),
            st.dictionaries(st.sampled_from(ATTRIBUTES), wrong, max_size=3),
        ),
    },
)
operations = seldom(right_operations, right_bundles | odd_operations, 3)
patches: Strategy = st.builds(
    lambda found: {"schemas": [PATCH_OP], "Operations": found}, st.lists(operations, min_size=1, max_size=4)
) | st.lists(operations, max_size=2)

searches: Strategy = st.builds(lambda found: {"schemas": [SEARCH_REQUEST], **found}, parameters) | wrong


@st.composite
def bulk_operations(draw: st.DrawFn) -> dict[str, Any]:
    """Draw an operation of a bulk job."""
    method = draw(st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "POST", "GET", "patch"]))
    collection = draw(st.sampled_from(list(RESOURCES)))
    path = f"/{collection}"
    if method.upper() != "POST":
        path += f"/{draw(st.sampled_from([*IDENTIFIERS[collection], 'bulkId:a', 'bulkId:b', 'none']))}"
    operation = {
        "method": method,
        "path": path,
        "bulkId": draw(st.sampled_from(["a", "b", "c", "d", ""])),
        "data": draw(patches if method.upper() == "PATCH" else RESOURCES[collection]),
    }
    for name in draw(st.sets(st.sampled_from(["path", "bulkId", "data", "version"]), max_size=1)):
        operation[name] = draw(scalars)
    return operation


jobs: Strategy = st.builds(
    lambda found, rest: {"schemas": [BULK_REQUEST], "Operations": found, **rest},
    st.lists(bulk_operations(), max_size=5),
    st.fixed_dictionaries({}, optional={"failOnErrors": st.sampled_from([0, 1, 2, -1]) | scalars}),
)


@st.composite
def mutated(draw: st.DrawFn, messages: Strategy) -> Any:
    """Draw a message in which some parts are of another type, missing, renamed or beside others."""
    message = copy.deepcopy(draw(messages))
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        message = mutate(draw, message)
    return message


def mutate(draw: st.DrawFn, message: Any) -> Any:
    """Change one part of a message."""
    places = list(places_of(message))
    if not places:
        return draw(wrong)
    holder, key = places[draw(st.integers(0, len(places) - 1))]
    way = draw(st.integers(0, 6))
    if way == 0:
        del holder[key]
    elif way == 1:
        holder[key] = [holder[key]]
    elif way == 2:
        holder[key] = {"value": holder[key]}
    elif way == 3 and isinstance(holder, dict):
        holder[draw(names)] = holder.pop(key)
    elif way == 4 and isinstance(key, str):
        holder[key.swapcase()] = holder.pop(key)
    elif way == 5 and isinstance(holder, list):
        holder += [holder[key]] * draw(st.sampled_from([1, 25, 120]))
    else:
        holder[key] = draw(wrong)
    return message


def places_of(message: Any) -> Any:
    """Yield each object or list in a message with the name or the index of each of its parts."""
    if isinstance(message, dict | list):
        for key in list(message) if isinstance(message, dict) else range(len(message)):
            yield message, key
            yield from places_of(message[key])
