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
from django_scim.models import Connection
from django_scim.query.statements import KeptQuery
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller
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
        'emails.value eq "a"',
        'emails[type eq "work"].value eq "a"',
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
