"""The manager of a stock Django user, whom no foreign key holds: named by the server, once there is one."""

from __future__ import annotations

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.operations.patch_operations import remove, replace
from tests.representations import ENTERPRISE, id_of, path_of, user


def managed(name: str, value: str, **attributes: str):
    return user(name, **{ENTERPRISE: {"manager": {"value": value, **attributes}}})


def manager_of(scim, path):
    return scim.get(path).json().get(ENTERPRISE, {}).get("manager")


@pytest.fixture
def boss(scim):
    row = UserFactory.create(username="boss")
    scim.patch(path_of(row), replace("displayName", "The boss"))
    return row


def test_a_manager_without_a_name_has_none(scim):
    made = scim.post("/Users", managed("barbara", id_of(UserFactory.create())))

    assert made.json()[ENTERPRISE]["manager"].keys() == {"value", "$ref"}


def test_the_name_and_the_address_of_a_manager_are_the_servers_to_give(scim, boss):
    made = scim.post("/Users", managed("barbara", id_of(boss), displayName="Somebody else"))

    assert made.json()[ENTERPRISE]["manager"] == {
        "value": id_of(boss),
        "$ref": f"https://testserver/scim/v2{path_of(boss)}",
        "displayName": "The boss",
    }


def test_the_name_of_a_manager_is_read_only(scim, boss):
    schema = scim.get(f"/Schemas/{ENTERPRISE}").json()
    (manager,) = [attribute for attribute in schema["attributes"] if attribute["name"] == "manager"]
    (name,) = [part for part in manager["subAttributes"] if part["name"] == "displayName"]

    assert name["mutability"] == "readOnly"


def test_the_name_of_a_manager_is_the_one_that_it_has_now(scim, boss):
    path = f"/Users/{scim.post('/Users', managed('barbara', id_of(boss))).json()['id']}"

    scim.patch(path_of(boss), replace("displayName", "The chief"))

    assert manager_of(scim, path)["displayName"] == "The chief"


def test_a_manager_who_comes_later_is_kept_and_known_once_it_is_there(scim):
    made = scim.post("/Users", managed("barbara", "e-1"))
    path = f"/Users/{made.json()['id']}"

    assert made.status_code == 201
    assert manager_of(scim, path) == {"value": "e-1"}
    scim.post("/Users", user("boss", externalId="e-1", displayName="The boss"))
    assert manager_of(scim, path)["displayName"] == "The boss"
    assert manager_of(scim, path)["value"] == "e-1"


def test_a_manager_is_not_known_by_the_external_id_of_another_connection(scim):
    other = ScimClient(ConnectionFactory.create())
    other.post("/Users", user("boss", externalId="e-1"))
    path = f"/Users/{scim.post('/Users', managed('barbara', 'e-1')).json()['id']}"

    assert manager_of(scim, path) == {"value": "e-1"}


def test_a_manager_who_is_deleted_has_no_name_any_more(scim):
    boss = scim.post("/Users", user("boss", displayName="The boss")).json()
    path = f"/Users/{scim.post('/Users', managed('barbara', boss['id'])).json()['id']}"

    scim.delete(f"/Users/{boss['id']}")

    assert "displayName" not in manager_of(scim, path)


def test_an_answer_put_back_changes_nothing(scim, boss):
    path = f"/Users/{scim.post('/Users', managed('barbara', id_of(boss))).json()['id']}"
    before = scim.get(path)

    after = scim.put(path, before.json())

    assert after["ETag"] == before["ETag"]
    scim.patch(path, remove(f"{ENTERPRISE}:manager"))
    assert manager_of(scim, path) is None


def test_managers_of_a_page_take_as_many_queries_as_one(scim, boss):
    counts = []
    for number in range(4):
        scim.post("/Users", managed(f"user{number}", id_of(boss) if number % 2 else f"e-{number}"))
        with CaptureQueriesContext(database) as queries:
            scim.get("/Users")
        counts.append(len(queries))

    assert counts[-1] == counts[1]
