"""PUT (RFC 7644 section 3.5.1)."""

from __future__ import annotations

from datetime import datetime

import pytest
from django.contrib.auth.models import Group, User

from django_scim.models import Link, Operation, Outcome, ProvisioningEvent, Record
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.operations.badges import BADGE
from tests.operations.examples import ENTERPRISE_USER, FULL_USER, PASSWORD, READ_ONLY
from tests.operations.responses import last_event, stored, without_meta
from tests.representations import ENTERPRISE, GROUP, USER, group, id_of, member, path_of, user


@pytest.fixture
def provisioned(scim):
    """The path of a user with all that RFC 7643 knows."""
    return f"/Users/{scim.post('/Users', {**ENTERPRISE_USER, 'password': PASSWORD}).json()['id']}"


def test_a_replacement_makes_the_resource_what_the_body_says(scim, provisioned):
    revised = {**ENTERPRISE_USER, "title": "Manager", "emails": [{"value": "b@jensen.org", "primary": True}]}

    response = scim.put(provisioned, revised)

    assert response.status_code == 200
    assert without_meta(response.json()) == revised
    assert scim.get(provisioned).json() == response.json()
    assert User.objects.get().email == "b@jensen.org"


def test_a_replacement_clears_attributes_that_the_body_leaves_out(scim, provisioned):
    response = scim.put(provisioned, user())

    assert without_meta(response.json()) == {**user(), "active": True}
    row = User.objects.get()
    assert (row.first_name, row.last_name, row.email) == ("", "", "")
    assert not Link.objects.exists()
    assert Record.objects.get().attributes == {}


@pytest.mark.parametrize("empty", [None, []], ids=["null", "empty list"])
def test_a_replacement_clears_attributes_that_the_body_has_no_value_for(scim, provisioned, empty):
    response = scim.put(provisioned, {**FULL_USER, "emails": empty, "addresses": empty, "nickName": None})

    assert not {"emails", "addresses", "nickName"} & response.json().keys()
    assert User.objects.get().email == ""


def test_a_replacement_clears_a_sub_attribute_that_is_left_out(scim, provisioned):
    response = scim.put(
        provisioned, {**FULL_USER, "name": {"givenName": "Barbara", "honorificPrefix": "Dr."}}
    )

    assert response.json()["name"] == {"givenName": "Barbara", "honorificPrefix": "Dr."}
    assert User.objects.get().last_name == ""


def test_a_replacement_clears_an_extension_that_is_left_out(scim, provisioned):
    response = scim.put(provisioned, FULL_USER)

    assert ENTERPRISE not in response.json()
    assert response.json()["schemas"] == [USER]


def test_a_replacement_that_leaves_active_out_keeps_it(scim):
    row = UserFactory.create(is_active=False)

    response = scim.put(path_of(row), user(row.username))

    assert response.json()["active"] is False
    row.refresh_from_db()
    assert not row.is_active


def test_a_replacement_that_leaves_the_password_out_keeps_it(scim, provisioned):
    scim.put(provisioned, FULL_USER)

    assert User.objects.get().check_password(PASSWORD)


def test_a_replacement_sets_the_password_in_the_body(scim, provisioned):
    response = scim.put(provisioned, {**FULL_USER, "password": "an0ther Pa$$word"})

    assert "password" not in response.json()
    assert User.objects.get().check_password("an0ther Pa$$word")


def test_a_replacement_can_deactivate_an_account(scim, provisioned):
    assert scim.put(provisioned, {**FULL_USER, "active": False}).json()["active"] is False
    assert not User.objects.get().is_active


def test_a_replacement_by_the_representation_that_a_client_has_read_changes_nothing(scim, provisioned):
    before, rows = scim.get(provisioned), stored()

    response = scim.put(provisioned, before.json())

    assert response.json() == before.json()
    assert response["ETag"] == before["ETag"]
    assert stored() == rows
    assert last_event().changes == {}


def test_a_replacement_of_a_host_account_by_its_representation_changes_nothing(scim):
    row = UserFactory.create()
    before = scim.get(path_of(row)).json()

    assert scim.put(path_of(row), before).json() == before


@pytest.mark.parametrize("name", READ_ONLY)
def test_a_replacement_ignores_attributes_that_the_server_assigns(scim, provisioned, name):
    response = scim.put(provisioned, {**FULL_USER, name: READ_ONLY[name]})

    assert response.status_code == 200
    assert response.json().get(name) != READ_ONLY[name]
    assert response.json()["id"] == provisioned.removeprefix("/Users/")


def test_a_replacement_of_a_user_does_not_change_its_groups(scim, provisioned):
    row, guides, others = User.objects.get(), *GroupFactory.create_batch(2)
    row.groups.add(guides)

    response = scim.put(provisioned, {**FULL_USER, "groups": [member(others)]})

    assert set(row.groups.all()) == {guides}
    assert [entry["value"] for entry in response.json()["groups"]] == [id_of(guides)]


def test_the_answer_to_a_replacement_has_location_version_and_a_later_time(scim, provisioned):
    before = scim.get(provisioned).json()

    response = scim.put(provisioned, {**FULL_USER, "title": "Manager"})

    meta = response.json()["meta"]
    assert response["ETag"] == meta["version"] != before["meta"]["version"]
    assert response["Content-Location"] == meta["location"] == before["meta"]["location"]
    assert meta["created"] == before["meta"]["created"]
    assert datetime.fromisoformat(meta["lastModified"]) > datetime.fromisoformat(
        before["meta"]["lastModified"]
    )


def test_the_answer_to_a_replacement_has_the_attributes_that_are_asked_for(scim, provisioned):
    response = scim.put(f"{provisioned}?attributes=title", {**FULL_USER, "title": "Manager"})

    assert response.json().keys() == {"schemas", "id", "title"}


def test_a_replacement_tells_the_host_which_fields_were_saved(scim, provisioned, saved_fields):
    scim.put(provisioned, {**ENTERPRISE_USER, "name": {**FULL_USER["name"], "givenName": "Babs"}})

    assert saved_fields == [{"first_name"}]


def test_a_replacement_does_not_save_a_row_that_does_not_change(scim, provisioned, saved_fields):
    scim.put(provisioned, {**ENTERPRISE_USER, "title": "Manager"})

    assert saved_fields == []


# What may be set once


def test_an_immutable_attribute_can_be_set_by_a_replacement(scim, badges):
    path = path_of(UserFactory.create(username="bjensen"))

    response = scim.put(path, {**user("bjensen"), BADGE: {"number": "4711"}})

    assert response.json()[BADGE] == {"number": "4711"}


def test_an_immutable_attribute_beside_others_can_be_set_by_a_replacement(scim, badges):
    created = scim.post("/Users", {**user(), BADGE: {"colour": "red"}}).json()

    response = scim.put(f"/Users/{created['id']}", {**user(), BADGE: {"colour": "red", "number": "4711"}})

    assert response.json()[BADGE] == {"colour": "red", "number": "4711"}
    assert last_event().changes == {f"{BADGE}:number": {"after": "4711"}}


@pytest.fixture
def keys(settings):
    """A host whose users have keys, which are made once."""
    made = {"name": "made", "type": "string", "mutability": "immutable"}
    parts = [{"name": "value", "type": "string"}, {"name": "colour", "type": "string"}, made]
    attributes = [
        {"name": "keys", "type": "complex", "multiValued": True, "subAttributes": parts},
        {"name": "master", "type": "complex", "subAttributes": parts},
    ]
    schema = {"id": KEYS, "name": "Keys", "attributes": attributes}
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"extensions": [schema]}}}


KEYS = "urn:example:params:scim:schemas:extension:keys:2.0:User"


def test_an_immutable_sub_attribute_can_be_set_by_a_replacement(scim, keys):
    before = {"keys": [{"value": "a"}, {"value": "b", "made": "2020"}], "master": {"colour": "red"}}
    after = {
        "keys": [{"value": "b", "made": "2020"}, {"value": "a", "made": "2021"}],
        "master": {"colour": "red", "made": "2022"},
    }
    created = scim.post("/Users", {**user(), KEYS: before}).json()

    assert scim.put(f"/Users/{created['id']}", {**user(), KEYS: after}).json()[KEYS] == after


@pytest.mark.parametrize(
    "after", [{"keys": [{"value": "a", "made": "2021"}]}, {"master": {"made": "2021"}}], ids=str
)
def test_an_immutable_sub_attribute_that_is_set_cannot_be_changed_by_a_replacement(scim, keys, after):
    before = {"keys": [{"value": "a", "made": "2020"}], "master": {"made": "2020"}}
    created = scim.post("/Users", {**user(), KEYS: before}).json()

    response = scim.put(f"/Users/{created['id']}", {**user(), KEYS: {**before, **after}})

    assert_scim_error(response, 400, "mutability")


def test_an_immutable_attribute_cannot_be_changed_by_a_replacement(scim, badges):
    path = f"/Users/{scim.post('/Users', {**user(), BADGE: {'number': '4711'}}).json()['id']}"
    before = stored()

    response = scim.put(path, {**user(title="Manager"), BADGE: {"number": "4712"}})

    assert_scim_error(response, 400, "mutability")
    assert stored() == before


def test_a_replacement_keeps_an_immutable_attribute_that_is_left_out(scim, badges):
    created = scim.post("/Users", {**user(), BADGE: {"number": "4711", "colour": "red"}}).json()

    response = scim.put(f"/Users/{created['id']}", {**user(), BADGE: {"colour": "blue"}})

    assert response.json()[BADGE] == {"number": "4711", "colour": "blue"}


def test_a_replacement_keeps_an_immutable_attribute_of_an_extension_that_is_left_out(scim, badges):
    created = scim.post("/Users", {**user(), BADGE: {"number": "4711"}}).json()

    response = scim.put(f"/Users/{created['id']}", user(title="Manager"))

    assert response.json()[BADGE] == {"number": "4711"}


# Identifiers of clients


def test_the_external_id_of_one_connection_is_not_cleared_by_another(scim, provisioned):
    other = ScimClient(ConnectionFactory.create())

    other.put(provisioned, {**FULL_USER, "externalId": "of the other"})
    other.put(provisioned, user())

    assert scim.get(provisioned).json()["externalId"] == "701984"
    assert "externalId" not in other.get(provisioned).json()


def test_a_replacement_can_change_the_external_id(scim, provisioned):
    scim.put(provisioned, {**FULL_USER, "externalId": "701985"})

    assert scim.get("/Users", {"filter": 'externalId eq "701985"'}).json()["totalResults"] == 1
    assert scim.get("/Users", {"filter": 'externalId eq "701984"'}).json()["totalResults"] == 0


# What is refused


def test_a_replacement_needs_a_user_name(scim, provisioned):
    before = stored()

    assert_scim_error(scim.put(provisioned, {"schemas": [USER], "title": "Manager"}), 400, "invalidValue")
    assert stored() == before


@pytest.mark.parametrize(
    "wrong", [{"active": "perhaps"}, {"emails": 5}, {"name": {"givenName": "x" * 151}}], ids=str
)
def test_a_replacement_with_a_wrong_value_is_refused_and_changes_nothing(scim, provisioned, wrong):
    before = stored()

    assert_scim_error(scim.put(provisioned, {**FULL_USER, "title": "Manager", **wrong}), 400, "invalidValue")
    assert stored() == before


def test_a_replacement_with_a_refused_password_changes_nothing(scim, provisioned):
    before = stored()

    response = scim.put(provisioned, {**FULL_USER, "title": "Manager", "password": "2short"})

    assert_scim_error(response, 400, "invalidValue")
    assert stored() == before


@pytest.mark.parametrize("taken", ["admin", "ADMIN"])
def test_a_replacement_with_the_user_name_of_another_account_is_refused(scim, provisioned, taken):
    UserFactory.create(username="Admin")
    before = stored()

    assert_scim_error(scim.put(provisioned, {**FULL_USER, "userName": taken}), 409, "uniqueness")
    assert stored() == before


def test_a_replacement_can_change_the_case_of_a_user_name_alone(scim, provisioned):
    response = scim.put(provisioned, {**FULL_USER, "userName": "BJensen@example.com"})

    assert response.json()["userName"] == "BJensen@example.com"
    assert User.objects.get().username == "BJensen@example.com"


def test_a_user_name_that_a_replacement_gave_up_is_free(scim, provisioned):
    scim.put(provisioned, {**FULL_USER, "userName": "barbara"})

    assert scim.post("/Users", user("BJensen@example.com")).status_code == 201
    assert_scim_error(scim.post("/Users", user("Barbara")), 409, "uniqueness")


@pytest.mark.parametrize(
    "identifier",
    ["26118915-6090-4610-87e4-49d8ca9f808d", "1", "nobody", "%00", "..", "\N{SNOWMAN}", "x" * 1000],
)
def test_replacing_an_unknown_id_is_not_found(scim, identifier):
    assert_scim_error(scim.put(f"/Users/{identifier}", user()), 404)
    assert not User.objects.exists()


def test_replacing_a_user_by_the_id_of_a_group_is_not_found(scim):
    assert_scim_error(scim.put(f"/Users/{id_of(GroupFactory.create())}", user()), 404)


def test_a_replacement_with_a_body_of_another_resource_type_is_refused(scim, provisioned):
    before = stored()

    assert_scim_error(scim.put(provisioned, {**FULL_USER, "schemas": [GROUP]}), 400, "invalidSyntax")
    assert stored() == before


def test_a_superuser_cannot_be_replaced(scim):
    row = UserFactory.create(is_superuser=True)
    before = stored()

    response = scim.put(path_of(row), user(row.username, active=False))

    assert_scim_error(response, 403)
    assert "protected" in response.json()["detail"]
    assert stored() == before


# Groups


def test_a_replacement_makes_the_members_those_in_the_body(scim):
    row, (stays, leaves, joins) = GroupFactory.create(), UserFactory.create_batch(3)
    row.user_set.add(stays, leaves)

    response = scim.put(path_of(row), group("Guides", members=[member(stays), member(joins)]))

    assert response.status_code == 200
    assert set(row.user_set.all()) == {stays, joins}
    assert {entry["value"] for entry in response.json()["members"]} == {id_of(stays), id_of(joins)}
    assert last_event().changes["members"] == {"added": [id_of(joins)], "removed": [id_of(leaves)]}
    assert Group.objects.get().name == "Guides"


def test_a_replacement_without_members_leaves_none(scim):
    row = GroupFactory.create()
    row.user_set.add(*UserFactory.create_batch(2))

    response = scim.put(path_of(row), group(row.name))

    assert response.json()["members"] == []
    assert not row.user_set.exists()


def test_a_replacement_by_the_members_that_a_client_has_read_changes_nothing(scim):
    row = GroupFactory.create()
    row.user_set.add(*UserFactory.create_batch(2))
    before = scim.get(path_of(row))

    response = scim.put(path_of(row), before.json())

    assert response.json() == before.json()
    assert response["ETag"] == before["ETag"]


def test_more_members_than_fit_into_one_statement_can_be_replaced(scim):
    row = GroupFactory.create()
    rows = User.objects.bulk_create(User(username=f"member{number}") for number in range(1100))
    row.user_set.add(*rows[:600])

    response = scim.put(path_of(row), group(row.name, members=[member(user) for user in rows[300:]]))

    assert response.status_code == 200
    assert len(response.json()["members"]) == 800
    assert set(row.user_set.values_list("pk", flat=True)) == {user.pk for user in rows[300:]}


def test_a_replacement_does_not_put_back_a_member_whom_scim_deleted(scim):
    row, gone, stays = GroupFactory.create(), *UserFactory.create_batch(2)
    row.user_set.add(stays, gone)
    scim.delete(path_of(gone))

    response = scim.put(path_of(row), group(row.name, members=[member(stays), member(gone)]))

    assert_scim_error(response, 400, "invalidValue")
    assert set(row.user_set.all()) == {stays}


def test_a_replacement_with_an_unknown_member_leaves_the_group_as_it_was(scim):
    row, stays = GroupFactory.create(), UserFactory.create()
    row.user_set.add(stays)
    before = stored()

    response = scim.put(path_of(row), group("Guides", members=[{"value": "nobody"}]))

    assert_scim_error(response, 400, "invalidValue")
    assert stored() == before


# The history


def test_the_history_shows_both_sides_of_each_change_of_a_replacement(scim, provisioned):
    scim.put(
        provisioned,
        {**ENTERPRISE_USER, "title": "Manager", "nickName": None, "password": "an0ther Pa$$word"},
    )

    event = last_event()
    assert event.operation == Operation.REPLACE
    assert (event.outcome, event.status) == (Outcome.SUCCESS, 200)
    assert event.resource_id == provisioned.removeprefix("/Users/")
    assert event.changes == {
        "title": {"before": "Tour Guide", "after": "Manager"},
        "nickName": {"before": "Babs"},
        "password": {"after": "(redacted)"},
    }


def test_the_history_shows_a_refused_replacement_once(scim, provisioned):
    scim.put(provisioned, {**FULL_USER, "title": "Manager", "password": "2short"})

    event = last_event()
    assert ProvisioningEvent.objects.count() == 2
    assert (event.operation, event.outcome, event.status) == (Operation.REPLACE, Outcome.REFUSED, 400)
    assert event.scim_type == "invalidValue"
    assert event.changes == {}
    assert event.display == "bjensen@example.com"
