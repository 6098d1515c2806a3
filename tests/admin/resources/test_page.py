"""The page of one resource: what SCIM answers for it, and what happened to it."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from django.contrib.auth.models import Group, User
from django.urls import reverse

from django_scim.admin.resources.panel import TIMELINE
from django_scim.models import Connection, MembershipChange, ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.admin.history.listed import many_events
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.hosts.small.adapters import THING
from tests.hosts.small.models import Legacy
from tests.operations.examples import FULL_USER
from tests.representations import group, id_of, member, path_of, user


def page(record, **query):
    """Return the address of the page of a resource."""
    return reverse("admin:django_scim_record_change", args=(record.pk,), query=query)


def document(response):
    """Return the JSON that a page shows, read again."""
    shown = re.search(r'<div class="scim-json"><pre>(.*?)</pre>', response.text, re.DOTALL)
    return None if shown is None else json.loads(unescape(shown[1]))


def steps(response):
    """Return the timeline of a page: who did what."""
    return [(step.author, step.event.operation) for step in response.context["provisioning"].steps]


# As the identity provider gets it


def test_the_page_of_a_resource_shows_what_a_get_answers(admin_client, scim):
    scim.post("/Users", FULL_USER)

    response = admin_client.get(page(Record.objects.get()), secure=True)

    assert document(response) == scim.get(path_of(User.objects.get(username="bjensen@example.com"))).json()


def test_the_page_of_a_resource_shows_each_connection_its_own_external_id(admin_client, scim):
    scim.post("/Users", user(externalId="okta-1"))
    other = ScimClient(ConnectionFactory.create())
    record = Record.objects.get()

    assert document(admin_client.get(page(record)))["externalId"] == "okta-1"
    assert "externalId" not in document(admin_client.get(page(record, scim_connection=other.connection.pk)))


def test_the_page_of_a_resource_leads_to_what_the_other_connections_see(admin_client, scim):
    scim.post("/Users", user(externalId="okta-1"))
    other = ConnectionFactory.create()
    text = admin_client.get(page(Record.objects.get())).text

    assert f"?scim_connection={other.pk}#scim-document-heading" in text


@pytest.mark.parametrize("junk", ["0", "x", "9" * 30, ""])
def test_the_page_of_a_resource_ignores_a_connection_that_there_is_not(admin_client, scim, junk):
    scim.post("/Users", user(externalId="okta-1"))

    assert (
        document(admin_client.get(page(Record.objects.get(), scim_connection=junk)))["externalId"] == "okta-1"
    )


def test_the_page_of_a_deleted_resource_shows_the_answer_404(admin_client, scim):
    created = scim.post("/Users", user()).json()
    scim.delete(f"/Users/{created['id']}")

    response = admin_client.get(page(Record.objects.get()))

    assert document(response) is None
    assert "a GET is answered with 404" in response.text


def test_a_resource_is_read_by_nobody_without_a_connection(admin_client, scim):
    scim.post("/Users", user())
    Connection.objects.all().delete()

    response = admin_client.get(page(Record.objects.get()))

    assert document(response) is None
    assert "no connection that could read it" in response.text


def test_the_page_of_a_group_with_some_members_shows_them(admin_client, scim):
    row = GroupFactory.create()
    row.user_set.set(UserFactory.create_batch(3))
    scim.patch(path_of(row), {"op": "add", "path": "externalId", "value": "x"})

    assert len(document(admin_client.get(page(Record.objects.get())))["members"]) == 3


def test_the_page_of_a_large_group_leaves_its_members_out(admin_client, scim):
    row = GroupFactory.create()
    row.user_set.set(User.objects.bulk_create(User(username=f"member{number}") for number in range(101)))
    scim.patch(path_of(row), {"op": "add", "path": "externalId", "value": "x"})

    response = admin_client.get(page(Record.objects.get()))

    assert "members" not in document(response)
    assert "Left out, as there are more than 100 values: members." in response.text


# What happened


def test_the_page_of_a_resource_shows_the_last_events_the_newest_first(admin_client, scim):
    created = scim.post("/Users", user("bjensen")).json()
    scim.post("/Users", user("jsmith"))
    scim.patch(f"/Users/{created['id']}", {"op": "add", "path": "title", "value": "Guide"})

    response = admin_client.get(page(Record.objects.order_by("pk")[0]))

    name = str(scim.connection)
    assert steps(response) == [(name, "modify"), (name, "create")]
    event = ProvisioningEvent.objects.order_by("-pk")[0]
    assert reverse("admin:django_scim_provisioningevent_change", args=(event.pk,)) in response.text


def test_the_page_of_a_resource_shows_no_more_than_twenty_events(admin_client, scim):
    created = scim.post("/Users", user("bjensen")).json()
    for number in range(25):
        scim.patch(f"/Users/{created['id']}", {"op": "add", "path": "title", "value": f"Guide {number}"})

    response = admin_client.get(page(Record.objects.get()))

    assert len(steps(response)) == 20
    assert response.context["provisioning"].steps[0].event.changes["title"]["after"] == "Guide 24"


def test_staff_that_may_not_see_the_history_sees_no_timeline_of_a_resource(staff, scim):
    scim.post("/Users", user("bjensen"))

    text = staff("view_record").get(page(Record.objects.get())).text

    assert "Timeline" not in text
    assert reverse("admin:django_scim_provisioningevent_changelist") not in text


def test_the_page_of_a_resource_takes_the_same_queries_whatever_belongs_to_the_resource(admin_client, scim):
    scim.post("/Users", user("bjensen", externalId="okta-1"))
    record, account = Record.objects.get(), User.objects.get(username="bjensen")
    with counted() as few:
        admin_client.get(page(record))
    for number in range(10):
        scim.patch(path_of(account), {"op": "add", "path": "title", "value": f"{number}"})
        ConnectionFactory.create()
    account.groups.set(GroupFactory.create_batch(5))
    with counted() as many:
        admin_client.get(page(record))

    assert len(many) == len(few)


# What is not all there


def test_a_resource_whose_row_is_gone_has_a_page(admin_client):
    record = Record.objects.create(resource_type="User", integer_key=999)

    response = admin_client.get(page(record))

    assert response.status_code == 200
    assert "provisioning" not in response.context


def test_a_row_that_has_lost_its_id_has_a_page_and_is_listed(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Legacy": {"adapter": "tests.hosts.small.adapters.LegacyAdapter"}}}
    scim.post("/Legacies", {"schemas": [THING], "name": "Printer", "externalId": "x"})
    Legacy.objects.update(scim_id=None)

    assert admin_client.get(page(Record.objects.get())).status_code == 200
    assert admin_client.get(reverse("admin:django_scim_record_changelist")).status_code == 200


# What leads to the actions


def test_the_buttons_of_a_resource_say_where_they_lead(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    text = admin_client.get(page(Record.objects.get())).text

    buttons = re.findall(r"<li>\s*<a href=[^>]*>([^<]+)</a></li>", text)
    assert {"Open this user", "Provisioning history", "Changes by staff"} <= {*buttons}
    assert "History" not in buttons


def actions(response):
    """Return the names of the actions that a page offers."""
    return [str(label) for label, _ in response.context["provisioning"].actions]


def test_an_active_account_can_be_deactivated(admin_client, scim):
    scim.post("/Users", user(active=True))

    assert actions(admin_client.get(page(Record.objects.get()))) == ["Deactivate", "Hand over"]


def test_an_inactive_account_and_a_group_cannot_be_deactivated(admin_client, scim):
    scim.post("/Users", user(active=False))
    scim.post("/Groups", group())

    for record in Record.objects.all():
        assert actions(admin_client.get(page(record))) == ["Hand over"]


def test_the_page_of_somebody_hired_again_says_so_and_which_account_it_was(admin_client, scim):
    former = scim.post("/Users", user("bjensen", externalId="4")).json()["id"]
    assert scim.delete(f"/Users/{former}").status_code == 204
    new = scim.post("/Users", user("bjensen", externalId="4")).json()["id"]

    response = admin_client.get(page(Record.objects.get()))

    assert [step for _, step in steps(response)] == ["create", "delete", "create"]
    assert "Hired again" in response.text
    assert former in response.text
    assert new in response.text
    event = admin_client.get(
        reverse(
            "admin:django_scim_provisioningevent_change", args=[ProvisioningEvent.objects.latest("pk").pk]
        )
    )
    assert f"hired again: {former} until it was deleted" in event.text


def test_a_deleted_resource_can_be_restored(admin_client, scim):
    created = scim.post("/Groups", group()).json()
    scim.delete(f"/Groups/{created['id']}")

    assert actions(admin_client.get(page(Record.objects.get()))) == ["Restore"]
    assert Group.objects.exists()


def test_each_external_id_of_a_resource_can_be_unlinked(admin_client, scim):
    scim.post("/Users", user(externalId="okta-1"))

    text = admin_client.get(page(Record.objects.get())).text

    assert f'aria-label="Unlink from {scim.connection}"' in text


def test_staff_that_may_only_look_at_resources_is_offered_no_action(staff, scim):
    scim.post("/Users", user(active=True, externalId="okta-1"))

    response = staff("view_record").get(page(Record.objects.get()))

    assert actions(response) == []
    assert "Unlink" not in response.text
    assert "/act/" not in response.text


# Why


def test_the_page_of_a_resource_says_who_has_locked_it_and_leads_to_the_request(admin_client, scim):
    scim.post("/Users", user("anna"))
    path = path_of(User.objects.get(username="anna"))
    scim.patch(path, {"op": "replace", "path": "active", "value": False})
    event = ProvisioningEvent.objects.latest("pk")

    text = admin_client.get(page(Record.objects.get())).text

    assert f"anna is locked: {scim.connection} deactivated it on" in text
    assert reverse("admin:django_scim_provisioningevent_change", args=(event.pk,)) in text


def test_the_request_is_for_those_who_may_see_the_history(staff, scim):
    scim.post("/Users", user("anna"))
    path = path_of(User.objects.get(username="anna"))
    scim.patch(path, {"op": "replace", "path": "active", "value": False})

    text = staff("view_record").get(page(Record.objects.get())).text

    assert "anna is locked" in text
    assert f"PATCH {path}" not in text


def test_a_refusal_is_for_those_who_may_see_the_history(staff, scim):
    scim.post("/Users", user("anna"))
    path = path_of(User.objects.get(username="anna"))
    scim.patch(path, {"op": "replace", "path": "userName", "value": ""})

    assert "refused" not in staff("view_record").get(page(Record.objects.get())).text


def test_the_timeline_of_a_person_has_the_groups_that_they_joined_and_left(admin_client, scim):
    account = UserFactory.create()
    team = path_of(GroupFactory.create(name="Engineers"))
    scim.patch(path_of(account), {"op": "replace", "path": "active", "value": False})
    scim.patch(team, {"op": "add", "path": "members", "value": [member(account)]})
    scim.patch(team, {"op": "remove", "path": "members", "value": [member(account)]})

    response = admin_client.get(page(Record.objects.get(resource_type="User")))

    told = [step.what for step in response.context["provisioning"].steps]
    assert told == ["Left Engineers", "Joined Engineers", "Deactivated"]


def test_the_timeline_of_a_group_says_which_member_was_deleted(admin_client, scim):
    anna = managed(scim.connection, UserFactory.create(username="anna"))
    team = managed(scim.connection, GroupFactory.create(name="Engineers"))
    anna.groups.add(team)
    scim.delete(path_of(anna))

    response = admin_client.get(page(Record.objects.get(resource_type="Group")))

    assert [step.what for step in response.context["provisioning"].steps] == ["anna left"]


def test_the_page_of_a_group_says_nothing_of_how_it_signs_in(admin_client, scim):
    scim.post("/Groups", group("Engineers"))

    text = admin_client.get(page(Record.objects.get(resource_type="Group"))).text

    assert "Engineers is there: " in text
    assert "What to do" not in text
    assert "sign in" not in text


def test_the_timeline_of_a_person_has_the_latest_groups(admin_client, scim):
    account = managed(scim.connection, UserFactory.create())
    teams = GroupFactory.create_batch(TIMELINE + 2)
    for team in teams:
        scim.patch(path_of(team), {"op": "add", "path": "members", "value": [member(account)]})

    response = admin_client.get(page(Record.objects.get(resource_type="User")))

    told = [step.what for step in response.context["provisioning"].steps]
    assert told == [f"Joined {team.name}" for team in teams[:1:-1]]


def test_the_page_of_a_person_takes_the_same_queries_however_many_events_there_are(admin_client, scim):
    account, team = UserFactory.create(), path_of(GroupFactory.create(name="Engineers"))
    scim.patch(path_of(account), {"op": "replace", "path": "active", "value": False})
    scim.patch(team, {"op": "add", "path": "members", "value": [member(account)]})
    record = Record.objects.get(resource_type="User")
    admin_client.get(page(record))
    with counted() as few:
        admin_client.get(page(record))
    events = many_events(scim.connection, 2000, resource_id=id_of(account), effect="changed")
    MembershipChange.objects.bulk_create(
        MembershipChange(
            event=event, member_type="User", member_key=str(account.pk), is_joined=True, position=0
        )
        for event in events[:500]
    )
    with counted() as many:
        admin_client.get(page(record))

    assert len(many) == len(few)


def test_somebody_without_a_record_has_a_page_too(admin_client, connection):
    account = UserFactory.create(username="anna")
    address = reverse("admin:django_scim_record_why", args=("User", account.pk))

    assert "anna is active" in admin_client.get(address).text
    assert not Record.objects.exists()


@pytest.mark.parametrize(
    "key", [("User", "0"), ("User", "x"), ("Robot", "1"), ("User", "9" * 40), ("User", "a/b")]
)
def test_there_is_no_page_of_a_row_that_there_is_not(admin_client, db, key):
    assert admin_client.get(reverse("admin:django_scim_record_why", args=key)).status_code == 404


def test_the_page_of_a_row_is_for_those_who_may_see_resources(staff):
    account = UserFactory.create()
    address = reverse("admin:django_scim_record_why", args=("User", account.pk))

    assert staff("view_connection").get(address).status_code == 403
