"""``manage.py scim_connection problems``: what a connection was refused and nobody has cured."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from django_scim.management.problems import MOST_NAMED
from django_scim.models import Connection, ProvisioningEvent
from tests.factories import UserFactory
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    """Run the command, and return what it prints."""
    out = StringIO()
    call_command("scim_connection", "problems", *arguments, stdout=out, no_color=True)
    return out.getvalue()


@pytest.fixture
def name(scim):
    """The name of a connection that was refused for a name that somebody has."""
    Connection.objects.update(adoption="own")
    UserFactory.create(username="bjensen")
    scim.post("/Users", user("bjensen"))
    return scim.connection.name


def test_a_problem_is_printed_with_whom_it_is_about_who_is_in_the_way_and_what_to_do(name):
    text = run(name)

    assert "409 uniqueness: another resource has the same userName" in text
    assert "1 refused requests, 20" in text
    assert f"- User bjensen (event {ProvisioningEvent.objects.get().pk})" in text
    assert "In the way is User bjensen. No connection manages it." in text
    assert "In this project: " in text
    assert "At the identity provider: " in text
    assert "&" not in text


def test_a_problem_is_printed_for_programs(name):
    printed = json.loads(run(name, "--json"))
    (problem,) = printed["problems"]

    assert (printed["connection"], printed["isComplete"]) == (name, True)
    assert (problem["status"], problem["scimType"], problem["number"]) == (409, "uniqueness", 1)
    assert problem["resources"][0]["name"] == "User bjensen"
    assert problem["resources"][0]["inTheWay"]["name"] == "User bjensen"


def test_what_was_cured_is_not_printed(scim, name):
    User.objects.update(username="somebody.else")
    assert "try again" in run(name)
    scim.post("/Users", user("bjensen"))

    assert run(name) == f"{name} has no open problems of the last 30 days.\n"


def test_who_was_refused_by_id_has_a_name_and_of_many_the_first_are_named(scim):
    for number in range(MOST_NAMED + 3):
        account = UserFactory.create(username=f"user{number}")
        scim.patch(path_of(account), {"op": "replace", "path": "name.familyName", "value": "x" * 1000})
    text = run(scim.connection.name)

    assert text.count("- User user") == MOST_NAMED
    assert "and 3 more" in text


def test_a_connection_that_is_not_there_is_an_error(db):
    with pytest.raises(CommandError, match="There is no connection Okra"):
        run("Okra")
