"""Each write is a transaction of its own, whatever the project does with its requests."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.db import connections

from django_scim.history.counting import roll_up
from django_scim.models import AccessToken, EventCount, Link, ProvisioningEvent, Record
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.operations.bulk_operations import post, run, statuses
from tests.representations import group, path_of, user

pytestmark = pytest.mark.django_db(transaction=True)

HOSTS = ["ATOMIC_REQUESTS off", "ATOMIC_REQUESTS on", "a transaction in middleware", "both"]


@pytest.fixture(params=HOSTS, autouse=True)
def host(request, monkeypatch, settings):
    """A project that wraps its requests in transactions, or does not."""
    is_atomic = request.param in ("ATOMIC_REQUESTS on", "both")
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", is_atomic)
    if request.param in ("a transaction in middleware", "both"):
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, "tests.api.middleware.in_a_transaction"]


def events():
    return list(ProvisioningEvent.objects.order_by("pk").values_list("operation", "outcome", "status"))


def test_a_write_is_kept_with_its_event(scim):
    assert scim.post("/Users", user("barbara", externalId="1")).status_code == 201

    assert User.objects.filter(username="barbara").exists()
    assert events() == [("create", "success", 201)]


def test_a_refused_creation_leaves_its_event_and_no_other_change(scim):
    # The group is saved before its members are looked up.
    response = scim.post("/Groups", group("Guides", externalId="1", members=[{"value": "nobody"}]))

    assert_scim_error(response, 400, "invalidValue")
    assert not Group.objects.exists()
    assert not Record.objects.exists()
    assert not Link.objects.exists()
    assert events() == [("create", "refused", 400)]


def test_a_refused_modification_leaves_its_event_and_no_other_change(scim):
    team = GroupFactory.create(name="Guides")

    response = scim.patch(
        path_of(team),
        {"op": "replace", "path": "displayName", "value": "renamed"},
        {"op": "add", "path": "members", "value": [{"value": "nobody"}]},
    )

    assert_scim_error(response, 400, "invalidValue")
    team.refresh_from_db()
    assert team.name == "Guides"
    assert events() == [("modify", "refused", 400)]


def test_a_conflict_leaves_its_event_and_no_other_change(scim):
    UserFactory.create(username="barbara")

    assert_scim_error(scim.post("/Users", user("BARBARA")), 409, "uniqueness")

    assert User.objects.count() == 1
    assert events() == [("create", "refused", 409)]


def test_a_unique_value_that_the_database_finds_first_is_a_conflict_too(scim, settings):
    # The host's own constraint is on another column than the one that the request is checked for.
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"attributes": {"nickName": "username", "userName": "first_name"}}}
    }
    User.objects.create(username="babs", first_name="other")

    response = scim.post("/Users", user("barbara", nickName="babs"))

    assert_scim_error(response, 409, "uniqueness")
    assert User.objects.count() == 1
    assert events() == [("create", "refused", 409)]


def test_requests_after_a_refused_one_are_not_troubled(scim):
    for name in ("", "x" * 151):
        assert_scim_error(scim.post("/Users", user(name)), 400, "invalidValue")

    assert scim.post("/Users", user("barbara")).status_code == 201
    assert scim.get("/Users").json()["totalResults"] == 1
    assert [outcome for _, outcome, _ in events()] == ["refused", "refused", "success"]


def test_a_refusal_for_a_lack_of_scope_leaves_its_event(scim):
    assert_scim_error(ScimClient(scim.connection, "read").post("/Users", user("barbara")), 403)

    assert not User.objects.exists()
    assert events() == [("create", "refused", 403)]


@pytest.mark.usefixtures("shared_cache")
def test_a_write_beyond_the_rate_changes_nothing_and_the_rate_is_counted_on(scim, settings):
    settings.DJANGO_SCIM = {"THROTTLE_RATES": {"write": "1/day"}}

    answers = [scim.post("/Users", user(name)) for name in ("one", "two", "three")]

    assert [answer.status_code for answer in answers] == [201, 429, 429]
    assert User.objects.get().username == "one"
    assert ("create", "success", 201) in events()


def test_a_connection_stays_paused_by_the_write_that_was_undone(scim, settings):
    settings.DJANGO_SCIM = {"DEPROVISIONING_LIMIT": 1}
    first, second = UserFactory.create_batch(2)

    answers = [scim.delete(path_of(first)), scim.delete(path_of(second)), scim.post("/Users", user("new"))]

    assert [answer.status_code for answer in answers] == [204, 503, 503]
    scim.connection.refresh_from_db()
    assert scim.connection.paused_at is not None
    assert User.objects.get(pk=second.pk).is_active
    assert events() == [("delete", "success", 204), ("delete", "refused", 503), ("create", "refused", 503)]


def test_a_bulk_job_keeps_what_succeeded_and_the_events_of_all(scim):
    results = run(
        scim,
        post("/Users", "one", user("barbara")),
        post("/Users", "two", user("BARBARA")),
        post("/Groups", "team", group("Guides", members=[{"value": "bulkId:two"}])),
        post("/Users", "three", user("jim")),
    )

    assert statuses(results) == ["201", "409", "409", "201"]
    assert sorted(User.objects.values_list("username", flat=True)) == ["barbara", "jim"]
    assert not Group.objects.exists()
    assert events() == [
        ("create", "success", 201),
        ("create", "refused", 409),
        ("create", "refused", 409),
        ("create", "success", 201),
    ]


def test_events_are_counted_of_refused_writes_too(scim):
    for name in ("barbara", "BARBARA"):
        scim.post("/Users", user(name))

    roll_up()
    assert sorted(EventCount.objects.values_list("outcome", "status", "count")) == [
        ("refused", 409, 1),
        ("success", 201, 1),
    ]


def test_the_use_of_a_token_is_noted_of_a_write_that_was_undone(scim):
    UserFactory.create(username="barbara")

    assert_scim_error(scim.post("/Users", user("barbara")), 409, "uniqueness")

    assert AccessToken.objects.get().last_used is not None
