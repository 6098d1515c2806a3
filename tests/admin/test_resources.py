"""The list of resources: what SCIM knows of the rows of the project."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from django_scim.models import Link, Record
from tests.admin.counting import counted
from tests.factories import GroupFactory, UserFactory
from tests.hosts.small.adapters import THING
from tests.hosts.small.models import Device
from tests.representations import group, path_of, user

LIST = reverse("admin:django_scim_record_changelist")
ATTACK = "<script>alert(1)</script>"


def page(record: Record) -> str:
    """Return the address of the page of a resource."""
    return reverse("admin:django_scim_record_change", args=(record.pk,))


def listed(browser, **query):
    """Return the keys of the rows that the list shows."""
    response = browser.get(LIST, query)
    assert response.status_code == 200
    return [record.key for record in response.context["cl"].result_list]


def touch(scim, row):
    """Let SCIM change a row, so that there is a record of it."""
    scim.patch(path_of(row), {"op": "add", "path": "externalId", "value": f"external-{row.pk}"})


# The list


def test_the_list_shows_what_people_call_the_resources(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    scim.post("/Groups", group("Tour Guides"))
    text = admin_client.get(LIST).text

    assert ">bjensen</a>" in text
    assert ">Tour Guides</a>" in text


def test_the_list_takes_the_same_queries_however_long_it_is(admin_client, scim):
    touch(scim, UserFactory.create())
    touch(scim, GroupFactory.create())
    with counted() as few:
        listed(admin_client)
    for _ in range(10):
        touch(scim, UserFactory.create())
        touch(scim, GroupFactory.create())
    with counted() as many:
        assert len(listed(admin_client)) == 22

    assert len(many) == len(few)


def test_the_list_does_not_read_the_stored_attributes(admin_client, scim):
    scim.post("/Users", user("bjensen", title="Guide"))
    with counted() as queries:
        listed(admin_client)

    read = [query["sql"] for query in queries if "django_scim_record" in query["sql"]]
    assert read
    assert not [sql for sql in read if "attributes" in sql or "comparable" in sql]


def test_a_row_that_the_project_has_deleted_is_listed_without_a_name(admin_client, scim):
    account = UserFactory.create()
    touch(scim, account)
    account.delete()
    Record.objects.get_or_create(resource_type="User", integer_key=999)

    assert 999 in listed(admin_client)
    assert "—" in admin_client.get(LIST).text


def test_records_of_a_resource_type_that_is_served_no_more_are_listed(admin_client):
    record = Record.objects.create(resource_type="Robot", text_key="r2d2")

    assert listed(admin_client) == ["r2d2"]
    assert admin_client.get(page(record)).status_code == 200


@pytest.mark.parametrize("junk", ["abc", "1.5", "9" * 40, "67fbf7bb-a602-8000-8000-000000000001", "é", "-"])
def test_a_search_for_what_no_key_can_be_finds_nothing(admin_client, scim, junk):
    touch(scim, UserFactory.create())

    assert listed(admin_client, q=junk) == []


def test_resources_are_found_by_key_and_by_external_id(admin_client, scim):
    first, second = UserFactory.create(), UserFactory.create()
    touch(scim, first)
    touch(scim, second)

    assert listed(admin_client, q=str(first.pk)) == [first.pk]
    assert listed(admin_client, q=f"external-{second.pk}") == [second.pk]


def test_a_resource_with_several_external_ids_is_listed_once(admin_client, scim, connection):
    account = UserFactory.create()
    touch(scim, account)

    assert listed(admin_client, q=f"external-{account.pk}") == [account.pk]
    assert Link.objects.count() == 1


def test_resources_with_uuid_keys_are_found(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"ADAPTERS": ["tests.hosts.small.adapters.DeviceAdapter"]}
    scim.post("/Devices", {"schemas": [THING], "name": "Printer", "externalId": "x"})
    device = Device.objects.get()

    assert listed(admin_client, q=str(device.pk)) == [device.pk]
    assert ">Printer</a>" in admin_client.get(LIST).text


def test_deleted_resources_are_told_from_the_others(admin_client, scim):
    kept, gone = UserFactory.create(), UserFactory.create()
    touch(scim, kept)
    touch(scim, gone)
    scim.delete(path_of(gone))

    assert listed(admin_client, deleted="no") == [kept.pk]
    assert listed(admin_client, deleted="yes") == [gone.pk]
    assert sorted(listed(admin_client, deleted="maybe")) == sorted([kept.pk, gone.pk])


def test_resources_are_filtered_by_their_type(admin_client, scim):
    touch(scim, UserFactory.create())
    touch(scim, guides := GroupFactory.create())

    assert listed(admin_client, resource_type="Group") == [guides.pk]
    assert listed(admin_client, resource_type="Robot") == []


# The page


def test_the_page_shows_what_no_column_holds(admin_client, scim):
    scim.post("/Users", user("bjensen", title="Tour Guide", externalId="okta-1"))
    text = admin_client.get(page(Record.objects.get())).text

    assert "&quot;title&quot;: &quot;Tour Guide&quot;" in text
    assert "okta-1" in text
    assert scim.connection.name in text
    assert "bjensen" in text


def test_the_page_leads_to_the_history_of_the_resource(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    scim.post("/Users", user("jsmith"))
    record = Record.objects.get(integer_key=type(UserFactory.build()).objects.get(username="bjensen").pk)
    events_url = admin_client.get(page(record)).context["events_url"]

    rows = admin_client.get(events_url).context["cl"].result_list
    assert [row.display for row in rows] == ["bjensen"]


def test_the_page_leads_to_the_row_of_the_project(admin_client, scim):
    account = UserFactory.create()
    touch(scim, account)

    address = reverse("admin:auth_user_change", args=(account.pk,))
    assert address in admin_client.get(page(Record.objects.get())).text


def test_staff_that_may_not_see_accounts_is_not_led_to_them(staff, scim):
    account = UserFactory.create()
    touch(scim, account)
    text = staff("view_record").get(page(Record.objects.get())).text

    assert reverse("admin:auth_user_change", args=(account.pk,)) not in text
    assert reverse("admin:django_scim_provisioningevent_changelist") not in text


def test_staff_that_may_see_accounts_is_led_to_them(staff, scim):
    account = UserFactory.create()
    touch(scim, account)
    browser = staff("view_record")
    person = type(account).objects.get(username="staff")
    person.user_permissions.add(Permission.objects.get(codename="view_user"))

    assert (
        reverse("admin:auth_user_change", args=(account.pk,)) in browser.get(page(Record.objects.get())).text
    )


def test_what_an_identity_provider_sends_is_escaped(admin_client, scim):
    assert scim.post("/Groups", group(ATTACK, externalId=ATTACK)).status_code == 201
    stored = Record.objects.get()
    stored.attributes = {"title": ATTACK, ATTACK: [ATTACK]}
    stored.save()

    for address in (LIST, page(stored)):
        assert ATTACK not in admin_client.get(address).text
        assert "&lt;script&gt;alert" in admin_client.get(address).text


def test_not_even_a_superuser_adds_changes_or_deletes_a_record(admin_client, scim):
    touch(scim, UserFactory.create())
    record = Record.objects.get()
    delete = reverse("admin:django_scim_record_delete", args=(record.pk,))

    assert admin_client.get(reverse("admin:django_scim_record_add")).status_code == 403
    assert admin_client.post(page(record), {"resource_type": "Group"}).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    assert Record.objects.filter(pk=record.pk, resource_type="User").exists()


def test_staff_without_the_permission_sees_no_resources(staff, scim):
    touch(scim, UserFactory.create())

    assert staff("view_connection").get(LIST).status_code == 403
