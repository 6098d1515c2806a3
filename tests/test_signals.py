"""What the host is told of the writes of its identity providers, and when."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection, transaction
from django.db.models.signals import post_save

from django_scim import signals
from django_scim.models import ProvisioningEvent
from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory, managed
from tests.messages import BULK_REQUEST
from tests.operations.patch_operations import ACTIVATE, DEACTIVATE, add, remove, replace
from tests.representations import ENTERPRISE, id_of, member, path_of
from tests.representations import group as group_representation
from tests.representations import user as representation

ALL = {
    "created": signals.resource_created,
    "rehired": signals.resource_rehired,
    "updated": signals.resource_updated,
    "activated": signals.resource_activated,
    "deactivated": signals.resource_deactivated,
    "deleted": signals.resource_deleted,
    "members added": signals.members_added,
    "members removed": signals.members_removed,
}


class Host:
    """A host that listens to everything."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []

    def receive(self, signal: Any, **arguments: Any) -> None:
        """Remember a signal."""
        name = next(name for name, known in ALL.items() if known is signal)
        self.received.append((name, arguments))

    @property
    def told(self) -> list[str]:
        """The names of the signals, in the order in which they came."""
        return [name for name, _ in self.received]

    def of(self, name: str) -> dict[str, Any]:
        """The arguments of the only signal of a name."""
        ((_, arguments),) = (item for item in self.received if item[0] == name)
        return arguments

    def keys(self, name: str) -> list[list[Any]]:
        """The keys of each signal of a name."""
        return [arguments["keys"] for received, arguments in self.received if received == name]


@pytest.fixture
def host():
    """What the host was told."""
    host = Host()
    for signal in ALL.values():
        signal.connect(host.receive)
    yield host
    for signal in ALL.values():
        signal.disconnect(host.receive)


@pytest.fixture
def committed(host, django_capture_on_commit_callbacks):
    """The host, once what is done in the context is committed; what was told before is forgotten."""

    @contextmanager
    def commit():
        host.received.clear()
        with django_capture_on_commit_callbacks(execute=True):
            yield host

    return commit


class TestResources:
    """Resources that are made, changed and deleted."""

    def test_a_new_resource_sends_the_signal_that_it_is_created(self, scim, committed):
        with committed() as host:
            scim.post("/Users", representation("bjensen", active=True))

        assert host.told == ["created"]
        assert host.of("created")["instance"] == User.objects.get(username="bjensen")
        assert host.of("created")["changes"]["userName"] == {"after": "bjensen"}

    def test_a_new_resource_that_is_not_active_is_no_more_than_created(self, scim, committed):
        with committed() as host:
            scim.post("/Users", representation("bjensen", active=False))

        assert host.told == ["created"]

    def test_the_sender_of_a_signal_is_the_model_of_the_host(self, scim, committed):
        with committed() as host:
            scim.post("/Users", representation("bjensen"))
            scim.post("/Groups", group_representation("Guides"))

        assert [arguments["sender"] for _, arguments in host.received] == [User, Group]

    def test_a_signal_says_what_the_history_knows_of_the_write(self, scim, committed):
        with committed() as host:
            scim.post("/Users", representation("bjensen"), **{"X-Request-ID": "4711"})

        event = ProvisioningEvent.objects.get()
        told = host.of("created")
        assert told["resource_type"] == event.resource_type == "User"
        assert told["connection"] == event.connection == scim.connection
        assert told["request_id"] == event.request_id == "4711"
        assert told["changes"] == event.changes

    def test_a_patch_updates_what_has_changed(self, scim, committed):
        user = UserFactory.create(first_name="Barbara")

        with committed() as host:
            scim.patch(path_of(user), replace("name.givenName", "Babs"), add("title", "Guide"))

        assert host.told == ["updated"]
        assert host.of("updated")["instance"].first_name == "Babs"
        assert host.of("updated")["changes"] == {
            "name.givenName": {"before": "Barbara", "after": "Babs"},
            "title": {"after": "Guide"},
        }

    def test_a_put_updates_what_has_changed(self, scim, committed):
        user = UserFactory.create(first_name="Barbara", last_name="", email="")

        with committed() as host:
            scim.put(path_of(user), representation(user.username, name={"givenName": "Babs"}))

        assert host.told == ["updated"]
        assert host.of("updated")["changes"] == {"name.givenName": {"before": "Barbara", "after": "Babs"}}

    def test_a_new_external_id_is_an_update_too(self, scim, committed):
        user = UserFactory.create()

        with committed() as host:
            scim.patch(path_of(user), add("externalId", "701984"))

        assert host.of("updated")["changes"] == {"externalId": {"after": "701984"}}

    def test_a_secret_in_a_signal_is_redacted(self, scim, committed):
        user = managed(scim.connection, UserFactory.create())

        with committed() as host:
            scim.patch(path_of(user), replace("password", "t1meMa$heen and more"))

        assert "password" in host.of("updated")["changes"]
        assert "t1meMa$heen" not in str(host.of("updated")["changes"])

    def test_a_deleted_resource_is_deactivated_and_deleted(self, scim, committed):
        user = UserFactory.create()

        with committed() as host:
            scim.delete(path_of(user))

        assert host.told == ["deactivated", "deleted"]
        assert host.of("deleted")["instance"] == user
        assert host.of("deleted")["changes"]["active"] == {"before": True, "after": False}

    def test_deleting_an_inactive_resource_does_not_deactivate_it_again(self, scim, committed):
        user = UserFactory.create(is_active=False)

        with committed() as host:
            scim.delete(path_of(user))

        assert host.told == ["deleted"]

    def test_a_row_that_is_gone_is_told_with_its_primary_key(self, scim, committed, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"delete": "hard"}}}
        user = UserFactory.create(username="bjensen")

        with committed() as host:
            scim.delete(path_of(user))

        assert host.told == ["deactivated", "deleted"]
        told = host.of("deleted")["instance"]
        assert (told.pk, told.username) == (user.pk, "bjensen")
        assert not User.objects.filter(pk=user.pk).exists()

    def test_the_members_of_a_deleted_group_are_not_told_one_by_one(self, scim, committed):
        group = GroupFactory.create()
        group.user_set.add(UserFactory.create())

        with committed() as host:
            scim.delete(path_of(group))

        assert host.told == ["deactivated", "deleted"]
        assert not group.user_set.exists()


class TestActivity:
    """Resources that are deactivated, and come back."""

    def test_setting_active_to_false_updates_and_deactivates(self, scim, committed):
        user = UserFactory.create()

        with committed() as host:
            scim.patch(path_of(user), DEACTIVATE, replace("title", "Alumna"))

        assert host.told == ["updated", "deactivated"]
        changes = {"active": {"before": True, "after": False}, "title": {"after": "Alumna"}}
        assert host.of("updated")["changes"] == changes
        assert host.of("deactivated")["changes"] == changes

    def test_setting_active_to_true_updates_and_activates(self, scim, committed):
        user = UserFactory.create(is_active=False)

        with committed() as host:
            scim.put(path_of(user), representation(user.username, active=True))

        assert [name for name in host.told if name != "updated"] == ["activated"]
        assert host.of("activated")["instance"].is_active

    def test_a_change_of_an_inactive_resource_does_not_deactivate_it_again(self, scim, committed):
        user = UserFactory.create(is_active=False)

        with committed() as host:
            scim.patch(path_of(user), DEACTIVATE, replace("title", "Alumna"))

        assert host.told == ["updated"]

    def test_making_a_deleted_resource_again_creates_and_activates(self, scim, committed):
        user = UserFactory.create(username="bjensen")
        scim.patch(path_of(user), replace("externalId", "4"))
        former = id_of(user)
        scim.delete(path_of(user))

        with committed() as host:
            scim.post("/Users", representation("bjensen", active=True, externalId="4"))

        assert host.told == ["created", "rehired", "activated"]
        assert host.of("created")["instance"] == user
        assert host.of("rehired")["former_id"] == former

    def test_a_group_is_active_until_it_is_deleted_and_when_it_is_made_again(self, scim, committed):
        group = GroupFactory.create(name="Guides")
        scim.patch(path_of(group), replace("externalId", "4"))
        with committed() as host:
            scim.delete(path_of(group))
        assert host.told == ["deactivated", "deleted"]

        with committed() as host:
            scim.post("/Groups", group_representation("Guides", externalId="4"))
        assert host.told == ["created", "rehired", "activated"]

    def test_making_a_deleted_resource_again_may_leave_it_inactive(self, scim, committed):
        user = UserFactory.create(username="bjensen")
        scim.delete(path_of(user))

        with committed() as host:
            scim.post("/Users", representation("bjensen", active=False))

        assert host.told == ["created"]

    def test_an_attribute_that_is_stored_tells_activity_too(self, scim, committed, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"active": None}}}}
        user = UserFactory.create()

        with committed() as host:
            scim.patch(path_of(user), add("active", False))
            scim.patch(path_of(user), ACTIVATE)
            scim.patch(path_of(user), DEACTIVATE)
            scim.patch(path_of(user), remove("active"))

        assert [name for name in host.told if name != "updated"] == [
            "deactivated",
            "activated",
            "deactivated",
            "activated",
        ]


class TestMembers:
    """Members that come and go."""

    def test_members_that_a_group_begins_with_are_added(self, scim, committed):
        users = UserFactory.create_batch(2)

        with committed() as host:
            scim.post("/Groups", group_representation("Guides", members=[member(user) for user in users]))

        assert host.told == ["created", "members added"]
        told = host.of("members added")
        assert told["instance"] == Group.objects.get()
        assert told["attribute"] == "members"
        assert sorted(told["keys"]) == sorted(user.pk for user in users)
        assert "members" not in host.of("created")["changes"]

    def test_adding_members_is_no_update_of_attributes(self, scim, committed):
        group, user, other = GroupFactory.create(), UserFactory.create(), UserFactory.create()
        group.user_set.add(other)

        with committed() as host:
            scim.patch(path_of(group), add("members", [member(user), member(other)]))

        assert host.told == ["members added"]
        assert host.keys("members added") == [[user.pk]]

    def test_removing_members_sends_the_signal_that_they_are_removed(self, scim, committed):
        group, user = GroupFactory.create(), UserFactory.create()
        group.user_set.add(user)

        with committed() as host:
            scim.patch(path_of(group), remove(f'members[value eq "{id_of(user)}"]'))

        assert host.told == ["members removed"]
        assert host.keys("members removed") == [[user.pk]]

    def test_a_put_of_members_signals_the_difference(self, scim, committed):
        group, stays, goes, comes = GroupFactory.create(), *UserFactory.create_batch(3)
        group.user_set.add(stays, goes)
        members = [member(stays), member(comes)]

        with committed() as host:
            scim.put(path_of(group), group_representation(group.name, members=members))

        assert host.told == ["members removed", "members added"]
        assert host.keys("members removed") == [[goes.pk]]
        assert host.keys("members added") == [[comes.pk]]

    def test_attributes_and_members_are_told_apart(self, scim, committed):
        group, user = GroupFactory.create(name="Guides"), UserFactory.create()

        with committed() as host:
            scim.patch(path_of(group), add(None, {"displayName": "Tour Guides", "members": [member(user)]}))

        assert host.told == ["updated", "members added"]
        assert host.of("updated")["changes"] == {"displayName": {"before": "Guides", "after": "Tour Guides"}}

    def test_many_members_come_in_batches(self, scim, committed):
        group = GroupFactory.create()
        users = User.objects.bulk_create(UserFactory.build_batch(1100))
        members = [member(user) for user in users]

        with committed() as host:
            scim.patch(path_of(group), add("members", members))
        told = host.keys("members added")
        assert [len(keys) for keys in told] == [500, 500, 100]
        assert sorted(key for keys in told for key in keys) == sorted(user.pk for user in users)

        with committed() as host:
            scim.patch(path_of(group), remove("members"))
        assert [len(keys) for keys in host.keys("members removed")] == [500, 500, 100]

    @pytest.mark.parametrize("is_member", [True, False])
    def test_a_member_that_is_what_it_was_in_the_end_is_no_change(self, scim, committed, is_member):
        group, user = GroupFactory.create(), UserFactory.create()
        come, go = add("members", [member(user)]), remove("members", [member(user)])
        if is_member:
            group.user_set.add(user)

        with committed() as host:
            operations = [go, come] if is_member else [come, go]
            assert scim.patch(path_of(group), *operations).status_code in (200, 204)

        assert host.told == []
        assert group.user_set.filter(pk=user.pk).exists() is is_member

    def test_a_member_that_comes_and_goes_and_comes_is_added_once(self, scim, committed):
        group, user = GroupFactory.create(), UserFactory.create()
        come, go = add("members", [member(user)]), remove("members", [member(user)])

        with committed() as host:
            scim.patch(path_of(group), come, go, come)

        assert host.keys("members added") == [[user.pk]]
        assert host.told == ["members added"]


class TestSilence:
    """What is not told."""

    def test_a_write_that_changes_nothing_sends_no_signal(self, scim, committed):
        user, group = UserFactory.create(username="bjensen"), GroupFactory.create()
        group.user_set.add(user)
        path = path_of(user)

        with committed() as host:
            scim.patch(path, replace("userName", "bjensen"), ACTIVATE)
            document = scim.get(path).json()
            assert scim.put(path, document).status_code == 200
            scim.patch(path_of(group), add("members", [member(user)]))
            scim.patch(path_of(group), replace("members", [member(user)]))

        assert host.told == []

    def test_a_read_sends_no_signal(self, scim, committed):
        user = UserFactory.create()

        with committed() as host:
            scim.get(path_of(user))
            scim.get("/Users")

        assert host.told == []

    def test_a_write_that_is_refused_sends_no_signal(self, scim, committed):
        user, group = UserFactory.create(), GroupFactory.create()
        UserFactory.create(username="taken")
        nobody = {"value": id_of(UserFactory.build(pk=987654))}

        with committed() as host:
            scim.post("/Users", representation("taken"))
            scim.patch(path_of(user), DEACTIVATE, replace("userName", "taken"))
            scim.put(path_of(user), representation("taken"))
            scim.patch(path_of(group), replace("displayName", "Guides"), add("members", [nobody]))
            scim.delete(path_of(user), **{"If-Match": 'W/"old"'})

        assert host.told == []

    def test_a_write_that_is_rolled_back_with_a_transaction_around_it_sends_no_signal(self, scim, committed):
        user = UserFactory.create()

        with committed() as host, transaction.atomic():
            assert scim.patch(path_of(user), DEACTIVATE).status_code == 200
            transaction.set_rollback(True)

        assert host.told == []
        user.refresh_from_db()
        assert user.is_active


class TestBulk:
    """Writes that come together."""

    def bulk(self, scim: ScimClient, *operations: dict[str, Any]) -> Any:
        """Send a bulk request."""
        return scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": list(operations)})

    def make(self, path: str, name: str, **data: Any) -> dict[str, Any]:
        """Return the operation that makes a resource."""
        return {"method": "POST", "path": path, "bulkId": name, "data": data}

    def test_each_write_of_a_bulk_job_is_signalled_and_the_refused_one_is_not(self, scim, committed):
        user = UserFactory.create(username="taken")

        with committed() as host:
            self.bulk(
                scim,
                self.make("/Users", "one", **representation("bjensen")),
                self.make("/Users", "two", **representation("taken")),
                {"method": "DELETE", "path": path_of(user)},
            )

        assert host.told == ["created", "deactivated", "deleted"]
        assert host.of("created")["instance"].username == "bjensen"

    def test_members_that_are_made_by_the_same_request_are_added(self, scim, committed):
        with committed() as host:
            self.bulk(
                scim,
                self.make("/Groups", "g", **group_representation("Guides", members=[{"value": "bulkId:u"}])),
                self.make("/Users", "u", **representation("bjensen")),
            )

        assert sorted(host.told) == ["created", "created", "members added"]
        assert host.keys("members added") == [[User.objects.get(username="bjensen").pk]]

    def test_resources_that_refer_to_each_other_are_each_created_once_and_whole(self, scim, committed):
        def subordinate_of(name: str) -> dict[str, Any]:
            return {ENTERPRISE: {"manager": {"value": f"bulkId:{name}"}}}

        with committed() as host:
            self.bulk(
                scim,
                self.make("/Users", "a", **representation("alice", **subordinate_of("b"))),
                self.make("/Users", "b", **representation("bob", **subordinate_of("a"))),
            )

        assert host.told == ["created", "created"]
        by_name = {told["instance"].username: str(told["changes"]) for _, told in host.received}
        assert id_of(User.objects.get(username="bob")) in by_name["alice"]
        assert id_of(User.objects.get(username="alice")) in by_name["bob"]

    def test_resources_that_refer_to_each_other_in_vain_are_not_told(self, scim, committed):
        UserFactory.create(username="taken")
        reference = {ENTERPRISE: {"manager": {"value": "bulkId:b"}}}
        back = {ENTERPRISE: {"manager": {"value": "bulkId:a"}}}

        with committed() as host:
            self.bulk(
                scim,
                self.make("/Users", "a", **representation("alice", **reference)),
                self.make("/Users", "b", **representation("taken", **back)),
            )

        assert host.told == []
        assert not User.objects.filter(username="alice").exists()


@pytest.mark.django_db(transaction=True)
class TestCommit:
    """Signals are sent once the write is committed."""

    def test_a_receiver_is_outside_of_the_transaction(self, scim, host):
        states = []

        def note(**kwargs: Any) -> None:
            states.append(connection.in_atomic_block)

        signals.resource_created.connect(note)
        try:
            scim.post("/Users", representation("bjensen"))
        finally:
            signals.resource_created.disconnect(note)

        assert states == [False]
        assert host.told == ["created"]

    def test_a_second_try_of_a_transaction_tells_once(self, scim, host):
        user = UserFactory.create()
        tries = []

        def lose_the_first(**kwargs: Any) -> None:
            tries.append(kwargs)
            if len(tries) == 1:
                raise OperationalError("database is locked")

        post_save.connect(lose_the_first, sender=ProvisioningEvent)
        try:
            assert scim.patch(path_of(user), DEACTIVATE).status_code == 200
        finally:
            post_save.disconnect(lose_the_first, sender=ProvisioningEvent)

        assert len(tries) == 2
        assert host.told == ["updated", "deactivated"]
        assert host.of("updated")["changes"] == {"active": {"before": True, "after": False}}

    def test_a_receiver_that_fails_holds_nothing_back(self, scim, host, caplog):
        def fail(**kwargs: Any) -> None:
            raise RuntimeError("the message queue does not answer")

        signals.resource_updated.connect(fail)
        user = UserFactory.create()
        try:
            with caplog.at_level(logging.ERROR):
                response = scim.patch(path_of(user), DEACTIVATE)
        finally:
            signals.resource_updated.disconnect(fail)

        assert response.status_code == 200
        assert host.told == ["updated", "deactivated"]
        assert "the message queue does not answer" in caplog.text
        assert ProvisioningEvent.objects.get().outcome == "success"

    def test_a_receiver_changes_its_own_copy_of_a_signal(self, scim, host):
        def change(instance: Any, **kwargs: Any) -> None:
            instance.last_name = "told"
            instance.save()

        signals.resource_created.connect(change)
        try:
            response = scim.post("/Users", representation("bjensen"))
        finally:
            signals.resource_created.disconnect(change)

        assert response.status_code == 201
        assert User.objects.get().last_name == "told"
        assert "told" not in str(response.json())
