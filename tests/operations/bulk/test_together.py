"""Creations of a bulk job that follow each other are made together; nobody sees a difference but in time."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models.signals import post_save, pre_save

from django_scim.models import Link, Operation, ProvisioningEvent, Record, UniqueValue
from django_scim.operations.bulk.request import BulkOperation
from django_scim.operations.bulk.together import Run, runs
from django_scim.signals import resource_created
from tests.factories import UserFactory
from tests.operations.bulk_operations import id_in, managed_user, patch, post, run, statuses
from tests.operations.examples import FULL_USER
from tests.operations.patch_operations import replace
from tests.operations.responses import without_meta
from tests.representations import group, id_of, path_of, user

SIZES = (1, 50)
"""How many creations are made together: each alone, or all."""


def users(*names, **attributes):
    """Return operations that make users."""
    return [post("/Users", name, user(name, externalId=f"external-{name}", **attributes)) for name in names]


def read(scim, result):
    """Return the user that an operation has made."""
    return scim.get(f"/Users/{id_in(result)}").json()


def rows_of(model, *left_out):
    """Return all rows of a table without what differs between any two."""
    own = {"id", "pk", "created", "last_modified", "time", "duration", "request_id", *left_out}
    return [{name: value for name, value in row.items() if name not in own} for row in model.objects.values()]


@pytest.fixture
def saves():
    """Return the names of the users that are saved, in their order, each twice: before and after."""
    seen = []

    def receive(sender, instance, **kwargs):
        seen.append(instance.username)

    for signal in (pre_save, post_save):
        signal.connect(receive, sender=User)
    yield seen
    for signal in (pre_save, post_save):
        signal.disconnect(receive, sender=User)


# What comes of it


def test_creations_together_leave_what_each_alone_leaves(scim, settings):
    document = {**FULL_USER, "externalId": "first"}
    left = []
    for size in SIZES:
        settings.DJANGO_SCIM = {"BULK_TRANSACTION_SIZE": size}
        results = run(scim, post("/Users", "a", document), *users("ada", "bob"))
        assert statuses(results) == ["201", "201", "201"]
        resources = [without_meta(read(scim, result)) for result in results]
        keys = {
            Record: ("integer_key",),
            Link: ("record_id",),
            UniqueValue: ("record_id",),
            ProvisioningEvent: ("resource_id", "version"),
        }
        left.append([resources, *(rows_of(model, *names) for model, names in keys.items())])
        for model in (ProvisioningEvent, User, Record):
            model.objects.all().delete()

    alone, together = left
    assert together == alone


def test_creations_together_have_their_own_ids_locations_and_versions(scim):
    results = run(scim, *users("ada", "bob", "cleo"))

    resources = [read(scim, result) for result in results]
    assert [resource["userName"] for resource in resources] == ["ada", "bob", "cleo"]
    assert [resource["meta"]["version"] for resource in resources] == [each["version"] for each in results]
    told = ProvisioningEvent.objects.order_by("pk").values_list(
        "operation", "display", "resource_id", "version"
    )
    assert list(told) == [
        (Operation.CREATE, resource["userName"], resource["id"], resource["meta"]["version"])
        for resource in resources
    ]


def test_save_and_its_signals_are_called_for_each_creation_once(scim, saves):
    run(scim, *users("ada", "bob", "cleo"))

    assert saves == ["ada", "ada", "bob", "bob", "cleo", "cleo"]


def test_the_signal_of_each_creation_is_sent_after_the_commit(scim, django_capture_on_commit_callbacks):
    seen = []

    def receive(sender, instance, **kwargs):
        seen.append(instance.username)

    resource_created.connect(receive)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            run(scim, *users("ada", "bob"))
            assert seen == []
    finally:
        resource_created.disconnect(receive)

    assert seen == ["ada", "bob"]


def test_groups_are_made_together_with_their_members(scim):
    first, second = UserFactory.create_batch(2)
    members = [{"value": id_of(first)}, {"value": id_of(second)}]

    results = run(
        scim,
        *(post("/Groups", name, group(name, members=members)) for name in ("one", "two", "three")),
    )

    assert statuses(results) == ["201"] * 3
    assert {row.name: set(row.user_set.all()) for row in Group.objects.all()} == {
        name: {first, second} for name in ("one", "two", "three")
    }
    joined = ProvisioningEvent.objects.filter(memberships__is_joined=True).values_list("display", flat=True)
    assert sorted(joined) == ["one", "one", "three", "three", "two", "two"]


def test_groups_may_have_the_users_that_were_made_together_before_them(scim):
    members = [{"value": "bulkId:ada"}, {"value": "bulkId:bob"}]

    results = run(scim, *users("ada", "bob"), post("/Groups", "team", group("team", members=members)))

    assert statuses(results) == ["201"] * 3
    assert Group.objects.get().user_set.count() == 2


def test_a_user_may_have_the_manager_that_was_made_with_others_before(scim):
    results = run(
        scim, *users("ada", "bob"), post("/Users", "cleo", managed_user("cleo", "bulkId:ada")), *users("dan")
    )

    assert statuses(results) == ["201"] * 4


# Where one fails


def test_a_name_that_is_taken_fails_alone_and_those_around_it_are_made_together(scim, saves):
    UserFactory.create(username="cleo")
    saves.clear()

    results = run(scim, *users("ada", "bob", "Cleo", "dan", "eve"))

    assert statuses(results) == ["201", "201", "409", "201", "201"]
    assert saves == [name for name in ("ada", "bob", "dan", "eve") for _ in range(2)]


def test_of_two_creations_with_one_name_the_first_is_done(scim):
    results = run(scim, *users("ada", "bob"), post("/Users", "again", user("ADA")), *users("cleo"))

    assert statuses(results) == ["201", "201", "409", "201"]


def test_a_document_that_is_not_valid_fails_alone(scim, saves):
    results = run(
        scim, *users("ada", "bob"), post("/Users", "x", user("x", active="maybe")), *users("cleo", "dan")
    )

    assert statuses(results) == ["201", "201", "400", "201", "201"]
    assert saves == [name for name in ("ada", "bob", "cleo", "dan") for _ in range(2)]


def test_what_the_project_refuses_fails_alone(scim):
    def refuse(sender, instance, **kwargs):
        if instance.username == "bob":
            raise PermissionDenied("not bob")

    pre_save.connect(refuse, sender=User)
    try:
        results = run(scim, *users("ada", "bob", "cleo"))
    finally:
        pre_save.disconnect(refuse, sender=User)

    assert statuses(results) == ["201", "403", "201"]
    assert sorted(User.objects.values_list("username", flat=True)) == ["ada", "cleo"]
    assert [event.status for event in ProvisioningEvent.objects.order_by("pk")] == [201, 403, 201]
    assert Record.objects.count() == Link.objects.count() == 2


def test_a_job_that_has_failed_together_goes_on_one_by_one(scim, saves, settings):
    settings.DJANGO_SCIM = {"BULK_TRANSACTION_SIZE": 2}

    def refuse(sender, instance, **kwargs):
        if instance.username == "bob":
            raise PermissionDenied("not bob")

    post_save.connect(refuse, sender=User)
    try:
        run(scim, *users("ada", "bob", "cleo", "dan"))
    finally:
        post_save.disconnect(refuse, sender=User)

    assert saves.count("ada") == 4
    assert saves.count("cleo") == saves.count("dan") == 2


def test_no_creation_is_done_after_as_many_errors_as_the_client_accepts(scim):
    UserFactory.create(username="bob")

    results = run(scim, *users("ada", "bob", "cleo", "dan"), failOnErrors=1)

    assert statuses(results) == ["201", "409"]
    assert sorted(User.objects.values_list("username", flat=True)) == ["ada", "bob"]


def test_a_person_who_is_hired_again_in_a_job_has_the_row_back(scim):
    (first,) = run(scim, *users("ada"))
    row = User.objects.get()
    scim.delete(f"/Users/{id_in(first)}")

    results = run(scim, *users("bob", "ada", "cleo"))

    assert statuses(results) == ["201"] * 3
    assert User.objects.get(username="ada").pk == row.pk
    assert id_in(results[1]) != id_in(first)


def test_what_makes_a_seat_full_fails_alone(scim, settings):
    settings.DJANGO_SCIM = {"POLICIES": ["tests.operations.policies.two_seats"]}

    assert statuses(run(scim, *users("ada", "bob", "cleo", "dan"))) == ["201", "201", "403", "403"]


def test_a_job_that_fails_together_costs_no_more_than_one_by_one(scim, settings):
    settings.DJANGO_SCIM = {"MAX_REQUEST_COST": 100}
    large = users(*(f"user{number}" for number in range(4)), nickName="x" * 10_000)

    def refuse(sender, instance, **kwargs):
        if instance.username == "user3":
            raise PermissionDenied("not the last one")

    pre_save.connect(refuse, sender=User)
    try:
        assert statuses(run(scim, *large)) == ["201", "201", "201", "403"]
    finally:
        pre_save.disconnect(refuse, sender=User)


def test_creations_with_a_password_are_made_one_by_one(scim, saves, settings):
    settings.DJANGO_SCIM = {"MAX_REQUEST_COST": 1200}

    results = run(scim, *users(*"abcd", password="t1meMa$heen"))

    assert statuses(results) == ["201", "201", "413", "413"]
    assert saves.count("a") == saves.count("b") == 2


def test_a_look_up_that_fails_leaves_each_creation_its_own_answer(scim, monkeypatch):
    def fail(creations):
        raise OperationalError("gone")

    monkeypatch.setattr("django_scim.operations.bulk.job.look_for", fail)

    assert statuses(run(scim, *users("ada", "bob"))) == ["201", "201"]


# Runs


def creations(*resource_types):
    return [BulkOperation(method="POST", resource_type=each) for each in resource_types]


@pytest.fixture
def sized(settings):
    """Set how many creations are made together."""

    def configure(size):
        settings.DJANGO_SCIM = {"BULK_TRANSACTION_SIZE": size}

    return configure


def test_a_run_has_no_more_creations_than_the_setting_says(sized):
    sized(2)

    assert [run.positions for run in runs(creations("u", "u", "u"), [set()] * 3)] == [[0, 1], [2]]


def test_a_run_is_of_one_resource_type():
    found = runs(creations("u", "u", "g", "g", "u"), [set()] * 5)

    assert [run.positions for run in found] == [[0, 1], [2, 3], [4]]


def test_a_creation_that_refers_to_one_of_a_run_begins_another():
    found = runs(creations("u", "u", "u", "u"), [set(), set(), {0}, {1}])

    assert [run.positions for run in found] == [[0, 1], [2, 3]]


def test_a_circle_is_no_run():
    found = runs(creations("u", "u", "u", "u"), [set(), {2}, {1}, {3}])

    assert list(found) == [Run([0]), Run([1, 2], is_circle=True), Run([3], is_circle=True)]


def test_other_operations_are_done_alone(scim):
    row = UserFactory.create()

    results = run(scim, *users("ada"), patch(path_of(row), replace("title", "Guide")), *users("bob", "cleo"))

    assert statuses(results) == ["201", "200", "201", "201"]
