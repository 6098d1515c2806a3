"""The provisioning history: everything that was asked for, for people to read and for nobody to change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from django_scim.admin.resources.filters import MOST_CONNECTIONS
from django_scim.models import ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.admin.history.listed import ATTACK, LIST, NOON, listed, many_events, page, shown
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.hosts.small.adapters import THING
from tests.representations import group, member, path_of, user

# The list


def test_the_list_of_events_has_the_latest_first(admin_client, event):
    for display in ("first", "second", "third"):
        event(display=display)

    assert listed(admin_client) == ["third", "second", "first"]


def test_the_list_of_events_may_have_the_earliest_first(admin_client, event):
    for display in ("first", "second", "third"):
        event(display=display, time=NOON)

    assert listed(admin_client, o="0") == ["first", "second", "third"]
    assert listed(admin_client, o="-0") == ["third", "second", "first"]


def test_the_row_of_an_event_says_what_was_asked_and_how_it_was_answered(admin_client, event):
    event(outcome="refused", status=409, scim_type="uniqueness", operation="create", duration=17)
    text = admin_client.get(LIST).text

    for cell in ("<strong>Refused: create</strong>", ">409 uniqueness ", "User bjensen", "17 ms"):
        assert cell in text


def test_the_event_of_a_resource_without_a_name_shows_its_id(admin_client, event):
    event(display="", resource_id="67fbf7bb-a602-8000-8000-000000000007")

    assert "User 67fbf7bb-a602-8000-8000-000000000007" in admin_client.get(LIST).text


def test_the_row_of_an_event_leads_to_what_scim_knows_of_the_resource(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    scim.post("/Groups", group("Tour Guides"))
    text = admin_client.get(LIST).text

    for record in Record.objects.all():
        assert f'href="{reverse("admin:django_scim_record_change", args=(record.pk,))}"' in text


def test_the_row_of_an_event_leads_to_a_resource_whose_id_the_project_keeps(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Legacy": {"adapter": "tests.hosts.small.adapters.LegacyAdapter"}}}
    scim.post("/Legacies", {"schemas": [THING], "name": "Printer", "externalId": "x"})
    record = Record.objects.get()

    assert reverse("admin:django_scim_record_change", args=(record.pk,)) in admin_client.get(LIST).text


def test_the_event_of_a_resource_that_was_never_recorded_leads_nowhere(admin_client, event):
    event(resource_id="no such id")
    event(resource_type="Robot", resource_id="r2d2")

    assert reverse("admin:django_scim_record_changelist") + "1" not in admin_client.get(LIST).text


def test_the_list_of_events_takes_the_same_queries_however_long_it_is(admin_client, scim):
    scim.post("/Users", user("first"))
    scim.post("/Groups", group("First"))
    with counted() as few:
        listed(admin_client)
    for number in range(10):
        scim.post("/Users", user(f"user{number}"))
        scim.post("/Groups", group(f"Group {number}"))
    ConnectionFactory.create_batch(10)
    with counted() as many:
        assert len(listed(admin_client)) == 22

    assert len(many) == len(few)


@pytest.mark.parametrize("query", [{}, {"q": "user7"}, {"outcome__exact": "success"}, {"p": "last"}])
def test_the_list_of_events_counts_nothing_but_the_latest_hours(admin_client, connection, query):
    many_events(connection, 250)
    with counted() as queries:
        listed(admin_client, **query)

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert not [sql for sql in counts if "GROUP BY" not in sql]


def test_the_list_of_events_does_not_read_documents(admin_client, event):
    event(changes={"title": {"after": "x" * 1000}}, detail="y" * 1000, request={"title": "x"})
    with counted() as queries:
        listed(admin_client)

    read = [query["sql"] for query in queries if "django_scim_provisioningevent" in query["sql"]]
    assert read
    for column in ("changes", "detail", "request"):
        quoted = f'"{column}"' if "`" not in read[0] else f"`{column}`"
        assert not [sql for sql in read if quoted in sql]


# Finding events


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "bjensen"}, ["bjensen"]),
        ({"q": "BJen"}, ["bjensen"]),
        ({"q": " bjensen "}, ["bjensen"]),
        ({"q": "jensen"}, []),
        ({"q": "j"}, ["jsmith"]),
        ({"q": "tour g"}, ["Tour Guides"]),
        ({"q": "b%"}, []),
        ({"q": "b_ensen"}, []),
        ({"q": "67fbf7bb-a602-8000-8000-000000000002"}, ["jsmith"]),
        ({"q": "67fbf7bb"}, []),
        ({"q": "external-2"}, ["jsmith"]),
        ({"q": "external"}, []),
        ({"q": "request-2"}, ["jsmith"]),
        ({"q": "request"}, []),
        ({"outcome__exact": "refused"}, ["jsmith"]),
        ({"operation__exact": "delete"}, ["jsmith"]),
        ({"resource_type": "Group"}, ["Tour Guides"]),
        ({"resource_id__exact": "67fbf7bb-a602-8000-8000-000000000002"}, ["jsmith"]),
        ({"outcome__exact": "refused", "operation__exact": "modify"}, []),
        ({"outcome__exact": "success", "operation__exact": "modify", "resource_type": "User"}, ["bjensen"]),
        ({"q": "jsmith", "outcome__exact": "success"}, []),
        ({"q": "jsmith", "outcome__exact": "refused", "resource_type": "User"}, ["jsmith"]),
        ({"time__gte": "2025-06-30 12:30:00+00:00"}, ["Tour Guides"]),
        ({"time__lt": "2025-06-30 12:30:00+00:00", "outcome__exact": "success"}, ["bjensen"]),
        ({"scim_type": "uniqueness"}, ["jsmith"]),
        ({"outcome__exact": "unknown"}, []),
        ({"operation__exact": "\0"}, []),
        ({"resource_type": "Robot"}, []),
        ({"connection__id__exact": "abc"}, []),
        ({"connection__id__exact": "9" * 30}, []),
        ({"connection__id__exact": "0" * 5000}, []),
        ({"connection__id__exact": "-1"}, []),
        ({"connection__id__exact": "٣"}, []),
        ({"q": "'; DROP TABLE"}, []),
        ({"q": "x" * 5000}, []),
        ({"q": "\N{GRINNING FACE}"}, []),
    ],
)
def test_events_are_found_by_what_people_know(admin_client, event, query, found):
    event(display="bjensen", time=NOON)
    event(
        display="jsmith",
        time=NOON,
        resource_id="67fbf7bb-a602-8000-8000-000000000002",
        external_id="external-2",
        request_id="request-2",
        outcome="refused",
        scim_type="uniqueness",
        operation="delete",
    )
    event(display="Tour Guides", resource_type="Group", time=NOON + timedelta(hours=1))

    assert listed(admin_client, **query) == found


@pytest.mark.parametrize("query", [{"time__gte": "yesterday"}, {"q": "\0"}, {"nonsense": "1"}])
def test_a_wrong_query_of_the_list_of_events_is_no_failure(admin_client, event, query):
    event()

    assert admin_client.get(LIST, query).status_code in (200, 302)


def test_an_event_is_listed_once_that_is_found_in_several_ways(admin_client, event):
    event(display="bjensen", external_id="bjensen", request_id="bjensen", resource_id="bjensen")

    assert listed(admin_client, q="bjensen") == ["bjensen"]


def test_events_that_are_found_in_several_ways_are_in_one_order(admin_client, event):
    event(display="jsmith", time=NOON, external_id="b")
    event(display="bjensen", time=NOON + timedelta(seconds=2))
    event(display="other", time=NOON + timedelta(seconds=1), request_id="b")

    assert listed(admin_client, q="b") == ["bjensen", "other", "jsmith"]
    assert listed(admin_client, q="b", o="0") == ["jsmith", "other", "bjensen"]


def test_events_are_filtered_by_connection(admin_client, event):
    event(display="bjensen")
    other = event(display="jsmith", connection=ConnectionFactory.create(name="Entra ID"))

    assert listed(admin_client, connection__id__exact=other.connection.pk) == ["jsmith"]
    assert "Entra ID" in admin_client.get(LIST).text


def test_events_of_deleted_connections_are_found(admin_client, event):
    event(display="bjensen")
    event(display="orphan", connection=None)

    assert listed(admin_client, connection__id__exact="none") == ["orphan"]
    assert listed(admin_client, connection__id__exact="none", q="orphan") == ["orphan"]


def test_the_filter_by_connection_offers_connections_without_a_look_at_the_events(admin_client, connection):
    many_events(connection, 5)
    with counted() as queries:
        listed(admin_client)

    assert not [query["sql"] for query in queries if "DISTINCT" in query["sql"]]


def test_the_history_of_one_resource_says_so_and_can_be_left(admin_client, event):
    event(resource_id="r2d2")
    text = admin_client.get(LIST, {"resource_id__exact": "r2d2"}).text

    assert 'data-filter-title="resource"' in text
    assert 'data-filter-title="resource"' not in admin_client.get(LIST).text


def test_a_chosen_connection_is_offered_among_any_number(admin_client, connection, event):
    event()
    for number in range(MOST_CONNECTIONS):
        ConnectionFactory.create(name=f"A{number}")
    address = f'?connection__id__exact={connection.pk}"'

    assert address not in admin_client.get(LIST).text
    assert address in admin_client.get(LIST, {"connection__id__exact": connection.pk}).text


# Pages


def test_every_event_is_on_one_page(admin_client, connection):
    many_events(connection, 250)
    found: list[str] = []
    query: dict[str, str] = {}
    while True:
        changelist = shown(admin_client, **query)
        found += [event.display for event in changelist.result_list]
        if not changelist.next_name:
            break
        query = {"p": changelist.next_name}

    assert found == [f"user{number}" for number in reversed(range(250))]


def test_events_at_one_moment_are_on_one_page_each(admin_client, connection):
    many_events(connection, 250, time=NOON)
    first = shown(admin_client)
    second = shown(admin_client, p=first.next_name)
    third = shown(admin_client, p=second.next_name)

    found = [event.display for changelist in (first, second, third) for event in changelist.result_list]
    assert found == [f"user{number}" for number in reversed(range(250))]


def test_a_page_of_events_leads_back_to_the_one_before(admin_client, connection):
    many_events(connection, 350)
    first = shown(admin_client)
    second = shown(admin_client, p=first.next_name)
    third = shown(admin_client, p=second.next_name)

    assert listed(admin_client, p=third.previous_name) == [event.display for event in second.result_list]
    assert listed(admin_client, p=second.previous_name) == [event.display for event in first.result_list]


def test_events_that_come_in_do_not_move_a_page_of_events(admin_client, connection, event):
    many_events(connection, 150)
    following = shown(admin_client).next_name
    before = listed(admin_client, p=following)
    event(display="new")

    assert listed(admin_client, p=following) == before
    assert listed(admin_client)[0] == "new"


def test_the_page_of_events_before_one_that_is_near_the_first_is_the_first(admin_client, connection):
    many_events(connection, 150)
    second = shown(admin_client, p=shown(admin_client).next_name)
    near = second.previous_name
    ProvisioningEvent.objects.filter(display="user149").delete()

    assert listed(admin_client, p=near) == [f"user{number}" for number in range(148, 48, -1)]


def test_a_page_whose_events_were_pruned_is_the_last(admin_client, connection):
    events = many_events(connection, 250)
    second = shown(admin_client, p=shown(admin_client).next_name)
    ProvisioningEvent.objects.filter(pk__in=[event.pk for event in events[:60]]).delete()

    assert listed(admin_client, p=second.next_name) == listed(admin_client, p="last")


def test_the_last_page_of_events_is_full(admin_client, connection):
    many_events(connection, 150)

    assert listed(admin_client, p="last") == [f"user{number}" for number in range(99, -1, -1)]
    assert listed(admin_client, p="last", o="0") == [f"user{number}" for number in range(50, 150)]


def test_a_list_of_events_that_fits_on_a_page_has_no_other(admin_client, connection):
    many_events(connection, 100)

    for query in ({}, {"p": "last"}):
        changelist = shown(admin_client, **query)
        assert (changelist.previous_name, changelist.next_name) == (None, None)


def test_pages_of_events_keep_the_filters_and_filters_leave_the_page(admin_client, connection):
    many_events(connection, 150)
    many_events(connection, 150, operation="delete", outcome="refused")
    changelist = shown(admin_client, outcome__exact="refused")
    address = f"{LIST}{changelist.next_url}"
    rows = admin_client.get(address).context["cl"].result_list

    assert "outcome__exact=refused" in address
    assert {event.outcome for event in rows} == {"refused"}
    assert len(rows) == 50
    assert "p=" not in admin_client.get(address).context["cl"].clear_all_filters_qs


@pytest.mark.parametrize(
    "name",
    [
        "",
        "2",
        "-1",
        "after",
        "after.1",
        "after.x.y",
        "after.-1.5",
        "after.999999999999999999.1",
        "after.1.99999999999999999999",
        "before..",
        "after.1.1; DROP TABLE",
        "٣.1.1",
        "\0",
    ],
)
def test_a_page_of_events_that_there_is_not_is_the_first(admin_client, event, name):
    event()

    assert listed(admin_client, p=name) == ["bjensen"]


def test_a_project_without_time_zones_has_pages_of_events(admin_client, connection, settings):
    settings.USE_TZ = False
    many_events(connection, 150, time=NOON.replace(tzinfo=None))
    following = shown(admin_client).next_name

    assert listed(admin_client, p=following) == [f"user{number}" for number in range(49, -1, -1)]


# Values from identity providers


@pytest.mark.parametrize(
    "fields",
    [
        {"display": ATTACK},
        {"resource_id": ATTACK},
        {"external_id": ATTACK},
        {"request_id": ATTACK},
        {"method": "PATCH", "path": ATTACK},
        {"request": {ATTACK: [ATTACK]}},
        {"version": ATTACK},
        {"scim_type": ATTACK[:50]},
        {"detail": ATTACK},
        {"outcome": "refused", "status": 400, "detail": ATTACK},
        {"resource_type": ATTACK},
        {"changes": {ATTACK: {"before": ATTACK, "after": {ATTACK: [ATTACK]}}}},
        {"changes": {"members": {"added": [ATTACK], "removed": [ATTACK]}}},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_an_identity_provider_sends_is_escaped(admin_client, event, fields):
    written = event(**fields)

    for address in (LIST, page(written), f"{LIST}?q=%3Cscript%3Ealert(1)"):
        text = admin_client.get(address).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
    assert "&lt;script&gt;alert" in admin_client.get(page(written)).text


def test_an_attack_by_scim_is_escaped(admin_client, scim):
    scim.request("POST", "/Users", user(ATTACK, title=ATTACK), **{"X-Request-ID": ATTACK})
    scim.request("DELETE", f"/Users/{ATTACK.replace('/', '')}")
    assert ProvisioningEvent.objects.count() == 2

    for address in (LIST, *(page(event) for event in ProvisioningEvent.objects.all())):
        text = admin_client.get(address).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


# Who may do what


def test_not_even_a_superuser_adds_changes_or_deletes_an_event(admin_client, event):
    written = event()
    delete = reverse("admin:django_scim_provisioningevent_delete", args=(written.pk,))

    assert admin_client.get(reverse("admin:django_scim_provisioningevent_add")).status_code == 403
    assert admin_client.post(page(written), {"display": "Mallory"}).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    action = {"action": "delete_selected", "_selected_action": [written.pk], "post": "yes"}
    admin_client.post(LIST, action)
    written.refresh_from_db()
    assert written.display == "bjensen"
    assert 'name="action"' not in admin_client.get(LIST).text


def test_staff_does_not_see_the_history_without_the_permission(staff, event):
    event()

    assert staff("view_connection", "view_record").get(LIST).status_code == 403


def test_staff_with_the_permission_alone_reads_the_history(staff, scim):
    scim.post("/Users", user("bjensen"))
    written = ProvisioningEvent.objects.get()
    browser = staff("view_provisioningevent")

    assert listed(browser) == ["bjensen"]
    for address in (LIST, page(written)):
        text = browser.get(address).text
        assert scim.connection.name in text
        assert reverse("admin:django_scim_connection_change", args=(scim.connection.pk,)) not in text
        assert reverse("admin:django_scim_record_change", args=(Record.objects.get().pk,)) not in text


def test_staff_that_may_see_resources_and_connections_is_led_to_them_from_events(staff, scim):
    scim.post("/Users", user("bjensen"))
    written = ProvisioningEvent.objects.get()
    browser = staff("view_provisioningevent", "view_connection", "view_record")
    text = browser.get(page(written)).text

    assert reverse("admin:django_scim_connection_change", args=(scim.connection.pk,)) in text
    assert reverse("admin:django_scim_record_change", args=(Record.objects.get().pk,)) in text


def test_the_permission_to_view_events_shows_no_accounts(staff, scim):
    """The permission of the project's own models opens nothing here."""
    account = UserFactory.create()
    account.groups.add(GroupFactory.create())
    scim.patch(path_of(account), {"op": "add", "path": "title", "value": "Guide"})
    browser = staff()
    person = User.objects.get(username="staff")
    person.user_permissions.add(Permission.objects.get(codename="view_user"))

    assert browser.get(LIST).status_code == 403


# What happened


def test_the_row_of_an_event_says_in_a_word_what_happened(admin_client, scim):
    account = UserFactory.create(username="anna")
    scim.patch(path_of(account), {"op": "replace", "path": "active", "value": False})
    scim.patch(path_of(account), {"op": "replace", "path": "title", "value": "Guest"})
    team = GroupFactory.create(name="Engineers")
    scim.patch(path_of(team), {"op": "add", "path": "members", "value": [member(account)]})

    text = admin_client.get(LIST).text

    for cell in (">Deactivated<", ">Changed<", "title: none → Guest", ">Joined Engineers<", ">anna<"):
        assert cell in text


def test_of_many_who_joined_the_first_are_named(admin_client, scim):
    accounts = [UserFactory.create(username=name) for name in ("anna", "bert", "carl", "dora")]
    team = GroupFactory.create(name="Engineers")
    joining = {"op": "add", "path": "members", "value": [member(account) for account in accounts]}
    scim.patch(path_of(team), joining)

    assert "anna, bert, carl, …" in admin_client.get(LIST).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"effect__exact": "deactivated"}, ["b", "a"]),
        ({"effect__exact": "deactivated", "outcome__exact": "refused"}, []),
        ({"effect__exact": "deactivated", "resource_type": "Device"}, ["b"]),
        ({"effect__exact": "deactivated", "operation__exact": "replace"}, ["a"]),
        ({"effect__exact": "deactivated", "q": "a"}, ["a"]),
        ({"effect__exact": "nonsense"}, []),
    ],
)
def test_events_are_filtered_by_what_happened(admin_client, event, query, found):
    event(display="a", effect="deactivated", operation="replace")
    event(display="b", effect="deactivated", resource_type="Device")
    event(display="c", effect="changed")

    assert listed(admin_client, **query) == found


def test_the_filter_for_what_happened_reads_one_index(admin_client, connection):
    many_events(connection, 300, effect="changed")
    with counted() as queries:
        listed(admin_client, effect__exact="deactivated", connection__id__exact=connection.pk)

    keys = [query["sql"] for query in queries if "UNION" in query["sql"]]
    assert keys == []
