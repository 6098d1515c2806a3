"""Finding people by any part of what is known of them."""

from __future__ import annotations

import pytest

from django_scim.resources.registry import registry
from django_scim.why import finding
from django_scim.why.finding import find
from tests.admin.counting import counted
from tests.factories import GroupFactory, UserFactory
from tests.representations import id_of, user

pytestmark = pytest.mark.django_db


def found(text):
    """Return the keys of users that a text finds."""
    return find(text).keys.get(registry().by_name["User"], [])


@pytest.fixture
def anna():
    """An account that no identity provider has written."""
    return UserFactory.create(
        username="a.schmidt", first_name="Anna", last_name="Schmidt", email="anna@firma.example"
    )


@pytest.mark.parametrize(
    "text", ["Schmidt", "schmi", "midt", "ANNA", "Anna Schmidt", "schmidt anna", "a.sch", "@firma", " anna "]
)
def test_a_part_of_a_name_or_an_address_finds_a_person(anna, text):
    UserFactory.create()

    assert found(text) == [anna.pk]


@pytest.mark.parametrize("text", ["Anna Meier", "%", "_", "schmidt\0", "", "   ", "anna" * 500])
def test_what_nobody_is_called_finds_nobody(anna, text):
    assert found(text) == []


def test_an_id_finds_a_person_whole_and_in_part(anna):
    assert found(id_of(anna)) == [anna.pk]
    # A part of it may be the number of somebody else.
    assert anna.pk in found(id_of(anna)[-12:])
    assert anna.pk in found(str(anna.pk))


def test_a_part_of_an_external_id_finds_a_person(scim):
    scim.post("/Users", user(externalId="00u1a2b3"))

    assert len(found("1A2B")) == 1


def test_an_address_beside_the_columns_finds_a_person(scim):
    addresses = [{"value": "b@work.example", "primary": True}, {"value": "barbara@home.example"}]
    scim.post("/Users", user(emails=addresses, nickName="Babs"))

    assert len(found("home.example")) == len(found("babs")) == 1


def test_a_group_is_found_too():
    team = GroupFactory.create(name="Tour Guides")

    assert find("guide").keys == {registry().by_name["Group"]: [team.pk]}


def test_parts_are_looked_for_in_the_newest_rows_and_said_so(anna, monkeypatch):
    monkeypatch.setattr(finding, "SCANNED", 2)
    UserFactory.create_batch(3)

    assert found("Schmidt") == []
    assert not find("Schmidt").is_complete
    assert found("a.schmidt") == [anna.pk]


def test_the_beginning_of_a_name_in_the_history_is_found_among_any_number(scim, monkeypatch):
    scim.post("/Users", user("zoe@example.com"))
    monkeypatch.setattr(finding, "SCANNED", 2)
    UserFactory.create_batch(3)

    assert len(found("zoe@ex")) == 1


def test_a_search_takes_the_same_queries_however_many_there_are(anna):
    with counted() as few:
        found("Schmidt")
    UserFactory.create_batch(50, last_name="Schmidt")
    with counted() as many:
        assert len(found("Schmidt")) == 51

    assert len(many) == len(few)
