"""What people stop ends a bulk job before its next operation, whichever process runs it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection as database
from django.db.models.signals import post_save
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.models import AccessToken, Connection, ProvisioningEvent
from django_scim.signals import resource_created
from tests.assertions import assert_scim_error
from tests.operations.bulk_operations import bulk, post, run, statuses
from tests.representations import group


def revoke(scim):
    AccessToken.objects.filter(pk=scim.stored.pk).update(revoked=timezone.now())


def expire(scim):
    AccessToken.objects.filter(pk=scim.stored.pk).update(expires=timezone.now())


def switch_off(scim):
    Connection.objects.filter(pk=scim.connection.pk).update(is_active=False)


def pause(scim):
    Connection.objects.filter(pk=scim.connection.pk).update(paused_at=timezone.now(), pause_reason="by hand")


@pytest.fixture
def after_the_second(scim):
    """Return what lets something happen in another process once a job has made its second group."""
    receivers = []

    def configure(act):
        def receive(sender, instance, **kwargs):
            if instance.name == "group2":
                act(scim)

        receivers.append(receive)
        post_save.connect(receive, sender=Group)

    yield configure
    for receiver in receivers:
        post_save.disconnect(receiver, sender=Group)


def groups(*names):
    """Return operations that make groups."""
    return [post("/Groups", name, group(name)) for name in names]


@pytest.mark.parametrize(
    ("act", "status"),
    [(revoke, "401"), (expire, "401"), (switch_off, "401"), (pause, "503")],
)
def test_a_job_ends_before_its_next_operation(scim, after_the_second, act, status):
    after_the_second(act)

    results = run(scim, *groups("group1", "group2", "group3", "group4"))

    assert statuses(results) == ["201", "201", status, status]
    assert list(Group.objects.order_by("name").values_list("name", flat=True)) == ["group1", "group2"]
    told = ProvisioningEvent.objects.order_by("pk").values_list("status", flat=True)
    assert list(told) == [201, 201, *([503, 503] if act is pause else [])]


def test_a_job_ends_before_its_circle(scim, after_the_second):
    after_the_second(switch_off)
    circle = [
        post("/Groups", "a", group("a", members=[{"value": "bulkId:b", "type": "Group"}])),
        post("/Groups", "b", group("b", members=[{"value": "bulkId:a", "type": "Group"}])),
    ]

    results = run(scim, *groups("group1", "group2"), *circle)

    assert statuses(results)[:2] == ["201", "201"]
    assert {*statuses(results)[2:]}.isdisjoint({"200", "201"})
    assert Group.objects.count() == 2


@pytest.fixture
def one_by_one(settings):
    """Have each creation in a transaction of its own."""
    settings.DJANGO_SCIM = {"BULK_TRANSACTION_SIZE": 1}


def test_a_job_asks_once_for_each_operation_and_not_again_for_the_first(scim, one_by_one):
    run(scim, *groups("warm"))

    assert [asked(scim, "a"), asked(scim, "b", "c"), asked(scim, "d", "e", "f")] == [1, 2, 3]


def test_a_job_asks_before_and_after_what_it_makes_together(scim, settings):
    settings.DJANGO_SCIM = {"BULK_TRANSACTION_SIZE": 2}
    run(scim, *groups("warm"))

    assert [asked(scim, "a", "b"), asked(scim, "c", "d", "e", "f")] == [2, 4]


def asked(scim, *names):
    """Return how often a job looks for its token."""
    with CaptureQueriesContext(database) as queries:
        run(scim, *groups(*names))
    looks = [query["sql"] for query in queries if "FROM" in query["sql"]]
    return sum("django_scim_accesstoken" in sql.partition("FROM")[2].split()[0] for sql in looks)


def test_a_lack_of_memory_is_no_refused_operation(scim, after_the_second, one_by_one):
    def exhaust(scim):
        raise MemoryError

    after_the_second(exhaust)
    scim.client.raise_request_exception = False

    response = scim.post("/Bulk", bulk(*groups("group1", "group2", "group3")))

    assert_scim_error(response, 500)
    assert list(Group.objects.values_list("name", flat=True)) == ["group1"]
    assert list(ProvisioningEvent.objects.values_list("status", flat=True)) == [201]


def test_a_lack_of_memory_leaves_nothing_of_what_is_made_together(scim, after_the_second):
    def exhaust(scim):
        raise MemoryError

    after_the_second(exhaust)
    scim.client.raise_request_exception = False

    assert_scim_error(scim.post("/Bulk", bulk(*groups("group1", "group2", "group3"))), 500)
    assert not Group.objects.exists()
    assert not ProvisioningEvent.objects.exists()


def test_a_lack_of_memory_is_no_refused_request(scim, after_the_second):
    def exhaust(scim):
        raise MemoryError

    after_the_second(exhaust)
    scim.client.raise_request_exception = False

    assert_scim_error(scim.post("/Groups", group("group2")), 500)
    assert not ProvisioningEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_job_ends_after_its_token_is_deleted(scim, settings):
    settings.DJANGO_SCIM = {"BULK_TRANSACTION_SIZE": 2}

    def delete_token(sender, instance, **kwargs):
        if instance.name == "group2":
            AccessToken.objects.filter(pk=scim.stored.pk).delete()

    resource_created.connect(delete_token, sender=Group)
    try:
        response = run(scim, *groups("group1", "group2", "group3", "group4"))
    finally:
        resource_created.disconnect(delete_token, sender=Group)

    assert statuses(response) == ["201", "201", "401", "401"]
    assert set(Group.objects.values_list("name", flat=True)) == {"group1", "group2"}
    assert ProvisioningEvent.objects.filter(status=201, token=None).count() == 2
    assert ProvisioningEvent.objects.count() == 2
