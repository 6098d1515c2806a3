"""Requests at different nodes, of which none commits before all have done the rest: one order explains it."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError

from django_scim.deprovisioning.sessions import save_login
from django_scim.models import AwaitedReference, LoginSession, Outcome, ProvisioningEvent, Record
from django_scim.signals import resource_created, resource_updated
from django_scim.sql import transactions
from django_scim.sql.transactions import run
from tests.assertions import assert_scim_error
from tests.cluster.backend.base import at_node, at_nodes
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.hosts.small.models import Person, Profile
from tests.operations.patch_operations import add, replace
from tests.operations.simultaneous import real_client
from tests.representations import ENTERPRISE, group, member, path_of, user

pytestmark = pytest.mark.django_db(transaction=True)

LOCK = replace("active", False)


@pytest.fixture
def scim(connection):
    return real_client(connection)


def statuses(responses):
    """Return the statuses of responses in order."""
    return sorted(response.status_code for response in responses)


def succeeded(**conditions):
    """Count the events of writes that were done."""
    return ProvisioningEvent.objects.filter(outcome=Outcome.SUCCESS, **conditions).count()


# One row is written at two nodes: one of the writes is refused when it commits, and tried again.


@pytest.mark.parametrize("is_known", [True, False], ids=["known to SCIM", "of the host"])
def test_changes_of_one_user_are_all_kept_told_and_announced_once(scim, is_known):
    row = UserFactory.create()
    if is_known:
        assert scim.patch(path_of(row), replace("nickName", "Babs")).status_code == 200
    told = []
    resource_updated.connect(tell := lambda **said: told.append(set(said["changes"])))
    paths = ["title", "locale", "timezone"]
    events = succeeded()

    responses = at_nodes(
        *[
            partial(scim.patch, path_of(row), replace(path, value))
            for path, value in zip(paths, PLACES, strict=True)
        ]
    )

    resource_updated.disconnect(tell)
    assert statuses(responses) == [200] * 3
    document = scim.get(path_of(row)).json()
    assert [document[path] for path in paths] == PLACES
    assert sorted(told, key=str) == sorted(({path} for path in paths), key=str)
    assert succeeded() == events + 3
    assert Record.objects.get().revision == 3 + is_known


PLACES = ["Guide", "en-GB", "Europe/London"]


def test_of_writes_that_have_seen_one_version_one_is_done(scim):
    row = UserFactory.create()
    seen = {"If-Match": scim.get(path_of(row))["ETag"]}

    responses = at_nodes(
        *[partial(scim.patch, path_of(row), replace("title", each), **seen) for each in "abc"]
    )

    assert statuses(responses) == [200, 412, 412]
    assert succeeded() == 1


def test_of_creations_of_one_name_one_is_done_and_announced(scim):
    made = []
    resource_created.connect(tell := lambda **said: made.append(said["instance"].username))

    responses = at_nodes(
        *[partial(scim.post, "/Users", user(name)) for name in ("bjensen", "BJensen", "bjensen")]
    )

    resource_created.disconnect(tell)
    assert statuses(responses) == [201, 409, 409]
    for refused in (response for response in responses if response.status_code == 409):
        assert_scim_error(refused, 409, "uniqueness")
    assert (User.objects.count(), Record.objects.count(), len(made)) == (1, 1, 1)
    assert Counter(ProvisioningEvent.objects.values_list("outcome", flat=True)) == {
        "success": 1,
        "refused": 2,
    }


def test_creations_of_different_names_are_all_done(scim):
    responses = at_nodes(*[partial(scim.post, "/Users", user(name)) for name in "abc"])

    assert statuses(responses) == [201] * 3
    assert len({response.json()["id"] for response in responses}) == 3


def test_members_that_join_one_group_are_all_in_it(scim):
    row, people = GroupFactory.create(), UserFactory.create_batch(3)

    responses = at_nodes(
        *[partial(scim.patch, path_of(row), add("members", [member(each)])) for each in people]
    )

    assert statuses(responses) == [204] * 3
    assert set(row.user_set.all()) == set(people)
    assert succeeded() == 3


def test_an_account_that_two_connections_adopt_is_of_one_of_them(scim):
    row, other = UserFactory.create(), ScimClient(ConnectionFactory.create())

    responses = at_nodes(
        partial(scim.patch, path_of(row), replace("externalId", "one")),
        partial(other.patch, path_of(row), replace("externalId", "two")),
    )

    assert statuses(responses) == [200, 403]


def test_a_write_that_loses_again_and_again_is_503(scim, monkeypatch):
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)
    row = UserFactory.create()

    responses = at_nodes(*[partial(scim.patch, path_of(row), replace("title", each)) for each in "ab"])

    assert statuses(responses) == [200, 503]
    (lost,) = [response for response in responses if response.status_code == 503]
    assert_scim_error(lost, 503)
    assert lost.headers["Retry-After"]
    assert succeeded() == 1


# Different rows are written, and what decides is a lock.


def test_the_last_administrator_is_left(scim, settings):
    adapter = "tests.operations.test_protection.OpenUserAdapter"
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": adapter}}}
    rows = UserFactory.create_batch(3, is_superuser=True)

    responses = at_nodes(*[partial(scim.patch, path_of(row), LOCK) for row in rows])

    assert statuses(responses) == [200, 200, 403]
    assert User.objects.filter(is_active=True).count() == 1


def test_the_limit_of_what_hurts_is_not_overshot(scim):
    scim.connection.deprovisioning_limit = 1
    scim.connection.save()
    # Of two types: the records of one type conflict by themselves.
    row, team = UserFactory.create(), GroupFactory.create()

    responses = at_nodes(partial(scim.patch, path_of(row), LOCK), partial(scim.delete, path_of(team)))

    assert statuses(responses) in ([200, 503], [204, 503])
    assert ProvisioningEvent.objects.filter(harmful=True).count() == 1


def test_the_last_seat_is_taken_once(scim, settings):
    settings.DJANGO_SCIM = {"POLICIES": ["tests.cluster.policies.one_seat"]}

    responses = at_nodes(*[partial(scim.post, "/Users", user(name, active=True)) for name in "abc"])

    assert statuses(responses) == [201, 403, 403]
    assert User.objects.count() == 1


def test_a_user_that_is_deleted_while_it_joins_a_group_is_in_none(scim):
    joins = UserFactory.create(is_active=False)

    joined, deleted = at_nodes(
        partial(scim.post, "/Groups", group("New", members=[member(joins)])),
        partial(scim.delete, path_of(joins)),
    )

    assert joined.status_code in (201, 400)
    assert deleted.status_code == 204
    assert not joins.groups.exists()


@pytest.mark.parametrize("way", ["soft", "hard"])
def test_a_group_that_is_deleted_while_a_member_joins_has_none(scim, settings, way):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"delete": way}}}
    row, joins = GroupFactory.create(), UserFactory.create()

    joined, deleted = at_nodes(
        partial(scim.patch, path_of(row), add("members", [member(joins)])), partial(scim.delete, path_of(row))
    )

    assert joined.status_code in (204, 404)
    assert deleted.status_code == 204
    assert not joins.groups.exists()


def test_a_session_that_begins_while_its_account_is_locked_does_not_outlive_that(scim):
    row, session = UserFactory.create(), SessionStore()
    session.save()

    begun, locked = at_nodes(
        lambda: run("default", partial(save_login, session, row)), partial(scim.patch, path_of(row), LOCK)
    )

    assert locked.status_code == 200
    assert not LoginSession.objects.exists()
    # What did not begin, the login itself ends.
    assert session.exists(str(session.session_key)) is not begun


@pytest.mark.parametrize("is_new", [True, False], ids=["made", "changed"])
def test_a_manager_who_comes_while_another_begins_to_wait_is_found(scim, settings, is_new):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}}
    waits = partial(scim.post, "/Users", user("babs", **{ENTERPRISE: {"manager": {"value": "boss"}}}))
    if is_new:
        comes = partial(scim.post, "/Users", user("boss", externalId="boss"))
    else:
        comes = partial(
            scim.patch, path_of(Person.objects.create(login="boss")), replace("externalId", "boss")
        )

    responses = at_nodes(waits, comes)

    assert statuses(responses) == ([201, 201] if is_new else [200, 201])
    assert Profile.objects.filter(person__login="babs", manager__login="boss").exists()
    assert not AwaitedReference.objects.exists()


# What one node has answered, another one knows.


def test_a_token_that_is_revoked_at_one_node_is_refused_at_all(scim, cluster):
    for node in cluster.nodes:
        with at_node(node.port):
            assert scim.get("/Users").status_code == 200
    with at_node(cluster.nodes[0].port):
        scim.stored.revoke()

    for node in cluster.nodes:
        with at_node(node.port):
            assert scim.get("/Users").status_code == 401


def test_what_was_written_at_one_node_is_read_and_changed_at_the_next(scim, cluster):
    ports = cluster.ports * 4
    with at_node(ports[0]):
        path = f"/Users/{scim.post('/Users', user('bjensen', title='0')).json()['id']}"
    for number, port in enumerate(ports[1:], start=1):
        with at_node(port):
            assert scim.get(path).json()["title"] == str(number - 1)
            assert scim.patch(path, replace("title", str(number))).status_code == 200


def test_the_backend_of_these_tests_names_a_node_that_is_away(cluster):
    with at_node(1), pytest.raises(OperationalError):
        User.objects.exists()
