"""What has arrived of a set-up, as the customer and the staff see it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_scim.models import AccessToken, ProvisioningEvent
from django_scim.setup_links.progress import progress
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, EventFactory
from tests.representations import group, user

pytestmark = pytest.mark.django_db


def done(connection):
    """Return the names of the steps that are done."""
    return [step.name for step in progress(connection) if step.is_done]


def ticks(text):
    """Return the names of the steps that a page ticks."""
    return re.findall(r'<li class="done" data-step="(\w+)">', text)


def test_each_step_is_ticked_once_it_has_happened(connection):
    assert done(connection) == []

    scim = ScimClient(connection)
    assert done(connection) == ["token"]
    scim.get("/Users", {}, **{"User-Agent": "Okta SCIM Client 1.0.0"})
    assert done(connection) == ["token", "request"]
    scim.post("/Users", user("bjensen"))
    assert done(connection) == ["token", "request", "change", "user"]
    scim.post("/Groups", group("Tour Guides"))
    assert done(connection) == ["token", "request", "change", "user", "group"]


def test_a_step_says_when_it_happened_and_from_which_client(connection):
    scim = ScimClient(connection)
    scim.get("/Users", {}, **{"User-Agent": "Okta SCIM Client 1.0.0"})

    (request,) = [step for step in progress(connection) if step.name == "request"]

    assert re.search(
        r"came on 20\d\d-\d\d-\d\d \d\d:\d\d [A-Z]{3} from Okta SCIM Client 1\.0\.0\.", request.detail
    )


def test_what_is_refused_ticks_no_change(connection):
    ScimClient(connection).post("/Users", user(""))

    assert done(connection) == ["token", "request"]


def test_a_rehearsal_ticks_what_the_identity_provider_is_told(connection):
    connection.rehearse()

    ScimClient(connection).post("/Users", user("bjensen"))

    assert done(connection) == ["token", "request", "change", "user"]


def test_an_account_that_was_there_already_counts_when_it_is_changed(connection):
    EventFactory.create(connection=connection, operation="modify", resource_type="User")

    assert "user" in done(connection)


def test_the_first_time_counts_and_not_the_last(connection):
    first = timezone.now() - timedelta(days=3)
    for ago in (0, 1, 3, 2):
        EventFactory.create(connection=connection, time=timezone.now() - timedelta(days=ago))

    (step,) = [step for step in progress(connection) if step.name == "user"]

    assert step.time is not None
    assert abs(step.time - first) < timedelta(seconds=5)


def test_what_others_do_ticks_nothing(connection):
    other = ScimClient(ConnectionFactory.create())
    other.post("/Users", user("bjensen"))
    other.post("/Groups", group("Tour Guides"))

    assert done(connection) == []


def test_a_project_with_authentication_of_its_own_has_no_step_for_the_token(connection, settings):
    settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": ["tests.api.acting.SomebodyElse"]}
    EventFactory.create(connection=connection)

    names = [step.name for step in progress(connection)]

    assert names == ["request", "change", "user", "group"]
    assert done(connection) == ["request", "change", "user"]


def test_a_project_without_groups_has_no_step_for_them(connection, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": None}}

    assert [step.name for step in progress(connection)] == ["token", "request", "change", "user"]


def test_all_is_known_by_one_query(connection, django_assert_num_queries):
    ScimClient(connection).post("/Users", user("bjensen"))

    with django_assert_num_queries(1):
        progress(connection)


def test_a_long_history_is_not_read(connection):
    if database.vendor != "postgresql":
        pytest.skip("what was read is known on PostgreSQL alone")
    ProvisioningEvent.objects.bulk_create(
        ProvisioningEvent(
            connection=connection,
            request_id="1",
            operation="modify",
            resource_type="User",
            outcome="refused",
            status=400,
        )
        for _ in range(5_000)
    )
    with database.cursor() as cursor:
        cursor.execute("ANALYZE django_scim_provisioningevent")
    with CaptureQueriesContext(database) as queries:
        progress(connection)

    (statement,) = (query["sql"] for query in queries)
    with database.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on django_scim_provisioningevent" not in plan
    assert not re.search(r"Sort Key: .*time", plan)
    assert plan.count("Index Only Scan Backward using scim_event_connection_") > 10, plan


def test_the_customer_sees_the_ticks(connection, share, customer):
    _, path = share()
    assert ticks(customer.get(path).text) == []

    ScimClient(connection).post("/Users", user("bjensen"))

    assert ticks(customer.get(path).text) == ["token", "request", "change", "user"]


def test_the_page_stops_asking_once_all_is_done(connection, share, customer):
    _, path = share()
    scim = ScimClient(connection)
    scim.post("/Users", user("bjensen"))
    assert "data-is-done" not in customer.get(path).text

    scim.post("/Groups", group("Tour Guides"))

    assert "data-is-done" in customer.get(path).text


def test_the_name_of_a_client_is_escaped(connection, share, customer):
    _, path = share()
    AccessToken.objects.issue(connection)
    AccessToken.objects.update(last_used=timezone.now(), user_agent="<script>alert(1)</script>")

    assert "&lt;script&gt;alert(1)" in customer.get(path).text
