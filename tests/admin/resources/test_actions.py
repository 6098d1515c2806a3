"""What somebody of the project can do to resources from the admin."""

from __future__ import annotations

import logging

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import connection as database
from django.test import Client
from django.urls import reverse

from django_scim.models import Connection, Link, ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory, managed
from tests.operations.patch_operations import add, replace
from tests.operations.responses import stored
from tests.representations import group, path_of, user

LIST = reverse("admin:django_scim_record_changelist")
NAMES = ["restore", "unlink", "deactivate"]


def act(name):
    """Return the address of the page of an action."""
    return reverse("admin:django_scim_record_act", args=(name,))


def said(response):
    """Return what a page says of the action that was done before."""
    return [str(message) for message in response.context["messages"]]


def do(browser, name, *records, **fields):
    """Answer yes, and return what the next page says."""
    data = {"resource": [record.pk for record in records], **fields}
    return said(browser.post(act(name), data, follow=True))


def provisioned(scim, *names):
    """Let SCIM make accounts, and return their records."""
    for name in names:
        scim.post("/Users", user(name, active=True, externalId=f"okta-{name}"))
    return list(Record.objects.order_by("pk"))


# Asking


@pytest.mark.parametrize("name", NAMES)
def test_an_action_on_the_list_of_resources_asks_first(admin_client, scim, name):
    one, two = provisioned(scim, "bjensen", "jsmith")
    before = stored()

    response = admin_client.post(LIST, {"action": name, "_selected_action": [one.pk, two.pk], "index": 0})

    assert response.status_code == 200
    assert {name for _, name in response.context["resources"]} == {"bjensen", "jsmith"}
    assert f'action="{act(name)}"' in response.text
    assert stored() == before


def test_an_action_on_the_page_of_a_resource_asks_first_too(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")
    page = admin_client.get(reverse("admin:django_scim_record_change", args=(record.pk,)))
    (_, url), _ = page.context["provisioning"].actions
    before = stored()

    response = admin_client.get(url)

    assert [name for _, name in response.context["resources"]] == ["bjensen"]
    assert stored() == before


def test_an_action_is_done_with_what_its_page_sends_back(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")
    asked = admin_client.get(act("deactivate"), {"resource": record.pk})
    assert f'<input type="hidden" name="resource" value="{record.pk}">' in asked.text

    assert do(admin_client, "deactivate", record) == ["1 resource is deactivated."]


def test_the_connections_to_unlink_from_are_those_that_know_a_resource(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")
    ConnectionFactory.create()

    response = admin_client.get(act("unlink"), {"resource": record.pk})

    assert list(response.context["connections"]) == [scim.connection]


def test_the_connection_to_unlink_from_is_the_one_that_the_list_is_filtered_by(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")

    response = admin_client.post(
        f"{LIST}?connection={scim.connection.pk}",
        {"action": "unlink", "_selected_action": [record.pk], "index": 0},
    )

    assert f'value="{scim.connection.pk}" selected' in response.text
    assert response.context["back_url"] == f"{LIST}?connection={scim.connection.pk}"


def test_a_resource_that_no_connection_has_linked_cannot_be_unlinked(admin_client, scim):
    scim.post("/Users", user("bjensen"))

    response = admin_client.get(act("unlink"), {"resource": Record.objects.get().pk})

    assert "No connection has given any of them an external id." in response.text
    assert f'action="{act("unlink")}"' not in response.text


# Doing


def test_deleted_accounts_are_restored(admin_client, scim):
    records = provisioned(scim, "bjensen", "jsmith")
    for account in User.objects.filter(username__in=["bjensen", "jsmith"]):
        scim.delete(path_of(account))

    assert do(admin_client, "restore", *records) == ["2 resources are restored."]

    assert Record.objects.filter(deleted_at=None).count() == 2
    assert User.objects.filter(username__in=["bjensen", "jsmith"], is_active=True).count() == 2


def test_accounts_are_deactivated_with_all_that_they_could_do(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")
    account = User.objects.get(username="bjensen")
    browser = Client()
    browser.force_login(account)

    do(admin_client, "deactivate", record)

    account.refresh_from_db()
    assert not account.is_active
    assert not browser.session.get("_auth_user_id")


def test_accounts_are_unlinked_from_one_connection(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")
    other = ScimClient(ConnectionFactory.create())
    account = managed(other.connection, User.objects.get(username="bjensen"))
    other.patch(path_of(account), add("externalId", "entra-1"))

    assert do(admin_client, "unlink", record, connection=scim.connection.pk) == ["1 resource is unlinked."]

    assert list(Link.objects.values_list("external_id", flat=True)) == ["entra-1"]


def test_a_staff_account_that_was_made_by_hand_is_handed_over_by_its_page(admin_client, scim):
    account = UserFactory.create(username="root", is_staff=True)
    lock = replace("active", False)
    assert scim.patch(path_of(account), lock).status_code == 403
    page = reverse("admin:django_scim_record_why", args=("User", account.pk))
    (label, url), *others = admin_client.get(page).context["provisioning"].actions
    assert (str(label), others) == ("Hand over", [])

    asked = admin_client.get(url)
    assert scim.connection in asked.context["connections"]
    (record, name), *_ = asked.context["resources"]
    assert name == "root"
    said = do(admin_client, "hand-over", record, connection=scim.connection.pk)

    assert len(said) == 1
    assert scim.patch(path_of(account), lock).status_code == 200
    assert LogEntry.objects.get().get_change_message() == "Changed managed by."


@pytest.mark.parametrize("junk", ["", "0", "x", "9" * 30])
def test_no_account_is_unlinked_without_a_connection(admin_client, scim, junk):
    (record,) = provisioned(scim, "bjensen")

    assert do(admin_client, "unlink", record, connection=junk) == ["Choose a connection."]

    assert Link.objects.count() == 1


def test_the_log_of_the_admin_says_who_has_done_an_action(admin_client, admin_user, scim):
    (record,) = provisioned(scim, "bjensen")

    do(admin_client, "unlink", record, connection=scim.connection.pk)
    do(admin_client, "deactivate", record)

    entries = LogEntry.objects.order_by("pk")
    assert {(entry.user, entry.object_id) for entry in entries} == {(admin_user, str(record.pk))}
    assert [entry.get_change_message() for entry in entries] == [
        f"Deleted link “{scim.connection}”.",
        "Changed active.",
    ]


def test_the_history_and_the_timeline_say_who_has_done_an_action(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")

    do(admin_client, "deactivate", record)

    page = admin_client.get(reverse("admin:django_scim_record_change", args=(record.pk,)))
    latest = page.context["provisioning"].steps[0]
    assert (latest.author, latest.event.detail) == ("the project itself", "deactivated by admin")
    (listed,) = admin_client.get(LIST).context["cl"].result_list
    assert listed.columns.author == "the project itself"


def test_an_action_on_several_resources_has_one_request_id(admin_client, scim):
    records = provisioned(scim, "bjensen", "jsmith")

    do(admin_client, "deactivate", *records)

    events = ProvisioningEvent.objects.filter(connection=None)
    assert len(events) == 2
    assert len({event.request_id for event in events}) == 1


def test_an_action_leads_back_to_where_the_person_came_from(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")
    back = reverse("admin:auth_user_changelist")

    response = admin_client.post(act("deactivate"), {"resource": record.pk, "next": back})

    assert response["Location"] == back


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\x"]
)
def test_an_action_leads_nobody_to_another_site(admin_client, scim, elsewhere):
    (record,) = provisioned(scim, "bjensen")

    response = admin_client.post(act("deactivate"), {"resource": record.pk, "next": elsewhere})

    assert response["Location"] == reverse("admin:django_scim_record_change", args=(record.pk,))


# What cannot be done


def test_an_action_changes_those_of_several_resources_that_it_can(admin_client, scim):
    records = provisioned(scim, "bjensen", "jsmith")
    scim.post("/Groups", group("Guides"))
    User.objects.filter(username="jsmith").update(is_superuser=True)

    messages = do(admin_client, "deactivate", *Record.objects.all())

    assert messages == [
        "1 resource is deactivated.",
        "jsmith: this User is protected and cannot be changed by SCIM",
        "Guides: a Group is never inactive",
    ]
    assert User.objects.get(username="jsmith").is_active
    assert LogEntry.objects.count() == 1
    assert str(records[0].pk) == LogEntry.objects.get().object_id


def test_an_action_names_a_value_that_was_taken_meanwhile(admin_client, scim):
    if database.vendor == "mysql":
        pytest.skip("The unique index of the host refuses the other account.")
    (record,) = provisioned(scim, "bjensen")
    scim.delete(path_of(User.objects.get(username="bjensen")))
    UserFactory.create(username="BJensen")

    assert do(admin_client, "restore", record) == [
        "bjensen: another resource has the same userName (column username)"
    ]
    assert not LogEntry.objects.exists()


def test_a_resource_that_is_deleted_while_it_is_asked_about_is_left_alone(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")
    admin_client.get(act("deactivate"), {"resource": record.pk})
    scim.delete(path_of(User.objects.get(username="bjensen")))
    before = stored()

    assert do(admin_client, "deactivate", record) == ["bjensen: this User is deleted"]
    assert stored() == before


def test_a_resource_whose_row_is_deleted_while_it_is_asked_about_is_gone(admin_client, scim):
    (record,) = provisioned(scim, "bjensen")
    User.objects.get(username="bjensen").delete()

    said = [f"User {record.key}: the row of this User is gone"]
    assert do(admin_client, "deactivate", record) == said


def test_a_record_without_a_row_cannot_be_changed(admin_client, connection):
    record = Record.objects.create(resource_type="User", integer_key=999)

    assert do(admin_client, "deactivate", record) == ["User 999: the row of this User is gone"]


def test_a_resource_of_a_type_that_is_served_no_more_cannot_be_changed(admin_client):
    record = Record.objects.create(resource_type="Robot", text_key="r2d2")

    assert do(admin_client, "restore", record) == [
        "Robot r2d2: the project does not serve this resource type any more"
    ]


def test_an_action_goes_on_with_the_other_accounts_if_a_function_of_the_project_fails(
    admin_client, scim, settings, caplog
):
    settings.DJANGO_SCIM = {"DEPROVISIONING": ["tests.deprovisioning.hooks.fail"]}
    (record,) = provisioned(scim, "bjensen")

    with caplog.at_level(logging.ERROR, "django_scim.admin"):
        messages = do(admin_client, "deactivate", record)

    assert messages == ["bjensen: an unexpected error, which the log has; nothing was changed"]
    assert "the card reader does not answer" in caplog.text
    assert User.objects.get(username="bjensen").is_active


def test_an_action_changes_no_more_resources_than_a_page_has(admin_client):
    Record.objects.bulk_create(Record(resource_type="User", integer_key=-number) for number in range(1, 103))

    assert do(admin_client, "deactivate", *Record.objects.all()) == ["Choose 100 resources at most."]


def test_an_action_on_a_selection_of_everything_changes_no_more_than_a_page(admin_client, scim):
    provisioned(scim, "bjensen")
    Record.objects.bulk_create(Record(resource_type="User", integer_key=-number) for number in range(1, 103))
    chosen = {"action": "deactivate", "_selected_action": [1], "select_across": "1", "index": 0}

    assert said(admin_client.post(LIST, chosen, follow=True)) == ["Choose 100 resources at most."]


def test_an_action_with_many_refusals_tells_some_of_them(admin_client):
    Record.objects.bulk_create(Record(resource_type="User", integer_key=-number) for number in range(1, 14))

    messages = do(admin_client, "deactivate", *Record.objects.all())

    assert len(messages) == 11
    assert messages[-1] == "3 more could not be changed."


@pytest.mark.parametrize("junk", ["x", "-1", "9" * 40, "", "1.5", "\0"])
def test_an_action_on_keys_that_are_none_finds_nothing(admin_client, scim, junk):
    provisioned(scim, "bjensen")
    before = stored()

    said_of_it = said(admin_client.post(act("deactivate"), {"resource": junk}, follow=True))

    assert said_of_it == ["These resources are no longer there."]
    assert stored() == before


def test_an_action_that_there_is_not_is_not_found(admin_client):
    assert admin_client.get(act("explode")).status_code == 404


# Who may


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("permissions", [["view_record"], ["change_record"], ["view_connection"], []])
def test_an_action_without_both_permissions_does_nothing(staff, scim, name, permissions):
    (record,) = provisioned(scim, "bjensen")
    browser = staff(*permissions)
    before = stored()

    data = {"resource": record.pk, "connection": Connection.objects.get().pk}
    assert browser.get(act(name), data).status_code == 403
    assert browser.post(act(name), data).status_code == 403
    chosen = {"action": name, "_selected_action": [record.pk], "index": 0}
    assert "resources" not in (browser.post(LIST, chosen).context or {})
    assert stored() == before


def test_an_action_with_both_permissions_is_done(staff, scim):
    (record,) = provisioned(scim, "bjensen")

    assert do(staff("view_record", "change_record"), "deactivate", record) == ["1 resource is deactivated."]


def test_an_action_needs_somebody_who_is_signed_in(client, scim):
    (record,) = provisioned(scim, "bjensen")

    response = client.post(act("deactivate"), {"resource": record.pk})

    assert response.status_code == 302
    assert "login" in response["Location"]
    assert User.objects.get(username="bjensen").is_active


def test_an_action_by_a_form_of_another_site_does_nothing(admin_user, scim):
    (record,) = provisioned(scim, "bjensen")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin_user)

    assert browser.post(act("deactivate"), {"resource": record.pk}).status_code == 403
    assert User.objects.get(username="bjensen").is_active


def test_the_question_before_an_action_takes_the_same_queries_however_many_resources_are_selected(
    admin_client, scim
):
    records = provisioned(scim, "bjensen", "jsmith", "ada")
    with counted() as few:
        admin_client.get(act("unlink"), {"resource": [records[0].pk]})
    with counted() as many:
        admin_client.get(act("unlink"), {"resource": [record.pk for record in records]})

    assert len(many) == len(few)
