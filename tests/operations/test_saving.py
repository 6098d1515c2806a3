"""Saving by itself: what is written of a changed resource, and what the history is told of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db.models.signals import post_save
from scim2_models import InvalidValueException, UniquenessException

from django_scim.history.redaction import REDACTED
from django_scim.models import Record, UniqueValue
from django_scim.operations.saving import Written, apply, note_differences, save
from django_scim.resources.loading import attach_records
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller, Resource
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.registered import receiving

pytestmark = pytest.mark.django_db

BARBARA = {"userName": "barbara", "name": {"givenName": "Barbara"}, "active": True}


def resource(instance: User | Group) -> Resource:
    """Return the resource of a row, with its record."""
    name = "User" if isinstance(instance, User) else "Group"
    obj = Resource(registry().by_name[name], instance, Caller(ConnectionFactory.create()))
    if instance.pk is not None:
        attach_records([obj])
    return obj


def written(obj: Resource, before: Any, after: Any, **options: bool) -> tuple[Written, dict[str, Any]]:
    """Apply a change; return what was written, and what the history is told."""
    changes: dict[str, Any] = {}
    return apply(obj, before, after, changes, **options), changes


@pytest.fixture
def account() -> User:
    """An account named Barbara."""
    return UserFactory.create(username="barbara", first_name="Barbara")


def test_a_document_that_is_the_same_writes_nothing(account, django_assert_num_queries):
    obj = resource(account)

    mappings, changes = written(obj, BARBARA, BARBARA)

    assert (mappings, changes, obj.is_changed) == ([], {}, False)
    with django_assert_num_queries(0):
        save(obj, mappings, changes)
    assert not Record.objects.exists()


def test_the_fields_that_changed_are_saved_and_no_others(account):
    obj = resource(account)
    User.objects.filter(pk=account.pk).update(last_name="Changed meanwhile")
    mappings, changes = written(obj, BARBARA, {**BARBARA, "name": {"givenName": "Babs"}})

    with receiving(post_save) as received:
        save(obj, mappings, changes)

    fields = [arguments["update_fields"] for _, arguments in received if arguments["sender"] is User]
    assert fields == [frozenset({"first_name"})]
    account.refresh_from_db()
    assert (account.first_name, account.last_name) == ("Babs", "Changed meanwhile")


def test_a_change_is_told_with_both_sides(account):
    obj = resource(account)

    _, changes = written(obj, BARBARA, {**BARBARA, "name": {"givenName": "Babs"}, "title": "Guide"})

    assert changes == {
        "name.givenName": {"before": "Barbara", "after": "Babs"},
        "title": {"after": "Guide"},
    }


def test_a_secret_is_told_redacted(account):
    obj = resource(account)

    _, changes = written(obj, {}, {"password": "correct horse battery"})

    assert changes == {"password": {"after": REDACTED}}


@pytest.mark.parametrize(
    ("options", "is_active", "is_told"),
    [({}, False, False), ({"resets": True}, True, True), ({"removes": True}, False, True)],
    ids=["a PUT keeps it", "a new resource resets it", "a removal hides it"],
)
def test_a_value_that_has_to_be_there_and_is_left_out(account, options, is_active, is_told):
    account.is_active = False
    obj = resource(account)

    _, changes = written(obj, {"active": False}, {}, **options)

    assert account.is_active is is_active
    assert ("active" in changes) is is_told


def test_the_record_moves_once_for_all_that_changes(account):
    obj = resource(account)
    save(obj, *written(obj, BARBARA, {**BARBARA, "title": "Guide", "nickName": "Babs"}))
    first = Record.objects.get()

    obj = resource(account)
    save(obj, *written(obj, BARBARA, {**BARBARA, "name": {"givenName": "Babs"}}))

    record = Record.objects.get()
    assert (first.revision, record.revision) == (1, 2)
    assert record.attributes == {"title": "Guide", "nickName": "Babs"}


def test_a_field_that_the_model_refuses_is_named_with_the_reason(account):
    obj = resource(account)
    mappings, changes = written(obj, BARBARA, {**BARBARA, "name": {"givenName": "x" * 151}})

    with pytest.raises(InvalidValueException, match=r"name.givenName \(column first_name\): .*at most 150"):
        save(obj, mappings, changes)


def test_a_unique_value_of_another_resource_is_a_conflict(account):
    UserFactory.create(username="Babs")
    obj = resource(account)
    mappings, changes = written(obj, BARBARA, {**BARBARA, "userName": "babs"})

    with pytest.raises(UniquenessException, match="userName"):
        save(obj, mappings, changes)


def test_a_unique_value_is_claimed_for_the_record(account):
    obj = resource(account)

    save(obj, *written(obj, BARBARA, {**BARBARA, "userName": "babs"}))

    (value,) = UniqueValue.objects.all()
    assert (value.record, value.attribute) == (obj.record, "userName")


def test_what_needs_the_row_waits_until_it_is_saved():
    group = Group(name="Engineers")
    obj = resource(group)
    keys = []
    obj.after_save.append(lambda: keys.append(group.pk))

    save(obj, [], {})

    assert keys == [group.pk]
    assert group.pk is not None


def test_members_that_changed_are_told_by_their_ids():
    group, member = GroupFactory.create(), UserFactory.create()
    obj = resource(group)
    mapping: Any = obj.resource_type.mappings["members"]
    identifier = registry().by_name["User"].identifier(member)
    obj.after_save.append(lambda: mapping.add(obj, [{"value": identifier}]))
    changes: dict[str, Any] = {}

    save(obj, [], changes)

    assert changes == {"members": {"added": [identifier]}}
    assert list(group.user_set.all()) == [member]


def test_differences_of_two_documents_are_told_attribute_by_attribute(account):
    changes: dict[str, Any] = {}

    note_differences(
        resource(account), {"userName": "a", "title": "x"}, {"userName": "a", "active": True}, changes
    )

    assert changes == {"title": {"before": "x"}, "active": {"after": True}}
