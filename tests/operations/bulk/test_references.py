"""References to what the same bulk job makes (RFC 7644 sections 3.7.1 and 3.7.2), also in circles."""

from __future__ import annotations

from itertools import pairwise, permutations

import pytest
from django.contrib.auth.models import Group, User
from hypothesis import given, settings
from hypothesis import strategies as st

from django_scim.models import ProvisioningEvent, Record
from django_scim.operations.bulk.references import execution_order
from django_scim.signals import resource_created, resource_updated
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.hosts.small.models import Person
from tests.operations.bulk_operations import (
    delete,
    id_in,
    managed_user,
    manager_of,
    patch,
    post,
    put,
    run,
    statuses,
)
from tests.operations.patch_operations import add, remove, replace
from tests.operations.responses import stored
from tests.representations import ENTERPRISE, current_path_of, group, member, path_of, user

REFERENCE = {"value": "bulkId:x"}


@pytest.fixture
def people(settings):
    """A host whose users have their manager in a foreign key, behind a row of their own."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}, "Group": None}
    }


@pytest.fixture
def free_groups(settings):
    """A host that keeps the members of its groups as they come, so that a group can be a member."""
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"attributes": {"members": None}}}}


def members_of(scim, result):
    """Return the ``id`` of each member of the group that an operation made."""
    resource = scim.get(f"/Groups/{id_in(result)}").json()
    return [item["value"] for item in resource.get("members", [])]


# Where a reference may be


def test_a_reference_is_replaced_by_the_id_of_the_new_resource(scim):
    created, team = run(
        scim, post("/Users", "x", user()), post("/Groups", "team", group(members=[REFERENCE]))
    )

    assert members_of(scim, team) == [id_in(created)]
    assert list(Group.objects.get().user_set.all()) == [User.objects.get()]


def test_a_resource_may_be_referred_to_before_it_is_made(scim):
    team, created = run(
        scim, post("/Groups", "team", group(members=[REFERENCE])), post("/Users", "x", user())
    )

    assert members_of(scim, team) == [id_in(created)]


def test_a_reference_may_be_among_other_values(scim):
    there = UserFactory.create()

    _, created, team = run(
        scim,
        post("/Users", "y", user("y")),
        post("/Users", "x", user("x")),
        post("/Groups", "team", group(members=[member(there), REFERENCE, {"value": "bulkId:y"}])),
    )

    assert Group.objects.get().user_set.count() == 3
    assert id_in(created) in members_of(scim, team)


@pytest.mark.parametrize(
    "url", ["../Users/bulkId:x", "https://example.com/v2/Users/bulkId:x", "/Users/bulkId:x", "bulkId:x"]
)
def test_a_reference_may_be_the_end_of_a_url(scim, url):
    created, team = run(
        scim, post("/Users", "x", user()), post("/Groups", "team", group(members=[{"$ref": url}]))
    )

    assert members_of(scim, team) == [id_in(created)]


def test_a_reference_may_be_a_bare_value_where_identity_providers_send_such(scim):
    created, team = run(
        scim, post("/Users", "x", user()), post("/Groups", "team", group(members=["bulkId:x"]))
    )

    assert members_of(scim, team) == [id_in(created)]


def test_a_reference_may_be_the_path_of_an_operation(scim):
    results = run(
        scim,
        post("/Users", "x", user("before")),
        patch("/Users/bulkId:x", replace("title", "Guide")),
        put("/Users/bulkId:x", user("after")),
    )

    assert statuses(results) == ["201", "200", "200"]
    assert results[0]["location"] == results[1]["location"] == results[2]["location"]
    assert scim.get(f"/Users/{id_in(results[0])}").json()["userName"] == "after"


def test_a_job_can_delete_the_resource_that_it_makes(scim):
    results = run(scim, post("/Users", "x", user()), delete("/Users/bulkId:x"))

    assert statuses(results) == ["201", "204"]
    assert scim.get(f"/Users/{id_in(results[0])}").status_code == 404


def test_an_operation_whose_path_is_a_reference_waits_for_the_resource(scim):
    results = run(
        scim, patch("/Users/bulkId:x", replace("title", "Guide")), post("/Users", "x", user(title="Clerk"))
    )

    assert statuses(results) == ["200", "201"]
    assert scim.get(f"/Users/{id_in(results[0])}").json()["title"] == "Guide"


def test_a_reference_may_be_the_value_of_a_modification(scim):
    team, row = GroupFactory.create(), UserFactory.create()

    results = run(
        scim,
        post("/Users", "x", user()),
        patch(path_of(team), add("members", [REFERENCE])),
        patch(path_of(row), replace(f"{ENTERPRISE}:manager", REFERENCE)),
    )

    assert statuses(results) == ["201", "200", "200"]
    assert team.user_set.get().username == "bjensen@example.com"
    assert manager_of(scim, results[2]) == id_in(results[0])


def test_a_reference_may_be_in_the_path_of_a_modification(scim):
    team = GroupFactory.create()

    results = run(
        scim,
        post("/Users", "x", user("x")),
        post("/Users", "y", user("y")),
        patch(path_of(team), add("members", [REFERENCE, {"value": "bulkId:y"}])),
        patch(path_of(team), remove('members[value eq "bulkId:x"]')),
    )

    assert statuses(results) == ["201", "201", "200", "200"]
    assert team.user_set.get().username == "y"


def test_a_reference_may_be_the_value_of_a_replacement(scim):
    team, row = GroupFactory.create(), UserFactory.create()
    team.user_set.add(row)

    results = run(
        scim, post("/Users", "x", user("x")), put(path_of(team), group("Team", members=[REFERENCE]))
    )

    assert statuses(results) == ["201", "200"]
    assert team.user_set.get().username == "x"


def test_bulk_ids_may_have_characters_of_all_kinds(scim):
    for number, bulk_id in enumerate(["a b", "a/b", "ä:🚀", "bulkId:x", "0"]):
        results = run(
            scim,
            post("/Users", bulk_id, user(f"user{number}")),
            post("/Groups", "team", group(f"Group {number}", members=[{"value": f"bulkId:{bulk_id}"}])),
            patch(f"/Users/bulkId:{bulk_id}", replace("title", "Guide")),
        )

        assert statuses(results) == ["201", "201", "200"]
        assert members_of(scim, results[1]) == [id_in(results[0])]


def test_text_that_only_looks_like_a_reference_comes_back_unchanged(scim):
    texts = ["a bulkId:x", "bulkId", "bulkId:", "bulkid:x", "BulkId: x", 'say "bulkId:"']

    for number, text in enumerate(texts):
        _, created = run(
            scim, post("/Users", "x", user(f"x{number}")), post("/Users", "y", user(f"y{number}", title=text))
        )

        assert scim.get(f"/Users/{id_in(created)}").json()["title"] == text


@pytest.mark.parametrize(
    "text", ["bulkId:x", "https://example.com/bulkId:x", 'say "bulkId:x"', "bulkId:nobody"]
)
@pytest.mark.parametrize(
    ("attribute", "value_of"),
    [
        ("displayName", lambda text: text),
        ("name", lambda text: {"familyName": text}),
        ("phoneNumbers", lambda text: [{"value": text, "display": text}]),
        (ENTERPRISE, lambda text: {"department": text}),
    ],
)
def test_text_that_looks_like_a_reference_is_text_where_no_resource_is_named(scim, attribute, value_of, text):
    _, created = run(
        scim, post("/Users", "x", user("x")), post("/Users", "y", user("y", **{attribute: value_of(text)}))
    )

    assert scim.get(f"/Users/{id_in(created)}").json()[attribute] == value_of(text)


@pytest.mark.parametrize(
    "operation",
    [
        replace("title", "bulkId:x"),
        replace('phoneNumbers[type eq "work"].value', "bulkId:x"),
        replace("name.familyName", "bulkId:x"),
        {"op": "add", "value": {"title": "bulkId:x"}},
        {"op": "add", "value": {"name.familyName": "bulkId:x"}},
        replace(ENTERPRISE, {"department": "bulkId:x"}),
        replace(f"{ENTERPRISE}:department", "bulkId:x"),
    ],
)
def test_text_that_looks_like_a_reference_is_text_in_a_modification_too(scim, operation):
    row = UserFactory.create()

    _, changed = run(scim, post("/Users", "x", user("x")), patch(path_of(row), operation))

    assert changed["status"] == "200"
    assert "bulkId:x" in scim.get(path_of(row)).text


@pytest.mark.parametrize("path", [f"{ENTERPRISE}:manager.value", f"{ENTERPRISE}:manager", "manager"])
def test_a_reference_may_be_the_value_at_the_path_of_a_manager(scim, path):
    row = UserFactory.create()

    made, changed = run(scim, post("/Users", "x", user("x")), patch(path_of(row), replace(path, "bulkId:x")))

    assert manager_of(scim, changed) == id_in(made)


# References to nothing


@pytest.mark.parametrize(
    "operation",
    [
        post("/Groups", "team", group(members=[{"value": "bulkId:nobody"}])),
        post("/Groups", "team", group(members=[{"$ref": "../Users/bulkId:nobody"}])),
        post("/Users", "y", managed_user("y", "bulkId:nobody")),
        patch("/Users/bulkId:nobody", replace("title", "Guide")),
        put("/Users/bulkId:nobody", user("y")),
        delete("/Users/bulkId:nobody"),
    ],
    ids=["in members", "in $ref", "in an attribute that nothing maps", "PATCH", "PUT", "DELETE"],
)
def test_a_reference_to_what_no_operation_makes_is_refused(scim, operation):
    before = stored()

    (result,) = run(scim, operation)

    assert result["status"] == "400"
    assert result["response"]["scimType"] == "invalidValue"
    assert "nobody" in result["response"]["detail"]
    assert stored() == before


def test_a_reference_is_to_what_a_creation_makes_and_not_to_what_another_operation_changes(scim):
    row, team = UserFactory.create(), GroupFactory.create()

    results = run(
        scim,
        {**patch(path_of(row), replace("title", "Guide")), "bulkId": "x"},
        patch(path_of(team), add("members", [REFERENCE])),
    )

    assert statuses(results) == ["200", "400"]
    assert not team.user_set.exists()


def test_an_operation_that_refers_to_a_failed_one_is_a_conflict(scim):
    UserFactory.create(username="taken")

    results = run(
        scim,
        post("/Groups", "early", group("Early", members=[REFERENCE])),
        post("/Users", "x", user("taken")),
        post("/Groups", "late", group("Late", members=[REFERENCE])),
        patch("/Users/bulkId:x", replace("title", "Guide")),
        patch("/Groups/bulkId:late", replace("displayName", "Later")),
    )

    assert statuses(results) == ["409", "409", "409", "409", "409"]
    assert results[1]["response"]["scimType"] == "uniqueness"
    assert "'x'" in results[0]["response"]["detail"]
    assert not Group.objects.exists()


@pytest.mark.parametrize("number", [2, 3])
def test_a_bulk_id_that_is_not_unique_is_refused_wherever_it_is(scim, number):
    creations = [post("/Users", "x", user(f"x{index}")) for index in range(number)]

    results = run(
        scim, *creations, post("/Users", "y", user("y")), post("/Groups", "team", group(members=[REFERENCE]))
    )

    assert statuses(results) == [*["400"] * number, "201", "409"]
    assert "not unique" in results[0]["response"]["detail"]
    assert User.objects.get().username == "y"
    assert not Group.objects.exists()


def test_a_resource_of_another_type_than_the_attribute_refers_to_is_refused(scim, settings):
    settings.DJANGO_SCIM = {"NESTED_GROUPS": "forbid"}

    results = run(
        scim, post("/Groups", "x", group("X")), post("/Groups", "team", group("Team", members=[REFERENCE]))
    )

    assert statuses(results) == ["201", "400"]


def test_references_lead_to_the_resources_of_their_own_request(scim):
    run(scim, post("/Users", "x", user("first")))

    (result,) = run(scim, post("/Groups", "team", group(members=[REFERENCE])))

    assert result["status"] == "400"


# Circles


def test_two_users_can_be_each_others_manager(scim):
    one, two = run(
        scim,
        post("/Users", "one", managed_user("one", "bulkId:two")),
        post("/Users", "two", managed_user("two", "bulkId:one")),
    )

    assert (one["status"], two["status"]) == ("201", "201")
    assert manager_of(scim, one) == id_in(two)
    assert manager_of(scim, two) == id_in(one)


def test_a_user_can_be_its_own_manager(scim):
    (result,) = run(scim, post("/Users", "x", managed_user("x", "bulkId:x")))

    assert manager_of(scim, result) == id_in(result)


def test_a_circle_in_foreign_keys_of_the_host_is_closed(scim, people):
    results = run(
        scim,
        *[post("/Users", n, managed_user(n, f"bulkId:{m}")) for n, m in ("ab", "bc", "ca", "dd", "ea")],
    )

    assert statuses(results) == ["201"] * 5
    managers = Person.objects.values_list("login", "profile__manager__login")
    assert dict(managers) == {"a": "b", "b": "c", "c": "a", "d": "d", "e": "a"}
    assert [manager_of(scim, result) for result in results[:3]] == [
        id_in(results[1]),
        id_in(results[2]),
        id_in(results[0]),
    ]


@pytest.mark.parametrize("order", list(permutations("abc")), ids="".join)
def test_a_ring_of_three_references_is_closed_in_any_order(scim, order):
    manager = {"a": "b", "b": "c", "c": "a"}

    results = run(scim, *[post("/Users", n, managed_user(n, f"bulkId:{manager[n]}")) for n in order])

    assert statuses(results) == ["201"] * 3
    made = dict(zip(order, results, strict=True))
    assert all(manager_of(scim, made[name]) == id_in(made[manager[name]]) for name in order)


def test_groups_can_be_each_others_members(scim, free_groups):
    one, two = run(
        scim,
        post("/Groups", "one", group("One", members=[{"value": "bulkId:two"}, {"value": "bulkId:one"}])),
        post("/Groups", "two", group("Two", members=[{"value": "bulkId:one"}])),
    )

    assert members_of(scim, one) == [id_in(two), id_in(one)]
    assert members_of(scim, two) == [id_in(one)]


def test_a_circle_of_several_resource_types_is_closed(scim, free_groups):
    x, team = run(
        scim,
        post("/Users", "x", managed_user("x", "bulkId:team")),
        post("/Groups", "team", group(members=[REFERENCE])),
    )

    assert manager_of(scim, x) == id_in(team)
    assert members_of(scim, team) == [id_in(x)]


def test_a_resource_in_a_circle_keeps_its_other_attributes(scim):
    resource = managed_user("one", "bulkId:two")
    resource |= {"title": "Guide", "password": "t1meMa$heen", "externalId": "1", "active": False}
    resource[ENTERPRISE] |= {"department": "Tours"}
    resource["emails"] = [{"value": "one@example.com", "type": "work", "primary": True}]

    one, _ = run(
        scim, post("/Users", "one", resource), post("/Users", "two", managed_user("two", "bulkId:one"))
    )

    body = scim.get(f"/Users/{id_in(one)}").json()
    assert body[ENTERPRISE]["department"] == "Tours"
    assert (body["title"], body["externalId"], body["active"]) == ("Guide", "1", False)
    assert body["emails"] == resource["emails"]
    assert User.objects.get(username="one").check_password("t1meMa$heen")
    assert one["version"] == body["meta"]["version"]
    assert body["meta"]["created"] == body["meta"]["lastModified"]


def test_a_circle_can_take_up_the_rows_of_deleted_users(scim):
    (gone,) = run(scim, post("/Users", "x", user("one", title="Guide", externalId="1")))
    row = User.objects.get()
    scim.delete(f"/Users/{id_in(gone)}")

    one, two = run(
        scim,
        post("/Users", "one", {**managed_user("one", "bulkId:two"), "externalId": "1"}),
        post("/Users", "two", managed_user("two", "bulkId:one")),
    )

    assert current_path_of(row) == f"/Users/{id_in(one)}" != path_of(row)
    assert manager_of(scim, one) == id_in(two)
    assert "title" not in scim.get(f"/Users/{id_in(one)}").json()
    assert User.objects.get(username="one").is_active


def test_a_circle_has_the_names_of_deleted_users(scim):
    (gone,) = run(scim, post("/Users", "x", user("one")))
    scim.delete(f"/Users/{id_in(gone)}")

    one, two = run(
        scim,
        post("/Users", "one", managed_user("one", "bulkId:two")),
        post("/Users", "two", managed_user("two", "bulkId:one")),
    )

    assert id_in(one) != id_in(gone)
    assert manager_of(scim, two) == id_in(one)


def test_read_only_attributes_may_refer_in_circles_too(scim):
    x, team = run(
        scim,
        post("/Users", "x", user("x", groups=[{"value": "bulkId:team"}])),
        post("/Groups", "team", group(members=[REFERENCE])),
    )

    assert members_of(scim, team) == [id_in(x)]
    assert [item["value"] for item in scim.get(f"/Users/{id_in(x)}").json()["groups"]] == [id_in(team)]


def test_attributes_of_no_schema_may_refer_in_circles_too(scim):
    results = run(
        scim,
        post("/Users", "x", user("x", friend={"value": "bulkId:y"}, **{"a b[": ["bulkId:y"]})),
        post("/Users", "y", user("y", friend={"value": "bulkId:x"})),
    )

    assert statuses(results) == ["201", "201"]


def test_deviating_clients_may_refer_in_circles_too(scim):
    one, two = run(
        scim,
        post("/Users", "one", {"USERNAME": "one", "manager": "bulkId:two"}),
        post("/Users", "two", {"userName": "two", ENTERPRISE.upper(): {"Manager": ["bulkId:one"]}}),
    )

    assert manager_of(scim, one) == id_in(two)
    assert manager_of(scim, two) == id_in(one)


def test_a_circle_is_made_as_a_whole_or_not_at_all(scim):
    UserFactory.create(username="taken")
    before = stored()

    results = run(
        scim,
        post("/Users", "a", managed_user("a", "bulkId:b")),
        post("/Users", "b", managed_user("taken", "bulkId:c")),
        post("/Users", "c", managed_user("c", "bulkId:a")),
    )

    assert statuses(results) == ["409", "409", "409"]
    assert [result["response"].get("scimType") for result in results] == [None, "uniqueness", None]
    assert "'b'" in results[0]["response"]["detail"]
    assert stored() == before


def test_a_circle_fails_with_an_operation_in_it_that_is_no_valid_resource(scim):
    results = run(
        scim,
        post("/Users", "a", managed_user("a", "bulkId:b")),
        post("/Users", "b", {**managed_user("b", "bulkId:a"), "emails": 5}),
    )

    assert statuses(results) == ["409", "400"]
    assert not User.objects.exists()


def test_a_circle_fails_with_an_operation_in_it_that_cannot_be_read(scim):
    results = run(
        scim,
        post("/Users", "a", managed_user("a", "bulkId:b")),
        post("/Planets", "b", managed_user("b", "bulkId:a")),
    )

    assert statuses(results) == ["409", "404"]
    assert not User.objects.exists()


def test_a_circle_fails_with_a_reference_in_it_that_the_host_refuses(scim, settings, people):
    settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "UNKNOWN_REFERENCES": "forbid"}

    results = run(
        scim,
        post("/Users", "one", managed_user("one", "bulkId:two")),
        post("/Users", "two", {**managed_user("two", "nobody"), "friend": "bulkId:one"}),
    )

    assert statuses(results) == ["409", "400"]
    assert not Person.objects.exists()


def test_a_resource_that_refers_to_a_circle_is_not_part_of_it(scim):
    results = run(
        scim,
        post("/Users", "outside", {**managed_user("outside", "bulkId:a"), "emails": 5}),
        post("/Users", "a", managed_user("a", "bulkId:b")),
        post("/Users", "b", managed_user("b", "bulkId:a")),
        post("/Groups", "team", group(members=[{"value": "bulkId:a"}, {"value": "bulkId:b"}])),
    )

    assert statuses(results) == ["400", "201", "201", "201"]
    assert Group.objects.get().user_set.count() == 2


def test_a_resource_that_a_circle_refers_to_is_not_part_of_it(scim):
    results = run(
        scim,
        post("/Users", "a", {**managed_user("a", "bulkId:b"), "friend": "bulkId:x"}),
        post("/Users", "b", {**managed_user("b", "bulkId:a"), "emails": 5}),
        post("/Users", "x", user("x")),
    )

    assert statuses(results) == ["409", "400", "201"]
    assert User.objects.get().username == "x"


def test_a_circle_that_refers_to_a_failed_operation_is_a_conflict(scim):
    results = run(
        scim,
        post("/Users", "a", {**managed_user("a", "bulkId:b"), "friend": "bulkId:x"}),
        post("/Users", "b", managed_user("b", "bulkId:a")),
        post("/Users", "x", {}),
    )

    assert statuses(results) == ["409", "409", "400"]


def test_two_circles_with_a_resource_in_common_are_one(scim, free_groups):
    results = run(
        scim,
        post("/Groups", "a", group("A", members=[{"value": "bulkId:b"}, {"value": "bulkId:c"}])),
        post("/Groups", "b", group("B", members=[{"value": "bulkId:a"}])),
        post("/Groups", "c", group("C", members=[{"value": "bulkId:a"}])),
    )

    assert statuses(results) == ["201"] * 3
    assert members_of(scim, results[0]) == [id_in(results[1]), id_in(results[2])]


def test_each_resource_of_a_circle_is_one_event_with_all_that_was_set(scim):
    one, two = run(
        scim,
        post("/Users", "one", {**managed_user("one", "bulkId:two"), "title": "Guide"}),
        post("/Users", "two", managed_user("two", "bulkId:one")),
    )

    first, second = ProvisioningEvent.objects.order_by("pk")
    assert [event.operation for event in (first, second)] == ["create", "create"]
    assert [event.resource_id for event in (first, second)] == [id_in(one), id_in(two)]
    assert first.changes["title"] == {"after": "Guide"}
    assert first.changes[f"{ENTERPRISE}:manager"]["after"]["value"] == id_in(two)
    assert Record.objects.count() == 2


def test_each_resource_of_a_failed_circle_is_a_refused_event_without_an_id(scim):
    UserFactory.create(username="taken")

    run(
        scim,
        post("/Users", "a", managed_user("a", "bulkId:b")),
        post("/Users", "b", managed_user("taken", "bulkId:a")),
    )

    found = ProvisioningEvent.objects.order_by("pk")
    assert [(event.outcome, event.status, event.display) for event in found] == [
        ("refused", 409, "a"),
        ("refused", 409, "taken"),
    ]
    assert {event.resource_id for event in found} == {""}


@pytest.mark.django_db(transaction=True)
def test_the_host_is_told_once_of_each_resource_of_a_circle(scim):
    told = []

    def note(signal, instance, changes, **kwargs):
        told.append((signal, instance.username, f"{ENTERPRISE}:manager" in changes))

    resource_created.connect(note)
    resource_updated.connect(note)
    try:
        run(
            scim,
            post("/Users", "a", managed_user("a", "bulkId:b")),
            post("/Users", "b", managed_user("b", "bulkId:a")),
        )
    finally:
        resource_created.disconnect(note)
        resource_updated.disconnect(note)

    assert told == [(resource_created, "a", True), (resource_created, "b", True)]


def test_a_circle_counts_as_many_errors_as_it_has_operations(scim):
    results = run(
        scim,
        post("/Users", "a", managed_user("a", "bulkId:b")),
        post("/Users", "b", {**managed_user("b", "bulkId:a"), "emails": 5}),
        post("/Users", "c", user("c")),
        failOnErrors=2,
    )

    assert statuses(results) == ["409", "400"]


def test_a_circle_is_scoped_to_its_connection(scim):
    other = ScimClient(ConnectionFactory.create())

    results = run(
        scim,
        post("/Users", "a", {**managed_user("a", "bulkId:b"), "externalId": "1"}),
        post("/Users", "b", managed_user("b", "bulkId:a")),
    )

    assert "externalId" not in other.get(f"/Users/{id_in(results[0])}").json()


@pytest.mark.parametrize("shape", ["a chain", "a reversed chain", "a ring"])
def test_long_chains_and_rings_of_references_are_resolved(scim, shape):
    names = [f"x{number}" for number in range(60)]
    managers = dict(pairwise(names))
    if shape == "a ring":
        managers[names[-1]] = names[0]
    operations = [
        post(
            "/Users", name, managed_user(name, f"bulkId:{managers[name]}") if name in managers else user(name)
        )
        for name in (reversed(names) if shape == "a reversed chain" else names)
    ]

    results = run(scim, *operations)

    assert set(statuses(results)) == {"201"}
    made = {result["bulkId"]: result for result in results}
    for name in ("x0", "x30", "x58"):
        assert manager_of(scim, made[name]) == id_in(made[managers[name]])


# The order


@st.composite
def operations_that_need_each_other(draw):
    count = draw(st.integers(1, 10))
    position = st.integers(0, count - 1)
    return [draw(st.sets(position, max_size=2)) for _ in range(count)]


def reached(needs, start):
    """Return all that an operation needs, and what that needs, in any number of steps."""
    found: set[int] = set()
    pending = [start]
    while pending:
        for position in needs[pending.pop()] - found:
            found.add(position)
            pending.append(position)
    return found


@settings(max_examples=300, deadline=None)
@given(operations_that_need_each_other())
def test_each_operation_is_done_once_after_all_operations_that_it_needs_and_with_its_circle(needs):
    done: list[int] = []
    for circle in execution_order(needs):
        for position in circle:
            assert needs[position] <= {*done, *circle}
            others = {other for other in reached(needs, position) if position in reached(needs, other)}
            assert set(circle) == {position} | others
        done += circle

    assert sorted(done) == list(range(len(needs)))


@settings(max_examples=200, deadline=None)
@given(operations_that_need_each_other())
def test_operations_that_need_none_that_comes_later_are_done_when_the_request_comes_to_them(needs):
    backward = [{other for other in others if other < position} for position, others in enumerate(needs)]

    assert list(execution_order(backward)) == [[position] for position in range(len(needs))]


def test_an_operation_that_waits_is_done_as_soon_as_it_can_be():
    assert list(execution_order([{2}, set(), set(), set()])) == [[1], [2], [0], [3]]


def test_a_circle_is_done_when_the_request_comes_to_its_last_operation():
    assert list(execution_order([{2}, set(), {0}, set()])) == [[1], [0, 2], [3]]


def test_a_hundred_thousand_operations_in_a_row_are_put_in_order():
    count = 100_000

    chain = [{position + 1} for position in range(count - 1)] + [set()]
    assert sum(1 for _ in execution_order(chain)) == count
    (ring,) = execution_order([{(position + 1) % count} for position in range(count)])
    assert len(ring) == count
