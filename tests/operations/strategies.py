"""Hypothesis strategies: what a PATCH may ask of a user, sensible and not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from tests import strategies
from tests.operations.patch_operations import add, remove, replace
from tests.query.badges import BADGE
from tests.representations import ENTERPRISE, USER

Json = dict[str, Any]
Strategy = st.SearchStrategy[Any]

NUMBER = strategies.some(value=strategies.text(), type=strategies.kinds(), display=strategies.text())
EMAIL = strategies.some(
    value=strategies.addresses_of_email(), type=strategies.kinds(), display=strategies.text()
)
ADDRESS = strategies.some(locality=strategies.text(), country=strategies.text(), type=strategies.kinds())
DOOR = strategies.some(
    number=strategies.integers(),
    opened=strategies.moments(),
    locked=st.booleans(),
    label=strategies.text(),
)
ENTRIES: Mapping[str, Strategy] = {
    "emails": EMAIL,
    "phoneNumbers": NUMBER,
    "roles": NUMBER,
    "addresses": ADDRESS,
    f"{BADGE}:doors": DOOR,
}
"""One value of each complex attribute that has several."""

SIMPLE: Mapping[str, Strategy] = {
    f"{BADGE}:tags": strategies.text(min_size=1),
    f"{BADGE}:grades": strategies.integers(),
}
"""One value of each attribute that is not complex and has several."""

SINGLE: Mapping[str, Strategy] = {
    "userName": strategies.user_names(),
    "externalId": strategies.text(min_size=1),
    "name.givenName": strategies.column_text(),
    "name.familyName": strategies.column_text(),
    "name.formatted": strategies.text(),
    "active": st.booleans(),
    "title": strategies.text(),
    f"{USER}:nickName": strategies.text(),
    f"{ENTERPRISE}:department": strategies.text(),
    f"{ENTERPRISE}:manager.value": strategies.text(),
    f"{BADGE}:level": strategies.integers(),
    f"{BADGE}:weight": strategies.decimals(),
    f"{BADGE}:issued": strategies.moments(),
    f"{BADGE}:armed": st.booleans(),
    f"{BADGE}:chip": strategies.binaries(),
    f"{BADGE}:code": strategies.text(),
}
"""A value of each attribute that has one."""

COMPLEX: Mapping[str, Strategy] = {
    "name": strategies.some(
        givenName=strategies.column_text(),
        middleName=strategies.text(),
        honorificPrefix=strategies.text(),
    ),
    f"{ENTERPRISE}:manager": strategies.some(value=strategies.text(), displayName=strategies.text()),
    ENTERPRISE: strategies.some(employeeNumber=strategies.text(), division=strategies.text()),
    BADGE: strategies.some(code=strategies.text(), grades=st.lists(strategies.integers(), max_size=2)),
}
"""Some sub-attributes of each complex attribute that has one value, and some attributes of each extension."""

READ_ONLY = ("id", "meta", "meta.version", "groups", "groups.value")

UNKNOWN = ("favouriteColour", "name.favouriteColour", f"{BADGE}:favouriteColour", "urn:example:other:colour")

MALFORMED = ("emails[", "emails[type eq]", "name..givenName", "5", 'emails[type eq "work"', " ")

WRITES: st.SearchStrategy[Callable[[str | None, Any], Json]] = st.sampled_from([add, replace])

ANYTHING: Strategy = st.sampled_from(
    [True, 5, 1.5, "text", [], ["text"], [5], {}, {"value": "text"}, [{"value": "text"}], [[]], {"name": {}}]
)
"""Values that fit one attribute and not another."""


@st.composite
def operations(draw: st.DrawFn, resource: Json) -> list[Json]:
    """Several operations of one PATCH, about values that a user has or has not."""
    drawn = [draw(operation(resource)) for _ in range(draw(st.integers(1, 5)))]
    if draw(st.integers(0, 5)) == 5:
        drawn.insert(draw(st.integers(0, len(drawn))), draw(mistakes(resource)))
    return drawn


@st.composite
def operation(draw: st.DrawFn, resource: Json) -> Json:
    """An operation that means something."""
    form = draw(
        st.sampled_from(["attribute", "attribute", "selected", "selected", "no path", "remove", "remove"])
    )
    op = draw(WRITES)
    if form == "no path":
        keys = draw(st.lists(st.sampled_from([*SINGLE, *COMPLEX, *ENTRIES, *SIMPLE]), min_size=1, max_size=4))
        return op(None, {key: draw(value_of(key)) for key in keys})
    if form == "selected":
        chosen: Json = draw(selected(resource))
        return chosen
    path = draw(st.sampled_from([*SINGLE, *COMPLEX, *ENTRIES, *SIMPLE]))
    if form == "attribute":
        return op(path, draw(value_of(path)))
    return remove(path)


def value_of(path: str) -> Strategy:
    """What an attribute may be given."""
    if path in SINGLE:
        return SINGLE[path]
    if path in COMPLEX:
        return COMPLEX[path]
    if path in SIMPLE:
        return st.lists(SIMPLE[path], max_size=3)
    return strategies.values(ENTRIES[path])


@st.composite
def selected(draw: st.DrawFn, resource: Json) -> Json:
    """An operation on the values that a filter selects."""
    path = draw(st.sampled_from([*ENTRIES, *SIMPLE]))
    node = strategies.value_path(draw, path, [resource])
    kinds = strategies.MULTIPLE.get(path)
    op = draw(WRITES)
    is_removal = draw(st.integers(0, 2)) == 2
    if kinds is None:
        return remove(str(node)) if is_removal else op(str(node), draw(SIMPLE[path]))
    if draw(st.booleans()):
        sub = draw(st.sampled_from(sorted(kinds)))
        value = draw(
            strategies.addresses_of_email() if (path, sub) == ("emails", "value") else kinds[sub].operands
        )
        return remove(f"{node}.{sub}") if is_removal else op(f"{node}.{sub}", value)
    entry = {**draw(ENTRIES[path]), **draw(strategies.some(primary=st.booleans()))}
    return remove(str(node)) if is_removal else op(str(node), entry)


@st.composite
def mistakes(draw: st.DrawFn, resource: Json) -> Json:
    """An operation that may be refused."""
    paths: Sequence[str] = [*SINGLE, *COMPLEX, *ENTRIES, *SIMPLE, *READ_ONLY, *UNKNOWN, *MALFORMED]
    path = draw(st.sampled_from(paths))
    value = draw(ANYTHING)
    mistake: Json = draw(
        st.sampled_from(
            [
                add(path, value),
                replace(path, value),
                replace(path, None),
                replace(None, {path: value}),
                remove(path),
                remove(path, value),
                {"op": "remove"},
                {"op": "move", "path": path, "value": value},
            ]
        )
    )
    return mistake
