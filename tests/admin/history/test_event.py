"""The page of an event: what was asked, what it changed, how it was answered, and what to do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.html import escape

from django_scim.admin.history.event import MOST_ENTRIES
from django_scim.models import ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.admin.history.listed import LIST, NOON, many_events, page
from tests.factories import GroupFactory, UserFactory
from tests.representations import group, id_of, member, path_of, user


def cells(text, attribute):
    """Return the two cells of a changed attribute."""
    row = text.partition(f'<th scope="row">{attribute}</th>')[2].partition("</tr>")[0]
    return row.split("</td>")[:2]


# The request


def test_an_event_is_headed_by_what_happened_to_whom(admin_client, scim):
    account = UserFactory.create(username="anna")
    scim.patch(path_of(account), {"op": "replace", "path": "active", "value": False})

    assert "<h2>Deactivated (User anna)</h2>" in admin_client.get(page(ProvisioningEvent.objects.get())).text


def test_the_page_of_an_event_shows_what_was_received(admin_client, scim):
    account = UserFactory.create()
    scim.patch(path_of(account), {"op": "replace", "path": "name.familyName", "value": "Smith"})
    text = admin_client.get(page(ProvisioningEvent.objects.get())).text

    assert f"PATCH {path_of(account)}" in text
    assert "&quot;path&quot;: &quot;name.familyName&quot;" in text


def test_a_request_without_a_body_is_told_from_one_that_was_not_kept(admin_client, event):
    without = event(method="DELETE", path="/Users/1")
    not_kept = event(method="POST", path="/Users")
    older = event(method="", path="")

    assert "a request of this kind has no body" in admin_client.get(page(without)).text
    assert "RECORD_REQUESTS was off" in admin_client.get(page(not_kept)).text
    assert "RECORD_REQUESTS was off" in admin_client.get(page(older)).text


@pytest.mark.parametrize("body", [{}, [], "text", 0, False, "", {"n": 10**300}])
def test_any_body_of_a_request_is_shown(admin_client, event, body):
    text = admin_client.get(page(event(method="POST", path="/Users", request=body))).text

    assert "RECORD_REQUESTS was off" not in text


# The changes


def test_the_values_before_and_after_a_change_are_told_apart(admin_client, scim):
    account = UserFactory.create()
    scim.patch(path_of(account), {"op": "replace", "path": "name.familyName", "value": "Smith"})
    before, after = cells(admin_client.get(page(ProvisioningEvent.objects.get())).text, "name.familyName")

    assert "<del>" in before
    assert "removed:" in before
    assert "<code>&quot;Jensen&quot;</code>" in before
    assert "<ins>" in after
    assert "added:" in after
    assert "<code>&quot;Smith&quot;</code>" in after


def test_a_change_of_a_list_is_compared_entry_by_entry(admin_client, event):
    kept = {"value": "a@example.com", "type": "work"}
    changes = {"emails": {"before": [kept, {"value": "b@example.com"}], "after": [{"value": "c@d.e"}, kept]}}
    before, after = cells(admin_client.get(page(event(changes=changes))).text, "emails")

    assert (before.count("<li>"), before.count("<del>")) == (2, 1)
    assert (after.count("<li>"), after.count("<ins>")) == (2, 1)
    assert "value: &quot;b@example.com&quot;" in before.partition("<del>")[2]
    assert "type: &quot;work&quot;" in after


def test_a_side_of_a_change_without_a_value_says_so(admin_client, event):
    changes = {"title": {"after": "Guide"}, "nickName": {"before": "Babs"}, "tags": {"after": []}}
    text = admin_client.get(page(event(changes=changes))).text

    assert "nothing" in cells(text, "title")[0]
    assert "nothing" in cells(text, "nickName")[1]
    assert "an empty list" in cells(text, "tags")[1]


def test_an_event_without_changes_says_so(admin_client, event):
    assert "Nothing was changed." in admin_client.get(page(event())).text


def test_members_that_came_and_went_are_named(admin_client, scim):
    guides = GroupFactory.create()
    leaver, joiner = UserFactory.create(username="leaver"), UserFactory.create(username="joiner")
    leaver.groups.add(guides)
    scim.patch(
        path_of(guides),
        {"op": "remove", "path": f'members[value eq "{id_of(leaver)}"]'},
        {"op": "add", "path": "members", "value": [member(joiner)]},
    )
    removed, added = cells(admin_client.get(page(ProvisioningEvent.objects.get())).text, "members")

    assert id_of(leaver) in removed
    assert "leaver" in removed
    assert id_of(joiner) in added
    assert "joiner" in added
    assert "joiner" not in removed


def test_members_in_a_change_lead_to_what_scim_knows_of_them(admin_client, scim):
    joiner = scim.post("/Users", user("joiner")).json()["id"]
    scim.post("/Groups", group("Tour Guides", members=[{"value": joiner}]))
    event = ProvisioningEvent.objects.get(resource_type="Group")
    record = Record.objects.get(resource_type="User")

    assert reverse("admin:django_scim_record_change", args=(record.pk,)) in admin_client.get(page(event)).text


def test_a_change_of_many_members_takes_no_more_queries(admin_client, scim, event):
    members = [id_of(UserFactory.create()) for _ in range(MOST_ENTRIES + 20)]
    few = event(changes={"members": {"added": members[:1]}}, resource_type="Group")
    many = event(changes={"members": {"added": members}}, resource_type="Group")
    with counted() as queries_of_few:
        admin_client.get(page(few))
    with counted() as queries_of_many:
        text = admin_client.get(page(many)).text

    assert len(queries_of_many) == len(queries_of_few)
    assert cells(text, "members")[1].count("<ins>") == MOST_ENTRIES
    assert "and 20 more" in text


@pytest.mark.parametrize(
    "changes", [{"x": {}}, {"x": {"before": None, "after": None}}, {"x": {"after": [[], {}]}}]
)
def test_any_changes_can_be_shown(admin_client, event, changes):
    assert admin_client.get(page(event(changes=changes))).status_code == 200


def test_a_password_is_not_on_the_page_of_an_event(admin_client, scim):
    scim.post("/Users", user("bjensen", password="t1meMa$heen"))
    text = admin_client.get(page(ProvisioningEvent.objects.get())).text

    assert "t1meMa$heen" not in text
    assert "(redacted)" in text


# The answer


def test_the_page_of_an_event_shows_the_status_and_the_version(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    written = ProvisioningEvent.objects.get()
    text = admin_client.get(page(written)).text

    assert "201 Created" in text
    assert f"<code>{escape(written.version)}</code>" in text


def test_a_refusal_is_shown_as_the_client_got_it(admin_client, scim):
    UserFactory.create(username="bjensen")
    body = scim.post("/Users", user("BJensen")).json()
    text = admin_client.get(page(ProvisioningEvent.objects.get())).text

    assert "409 Conflict" in text
    for name, value in body.items():
        if isinstance(value, str):
            assert f"&quot;{name}&quot;: &quot;{value}&quot;" in text


def test_a_refusal_comes_with_advice(admin_client, scim):
    UserFactory.create(username="bjensen")
    scim.post("/Users", user("BJensen"))
    text = admin_client.get(page(ProvisioningEvent.objects.get())).text

    assert "Another resource has the same value" in text
    assert "In this project" in text
    assert "At the identity provider" in text


def test_a_success_needs_no_advice(admin_client, event):
    assert "What to do" not in admin_client.get(page(event())).text


@pytest.mark.parametrize("status", [299, 418, 499, 599, 999, 0])
def test_any_status_can_be_shown(admin_client, event, status):
    text = admin_client.get(page(event(outcome="refused", status=status))).text

    assert f"<dd>{status}" in text


# What is beside it


def test_the_page_of_an_event_leads_to_what_else_happened_to_the_resource(admin_client, scim):
    account, other = UserFactory.create(username="bjensen"), UserFactory.create(username="jsmith")
    for row in (account, other, account):
        scim.patch(path_of(row), {"op": "add", "path": "title", "value": f"Guide of {row}"})
    latest = ProvisioningEvent.objects.filter(display="bjensen").first()
    assert latest is not None
    events_url = admin_client.get(page(latest)).context["events_url"]

    assert events_url in admin_client.get(page(latest)).text.replace("&amp;", "&")
    rows = admin_client.get(events_url).context["cl"].result_list
    assert [row.display for row in rows] == ["bjensen", "bjensen"]


def test_the_page_of_an_event_leads_to_the_events_before_and_after(admin_client, event):
    first, second, third = (event(time=NOON + timedelta(hours=number)) for number in range(3))
    event(resource_id="other", time=NOON + timedelta(minutes=30))
    context = admin_client.get(page(second)).context

    assert (context["earlier_url"], context["later_url"]) == (page(first), page(third))
    assert "earlier_url" not in admin_client.get(page(first)).context
    assert "later_url" not in admin_client.get(page(third)).context


def test_an_event_of_no_one_resource_leads_to_no_other(admin_client, event):
    event(resource_id="")
    text = admin_client.get(page(event(resource_id=""))).text

    assert "History of the resource" not in text
    assert "Event before" not in text


def test_the_page_of_an_event_takes_the_same_queries_however_long_the_history_is(admin_client, connection):
    (event,) = many_events(connection, 1, resource_id="r2d2")
    with counted() as few:
        admin_client.get(page(event))
    many_events(connection, 50, resource_id="r2d2", time=NOON - timedelta(days=1))
    with counted() as many:
        admin_client.get(page(event))

    assert len(many) == len(few)


def test_the_page_of_an_event_whose_connection_is_gone_can_be_read(admin_client, event):
    orphan = event(connection=None)

    assert admin_client.get(page(orphan)).status_code == 200
    assert admin_client.get(LIST).status_code == 200


def test_a_text_that_runs_from_right_to_left_is_isolated(admin_client, event):
    turned = "\N{RIGHT-TO-LEFT OVERRIDE}moc.elpmaxe"
    shown = event(
        display=turned,
        detail=turned,
        method="POST",
        path=f"/Users/{turned}",
        changes={"title": {"after": turned}},
    )

    text = admin_client.get(page(shown)).text
    listed = admin_client.get("/admin/django_scim/provisioningevent/").text

    assert f"{turned}</bdi>" in listed
    assert f"/Users/{turned}</bdi>" in text
