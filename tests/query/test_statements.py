"""Queries whose statements are kept give what the ORM gives, and what is so at the time."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from scim2_models import ScimFilter

from django_scim.adapters import UserAdapter
from django_scim.dialects.canonical import canonical_filter
from django_scim.models import Connection
from django_scim.query.statements import KeptQuery
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller
from django_scim.schema.attributes import schema_of
from tests.conftest import ScimClient
from tests.factories import UserFactory
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db

ALLOWED = {"name": ""}
"""Whom :class:`ChangingAdapter` shows at the moment."""


class ChangingAdapter(UserAdapter):
    """Shows other users from one request to the next."""

    def get_queryset(self, connection: Connection) -> QuerySet[Any]:
        """Return the one user."""
        return super().get_queryset(connection).filter(username=ALLOWED["name"])


def names(scim: ScimClient, **parameters: Any) -> list[str]:
    """Return the names of the users that a query finds."""
    page = scim.get("/Users", parameters).json()
    return [resource["userName"] for resource in page["Resources"]]


def kept(text: str, scim: ScimClient) -> KeptQuery | None:
    """Return the query of a filter, if its statements are kept."""
    resource_type = registry().by_name["User"]
    return KeptQuery.of(resource_type, ScimFilter(text).ast, Caller(scim.connection))


@pytest.mark.parametrize("value", ["bjensen", "BJensen", "BJENSEN", 'b\\"j', "Ärger", "ärger", "%", "%s", ""])
def test_a_look_up_finds_the_same_with_and_without_a_statement(scim, value):
    for name in ("bjensen", 'b"j', "ÄRGER", "%s", "other"):
        UserFactory.create(username=name)

    twice = [names(scim, filter=f'userName eq "{value}"') for _ in range(2)]
    otherwise = names(scim, filter=f'userName eq "{value}" and id pr')

    assert twice == [otherwise, otherwise]


ADDRESSES = [
    "ada@example.com",
    "ADA@Example.com",
    "second@example.com",
    "\u00c4rger@example.com",
    '"',
    "%s",
    "\\\\",
    "",
]


@pytest.mark.parametrize("value", ADDRESSES)
@pytest.mark.parametrize("path", ["emails", "emails.value"])
def test_a_look_up_by_an_address_finds_the_same_with_and_without_a_statement(scim, path, value):
    addresses = [
        ["ada@example.com", "second@example.com"],
        ["third@example.com", "\u00e4rger@example.com"],
        ["other@example.com", "ada@example.com"],
        ["fourth@example.com", "%s", "\\"],
    ]
    for number, found in enumerate(addresses):
        values = [{"value": each, "type": f"type{place}"} for place, each in enumerate(found)]
        assert scim.post("/Users", user(f"u{number}", emails=values)).status_code == 201
    UserFactory.create(username="made", email="Ada@example.com")
    filter = f'{path} eq "{value.replace(chr(34), chr(92) + chr(34))}"'

    assert kept(filter, scim) is not None
    twice = [names(scim, filter=filter) for _ in range(2)]
    otherwise = names(scim, filter=f"{filter} and id pr")

    assert twice == [otherwise, otherwise]


SELECTED = [
    '{path}[type eq "work" and value eq "{value}"]',
    '{path}[value eq "{value}" and type eq "home"]',
    '{path}[type eq "work" and value co "{value}"]',
    '{path}[primary eq true and value eq "{value}"]',
    '{path}[value co "{value}"]',
]


@pytest.mark.parametrize("value", [*ADDRESSES[:-1], "a", "@"])
@pytest.mark.parametrize("form", SELECTED)
def test_a_value_path_finds_the_same_with_and_without_a_statement(scim, form, value):
    addresses = [
        [("ada@example.com", "work"), ("second@example.com", "home")],
        [("third@example.com", "home"), ("\u00e4rger@example.com", "work")],
        [("other@example.com", "work"), ("ada@example.com", "home")],
        [("%s", "work"), ("fourth@example.com", "home"), ("\\", "other")],
    ]
    for number, found in enumerate(addresses):
        values = [{"value": each, "type": kind, "primary": kind == "home"} for each, kind in found]
        assert scim.post("/Users", user(f"u{number}", emails=values)).status_code == 201
    UserFactory.create(username="made", email="Ada@example.com")
    filter = form.format(path="emails", value=value.replace('"', '\\"'))

    assert kept(filter, scim) is not None
    twice = [names(scim, filter=filter) for _ in range(2)]
    otherwise = names(scim, filter=f"{filter} and id pr")

    assert twice == [otherwise, otherwise]


def test_what_entra_id_matches_by_is_kept(scim):
    asked = 'emails[type eq "work"].value eq "ada@example.com"'
    schema = schema_of(registry().by_name["User"].resource)

    found = str(canonical_filter(asked, [schema]))

    assert kept(found, scim) is not None


def test_a_search_inside_of_values_may_take_no_longer_than_others(scim):
    search, look_up = (kept(f'emails[value {op} "a"]', scim) for op in ("co", "eq"))

    assert (search and search.is_look_up, look_up and look_up.is_look_up) == (False, True)


def test_a_look_up_by_an_address_sees_a_change_at_once(scim):
    created = scim.post("/Users", user("ada", emails=[{"value": "first@example.com"}])).json()
    assert names(scim, filter='emails eq "first@example.com"') == ["ada"]

    add = {"op": "add", "path": "emails", "value": [{"value": "more@example.com"}]}
    assert scim.patch(f"/Users/{created['id']}", add).status_code == 200
    User.objects.update(email="second@example.com")

    found = {
        each: names(scim, filter=f'emails eq "{each}@example.com"') for each in ("first", "second", "more")
    }
    assert found == {"first": [], "second": ["ada"], "more": ["ada"]}


@pytest.mark.parametrize("value", ["e1", "E1", "e2", "\u00e9", "%s"])
def test_a_look_up_by_external_id_finds_the_same_with_and_without_a_statement(scim, value):
    for number, external_id in enumerate(("e1", "E1", "\u00e9", "%s")):
        scim.post("/Users", user(f"u{number}", externalId=external_id))

    assert kept(f'externalId eq "{value}"', scim) is not None
    twice = [names(scim, filter=f'externalId eq "{value}"') for _ in range(2)]
    otherwise = names(scim, filter=f'externalId eq "{value}" and id pr')

    assert twice == [otherwise, otherwise]


def test_a_look_up_by_external_id_is_that_of_the_connection(scim):
    other = ScimClient(Connection.objects.create(name="other"))
    scim.post("/Users", user("ada", externalId="e1"))
    other.post("/Users", user("bob", externalId="e1"))

    found = [names(client, filter='externalId eq "e1"') for client in (scim, other, scim)]

    assert found == [["ada"], ["bob"], ["ada"]]


def test_a_look_up_sees_a_change_at_once(scim):
    row = UserFactory.create(username="first")
    assert names(scim, filter='userName eq "first"') == ["first"]

    User.objects.update(username="second")
    assert names(scim, filter='userName eq "first"') == []
    assert names(scim, filter='userName eq "second"') == ["second"]

    assert scim.delete(path_of(row)).status_code == 204
    assert names(scim, filter='userName eq "second"') == []
    assert scim.get(path_of(row)).status_code == 404


def test_what_the_host_shows_is_asked_at_each_request(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": f"{__name__}.ChangingAdapter"}}}
    rows = {name: UserFactory.create(username=name) for name in ("a", "b")}

    for name, other in (("a", "b"), ("b", "a")):
        ALLOWED["name"] = name
        assert names(scim) == [name]
        assert names(scim, filter=f'userName eq "{other}"') == []
        assert scim.get(path_of(rows[name])).status_code == 200
        assert scim.get(path_of(rows[other])).status_code == 404
    assert kept('userName eq "a"', scim) is None


@pytest.mark.parametrize(
    "text",
    [
        'userName ne "a"',
        'userName sw "a"',
        'userName eq "a" or userName eq "b"',
        'emails.type eq "work"',
        'emails[type eq "a" and value eq "b"]',
        'emails[type eq "work" or value eq "b"]',
        'emails[type eq "work" and value sw "b"]',
        'emails[type ne "work" and value eq "b"]',
        'emails[value eq "a" and value eq "b"]',
        'emails[type eq "work" and not (value eq "b")]',
        'emails[type eq "work" and display eq "b"]',
        'emails[type eq "work"]',
        'emails[value co ""]',
        'phoneNumbers[type eq "work" and value eq "b"]',
        'externalId eq ""',
        'externalId sw "a"',
        'id eq "1"',
        'groups eq "1"',
        'manager.value eq "1"',
        "active eq true",
        'meta.resourceType eq "User"',
        'title eq "a"',
    ],
)
def test_other_filters_are_left_to_the_orm(scim, text):
    assert kept(text, scim) is None


def test_a_page_and_its_total_are_those_of_now(scim):
    for number in range(3):
        UserFactory.create(username=f"u{number}")

    def page() -> tuple[int, int]:
        found = scim.get("/Users", {"count": 2}).json()
        return found["totalResults"], len(found["Resources"])

    assert page() == (3, 2)
    UserFactory.create(username="u3")
    assert page() == (4, 2)
    User.objects.all().delete()
    assert page() == (0, 0)
    assert scim.get("/Users", {"count": 0}).json()["totalResults"] == 0


def test_each_connection_has_its_own_external_id(scim):
    created = scim.post("/Users", user("bjensen", externalId="mine")).json()
    other = ScimClient(Connection.objects.create(name="other"))

    for client, expected in ((scim, "mine"), (other, None), (scim, "mine")):
        assert client.get(f"/Users/{created['id']}").json().get("externalId") == expected


@pytest.mark.skipif(connection.vendor != "postgresql", reason="elsewhere, the ORM builds it")
def test_two_look_ups_differ_in_a_parameter_alone(scim):
    UserFactory.create(username="zebra")

    def statement(name: str) -> str:
        with CaptureQueriesContext(connection) as captured:
            names(scim, filter=f'userName eq "{name}"')
        (sql,) = (each["sql"] for each in captured if f"'{name}'" in each["sql"])
        return str(sql).replace(name, "")

    assert statement("zebra") == statement("nobody")
