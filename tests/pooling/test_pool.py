"""Many clients share a few sessions of PostgreSQL, and none finds what another has left in one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.contrib.auth.models import Group, User
from django.db import connection as database
from django.db import connections, transaction

from django_scim.history.export import BATCH
from django_scim.models import ProvisioningEvent
from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.operations.bulk_operations import patch, post, run, statuses
from tests.operations.patch_operations import add, replace
from tests.pooling.__main__ import POOL_SIZE
from tests.representations import member, path_of, user

pytestmark = pytest.mark.django_db(transaction=True)

CLIENTS = 3 * int(POOL_SIZE)
EXPORT = "/admin/django_scim/provisioningevent/export/json/"


def in_threads(work):
    """Do work at once in more threads than there are sessions; return what each returns."""

    def body(number):
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(body, range(CLIENTS)))


def ask(question):
    """Return what whichever session of PostgreSQL answers."""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {question}")
        return cursor.fetchone()[0]


def backend():
    """Return which session of PostgreSQL answers."""
    return ask("pg_backend_pid()")


def time_zone():
    """Return the time zone of whichever session answers."""
    return ask("current_setting('TimeZone')")


def to_the_pool(**options):
    """Return a connection of another program to the same database."""
    settings = database.settings_dict
    return psycopg.connect(
        host="127.0.0.1", port=settings["PORT"], user="postgres", dbname=settings["NAME"], **options
    )


def test_the_sessions_of_a_pool_are_shared_transaction_by_transaction():
    with to_the_pool() as other, transaction.atomic():
        held = backend()
        met = other.execute("SELECT pg_backend_pid()").fetchone()

        assert met is not None
        assert met[0] != held
        assert backend() == held

    assert len(set(in_threads(lambda _: backend()))) <= int(POOL_SIZE)


def test_more_clients_than_sessions_write_at_once(connection):
    clients = [ScimClient(connection) for _ in range(CLIENTS)]

    def write(number):
        client = clients[number]
        path = f"/Users/{client.post('/Users', user(f'user{number}')).json()['id']}"
        changed = client.patch(path, replace("title", str(number)))
        return changed.status_code, client.get(path).json()["title"], client.delete(path).status_code

    assert in_threads(write) == [(200, str(number), 204) for number in range(CLIENTS)]
    assert ProvisioningEvent.objects.filter(outcome="success").count() == 3 * CLIENTS


def test_more_clients_than_sessions_change_one_group_at_once(connection):
    clients, row = [ScimClient(connection) for _ in range(CLIENTS)], GroupFactory.create()
    people = UserFactory.create_batch(CLIENTS)

    def join(number):
        return clients[number].patch(path_of(row), add("members", [member(people[number])])).status_code

    assert set(in_threads(join)) == {204}
    assert row.user_set.count() == CLIENTS


def test_bulk_jobs_behind_a_pool_run_at_once(connection):
    clients = [ScimClient(connection) for _ in range(CLIENTS)]

    def job(number):
        team = {"displayName": f"team{number}", "members": [{"value": "bulkId:one"}]}
        results = run(
            clients[number],
            post("/Users", "one", user(f"user{number}")),
            post("/Groups", "team", team),
            patch("/Users/bulkId:one", replace("title", "Guide")),
        )
        return statuses(results)

    assert in_threads(job) == [["201", "201", "200"]] * CLIENTS
    assert (User.objects.count(), Group.objects.count()) == (CLIENTS, CLIENTS)


def test_pages_by_cursor_have_each_resource_once_whichever_session_answers(connection):
    client = ScimClient(connection)
    people = {row.username for row in UserFactory.create_batch(CLIENTS)}

    def walk(number):
        parameters = {"cursor": "", "count": "2", "sortBy": "userName"}
        found = []
        while parameters["cursor"] is not None:
            page = client.get("/Users", parameters).json()
            found += [each["userName"] for each in page["Resources"]]
            parameters["cursor"] = page.get("nextCursor")
        return found

    assert in_threads(walk) == [sorted(people)] * CLIENTS


def test_an_export_is_whole_and_holds_no_session_while_it_is_sent(admin_client, connection):
    scim = ScimClient(connection)
    events = [
        ProvisioningEvent(
            connection=connection, operation="create", resource_type="User", outcome="success", status=201
        )
        for _ in range(2 * BATCH + 10)
    ]
    ProvisioningEvent.objects.bulk_create(events)
    lines = 0
    for piece in admin_client.get(EXPORT).streaming_content:
        lines += len(piece.splitlines())
        if lines % BATCH == 1:
            assert set(in_threads(lambda _: scim.get("/Users").status_code)) == {200}

    assert lines == len(events)


def test_a_setting_that_others_left_in_a_session_reaches_nobody(connection):
    with to_the_pool(autocommit=True) as other:
        other.execute("SET TIME ZONE 'Asia/Tokyo'")
        shown = in_threads(lambda _: time_zone())

    assert set(shown) == {"UTC"}
