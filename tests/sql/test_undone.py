"""What is undone, and where it reads meanwhile."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, router, transaction

from django_scim.sql.undone import Savepoints, undone

pytestmark = pytest.mark.django_db(transaction=True)

DATABASES = ["default"]


class ReadsFromReplica:
    """A router of a project that reads elsewhere than it writes."""

    def db_for_read(self, model, **hints):
        return "replica"


def test_what_a_block_does_is_rolled_back():
    with undone(DATABASES):
        Group.objects.create(name="Engines")
        assert Group.objects.exists()

    assert not Group.objects.exists()


def test_what_waits_for_a_commit_is_never_run():
    done = []
    with undone(DATABASES):
        transaction.on_commit(lambda: done.append("run"))

    assert done == []


def test_an_error_in_a_block_is_raised_and_the_block_is_rolled_back():
    def fail() -> None:
        Group.objects.create(name="Engines")
        raise LookupError

    with pytest.raises(LookupError), undone(DATABASES):
        fail()

    assert not Group.objects.exists()


def test_a_request_that_is_refused_leaves_those_before_it():
    savepoints = Savepoints(DATABASES)
    with undone(DATABASES):
        for name in ("kept", "refused"):
            with savepoints.around():
                Group.objects.create(name=name)
                if name == "refused":
                    savepoints.roll_back()

        assert Group.objects.get().name == "kept"


def test_reads_go_where_writes_go(monkeypatch):
    monkeypatch.setattr(router, "routers", [ReadsFromReplica()])
    assert router.db_for_read(Group) == "replica"

    with undone(DATABASES):
        assert router.db_for_read(Group) == "default"

    assert router.db_for_read(Group) == "replica"


def test_a_database_without_transactions_is_refused(monkeypatch):
    monkeypatch.setattr(connection.features, "supports_transactions", False)

    with pytest.raises(ImproperlyConfigured, match="nothing could be undone"), undone(DATABASES):
        pass
