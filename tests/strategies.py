"""Hypothesis strategies: resources that databases find hard to compare, and what is asked of them."""

# ruff: noqa: RUF001 - letters that look alike are what is tested.

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unicodedata import normalize

from django.db import connection
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from scim2_models.path import (
    AttrPath,
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    Not,
    Present,
    ValuePath,
)

from django_scim.sql.functions import fold
from tests.query.badges import BADGE
from tests.representations import ENTERPRISE, GROUP, USER

Strategy = st.SearchStrategy[Any]
Json = dict[str, Any]

EXAMPLES = int(os.environ.get("HYPOTHESIS_EXAMPLES", "10"))

PROFILE = settings(
    max_examples=EXAMPLES,
    deadline=None,
    # The same examples every time, unless somebody asks for a search: CI should not fail by chance.
    derandomize=EXAMPLES <= 25,
    # Each example undoes what it did to the database itself.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
"""How long a property is tried: with a few examples, or with the 25 that CI takes on each database.
``HYPOTHESIS_EXAMPLES=1000`` searches for what nobody has seen yet."""

# Text

FRAGMENTS = (
    *("a", "A", "b", "B", "z", "1", "10", "_", "%", "*", "?", "\\", "'", '"', "`", " ", "  ", ".", "-"),
    *("{}", "$", "[*]", "<b>", "\\u0041", "\\n"),
    *("é", "É", "e\u0301", "E\u0301", "ä", "Ä", "ß", "ẞ", "SS", "ø", "Ø", "ñ", "Ł", "đ", "Ð", "þ"),  # Latin
    *("i", "I", "İ", "ı", "i\u0307", "ǅ", "ﬁ", "K", "\u212a", "Å", "\u212b"),  # Letters with odd cases
    *("Σ", "σ", "ς", "ΑΣ", "ας", "ασ", "Ϊ", "ΐ", "Ω", "\u2126", "ᾳ", "ᾼ", "Ж", "ж", "Ա", "ა", "Ა", "Ꭰ"),
    *("中", "ｶ", "가", "\u1100\u1161", "ש", "ع", "\u0301", "\u200d", "\u00a0", "\u00ad", "\ufeff"),
    *("😀", "👩\u200d👧", "𝒳", "𐐀", "𐐨", "\t", "\n", "\u2028", "\x7f", "\x01"),
)
"""What collations, patterns, JSON and SQL treat in a way of their own."""


def text(min_size: int = 0) -> Strategy:
    """Any text that a database can hold; short, and often alike."""
    # No NUL and no surrogates: PostgreSQL cannot hold the one, UTF-8 the other. Nothing over U+3000 at
    # random: which letters have two cases there depends on the version of Unicode.
    characters = st.characters(min_codepoint=1, max_codepoint=0x3000, exclude_categories=("Cs", "Cn"))
    return st.lists(st.sampled_from(FRAGMENTS) | characters, min_size=min_size, max_size=4).map("".join)


def column_text() -> Strategy:
    """Text for a column of the host."""
    if connection.vendor != "mysql":
        return text()
    # MariaDB has no function that composes characters: what a column holds, and its lower case, it
    # compares as it is.
    composed = text().map(lambda value: normalize("NFC", value))
    return composed.filter(lambda value: value.lower() == fold(value))


def user_names() -> Strategy:
    """What Django's own validator lets ``username`` be."""
    pieces = ("a", "A", "b", "É", "ß", "ΑΣ", "ας", "İ", "ı", "_", ".", "@", "+", "-", "中", "𐐀", "ǅ")
    return st.lists(st.sampled_from(pieces), min_size=1, max_size=4).map("".join)


def addresses_of_email() -> Strategy:
    """What Django's own validator lets an address be."""
    locals_ = ("a", "A", "b", "a_b", "aXb", "a%b", "o'neil", "a+b", "a*", "{a}")
    domains = ("example.com", "EXAMPLE.com", "Example.org", "exämple.com")
    return st.builds("{}@{}".format, st.sampled_from(locals_), st.sampled_from(domains))


# Values


def integers() -> Strategy:
    """Integers of 64 bits."""
    return st.integers(-3, 12) | st.integers(-(2**63), 2**63 - 1)


def decimals() -> Strategy:
    """Numbers that are the same in JSON and in Python."""
    return st.sampled_from([0.0, -0.0, 1.5, -1.5, 10.0, 9.0, 1e300, -1e-300]) | st.floats(
        allow_nan=False, allow_infinity=False
    )


def moments() -> Strategy:
    """A dateTime with an offset."""
    offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    near = st.sampled_from([datetime(2011, 5, 13, 4, 42, 34, tzinfo=UTC), datetime(999, 1, 1, tzinfo=UTC)])
    anywhere = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=offsets)
    return (near | anywhere).map(datetime.isoformat)


def binaries() -> Strategy:
    """A binary, in base64."""
    return st.binary(min_size=1, max_size=4).map(lambda octets: b64encode(octets).decode())


def kinds() -> Strategy:
    """The ``type`` of a value of a multi-valued attribute."""
    return st.sampled_from(["work", "home", "Work", "Büro"])


def some(**optional: Strategy) -> Strategy:
    """A complex value with any of the sub-attributes."""
    return st.fixed_dictionaries({}, optional=optional)


@st.composite
def values(draw: st.DrawFn, entry: Strategy) -> list[Json]:
    """Values of a multi-valued attribute, of which one at most is the primary one."""
    entries: list[Json] = [dict(value) for value in draw(st.lists(entry, max_size=3))]
    marked: int | None = draw(st.none() | st.integers(0, 2))
    if marked is not None and marked < len(entries):
        entries[marked]["primary"] = True
    is_unmarked: bool = draw(st.booleans())
    if entries and is_unmarked:
        entries[-1].setdefault("primary", False)
    return entries


# Resources


def shown(door: Json) -> Json:
    """Return a value that an answer has some part of: in memory nothing is known of another one."""
    return door if door.keys() - {"secret", "remark"} else {}


def users() -> Strategy:
    """A User with mapped, stored, multi-valued and extension attributes, any of which may be missing."""
    numbers = some(value=text(), type=kinds(), display=text())
    door = some(
        number=integers(), opened=moments(), locked=st.booleans(), label=text(), secret=text(), remark=text()
    ).map(shown)
    # An address without a value is put behind the others: the primary one belongs to the column.
    emails = st.fixed_dictionaries(
        {"value": addresses_of_email()}, optional={"type": kinds(), "display": text()}
    )
    badge = some(
        level=integers(),
        weight=decimals(),
        issued=moments(),
        armed=st.booleans(),
        chip=binaries(),
        code=text(),
        tags=st.lists(text(min_size=1), max_size=3),
        grades=st.lists(integers(), max_size=3),
        doors=values(door),
        photo=text(),
    )
    enterprise = some(
        employeeNumber=text(), department=text(), manager=some(value=text(), displayName=text())
    )
    return st.fixed_dictionaries(
        {"schemas": st.just([USER, ENTERPRISE, BADGE]), "userName": user_names()},
        optional={
            "name": some(givenName=column_text(), familyName=column_text(), formatted=text()),
            "active": st.booleans(),
            "emails": values(emails),
            "title": text(),
            "nickName": text(),
            "profileUrl": st.sampled_from(["https://example.com/A", "https://example.com/a"]),
            "externalId": text(min_size=1),
            "phoneNumbers": values(numbers),
            "roles": values(numbers),
            "addresses": values(some(locality=text(), country=text(), type=kinds())),
            ENTERPRISE: enterprise,
            BADGE: badge,
        },
    )


def groups() -> Strategy:
    """A Group, and the positions of the users who are in it."""
    return st.tuples(
        st.fixed_dictionaries({"schemas": st.just([GROUP]), "displayName": column_text()}),
        st.sets(st.integers(0, 3)),
    )


# Filters


@dataclass(frozen=True)
class Kind:
    """How the values of a type of attribute are compared, and with what."""

    operators: tuple[CompareOperator, ...]
    operands: Strategy
    variants: tuple[Callable[[Any], Any], ...] = ()


EQUALITY = (CompareOperator.eq, CompareOperator.ne)
ORDERINGS = (CompareOperator.gt, CompareOperator.ge, CompareOperator.lt, CompareOperator.le)
SUBSTRINGS = (CompareOperator.co, CompareOperator.sw, CompareOperator.ew)

TEXT = Kind(
    (*EQUALITY, *SUBSTRINGS, *ORDERINGS),
    text(),
    (
        str.upper,
        str.lower,
        lambda value: normalize("NFD", value),
        lambda value: value[1:],
        lambda value: value[:-1],
        lambda value: value[len(value) // 2 :],
        lambda value: value[: len(value) // 2],
        lambda value: f"{value} ",
    ),
)
INTEGER = Kind(
    (*EQUALITY, *ORDERINGS),
    integers() | st.sampled_from([2**63, -(2**63) - 1, 10**30, -(10**30)]),
    (lambda value: value + 1, lambda value: value - 1),
)
DECIMAL = Kind((*EQUALITY, *ORDERINGS), decimals(), (lambda value: value / 2,))
MOMENT = Kind(
    (*EQUALITY, *ORDERINGS),
    moments() | st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"]),
    (
        lambda value: datetime.fromisoformat(value).astimezone(timezone(timedelta(hours=-5))).isoformat(),
        lambda value: (datetime.fromisoformat(value) + timedelta(microseconds=1)).isoformat(),
    ),
)
BOOLEAN = Kind(EQUALITY, st.booleans())
BINARY = Kind(EQUALITY, binaries())
OPAQUE = Kind(EQUALITY, text(min_size=1), (str.upper, lambda value: value[1:]))
"""An ``id``: it can be compared for equality alone."""

LABELLED = {"value": TEXT, "type": TEXT, "display": TEXT, "primary": BOOLEAN}

SINGLE: Mapping[str, Kind] = {
    "id": OPAQUE,
    "externalId": TEXT,
    "meta.resourceType": TEXT,
    "meta.created": MOMENT,
    "meta.lastModified": MOMENT,
    "userName": TEXT,
    "name.givenName": TEXT,
    "name.familyName": TEXT,
    "name.formatted": TEXT,
    "active": BOOLEAN,
    "title": TEXT,
    "nickName": TEXT,
    "userType": TEXT,
    f"{ENTERPRISE}:employeeNumber": TEXT,
    f"{ENTERPRISE}:department": TEXT,
    f"{ENTERPRISE}:manager.value": TEXT,
    f"{ENTERPRISE}:manager.displayName": TEXT,
    f"{BADGE}:level": INTEGER,
    f"{BADGE}:weight": DECIMAL,
    f"{BADGE}:issued": MOMENT,
    f"{BADGE}:armed": BOOLEAN,
    f"{BADGE}:chip": BINARY,
    f"{BADGE}:code": TEXT,
}
"""The attributes that have one value, by their path."""

MULTIPLE: Mapping[str, Mapping[str, Kind]] = {
    "emails": LABELLED,
    "phoneNumbers": LABELLED,
    "roles": LABELLED,
    "addresses": {"locality": TEXT, "country": TEXT, "type": TEXT, "primary": BOOLEAN},
    "groups": {"value": OPAQUE, "display": TEXT, "type": TEXT},
    f"{BADGE}:doors": {
        "number": INTEGER,
        "opened": MOMENT,
        "locked": BOOLEAN,
        "label": TEXT,
        "primary": BOOLEAN,
    },
}
"""The sub-attributes of the attributes that have several values, by the path of the attribute."""

SIMPLE: Mapping[str, Kind] = {f"{BADGE}:tags": TEXT, f"{BADGE}:grades": INTEGER, "schemas": TEXT}
"""The attributes that have several values without sub-attributes."""

COMPLEX = ("name", f"{ENTERPRISE}:manager", "meta")
"""The attributes that are complex and have one value."""


def attr_path(path: str) -> AttrPath:
    """Return the node of a path."""
    urn, _, rest = path.rpartition(":")
    name, _, sub = rest.partition(".")
    return AttrPath(name, sub or None, urn or None)


def found_at(resources: Sequence[Json], path: str) -> list[Any]:
    """Return all the values that resources have at a path."""
    urn, _, rest = path.rpartition(":")
    found: list[Any] = [resource.get(urn, {}) if urn else resource for resource in resources]
    for name in rest.split("."):
        found = list(flat(value.get(name) for value in found if isinstance(value, dict)))
    return found


def flat(found: Any) -> Iterator[Any]:
    """Yield the values in lists, and those that are in none."""
    for value in found:
        if isinstance(value, list):
            yield from value
        elif value is not None:
            yield value


def operand(draw: st.DrawFn, kind: Kind, seen: Sequence[Any]) -> Any:
    """Draw what to compare with: what some resource has, nearly that, or anything."""
    likeness: str = draw(st.sampled_from(["same", "near", "near", "any"]))
    if not seen or likeness == "any":
        return draw(kind.operands)
    value = draw(st.sampled_from(seen))
    if likeness == "near" and kind.variants:
        return draw(st.sampled_from(kind.variants))(value)
    return value


def compare(draw: st.DrawFn, path: str, kind: Kind, seen: Sequence[Any]) -> Comparison:
    """Draw a comparison, now and then with null."""
    if draw(st.integers(0, 9)) == 9:
        return Comparison(attr_path(path), draw(st.sampled_from(EQUALITY)), None)
    return Comparison(attr_path(path), draw(st.sampled_from(kind.operators)), operand(draw, kind, seen))


def join(draw: st.DrawFn, term: Callable[[], FilterNode], depth: int) -> FilterNode:
    """Draw any logic between terms."""
    form = draw(st.sampled_from(["term", "term", "not", "and", "or"])) if depth else "term"
    if form == "term":
        return term()
    if form == "not":
        return Not(join(draw, term, depth - 1))
    terms = tuple(join(draw, term, depth - 1) for _ in range(2))
    return LogicalExpr(LogicalOperator(form), terms)


def value_path(draw: st.DrawFn, path: str, resources: Sequence[Json]) -> ValuePath:
    """Draw a condition that one value has to meet."""
    subs = MULTIPLE.get(path)

    def term() -> FilterNode:
        sub = draw(st.sampled_from(list(subs))) if subs else "value"
        if draw(st.integers(0, 4)) == 4:
            return Present(attr_path(sub))
        kind = subs[sub] if subs else SIMPLE[path]
        return compare(draw, sub, kind, found_at(resources, f"{path}.{sub}" if subs else path))

    return ValuePath(attr_path(path), join(draw, term, 2))


@st.composite
def filters(draw: st.DrawFn, resources: Sequence[Json]) -> FilterNode:
    """A filter of users, about values that these resources have, or nearly have."""

    def term() -> FilterNode:
        form = draw(st.sampled_from(["compare", "compare", "compare", "value path", "present", "null"]))
        if form == "present":
            return Present(attr_path(draw(st.sampled_from(PRESENT))))
        if form == "null":
            operator = draw(st.sampled_from(EQUALITY))
            return Comparison(attr_path(draw(st.sampled_from(COMPLEX))), operator, None)
        if form == "value path":
            return value_path(draw, draw(st.sampled_from([*MULTIPLE, *SIMPLE])), resources)
        path = draw(st.sampled_from(list(COMPARED)))
        place = f"{path}.value" if path in MULTIPLE else path
        return compare(draw, path, COMPARED[path], found_at(resources, place))

    return join(draw, term, 3)


COMPARED: Mapping[str, Kind] = {
    **SINGLE,
    **SIMPLE,
    **{f"{path}.{sub}": kind for path, subs in MULTIPLE.items() for sub, kind in subs.items()},
    # A complex attribute with several values stands for the ``value`` of each.
    **{path: subs["value"] for path, subs in MULTIPLE.items() if "value" in subs},
}
"""What can be compared."""

PRESENT = (*COMPARED, *MULTIPLE, *COMPLEX)
"""What can be there or not."""

SORTABLE = (
    *(path for path, kind in SINGLE.items() if kind is not BINARY),
    *(f"{path}.{sub}" for path, subs in MULTIPLE.items() for sub in subs),
    *(path for path, subs in MULTIPLE.items() if "value" in subs),
    f"{BADGE}:tags",
    f"{BADGE}:grades",
)
"""The attributes that ``sortBy`` takes."""

NAMES = (
    *COMPARED,
    *MULTIPLE,
    *COMPLEX,
    f"{USER}:userName",
    f"{BADGE}:photo",
    f"{BADGE}:pin",
    f"{BADGE}:doors.secret",
    f"{BADGE}:doors.remark",
    "meta.version",
    "meta.location",
    "password",
)
"""What ``attributes`` and ``excludedAttributes`` may name."""

SCHEMAS = (USER, ENTERPRISE, BADGE)
"""The schemas, each of which stands for all its attributes."""


def selections(names: Sequence[str]) -> Strategy:
    """Some attributes, in any spelling."""
    spelling = st.sampled_from([str, str.upper, str.lower])
    name = st.builds(lambda change, name: change(name), spelling, st.sampled_from(names))
    return st.lists(name, min_size=1, max_size=4)
