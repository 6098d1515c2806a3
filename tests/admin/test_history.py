"""The provisioning history: everything that was asked for, for people to read and for nobody to change."""

from __future__ import annotations

import pytest
from django.urls import reverse

from django_scim.models import ProvisioningEvent
from tests.admin.counting import counted
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.representations import id_of, member, path_of, user

LIST = reverse("admin:django_scim_provisioningevent_changelist")
ATTACK = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def page(event: ProvisioningEvent) -> str:
    """Return the address of the page of an event."""
    return reverse("admin:django_scim_provisioningevent_change", args=(event.pk,))


def listed(browser, **query):
    """Return what the list shows of the resources."""
    response = browser.get(LIST, query)
    assert response.status_code == 200
    return [row.display for row in response.context["cl"].result_list]


# The list


def test_the_latest_event_comes_first(admin_client, event):
    for display in ("first", "second", "third"):
        event(display=display)

    assert listed(admin_client) == ["third", "second", "first"]


def test_a_row_says_what_was_asked_and_how_it_was_answered(admin_client, event):
    event(outcome="refused", status=409, scim_type="uniqueness", operation="create", display="bjensen")
    text = admin_client.get(LIST).text

    assert "<strong>refused 409 uniqueness</strong>" in text
    assert "User bjensen" in text
    assert ">create<" in text


def test_a_row_of_a_resource_without_a_name_shows_its_id(admin_client, event):
    event(display="", resource_id="67fbf7bb-a602-8000-8000-000000000007")

    assert "User 67fbf7bb-a602-8000-8000-000000000007" in admin_client.get(LIST).text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "jen"}, ["bjensen"]),
        ({"q": "JENSEN"}, ["bjensen"]),
        ({"q": "67fbf7bb-a602-8000-8000-000000000002"}, ["jsmith"]),
        ({"q": "67fbf7bb"}, []),
        ({"q": "request-2"}, ["jsmith"]),
        ({"outcome__exact": "refused"}, ["jsmith"]),
        ({"operation__exact": "delete"}, ["jsmith"]),
        ({"resource_type": "Group"}, ["Tour Guides"]),
        ({"q": "'; DROP TABLE"}, []),
        ({"q": "\0"}, None),
    ],
)
def test_events_are_found_by_what_people_know(admin_client, event, query, found):
    event(display="bjensen")
    event(
        display="jsmith",
        resource_id="67fbf7bb-a602-8000-8000-000000000002",
        request_id="request-2",
        outcome="refused",
        operation="delete",
    )
    event(display="Tour Guides", resource_type="Group")

    if found is None:
        assert admin_client.get(LIST, query).status_code in (200, 302)
    else:
        assert listed(admin_client, **query) == found


def test_events_are_filtered_by_connection(admin_client, event):
    event(display="bjensen")
    other = event(display="jsmith", connection=ConnectionFactory.create())

    assert listed(admin_client, connection__id__exact=other.connection.pk) == ["jsmith"]


def test_the_list_takes_the_same_queries_however_long_it_is(admin_client, event):
    event()
    with counted() as few:
        listed(admin_client)
    for _ in range(20):
        event(connection=ConnectionFactory.create())
    with counted() as many:
        listed(admin_client)

    assert len(many) == len(few)


def test_the_list_does_not_read_the_changes(admin_client, event):
    event(changes={"title": {"after": "x" * 1000}}, detail="y" * 1000)
    with counted() as queries:
        listed(admin_client)

    read = [query["sql"] for query in queries if "django_scim_provisioningevent" in query["sql"]]
    assert read
    assert not [sql for sql in read if "changes" in sql or "detail" in sql]


# The page


def test_the_page_shows_the_values_before_and_after(admin_client, scim):
    account = UserFactory.create()
    scim.patch(path_of(account), {"op": "replace", "path": "name.familyName", "value": "Smith"})
    text = admin_client.get(page(ProvisioningEvent.objects.get())).text

    assert "name.familyName" in text
    assert "<code>&quot;Jensen&quot;</code>" in text
    assert "<code>&quot;Smith&quot;</code>" in text


def test_the_page_shows_the_members_that_came_and_went(admin_client, scim):
    guides, leaver, joiner = GroupFactory.create(), UserFactory.create(), UserFactory.create()
    leaver.groups.add(guides)
    scim.patch(
        path_of(guides),
        {"op": "remove", "path": f'members[value eq "{id_of(leaver)}"]'},
        {"op": "add", "path": "members", "value": [member(joiner)]},
    )
    text = admin_client.get(page(ProvisioningEvent.objects.get())).text

    before, _, after = text.partition(id_of(leaver))[2].partition("</td>")
    assert id_of(joiner) not in before
    assert id_of(joiner) in after


def test_a_password_is_not_on_the_page(admin_client, scim):
    scim.post("/Users", user("bjensen", password="t1meMa$heen"))
    text = admin_client.get(page(ProvisioningEvent.objects.get())).text

    assert "t1meMa$heen" not in text
    assert "(redacted)" in text


def test_the_page_says_why_a_write_was_refused(admin_client, scim):
    UserFactory.create(username="bjensen")
    scim.post("/Users", user("BJensen"))
    text = admin_client.get(page(ProvisioningEvent.objects.get())).text

    assert "another resource has the same userName" in text
    assert "uniqueness" in text
    assert ">409<" in text


def test_the_page_leads_to_what_else_happened_to_the_resource(admin_client, scim):
    account, other = UserFactory.create(username="bjensen"), UserFactory.create(username="jsmith")
    for row in (account, other, account):
        scim.patch(path_of(row), {"op": "add", "path": "title", "value": f"Guide of {row}"})
    latest = ProvisioningEvent.objects.filter(display="bjensen").first()
    assert latest is not None
    events_url = admin_client.get(page(latest)).context["events_url"]

    assert events_url in admin_client.get(page(latest)).text.replace("&amp;", "&")
    rows = admin_client.get(events_url).context["cl"].result_list
    assert [row.display for row in rows] == ["bjensen", "bjensen"]


def test_the_page_of_an_event_whose_connection_is_gone_can_be_read(admin_client, event):
    orphan = event(connection=None)

    assert admin_client.get(page(orphan)).status_code == 200
    assert admin_client.get(LIST).status_code == 200


# Values from identity providers


@pytest.mark.parametrize(
    "fields",
    [
        {"display": ATTACK},
        {"resource_id": ATTACK},
        {"request_id": ATTACK},
        {"scim_type": ATTACK[:50]},
        {"detail": ATTACK},
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


# Nobody changes it


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


def test_staff_sees_the_history_with_the_permission_alone(staff, event):
    event()

    assert staff("view_connection").get(LIST).status_code == 403


def test_staff_with_the_permission_reads_the_history(staff, event):
    written = event()
    browser = staff("view_provisioningevent")

    assert listed(browser) == ["bjensen"]
    assert browser.get(page(written)).status_code == 200
