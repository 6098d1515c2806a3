"""Strategies for the queries: filters that are nearly right, and parameters that are not."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from tests.fuzz.values import ATTRIBUTES, names, scalars, texts

Strategy = st.SearchStrategy[Any]

OPERATORS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ", "pr", "like", "="]

literals = scalars.map(lambda value: json.dumps(value, ensure_ascii=False)) | st.sampled_from(
    ["1e400", "9" * 400, "-" + "9" * 5000, r'"\ud800"', r'"\u0000"', "jyoung", "'a'", '"a', '""']
)
attributes = st.sampled_from(ATTRIBUTES)
comparisons = st.builds("{} {} {}".format, attributes, st.sampled_from(OPERATORS), literals) | st.builds(
    "{} pr".format, attributes
)
filters: Strategy = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds("{} and {}".format, inner, inner),
        st.builds("{} or {}".format, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("({})".format, inner),
        st.builds("{}[{}]".format, attributes, inner),
    ),
    max_leaves=4,
)


@st.composite
def broken_filters(draw: st.DrawFn) -> str:
    """Draw a filter in which a part is missing, repeated, or something else."""
    text: str = draw(filters)
    start = draw(st.integers(0, len(text)))
    end = draw(st.integers(start, min(len(text), start + 10)))
    put = draw(st.sampled_from(["", " ", '"', "\\", "(", ")", "[", "]", ".", ":", "\0", "é"]) | texts)
    return text[:start] + put + text[end:]


long_filters = st.builds(
    lambda part, joint, count: joint.join([part] * count),
    comparisons,
    st.sampled_from([" and ", " or ", " ", " and not (", "(", "["]),
    st.sampled_from([20, 99, 101, 150, 1000]),
) | st.builds(
    lambda opening, closing, count: opening * count + "title pr" + closing * count,
    st.sampled_from(["(", "not (", "emails[", "not(("]),
    st.sampled_from([")", "]", "))", ""]),
    st.sampled_from([5, 33, 500, 3000]),
)

any_filter: Strategy = st.one_of(filters, filters, broken_filters(), long_filters, texts)

paths = st.one_of(names, st.lists(names, max_size=4).map(",".join), texts, st.just("title," * 300))
integers = st.one_of(
    st.integers(-2, 60),
    st.integers(),
    st.sampled_from(["", "many", "1.5", "+1", " 1", "1_0", "\u0663", "9" * 30, "9" * 5000]),
)

parameters: Strategy = st.fixed_dictionaries(
    {},
    optional={
        "filter": any_filter,
        "sortBy": names | texts,
        "sortOrder": st.sampled_from(["ascending", "descending", "DESCENDING", "", "x"]),
        "startIndex": integers,
        "count": integers,
        "cursor": texts | st.just(""),
        "attributes": paths,
        "excludedAttributes": paths,
        "unknown": texts,
    },
)


@st.composite
def query_strings(draw: st.DrawFn) -> str:
    """Draw the query of an address, also one that is not encoded as it should be, or repeats a parameter."""
    given = draw(parameters)
    pairs = [f"{name}={quote(str(value), safe='<>', errors='replace')}" for name, value in given.items()]
    if draw(st.integers(0, 7)) == 0:
        extra = [
            *pairs,
            "%",
            "%zz=%zz",
            "%00=%00",
            "filter=%ff%fe",
            "=",
            "&&",
            "filter",
            "count=1",
            "%ed%a0%80",
        ]
        pairs.append(draw(st.sampled_from(extra)))
    return "&".join(pairs)
