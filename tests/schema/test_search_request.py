"""A filter that is parsed already is checked as strictly as its text."""

from __future__ import annotations

import gc
from typing import Any

import pytest
import scim2_models
from pydantic import ValidationError
from scim2_models.path import AttrPath, CompareOperator, Comparison

from django_scim.schema.paths import parametrized
from django_scim.schema.search_request import ParsedFilter, SearchRequest
from django_scim.schema.types import EnterpriseUserExtension, Group, User
from tests.dialects.canonical_requests import FILTERS

UserType: Any = User[EnterpriseUserExtension]

MODELS: list[Any] = [UserType, Group, UserType | Group]

WRONG = [
    "userName eq",
    "",
    "(",
    'unknown eq "a"',
    "members[unknown pr]",
    "active gt true",
    'active eq "text"',
    'userName[value eq "a"]',
    'meta.created gt "yesterday"',
    "not (" * 40 + "title pr" + ")" * 40,
]


def outcome(request: Any, filter: Any) -> Any:
    """Return the tree of a filter that is accepted, or what is said of one that is not."""
    try:
        return request(filter=filter).filter.ast
    except ValidationError as error:
        return [(item["loc"], item["type"], item["msg"]) for item in error.errors()]


@pytest.mark.parametrize("model", MODELS, ids=["users", "groups", "both"])
@pytest.mark.parametrize("text", [*FILTERS, *WRONG])
def test_it_is_accepted_or_refused_as_scim2_models_does_with_the_text(text, model):
    wanted = outcome(scim2_models.SearchRequest.__class_getitem__(model), text)
    request: Any = SearchRequest.__class_getitem__(model)

    assert outcome(request, ParsedFilter.parse(text)) == wanted
    assert outcome(request, text) == wanted


@pytest.mark.parametrize("value", [5, [], {}, True])
def test_what_is_no_text_is_refused_in_the_same_words(value):
    wanted = outcome(scim2_models.SearchRequest[UserType], value)

    assert outcome(SearchRequest[UserType], value) == wanted


def test_its_tree_counts_and_not_its_text():
    tree = Comparison(AttrPath("title"), CompareOperator.eq, "Guide")

    request = SearchRequest[UserType].model_validate({"filter": ParsedFilter("no filter", tree)})

    assert request.filter is not None
    assert request.filter.ast is tree
    assert request.filter == 'title eq "Guide"'


def test_it_is_the_text_that_was_parsed():
    assert ParsedFilter.parse("title  pr") == "title  pr"


@pytest.mark.parametrize("generic", [SearchRequest, scim2_models.PatchOp, scim2_models.Path])
def test_a_generic_class_is_built_once_whatever_the_garbage_collector_does(generic):
    first = id(parametrized(generic, User))

    gc.collect()

    assert id(parametrized(generic, User)) == first
