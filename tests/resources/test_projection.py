"""``attributes`` and ``excludedAttributes`` (RFC 7644 section 3.9): what is returned, and what is fetched."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.messages import patch_op
from tests.query.badges import BADGE
from tests.reading import Reader
from tests.representations import ENTERPRISE, USER, path_of, user

INNERMOST = re.compile(r"\([^()]*\)")
"""A pair of parentheses without another inside."""

FULL = user(
    "bjensen",
    externalId="701984",
    name={"givenName": "Barbara", "familyName": "Jensen", "formatted": "Ms. Barbara J Jensen"},
    title="Tour Guide",
    emails=[
        {"value": "bjensen@example.com", "type": "work", "primary": True},
        {"value": "babs@example.org", "display": "Babs"},
    ],
    phoneNumbers=[{"value": "+1-555-0001", "type": "work"}],
    addresses=[{"type": "work", "locality": "Hollywood", "country": "US"}],
    password="t1meMa$heen",
    **{ENTERPRISE: {"employeeNumber": "701984", "manager": {"value": "26118915"}}},
)


@pytest.fixture
def barbara(users: Reader) -> dict[str, Any]:
    """A user with something of everything, in a group; as a GET returns her."""
    created = users.post(FULL)
    GroupFactory.create(name="Tour Guides").user_set.set([created_row()])
    found: dict[str, Any] = users.scim.get(f"/Users/{created['id']}").json()
    return found


def created_row() -> User:
    """Return the row of the user."""
    return User.objects.get(username="bjensen")


# What is asked for


def test_an_answer_without_parameters_has_all_that_is_returned_by_default(barbara):
    assert set(barbara) == {*FULL, "id", "meta", "active", "groups"} - {"password"}
    assert set(barbara["meta"]) == {"resourceType", "created", "lastModified", "location", "version"}


@pytest.mark.usefixtures("barbara")
@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("userName", {"userName": "bjensen"}),
        ("USERNAME", {"userName": "bjensen"}),
        (f"{USER}:userName", {"userName": "bjensen"}),
        (f"{USER.upper()}:USERNAME", {"userName": "bjensen"}),
        ("userName,title", {"userName": "bjensen", "title": "Tour Guide"}),
        (" userName , title ,,", {"userName": "bjensen", "title": "Tour Guide"}),
        ("userName,userName", {"userName": "bjensen"}),
        ("name.givenName", {"name": {"givenName": "Barbara"}}),
        ("name.formatted", {"name": {"formatted": "Ms. Barbara J Jensen"}}),
        (
            "name.givenName,name.formatted",
            {"name": {"givenName": "Barbara", "formatted": "Ms. Barbara J Jensen"}},
        ),
        ("name.givenName,name", {"name": FULL["name"]}),
        ("name,name.givenName", {"name": FULL["name"]}),
        (f"{USER}:name.familyName", {"name": {"familyName": "Jensen"}}),
        ("emails.value", {"emails": [{"value": "bjensen@example.com"}, {"value": "babs@example.org"}]}),
        # A value that has none of the sub-attributes is left out.
        ("emails.display", {"emails": [{"display": "Babs"}]}),
        ("phoneNumbers.primary", {}),
        ("addresses.country,addresses.type", {"addresses": [{"type": "work", "country": "US"}]}),
        ("groups.display", {"groups": [{"display": "Tour Guides"}]}),
        ("externalId", {"externalId": "701984"}),
        ("active", {"active": True}),
        ("meta.resourceType", {"meta": {"resourceType": "User"}}),
        (f"{ENTERPRISE}:employeeNumber", {ENTERPRISE: {"employeeNumber": "701984"}}),
        (f"{ENTERPRISE}:manager.value", {ENTERPRISE: {"manager": {"value": "26118915"}}}),
        (ENTERPRISE, {ENTERPRISE: FULL[ENTERPRISE]}),
        (ENTERPRISE.lower(), {ENTERPRISE: FULL[ENTERPRISE]}),
        # What does not exist is ignored, and so is what is never returned.
        ("nope", {}),
        ("nope,name.nope,title.value,urn:example:nope:userName", {}),
        ("password", {}),
        (f"userName,password,{USER}:password", {"userName": "bjensen"}),
        # The minimum.
        ("id", {}),
        ("schemas", {}),
    ],
)
def test_an_answer_has_what_is_asked_for_and_the_minimum(users: Reader, names, found):
    resource = users.only(attributes=names)

    extensions = [urn for urn in (ENTERPRISE,) if urn in found]
    assert resource.pop("schemas") == [USER, *extensions]
    assert resource.pop("id")
    assert resource == found


def test_the_urn_of_a_schema_in_attributes_stands_for_its_attributes(users: Reader, barbara):
    resource = users.only(attributes=USER)

    assert set(resource) == set(barbara) - {ENTERPRISE}
    assert users.only(attributes=f"{USER},{ENTERPRISE}") == barbara


def test_empty_attributes_ask_for_everything(users: Reader, barbara):
    assert users.only(attributes="") == barbara
    assert users.only(attributes=" , ") == barbara


@pytest.mark.usefixtures("barbara")
@pytest.mark.parametrize(
    ("names", "gone"),
    [
        ("title", {"title"}),
        ("TITLE,emails", {"title", "emails"}),
        (f"{USER}:title", {"title"}),
        ("name", {"name"}),
        ("groups", {"groups"}),
        ("meta", {"meta"}),
        (ENTERPRISE, {ENTERPRISE}),
        (f"{ENTERPRISE}:employeeNumber,{ENTERPRISE}:manager", {ENTERPRISE}),
        ("name.givenName,name.familyName,name.formatted", {"name"}),
        ("nope,name.nope", set()),
        # What is always returned stays.
        ("id,schemas", set()),
        (f"{USER}:id", set()),
        ("password", set()),
    ],
)
def test_an_answer_leaves_out_what_is_excluded(users: Reader, barbara, names, gone):
    resource = users.only(excludedAttributes=names)

    assert set(resource) == set(barbara) - gone
    assert (ENTERPRISE in resource["schemas"]) is (ENTERPRISE not in gone)


def test_sub_attributes_can_be_excluded(users: Reader, barbara):
    names = f"name.givenName,emails.type,emails.primary,meta.version,{ENTERPRISE}:manager.displayName"
    resource = users.only(excludedAttributes=names)

    assert resource["name"] == {"familyName": "Jensen", "formatted": "Ms. Barbara J Jensen"}
    assert resource["emails"] == [
        {"value": "bjensen@example.com"},
        {"value": "babs@example.org", "display": "Babs"},
    ]
    assert set(resource["meta"]) == set(barbara["meta"]) - {"version"}
    assert resource[ENTERPRISE]["manager"] == {"value": "26118915"}


@pytest.mark.parametrize("excluded", ["title", "userName", "nope"])
def test_attributes_and_excluded_attributes_at_once_are_refused(users: Reader, excluded):
    assert users.refusal(attributes="userName", excludedAttributes=excluded) == "invalidValue"


@pytest.mark.parametrize("parameter", ["attributes", "excludedAttributes"])
@pytest.mark.parametrize(
    "value", ["user Name", 'emails[type eq "work"]', "a.b.c", "\x00", "userName eq 1", "*"]
)
def test_a_parameter_that_names_no_attribute_is_refused(users: Reader, parameter, value):
    assert users.refusal(**{parameter: value}) == "invalidPath"


@pytest.mark.usefixtures("barbara")
def test_the_representation_of_a_write_is_selected_too(scim: ScimClient):
    row = created_row()
    replace = {"op": "replace", "path": "title", "value": "Lead"}
    payload = patch_op(replace)

    changed = scim.request("PATCH", f"{path_of(row)}?attributes=title", payload)
    created = scim.post("/Users?excludedAttributes=meta,active", user("john"))

    assert set(changed.json()) == {"schemas", "id", "title"}
    assert set(created.json()) == {"schemas", "id", "userName"}


# Characteristics of the schema (RFC 7643 section 7, "returned")


@pytest.fixture
def badge(badges, users: Reader) -> dict[str, Any]:
    """A user with attributes of each kind of ``returned``; as a query returns her."""
    door = {"number": 1, "secret": "s3cret", "remark": "round"}
    attributes = {"level": 9, "serial": "always", "pin": "s3cret", "photo": "asked", "doors": [door]}
    users.post(user("babs", title="Guide", **{BADGE: attributes}))
    return users.only()


def test_attributes_that_have_to_be_asked_for_are_left_out_by_default(badge):
    assert badge[BADGE] == {"level": 9, "serial": "always", "doors": [{"number": 1}]}


@pytest.mark.usefixtures("badge")
@pytest.mark.parametrize(
    ("names", "found"),
    [
        ("title", {"serial": "always"}),
        ("nope", {"serial": "always"}),
        (f"{BADGE}:level", {"serial": "always", "level": 9}),
        (f"{BADGE}:photo", {"serial": "always", "photo": "asked"}),
        (f"{BADGE.lower()}:PHOTO", {"serial": "always", "photo": "asked"}),
        (f"{BADGE}:pin", {"serial": "always"}),
        (f"{BADGE}:doors", {"serial": "always", "doors": [{"number": 1}]}),
        (f"{BADGE}:doors.remark", {"serial": "always", "doors": [{"remark": "round"}]}),
        (
            f"{BADGE}:doors,{BADGE}:doors.remark",
            {"serial": "always", "doors": [{"number": 1, "remark": "round"}]},
        ),
        (f"{BADGE}:doors.secret", {"serial": "always"}),
        # The schema does not name what has to be named itself.
        (BADGE, {"serial": "always", "level": 9, "doors": [{"number": 1}]}),
        (
            f"{BADGE},{BADGE}:photo",
            {"serial": "always", "level": 9, "doors": [{"number": 1}], "photo": "asked"},
        ),
    ],
)
def test_each_attribute_is_returned_when_its_schema_says(users: Reader, names, found):
    resource = users.only(attributes=names)

    assert resource[BADGE] == found
    assert resource["schemas"] == [USER, BADGE]
    assert "s3cret" not in str(resource)


@pytest.mark.usefixtures("badge")
@pytest.mark.parametrize("names", [BADGE, f"{BADGE}:serial,{BADGE}:level,{BADGE}:doors"])
def test_attributes_that_are_always_returned_cannot_be_excluded(users: Reader, names):
    assert users.only(excludedAttributes=names)[BADGE] == {"serial": "always"}


# What is not asked for is not fetched


def without_subqueries(sql: str) -> str:
    """Return a statement without what it has in parentheses."""
    shorter = INNERMOST.sub("", sql)
    return sql if shorter == sql else without_subqueries(shorter)


class Fetched:
    """The statements of a request, without those that authenticate it."""

    def __init__(self, scim: ScimClient, path: str, **parameters: Any) -> None:
        scim.get(path, parameters)  # The token has been used this minute.
        with CaptureQueriesContext(connection) as captured:
            self.response = scim.get(path, parameters)
        assert self.response.status_code == 200, self.response.content
        self.statements = [query["sql"] for query in captured if "accesstoken" not in query["sql"]]

    def reads_from(self, table: str) -> bool:
        """Whether a statement reads rows of a table; a subquery in that of another is no such."""
        name = connection.ops.quote_name(table)
        return any(
            f" FROM {name}" in sql or f"JOIN {name}" in sql
            for sql in map(without_subqueries, self.statements)
        )

    def names(self, column: str) -> bool:
        """Whether a statement names a column."""
        return any(connection.ops.quote_name(column) in sql for sql in self.statements)


@pytest.fixture
def group(db):
    """A group with two members."""
    group = GroupFactory.create(name="Tour Guides")
    group.user_set.set([UserFactory.create(), UserFactory.create()])
    return group


def test_members_that_are_excluded_are_neither_shown_nor_fetched(scim: ScimClient, group):
    one = Fetched(scim, path_of(group), excludedAttributes="members")
    listed = Fetched(scim, "/Groups", excludedAttributes="members")

    assert "members" not in one.response.json()
    assert "members" not in listed.response.json()["Resources"][0]
    assert not one.reads_from("auth_user_groups")
    assert not listed.reads_from("auth_user_groups")
    assert not listed.names("auth_user")


def test_members_are_fetched_where_they_are_asked_for(scim: ScimClient, group):
    listed = Fetched(scim, "/Groups", attributes="members.value")

    assert len(listed.response.json()["Resources"][0]["members"]) == 2
    assert listed.reads_from("auth_user_groups")
    assert not listed.names("name")  # The column of the group's displayName.


def test_a_group_without_its_members_takes_no_look_at_them(scim: ScimClient, group):
    listed = Fetched(scim, "/Groups", attributes="displayName")

    assert listed.response.json()["Resources"][0]["displayName"] == "Tour Guides"
    assert len(listed.statements) <= 2  # The page, and how many there are.
    assert not listed.names("auth_user_groups")
    assert not listed.reads_from("django_scim_record")


@pytest.mark.usefixtures("barbara")
@pytest.mark.parametrize(
    "names", ["userName", "id", "userName,name.familyName", "name.givenName", "nope", "password"]
)
def test_an_answer_from_columns_alone_reads_no_record_and_no_groups(scim: ScimClient, names):
    listed = Fetched(scim, "/Users", attributes=names)

    assert len(listed.statements) <= 2
    assert not listed.reads_from("django_scim_record")
    assert not listed.names("auth_user_groups")


@pytest.mark.usefixtures("barbara")
def test_columns_that_are_not_asked_for_are_not_read(scim: ScimClient):
    listed = Fetched(scim, "/Users", attributes="userName")

    assert listed.names("username")
    for column in ("email", "first_name", "last_name", "is_active", "password", "date_joined"):
        assert not listed.names(column)


@pytest.mark.usefixtures("barbara")
@pytest.mark.parametrize("names", ["title", "name.formatted", "externalId", "meta.created", ENTERPRISE])
def test_an_answer_from_the_record_reads_the_record_and_no_groups(scim: ScimClient, names):
    listed = Fetched(scim, "/Users", attributes=names)

    assert len(listed.statements) <= 3
    assert listed.reads_from("django_scim_record")
    assert not listed.names("auth_user_groups")
    assert not listed.names("comparable")  # What filters look at is as large as the document.


@pytest.mark.usefixtures("barbara")
@pytest.mark.parametrize("names", ["meta.created", "meta.version", "meta.location", "meta"])
def test_any_part_of_meta_takes_as_many_statements_as_all_of_it(scim: ScimClient, names):
    UserFactory.create_batch(5)

    assert len(Fetched(scim, "/Users", attributes=names).statements) <= 3


@pytest.mark.usefixtures("barbara")
def test_a_page_of_no_resources_fetches_none(scim: ScimClient):
    assert len(Fetched(scim, "/Users", count=0).statements) == 1
    assert len(Fetched(scim, "/Users", startIndex=10).statements) == 1
