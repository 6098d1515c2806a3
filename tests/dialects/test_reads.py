"""The rules of a connection's dialect apply to reads, and a filter is parsed once."""

from __future__ import annotations

from dataclasses import replace as replaced
from typing import Any

import pytest
from scim2_models.path import Comparison, FilterNode
from scim2_models.path import filter as parsing

from django_scim.dialects import Dialect, Stage, rule
from django_scim.schema.attributes import Schema
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.operations.patch_operations import replace
from tests.representations import path_of, user

SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@rule(Stage.FILTER, sent_by="nobody", source="here")
def doubled_equals(text: str, schema: Schema) -> str:
    """Read ``==`` as ``eq``."""
    return text.replace("==", "eq")


@rule(Stage.PATH, sent_by="nobody", source="here")
def logins(path: str, schema: Schema) -> str:
    """Read ``login`` as ``userName``."""
    return "userName" if path.lower() == "login" else path


@rule(Stage.COMPARISON, sent_by="nobody", source="here")
def starred(node: Comparison, schema: Schema) -> Comparison:
    """Leave out a star before a text."""
    return replaced(node, value=node.value.lstrip("*")) if isinstance(node.value, str) else node


QUIRKY = Dialect("quirky", "Quirky", own=[doubled_equals, logins, starred])


@pytest.fixture
def quirky(db: None, settings: Any) -> ScimClient:
    """A client of a connection whose dialect has rules of its own for filters, paths and comparisons."""
    settings.DJANGO_SCIM = {"DIALECTS": [f"{__name__}.QUIRKY"]}
    return ScimClient(ConnectionFactory.create(dialect="quirky"))


@pytest.fixture
def people(db: None) -> None:
    """Two users, and a group."""
    UserFactory.create(username="zoe")
    UserFactory.create(username="ann")
    GroupFactory.create(name="Tours")


def answers(client: ScimClient, path: str, query: dict[str, Any]) -> Any:
    """Yield what answers a query in the address, and in a body."""
    yield client.get(path, query)
    yield client.post(f"{path.rstrip('/')}/.search", {"schemas": [SEARCH], **query})


# The dialect


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("path", ["/Users", "/"])
@pytest.mark.parametrize(
    "filter", ['userName == "ann"', 'login eq "ann"', 'userName eq "*ann"', 'login == "*ann"']
)
def test_a_filter_is_read_by_the_rules_of_the_dialect(quirky, path, filter):
    for response in answers(quirky, path, {"filter": filter}):
        assert [found["userName"] for found in response.json()["Resources"]] == ["ann"]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("path", ["/Users", "/"])
def test_an_order_and_the_attributes_are_read_by_the_rules_of_the_dialect(quirky, path):
    for response in answers(quirky, path, {"sortBy": "login", "attributes": "login"}):
        names = [found["userName"] for found in response.json()["Resources"] if "userName" in found]
        assert names == ["ann", "zoe"]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("path", ["/Users", "/"])
@pytest.mark.parametrize("filter", ['userName == "ann"', 'login eq "ann"'])
def test_the_standard_dialect_has_none_of_these_rules(quirky, scim, path, filter):
    for response in answers(scim, path, {"filter": filter}):
        assert_scim_error(response, 400, "invalidFilter")


def test_the_answer_to_a_write_has_the_attributes_that_the_dialect_names(quirky):
    query = "?attributes=login"
    created = quirky.post(f"/Users{query}", user("ann", title="Guide"))
    path = f"/Users/{created.json()['id']}{query}"

    replies = [
        created,
        quirky.get(path),
        quirky.put(path, user("ann", title="Clerk")),
        quirky.patch(path, replace("title", "Guide")),
    ]

    for response in replies:
        assert response.json().keys() == {"schemas", "id", "userName"}


# The parser


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What scim2-models' parser of filters is called with, whether or not it remembers the text."""
    texts: list[str] = []
    parse = parsing._parse_filter  # type: ignore[attr-defined]

    def counted(text: str) -> FilterNode:
        texts.append(text)
        return parse(text)

    monkeypatch.setattr(parsing, "_parse_filter", counted)
    return texts


FILTERS = [
    'userName eq "ann"',
    "userName  eq ann",
    'department eq "IT" and manager eq "5" or not (emails[type eq "work"])',
    'urn:scim:schemas:extension:enterprise:1.0:department eq "IT"',
    f'userName eq "{"a" * 1100}"',
]
"""As it is, with values to be quoted, with paths to be changed, and too long to be remembered."""


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("path", ["/Users", "/"])
@pytest.mark.parametrize("filter", FILTERS)
def test_a_filter_is_parsed_once_in_a_request(scim, parsed, path, filter):
    for response in answers(scim, path, {"filter": filter, "sortBy": "userName"}):
        assert response.status_code == 200, response.content
        assert len(parsed) == 1, parsed
        parsed.clear()


@pytest.mark.parametrize("path", ["/Users", "/"])
@pytest.mark.parametrize("filter", ["userName eq", "(", 'unknown eq "a"', "active gt true"])
def test_a_filter_that_is_refused_is_parsed_once_too(scim, parsed, path, filter):
    for response in answers(scim, path, {"filter": filter}):
        assert_scim_error(response, 400, "invalidFilter")
        assert len(parsed) == 1, parsed
        parsed.clear()


def test_a_request_without_a_filter_parses_none(scim, parsed):
    row = UserFactory.create()

    assert scim.get("/Users", {"attributes": "emails"}).status_code == 200
    assert scim.get(path_of(row)).status_code == 200
    assert parsed == []
