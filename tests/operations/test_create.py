"""POST (RFC 7644 section 3.3)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from django_scim.models import Link, Operation, Outcome, ProvisioningEvent, Record
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.operations.examples import ENTERPRISE_USER, FULL_USER, PASSWORD, READ_ONLY
from tests.operations.responses import last_event, stored, without_meta
from tests.representations import ENTERPRISE, GROUP, USER, group, id_of, member, path_of, user

# What goes in comes out


@pytest.mark.parametrize("resource", [FULL_USER, ENTERPRISE_USER], ids=["section 8.2", "section 8.3"])
def test_the_users_of_the_rfc_come_back_unchanged(scim, resource):
    response = scim.post("/Users", {**resource, "password": PASSWORD})

    assert response.status_code == 201
    assert without_meta(response.json()) == resource
    read = scim.get(f"/Users/{response.json()['id']}")
    assert read.json() == response.json()


def test_mapped_attributes_are_in_the_columns_of_the_host(scim):
    scim.post("/Users", FULL_USER)

    row = User.objects.get()
    assert row.username == "bjensen@example.com"
    assert (row.first_name, row.last_name) == ("Barbara", "Jensen")
    assert row.email == "bjensen@example.com"
    assert row.is_active


def test_a_new_user_has_no_more_rights_than_the_host_gives_by_default(scim):
    scim.post("/Users", {**FULL_USER, "is_superuser": True, "is_staff": True, "roles": [{"value": "admin"}]})

    row = User.objects.get()
    assert not row.is_superuser
    assert not row.is_staff
    assert not row.user_permissions.exists()


def test_attribute_names_of_a_new_user_may_be_in_any_case(scim):
    response = scim.post(
        "/Users",
        {"SCHEMAS": [USER], "USERNAME": "bjensen", "Name": {"FAMILYNAME": "Jensen"}, "Title": "Guide"},
    )

    assert response.status_code == 201
    assert response.json()["name"] == {"familyName": "Jensen"}
    assert response.json()["title"] == "Guide"


def test_a_creation_ignores_attributes_of_no_schema(scim):
    response = scim.post("/Users", user(favouriteColour="green"))

    assert response.status_code == 201
    assert "favouriteColour" not in response.json()


@pytest.mark.parametrize("empty", [None, [], [{}]], ids=["null", "empty list", "list of nothing"])
def test_a_value_that_counts_as_unassigned_leaves_no_attribute(scim, empty):
    response = scim.post("/Users", user(phoneNumbers=empty, emails=empty, title=None))

    assert response.status_code == 201
    assert not {"phoneNumbers", "emails", "title"} & response.json().keys()


def test_text_of_all_languages_comes_back_unchanged(scim):
    resource = user(
        "bjørnsøn",
        title="社長 🎉",
        name={"familyName": "Ñandú\u0301", "formatted": "\u202eمدير"},
        nickName=" a ",
    )

    response = scim.post("/Users", resource)

    assert without_meta(scim.get(f"/Users/{response.json()['id']}").json()) == {**resource, "active": True}


# What the answer says


def test_the_answer_to_a_creation_names_the_location_and_the_version(scim):
    response = scim.post("/Users", user())

    body = response.json()
    location = f"https://testserver/scim/v2/Users/{body['id']}"
    assert response["Location"] == location
    assert response["Content-Location"] == location
    assert response["ETag"] == body["meta"]["version"]
    assert response["Content-Type"] == "application/scim+json"
    assert body["meta"]["location"] == location
    assert body["meta"]["resourceType"] == "User"


def test_the_times_of_a_new_resource_are_now_and_the_same(scim):
    before = timezone.now()

    meta = scim.post("/Users", user()).json()["meta"]

    created = datetime.fromisoformat(meta["created"])
    assert before - timedelta(seconds=1) <= created <= timezone.now() + timedelta(seconds=1)
    assert meta["lastModified"] == meta["created"]


def test_the_answer_to_a_creation_has_the_attributes_that_are_asked_for(scim):
    response = scim.request("POST", "/Users?attributes=userName", FULL_USER)

    assert response.status_code == 201
    assert response.json().keys() == {"schemas", "id", "userName"}


def test_schemas_of_a_new_user_list_an_extension_only_if_it_has_its_attributes(scim):
    response = scim.post("/Users", {**user(), "schemas": [USER, ENTERPRISE]})

    assert response.json()["schemas"] == [USER]


@pytest.mark.parametrize("name", READ_ONLY)
def test_a_creation_ignores_attributes_that_the_server_assigns(scim, name):
    response = scim.post("/Users", user(**{name: READ_ONLY[name]}))

    assert response.status_code == 201
    assert response.json().get(name) != READ_ONLY[name]
    assert response.json()["id"] == id_of(User.objects.get())


def test_groups_that_a_client_sends_with_a_user_give_no_membership(scim):
    guides = GroupFactory.create()

    scim.post("/Users", user(groups=[member(guides)]))

    assert not User.objects.get().groups.exists()


# Passwords


def test_a_password_is_set_and_never_returned(scim):
    response = scim.post("/Users", user(password=PASSWORD))

    assert "password" not in response.json()
    assert PASSWORD not in response.content.decode()
    assert User.objects.get().check_password(PASSWORD)


def test_an_account_without_a_password_has_an_unusable_one(scim):
    scim.post("/Users", user())

    assert not User.objects.get().has_usable_password()


def test_the_validators_of_the_host_refuse_a_weak_password(scim):
    before = stored()

    response = scim.post("/Users", user(password="2short"))

    assert_scim_error(response, 400, "invalidValue")
    assert stored() == before


def test_a_password_is_in_no_record_and_in_no_event(scim):
    scim.post("/Users", user(password=PASSWORD))
    scim.post("/Users", user(password="2short"))
    scim.post("/Users", user("other", password=[PASSWORD]))

    assert PASSWORD not in repr(list(Record.objects.values()))
    assert PASSWORD not in repr(list(ProvisioningEvent.objects.values()))
    assert "2short" not in repr(list(ProvisioningEvent.objects.values()))


def test_a_host_that_maps_no_password_keeps_none(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"password": None}}}}

    response = scim.post("/Users", user(password=PASSWORD))

    assert response.status_code == 201
    assert PASSWORD not in repr(stored())


# What is refused


ADDRESS = {"value": "bjensen@example.com"}
WRONG = {
    "no userName": {"schemas": [USER]},
    "userName null": user(userName=None),
    "userName empty": user(""),
    "userName a list": user(userName=["bjensen"]),
    "userName a truth value": user(userName=True),
    "userName an object": user(userName={"value": "bjensen"}),
    "userName of spaces": user("  "),
    "userName too long for the host": user("x" * 151),
    "givenName too long for the host": user(name={"givenName": "x" * 151}),
    "externalId too long": user(externalId="x" * 501),
    "active no truth value": user(active="perhaps"),
    "name a string": user(name="Barbara Jensen"),
    "name a list of two": user(name=[{"familyName": "Jensen"}, {"familyName": "Smith"}]),
    "emails a number": user(emails=5),
    "emails a list of lists": user(emails=[[ADDRESS, ADDRESS]]),
    "email value an object": user(emails=[{"value": ADDRESS}]),
    "two primary emails": user(emails=[{**ADDRESS, "primary": True}, {"value": "b@c.org", "primary": True}]),
    "email that the host refuses": user(emails=[{"value": "not an address"}]),
    "certificate not in base64": user(x509Certificates=[{"value": "not base64!"}]),
    "title an object": user(title={"value": "Guide"}),
    "extension a string": {**user(), ENTERPRISE: "Tour Operations"},
    "manager a number": {**user(), ENTERPRISE: {"manager": 26118915}},
    "employeeNumber a truth value": {**user(), ENTERPRISE: {"employeeNumber": True}},
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_creation_with_a_missing_or_wrong_value_is_refused_and_leaves_nothing_behind(scim, wrong):
    before = stored()

    response = scim.post("/Users", wrong)

    assert_scim_error(response, 400, "invalidValue")
    assert stored() == before
    assert last_event().outcome == Outcome.REFUSED


def test_a_creation_without_schemas_is_taken_for_what_its_endpoint_says(scim):
    response = scim.post("/Users", {"userName": "bjensen"})

    assert response.status_code == 201
    assert response.json()["schemas"] == [USER]


def test_a_creation_with_a_body_of_another_resource_type_is_refused(scim):
    assert_scim_error(scim.post("/Users", {"schemas": [GROUP], "userName": "bjensen"}), 400, "invalidSyntax")
    assert not User.objects.exists()


@pytest.mark.parametrize("body", [b"{", b"[]", b"5", b'"user"', b"null", b"\xff{}"])
def test_a_creation_with_a_body_that_is_no_object_is_refused(scim, body):
    assert_scim_error(scim.post("/Users", body), 400, "invalidSyntax")


def test_a_creation_without_a_body_is_refused(scim):
    assert_scim_error(scim.request("POST", "/Users"), 400, "invalidSyntax")


# Uniqueness


@pytest.mark.parametrize("taken", ["bjensen@example.com", "BJENSEN@example.com", "bJensen@Example.COM"])
def test_a_user_name_is_taken_whatever_its_case(scim, taken):
    scim.post("/Users", user("bjensen@example.com"))
    before = stored()

    response = scim.post("/Users", user(taken))

    assert_scim_error(response, 409, "uniqueness")
    assert "userName" in response.json()["detail"]
    assert stored() == before


@pytest.mark.parametrize(("first", "second"), [("ØRSTED", "ørsted"), ("ÀÉ", "àé"), ("STRASSE", "strasse")])
def test_the_case_of_letters_beyond_ascii_makes_no_difference_to_a_user_name(scim, first, second):
    scim.post("/Users", user(first))

    assert_scim_error(scim.post("/Users", user(second)), 409, "uniqueness")


def test_an_account_that_the_host_made_itself_keeps_its_user_name(scim):
    UserFactory.create(username="Admin")

    assert_scim_error(scim.post("/Users", user("admin")), 409, "uniqueness")
    assert User.objects.get().username == "Admin"


def test_an_account_that_the_host_renamed_frees_its_user_name(scim):
    scim.post("/Users", user("bjensen"))
    User.objects.update(username="renamed")

    assert scim.post("/Users", user("bjensen")).status_code == 201


def test_an_account_that_the_host_deleted_frees_its_user_name(scim):
    scim.post("/Users", user("bjensen"))
    User.objects.all().delete()

    assert scim.post("/Users", user("BJensen")).status_code == 201


def test_a_group_name_is_taken_if_the_host_says_so(scim):
    scim.post("/Groups", group("Tour Guides"))
    before = stored()

    assert_scim_error(scim.post("/Groups", group("Tour Guides")), 409, "uniqueness")
    assert stored() == before


def test_the_external_id_need_not_be_unique(scim):
    assert scim.post("/Users", user("one", externalId="701984")).status_code == 201
    assert scim.post("/Users", user("two", externalId="701984")).status_code == 201


def test_another_connection_does_not_see_the_external_id(scim):
    identifier = scim.post("/Users", user(externalId="701984")).json()["id"]
    other = ScimClient(ConnectionFactory.create())

    assert "externalId" not in other.get(f"/Users/{identifier}").json()


# After a deletion


def test_the_user_name_of_a_deleted_user_can_be_provisioned_anew(scim):
    first = scim.post("/Users", ENTERPRISE_USER).json()
    scim.delete(f"/Users/{first['id']}")

    response = scim.post("/Users", user("BJensen@example.com"))

    assert response.status_code == 201
    again = response.json()
    assert without_meta(again) == {**user("BJensen@example.com"), "active": True}
    assert again["meta"]["created"] > first["meta"]["created"]
    assert again["meta"]["lastModified"] == again["meta"]["created"]
    assert again["meta"]["version"] != first["meta"]["version"]
    assert scim.get(f"/Users/{again['id']}").json() == again


def test_a_user_can_be_provisioned_anew_with_nothing_lost(scim):
    first = scim.post("/Users", ENTERPRISE_USER).json()
    scim.delete(f"/Users/{first['id']}")

    response = scim.post("/Users", ENTERPRISE_USER)

    assert response.status_code == 201
    assert without_meta(response.json()) == ENTERPRISE_USER
    assert scim.get(f"/Users/{response.json()['id']}").json() == response.json()


def test_a_user_provisioned_anew_cannot_sign_in_with_the_old_password(scim):
    first = scim.post("/Users", user(password=PASSWORD, externalId="4")).json()
    scim.delete(f"/Users/{first['id']}")

    scim.post("/Users", user(externalId="4"))

    assert not User.objects.get().has_usable_password()


def test_a_user_provisioned_anew_is_in_none_of_the_old_groups(scim):
    first = scim.post("/Users", user(externalId="4")).json()
    User.objects.get().groups.add(GroupFactory.create())
    scim.delete(f"/Users/{first['id']}")

    assert "groups" not in scim.post("/Users", user(externalId="4")).json()


def test_a_user_provisioned_anew_is_in_no_group_that_was_changed_meanwhile(scim):
    first = scim.post("/Users", user(externalId="4")).json()
    scim.delete(f"/Users/{first['id']}")
    GroupFactory.create().user_set.add(User.objects.get())

    assert "groups" not in scim.post("/Users", user(externalId="4")).json()
    assert not User.objects.get().groups.exists()


def test_a_user_provisioned_anew_is_found_by_all_means(scim):
    scim.delete(f"/Users/{scim.post('/Users', user(externalId='1')).json()['id']}")
    again = scim.post("/Users", user(externalId="2")).json()

    for filter in ('userName eq "bjensen@example.com"', 'externalId eq "2"', f'id eq "{again["id"]}"'):
        assert scim.get("/Users", {"filter": filter}).json()["Resources"] == [again]
    assert scim.get("/Users", {"filter": 'externalId eq "1"'}).json()["totalResults"] == 0


def test_the_name_of_a_deleted_group_can_be_provisioned_anew(scim):
    row = UserFactory.create()
    first = scim.post("/Groups", group(members=[member(row)])).json()
    scim.delete(f"/Groups/{first['id']}")

    response = scim.post("/Groups", group())

    assert response.status_code == 201
    assert response.json()["members"] == []


# Groups


def test_a_group_is_made_with_its_members(scim):
    one, two = UserFactory.create_batch(2)

    response = scim.post("/Groups", group(members=[member(one), {"$ref": f"https://any/Users/{id_of(two)}"}]))

    assert response.status_code == 201
    assert set(Group.objects.get().user_set.all()) == {one, two}
    members = response.json()["members"]
    assert {entry["value"] for entry in members} == {id_of(one), id_of(two)}
    assert {entry["$ref"] for entry in members} == {
        f"https://testserver/scim/v2{path_of(row)}" for row in (one, two)
    }
    assert {entry["type"] for entry in members} == {"User"}
    assert scim.get(path_of(Group.objects.get())).json() == response.json()


def test_a_member_of_a_new_group_that_is_named_twice_is_one_member(scim):
    row = UserFactory.create()

    response = scim.post("/Groups", group(members=[member(row), member(row)]))

    assert len(response.json()["members"]) == 1


@pytest.mark.parametrize(
    "unknown",
    [
        {"value": "26118915-6090-4610-87e4-49d8ca9f808d"},
        {"value": "nobody"},
        {"display": "Babs Jensen"},
    ],
    ids=str,
)
def test_an_unknown_member_is_refused_and_no_group_is_made(scim, unknown):
    row = UserFactory.create()
    before = stored()

    response = scim.post("/Groups", group(members=[member(row), unknown]))

    assert_scim_error(response, 400, "invalidValue")
    assert stored() == before


def test_a_deleted_user_cannot_be_made_a_member(scim):
    gone = scim.post("/Users", user()).json()["id"]
    scim.delete(f"/Users/{gone}")

    assert_scim_error(scim.post("/Groups", group(members=[{"value": gone}])), 400, "invalidValue")


def test_a_group_cannot_be_a_member_where_groups_hold_users_alone(scim, settings):
    settings.DJANGO_SCIM = {"NESTED_GROUPS": "forbid"}
    inner = GroupFactory.create()

    assert_scim_error(scim.post("/Groups", group(members=[member(inner)])), 400, "invalidValue")


def test_a_group_needs_a_name(scim):
    assert_scim_error(scim.post("/Groups", {"schemas": [GROUP]}), 400, "invalidValue")


# The history


def test_the_history_shows_what_a_creation_set_with_secrets_redacted(scim):
    response = scim.post("/Users", user(title="Guide", password=PASSWORD), **{"X-Request-ID": "abc"})

    event = ProvisioningEvent.objects.get()
    assert event.operation == Operation.CREATE
    assert (event.outcome, event.status, event.scim_type) == (Outcome.SUCCESS, 201, "")
    assert (event.connection, event.token, event.request_id) == (scim.connection, scim.stored, "abc")
    assert (event.resource_type, event.resource_id) == ("User", response.json()["id"])
    assert event.display == "bjensen@example.com"
    assert event.changes == {
        "userName": {"after": "bjensen@example.com"},
        "title": {"after": "Guide"},
        "password": {"after": "(redacted)"},
    }


def test_the_history_shows_why_a_creation_was_refused(scim):
    scim.post("/Users", user("bjensen"))
    response = scim.post("/Users", user("BJensen", title="Guide"))

    event = last_event()
    assert ProvisioningEvent.objects.count() == 2
    assert event.operation == Operation.CREATE
    assert (event.outcome, event.status, event.scim_type) == (Outcome.REFUSED, 409, "uniqueness")
    assert event.detail == response.json()["detail"]
    assert event.display == "BJensen"
    assert event.changes == {}


def test_the_history_shows_the_members_of_a_new_group(scim):
    row = UserFactory.create()

    scim.post("/Groups", group(members=[member(row)]))

    assert last_event().changes == {
        "displayName": {"after": "Tour Guides"},
        "members": {"added": [id_of(row)]},
    }


def test_a_token_that_may_only_read_creates_nothing(connection):
    reader = ScimClient(connection, "read")

    assert_scim_error(reader.post("/Users", user()), 403)
    assert not User.objects.exists()
    assert not Link.objects.exists()
    assert last_event().outcome == Outcome.REFUSED


@pytest.mark.parametrize("attributes", [{}, {"password": None}], ids=["mapped", "not mapped"])
def test_an_account_that_gets_no_password_cannot_sign_in_or_reset_one(scim, settings, attributes):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": attributes}}}

    scim.post("/Users", user("barbara"))

    assert not User.objects.get().has_usable_password()
