"""A write is one transaction: tried again when another one got in its way, and recorded once."""

from __future__ import annotations

import threading
from functools import partial
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.db import OperationalError, connection, connections, transaction
from django.db.models.signals import post_save

from django_scim.models import Outcome, ProvisioningEvent, Record
from django_scim.sql.transactions import ATTEMPTS
from tests.assertions import assert_scim_error
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small.models import Legacy
from tests.operations.patch_operations import add, replace
from tests.operations.responses import last_event, stored
from tests.representations import group, member, path_of, user

alone = pytest.mark.django_db(transaction=True)


@pytest.fixture
def on_save():
    """Connect receivers of the host that run when a user is saved, inside of the transaction."""
    connected = []

    def connect(receiver):
        post_save.connect(receiver, sender=User, weak=False)
        connected.append(receiver)

    yield connect
    for receiver in connected:
        post_save.disconnect(receiver, sender=User)


class Unlucky:
    """A receiver that loses to other transactions a number of times, as SQLite says it."""

    def __init__(self, times):
        self.times = times
        self.calls = 0

    def __call__(self, **kwargs):
        self.calls += 1
        if self.calls <= self.times:
            raise OperationalError("database is locked")


METHODS = ("POST", "PUT", "PATCH", "DELETE")


def write(scim, method, row):
    """Change a user, or make another."""
    match method:
        case "POST":
            return scim.post("/Users", user("new", title="Guide", externalId="1"))
        case "PUT":
            return scim.put(path_of(row), user("renamed", title="Guide", externalId="1"))
        case "PATCH":
            return scim.patch(path_of(row), replace("active", False), replace("externalId", "1"))
    return scim.delete(path_of(row))


@alone
@pytest.mark.parametrize("method", METHODS)
def test_a_write_that_loses_to_others_is_tried_again_and_recorded_once(scim, on_save, method):
    unlucky, row = Unlucky(times=2), UserFactory.create()
    on_save(unlucky)

    response = write(scim, method, row)

    assert response.status_code in (200, 201, 204), response.json()
    assert unlucky.calls == 3
    event = ProvisioningEvent.objects.get()
    assert (event.outcome, event.status) == (Outcome.SUCCESS, response.status_code)
    assert event.changes
    assert Record.objects.get().revision == 1


@alone
@pytest.mark.parametrize("method", METHODS)
def test_a_write_that_always_loses_is_given_up_and_recorded_once(scim, on_save, method):
    unlucky, row = Unlucky(times=100), UserFactory.create()
    on_save(unlucky)
    before = stored()

    response = write(scim, method, row)

    assert_scim_error(response, 503)
    assert response["Retry-After"]
    assert unlucky.calls == ATTEMPTS
    assert stored() == before
    event = ProvisioningEvent.objects.get()
    assert (event.outcome, event.status, event.changes) == (Outcome.REFUSED, 503, {})


@alone
def test_members_that_are_added_in_a_second_try_are_recorded_once(scim):
    row, joins = GroupFactory.create(), UserFactory.create()
    calls = []

    def lose_once(**kwargs):
        calls.append(kwargs)
        if len(calls) == 1:
            raise OperationalError("database is locked")

    post_save.connect(lose_once, sender=Group)
    try:
        scim.patch(path_of(row), add("members", [member(joins)]), replace("displayName", "Guides"))
    finally:
        post_save.disconnect(lose_once, sender=Group)

    changes = ProvisioningEvent.objects.get().changes
    assert len(calls) == 2
    assert changes.keys() == {"displayName", "members"}
    assert len(changes["members"]["added"]) == 1


def be_no_victim():
    """Have the database give up the other transaction when this one takes part in a deadlock."""
    if connection.vendor == "postgresql":
        # The one that looks first is given up: on a busy machine that may be the one that began to wait last.
        connection.cursor().execute("SET LOCAL deadlock_timeout = '1min'")
    else:
        # MariaDB gives up the transaction that has written less.
        Group.objects.bulk_create(Group(name=f"Group {number}") for number in range(50))


@alone
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer: nothing to deadlock")
def test_a_write_that_loses_a_deadlock_is_tried_again(scim, on_save):
    row, other = UserFactory.create_batch(2)
    calls, waiting, held = [], threading.Event(), threading.Event()

    def take_the_other_row(instance, **kwargs):
        if instance.pk != row.pk:
            return
        calls.append(instance)
        if len(calls) == 1:
            waiting.set()
            assert held.wait(timeout=10)
        list(User.objects.select_for_update().filter(pk=other.pk))

    def hold_the_other_row_and_take_this():
        try:
            assert waiting.wait(timeout=10)
            with transaction.atomic():
                list(User.objects.select_for_update().filter(pk=other.pk))
                be_no_victim()
                threading.Timer(0.3, held.set).start()
                held.wait(timeout=10)
                threading.Event().wait(0.3)
                User.objects.filter(pk=row.pk).update(last_name="Host")
        finally:
            connections.close_all()

    on_save(take_the_other_row)
    thread = threading.Thread(target=hold_the_other_row_and_take_this)
    thread.start()
    response = scim.patch(path_of(row), replace("name.givenName", "Babs"), replace("title", "Guide"))
    thread.join(timeout=30)

    assert response.status_code == 200
    assert len(calls) == 2
    row.refresh_from_db()
    assert (row.first_name, row.last_name) == ("Babs", "Host")
    assert ProvisioningEvent.objects.get().outcome == Outcome.SUCCESS


@alone
@pytest.mark.parametrize("is_atomic", [True, False])
def test_a_refused_write_is_recorded_also_if_the_host_makes_each_request_a_transaction(
    scim, monkeypatch, is_atomic
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", is_atomic)
    UserFactory.create(username="bjensen")

    assert_scim_error(scim.post("/Users", user("BJensen")), 409, "uniqueness")

    assert last_event().outcome == Outcome.REFUSED


def test_a_write_in_a_transaction_of_the_caller_is_not_tried_again(scim, on_save):
    unlucky, row = Unlucky(times=1), UserFactory.create()
    on_save(unlucky)

    assert_scim_error(write(scim, "PATCH", row), 503)
    assert unlucky.calls == 1


@alone
def test_a_function_of_the_host_after_a_commit_sees_the_resource(scim, on_save):
    seen = []

    def look(instance, **kwargs):
        transaction.on_commit(
            partial(lambda pk: seen.append(User.objects.filter(pk=pk).exists()), instance.pk)
        )

    on_save(look)
    scim.post("/Users", user())

    assert seen == [True]


@alone
def test_an_exception_of_the_host_undoes_the_write_and_is_recorded(scim, on_save):
    def refuse(**kwargs):
        raise RuntimeError("the host is not amused")

    row = UserFactory.create()
    on_save(refuse)
    scim.client.raise_request_exception = False
    before = stored()

    response = scim.patch(path_of(row), replace("active", False), replace("title", "Guide"))

    assert_scim_error(response, 500)
    assert "amused" not in response.content.decode()
    assert stored() == before
    assert (last_event().outcome, last_event().status) == (Outcome.REFUSED, 500)


@alone
@pytest.mark.parametrize(
    "token", ["80bb4cf8-39ba-fe6e-591e-629879adb4dd", "67fbf7bb-a602-8000-8000-000000000002"]
)
def test_a_uuid_that_the_database_does_not_know_is_an_invalid_value(scim, on_save, token):
    if connection.vendor != "mysql" or not connection.features.has_native_uuid_field:
        pytest.skip("MariaDB alone refuses some UUIDs")

    def store(**kwargs):
        Legacy.objects.create(name="legacy", token=UUID(token))

    on_save(store)

    assert_scim_error(scim.post("/Users", user()), 400, "invalidValue")
    assert not User.objects.exists()
    assert last_event().outcome == Outcome.REFUSED


@alone
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_group_whose_members_cannot_all_be_found_is_not_written_at_all(scim, method):
    row, joins = GroupFactory.create(), UserFactory.create()
    before = stored()
    body = group("Guides", members=[member(joins), {"value": "nobody"}])

    response = scim.post("/Groups", body) if method == "POST" else scim.put(path_of(row), body)

    assert_scim_error(response, 400, "invalidValue")
    assert stored() == before
