"""PATCH of groups: members are changed by set operations, and never loaded to be changed."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.db.models.signals import m2m_changed
from django.test.utils import CaptureQueriesContext

from django_scim.models import Operation, Outcome, ProvisioningEvent, Record
from tests.assertions import assert_scim_error
from tests.factories import GroupFactory, UserFactory
from tests.messages import patch_op
from tests.operations.patch_operations import add, remove, replace
from tests.operations.responses import last_event, stored
from tests.representations import GROUP, id_of, member, path_of


@pytest.fixture
def guides():
    """A group of three."""
    row = GroupFactory.create(name="Tour Guides")
    row.user_set.add(*UserFactory.create_batch(3))
    return row


@pytest.fixture
def members(guides):
    """The members in the beginning."""
    return list(guides.user_set.order_by("pk"))


@pytest.fixture
def patch(scim, guides):
    """Send operations that succeed, and return who is a member then; a GET has to agree."""

    def send(*operations):
        response = scim.patch(path_of(guides), *operations)
        assert response.status_code == 204, response.json()
        assert response.content == b""
        read = scim.get(path_of(guides))
        assert read["ETag"] == response["ETag"]
        after = set(guides.user_set.all())
        assert {entry["value"] for entry in read.json().get("members", ())} == {id_of(row) for row in after}
        return after

    return send


# add


@pytest.mark.parametrize("as_list", [True, False], ids=["a list", "one"])
def test_add_puts_a_member_beside_the_others(patch, members, as_list):
    joins = UserFactory.create()

    after = patch(add("members", [member(joins)] if as_list else member(joins)))

    assert after == {*members, joins}


def test_add_without_a_path_adds_members(patch, members):
    joins = UserFactory.create()

    assert patch(add(None, {"members": [member(joins)]})) == {*members, joins}


def test_add_by_the_full_urn_adds_members(patch, members):
    joins = UserFactory.create()

    assert patch(add(f"{GROUP}:members", [member(joins)])) == {*members, joins}


def test_members_and_attributes_can_be_in_one_value(scim, guides, members):
    joins = UserFactory.create()

    scim.patch(
        path_of(guides), add(None, {"displayName": "Guides", "members": [member(joins)], "externalId": "9"})
    )

    body = scim.get(path_of(guides)).json()
    assert (body["displayName"], body["externalId"]) == ("Guides", "9")
    assert set(guides.user_set.all()) == {*members, joins}


def test_adding_a_member_again_changes_nothing(scim, guides, members):
    scim.patch(path_of(guides), replace("displayName", "Guides"))
    before, rows = scim.get(path_of(guides)), stored()

    response = scim.patch(path_of(guides), add("members", [member(members[0]), member(members[0])]))

    assert response.status_code == 204
    assert response["ETag"] == before["ETag"]
    assert stored() == rows
    assert last_event().changes == {}


def test_adding_a_member_again_leaves_the_record_of_a_group_of_the_host_alone(scim):
    group, row = GroupFactory.create(), UserFactory.create()
    Group.user_set.through.objects.bulk_create([Group.user_set.through(group=group, user=row)])
    before = list(Record.objects.values())

    scim.patch(path_of(group), add("members", [member(row)]), remove("members", [{"value": "nobody"}]))

    assert list(Record.objects.values()) == before


def test_a_member_who_joins_moves_version_and_time(scim, guides):
    scim.patch(path_of(guides), replace("displayName", "Guides"))
    before = scim.get(path_of(guides)).json()["meta"]

    response = scim.patch(path_of(guides), add("members", [member(UserFactory.create())]))

    after = scim.get(path_of(guides)).json()["meta"]
    assert response["ETag"] == after["version"] != before["version"]
    assert after["lastModified"] > before["lastModified"]


# remove


def test_remove_by_a_value_path_removes_the_member(patch, members):
    first, *others = members

    assert patch(remove(f'members[value eq "{id_of(first)}"]')) == set(others)


def test_remove_by_the_spelling_of_the_erratum_removes_the_member(patch, members):
    first, *others = members

    assert patch(remove(f'members.value eq "{id_of(first)}"')) == set(others)


def test_remove_by_several_ids_in_one_filter_removes_these_members(patch, members):
    first, second, third = members

    after = patch(remove(f'members[value eq "{id_of(first)}" or value eq "{id_of(second)}"]'))

    assert after == {third}


def test_remove_by_a_filter_on_the_display_name_removes_the_member(patch, members):
    first, *others = members

    assert patch(remove(f'members[display eq "{first.username.upper()}"]')) == set(others)


def test_remove_by_a_filter_with_not_keeps_one_member(patch, members):
    first, *_ = members

    assert patch(remove(f'members[not (value eq "{id_of(first)}")]')) == {first}


def test_remove_by_a_filter_that_all_meet_removes_all_members(patch):
    assert patch(remove('members[type eq "User"]')) == set()


def test_remove_takes_away_members_that_are_named_in_the_value(patch, members):
    first, second, third = members

    assert patch(remove("members", [member(first), member(third)])) == {second}


def test_remove_that_names_no_member_in_its_value_removes_none(patch, members):
    assert patch(remove("members", [])) == set(members)


def test_remove_without_a_filter_removes_all_members(patch):
    assert patch(remove("members")) == set()


@pytest.mark.parametrize("of", ["nobody", "26118915-6090-4610-87e4-49d8ca9f808d", "another user"])
def test_remove_of_a_user_who_is_no_member_is_no_error(patch, members, of):
    identifier = id_of(UserFactory.create()) if of == "another user" else of

    after = patch(remove(f'members[value eq "{identifier}"]'), remove("members", [{"value": identifier}]))

    assert after == set(members)


# replace


def test_replace_makes_the_members_those_in_the_value(patch, members):
    first, *_ = members
    joins = UserFactory.create()

    assert patch(replace("members", [member(first), member(joins)])) == {first, joins}


def test_replace_without_a_path_replaces_the_members(patch):
    joins = UserFactory.create()

    assert patch(replace(None, {"members": [member(joins)]})) == {joins}


@pytest.mark.parametrize("value", [[], None], ids=["empty list", "null"])
def test_replace_by_nothing_leaves_no_member(patch, value):
    assert patch(replace("members", value)) == set()


def test_replace_of_one_member_by_another_changes_that_member(patch, members):
    first, *others = members
    joins = UserFactory.create()

    assert patch(replace(f'members[value eq "{id_of(first)}"]', member(joins))) == {*others, joins}


def test_replace_of_a_member_by_itself_changes_nothing(patch, members):
    first, *_ = members

    assert patch(replace(f'members[value eq "{id_of(first)}"]', member(first))) == set(members)


def test_operations_on_members_apply_in_their_order(patch, members):
    first, second, _ = members
    joins = UserFactory.create()

    after = patch(
        remove("members"),
        add("members", [member(first), member(second)]),
        remove(f'members[value eq "{id_of(first)}"]'),
        add("members", [member(joins)]),
    )

    assert after == {second, joins}


# What is refused


@pytest.mark.parametrize("operation", [add, replace], ids=["add", "replace"])
@pytest.mark.parametrize(
    "value",
    [
        {"value": "nobody"},
        {"value": "26118915-6090-4610-87e4-49d8ca9f808d"},
        {"value": ""},
        {"value": 5},
        {"value": None},
        {"value": {"value": "nobody"}},
        {"display": "Barbara"},
        "nobody",
        5,
        [["nobody"]],
    ],
    ids=str,
)
def test_a_value_that_names_no_member_is_refused_and_changes_nothing(scim, guides, operation, value):
    joins = UserFactory.create()
    before = stored()
    values = value if isinstance(value, list) else [value]

    response = scim.patch(path_of(guides), operation("members", [member(joins), *values]))

    assert_scim_error(response, 400, "invalidValue")
    assert stored() == before


def test_a_group_is_refused_as_a_member_where_the_setting_says_so(scim, settings, guides):
    settings.DJANGO_SCIM = {"NESTED_GROUPS": "forbid"}

    assert_scim_error(scim.patch(path_of(guides), add("members", [member(guides)])), 400, "invalidValue")


@pytest.mark.parametrize("operation", [add, replace], ids=["add", "replace"])
def test_a_filter_that_selects_no_member_is_no_target(scim, guides, operation):
    joins = UserFactory.create()
    before = stored()

    response = scim.patch(path_of(guides), operation(f'members[value eq "{id_of(joins)}"]', member(joins)))

    assert_scim_error(response, 400, "noTarget")
    assert stored() == before


@pytest.mark.parametrize("sub", ["value", "type", "$ref", "display"])
@pytest.mark.parametrize("path", ["members.{}", 'members[type eq "User"].{}'])
def test_attributes_of_a_member_that_the_server_assigns_cannot_be_changed(scim, guides, path, sub):
    before = stored()

    assert_scim_error(scim.patch(path_of(guides), replace(path.format(sub), "x")), 400, "mutability")
    assert_scim_error(scim.patch(path_of(guides), remove(path.format(sub))), 400, "mutability")
    assert stored() == before


@pytest.mark.parametrize("filter", ['colour eq "red"', 'value[type eq "User"]', 'name.givenName eq "x"'])
def test_a_filter_on_an_attribute_that_members_do_not_have_is_refused(scim, guides, filter):
    response = scim.patch(path_of(guides), remove(f"members[{filter}]"))

    assert response.status_code == 400
    assert response.json()["scimType"] in ("invalidFilter", "invalidPath")
    assert guides.user_set.count() == 3


def test_remove_of_the_name_of_a_group_is_refused(scim, guides):
    assert_scim_error(scim.patch(path_of(guides), remove("displayName")), 400, "mutability")


def test_a_modification_to_the_name_of_another_group_is_refused(scim, guides):
    GroupFactory.create(name="Employees")
    before = stored()

    assert_scim_error(scim.patch(path_of(guides), replace("displayName", "Employees")), 409, "uniqueness")
    assert stored() == before


# All operations or none


@pytest.mark.parametrize(
    ("wrong", "scim_type"),
    [
        (add("members", [{"value": "nobody"}]), "invalidValue"),
        (replace('members[value eq "nobody"]', {"value": "x"}), "noTarget"),
        (replace("members.display", "x"), "mutability"),
        (remove("displayName"), "mutability"),
        (replace("displayName", "x" * 151), "invalidValue"),
        (add("id", "x"), "mutability"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_operation_on_members_that_fails_undoes_those_before_it(scim, guides, members, wrong, scim_type):
    before = stored()

    response = scim.patch(
        path_of(guides),
        add("members", [member(UserFactory.create())]),
        remove(f'members[value eq "{id_of(members[0])}"]'),
        replace("displayName", "Guides"),
        replace("externalId", "9"),
        wrong,
        remove("members"),
    )

    assert_scim_error(response, 400, scim_type)
    after = stored()
    assert len(after.pop("users")) == len(before.pop("users")) + 1
    assert after == before
    event = last_event()
    assert (event.operation, event.outcome, event.scim_type) == (Operation.MODIFY, Outcome.REFUSED, scim_type)
    assert event.changes == {}


# Set operations


def through_queries(queries):
    """Return the statements that read or write memberships."""
    table = Group.user_set.through._meta.db_table
    return [query["sql"] for query in queries if re.search(rf'["`]{table}["`]', query["sql"])]


@pytest.mark.parametrize("operation", ["add", "remove by filter", "remove by value"])
def test_a_change_of_one_member_touches_no_other(scim, guides, members, operation):
    joins, leaves = UserFactory.create(), members[0]
    patch, key = {
        "add": (add("members", [member(joins)]), joins.pk),
        "remove by filter": (remove(f'members[value eq "{id_of(leaves)}"]'), leaves.pk),
        "remove by value": (remove("members", [member(leaves)]), leaves.pk),
    }[operation]

    with CaptureQueriesContext(database) as queries:
        scim.patch(path_of(guides), patch)

    statements = through_queries(queries)
    assert statements
    for statement in statements:
        is_insert = statement.startswith("INSERT") and re.search(rf"\b{key}\b", statement)
        is_delete = re.match(r'DELETE .* WHERE \S+["`]id["`] IN \(\d+\)$', statement)
        names_one = rf"""["`]user_id["`] (= {key}|IN \({key}\)|= ANY\('\{{{key}\}}'::)"""
        # The breaker looks whether any is left, and at one at most.
        is_look = statement.startswith("SELECT COUNT(*) FROM (") and " LIMIT 1) " in statement
        assert is_insert or is_delete or is_look or re.search(names_one, statement)


def test_memberships_that_stay_keep_their_rows(scim, guides, members):
    through = Group.user_set.through.objects
    stay = set(through.exclude(user=members[0]).values_list("pk", flat=True))

    scim.patch(path_of(guides), replace("members", [member(row) for row in members[1:]]))

    assert set(through.values_list("pk", flat=True)) == stay


def test_the_signals_of_the_host_name_who_joined_and_left(scim, guides, members):
    joins, leaves, received = UserFactory.create(), members[0], []

    def note(action, pk_set, **kwargs):
        received.append((action, pk_set))

    m2m_changed.connect(note, sender=Group.user_set.through)
    try:
        scim.patch(path_of(guides), add("members", [member(joins)]), remove("members", [member(leaves)]))
    finally:
        m2m_changed.disconnect(note, sender=Group.user_set.through)

    assert received == [
        ("pre_add", {joins.pk}),
        ("post_add", {joins.pk}),
        ("pre_remove", {leaves.pk}),
        ("post_remove", {leaves.pk}),
    ]


def test_more_members_than_fit_into_one_statement_can_be_added_and_removed(scim, guides, members):
    rows = User.objects.bulk_create(User(username=f"member{number}") for number in range(1100))
    values = [member(row) for row in rows]

    assert scim.patch(path_of(guides), add("members", values)).status_code == 204
    assert guides.user_set.count() == 1103
    assert scim.patch(path_of(guides), remove("members", values)).status_code == 204
    assert set(guides.user_set.all()) == set(members)


def test_members_whom_scim_deleted_are_out_of_its_reach(scim, guides, members):
    gone = UserFactory.create()
    scim.delete(path_of(gone))
    guides.user_set.add(gone)

    scim.patch(path_of(guides), remove("members"))

    assert set(guides.user_set.all()) == {gone}


# The answer


def test_the_answer_to_a_modification_has_members_only_if_they_are_asked_for(scim, guides):
    payload = patch_op(remove("members"))

    response = scim.request("PATCH", f"{path_of(guides)}?attributes=displayName", payload)

    assert response.status_code == 200
    assert response.json().keys() == {"schemas", "id", "displayName"}


# The history


def test_the_history_shows_which_members_joined_and_left(scim, guides, members):
    joins, leaves = UserFactory.create(), members[0]

    scim.patch(
        path_of(guides),
        replace("displayName", "Guides"),
        add("members", [member(joins)]),
        remove("members", [member(leaves)]),
    )

    event = ProvisioningEvent.objects.get()
    assert (event.operation, event.outcome, event.status) == (Operation.MODIFY, Outcome.SUCCESS, 204)
    assert event.changes == {
        "displayName": {"before": "Tour Guides", "after": "Guides"},
        "members": {"added": [id_of(joins)], "removed": [id_of(leaves)]},
    }


def test_the_history_does_not_show_a_member_who_left_and_came_back(scim, guides, members):
    first = members[0]

    scim.patch(path_of(guides), remove("members", [member(first)]), add("members", [member(first)]))

    assert first in guides.user_set.all()
