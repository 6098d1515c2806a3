"""The list of resources: what SCIM knows of the rows of the project."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.urls import reverse
from django.utils import timezone

from django_scim.models import Connection, Link, ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.hosts.small.adapters import THING
from tests.hosts.small.models import Device, Legacy
from tests.representations import group, id_of, path_of, user

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


def shown(browser, record, **query):
    """Return what the list shows of a record."""
    response = browser.get(LIST, query)
    (found,) = [row for row in response.context["cl"].result_list if row.pk == record.pk]
    return found.columns


# The list


def test_the_list_of_resources_shows_what_people_call_the_resources(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    scim.post("/Groups", group("Tour Guides"))
    text = admin_client.get(LIST).text

    assert ">User bjensen</a>" in text
    assert ">Group Tour Guides</a>" in text


def test_the_list_of_resources_takes_the_same_queries_however_long_it_is(admin_client, scim):
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


def test_the_list_of_resources_does_not_read_the_stored_attributes(admin_client, scim):
    scim.post("/Users", user("bjensen", title="Guide"))
    with counted() as queries:
        listed(admin_client)

    read = [query["sql"] for query in queries if "django_scim_record" in query["sql"]]
    assert read
    assert not [sql for sql in read if "attributes" in sql or "comparable" in sql]


def test_a_row_that_was_deleted_by_sql_is_listed_by_its_key(admin_client, scim):
    account = UserFactory.create()
    touch(scim, account)
    User.objects.filter(pk=account.pk)._raw_delete("default")

    assert listed(admin_client) == [account.pk]
    assert f">User {account.pk}</a>" in admin_client.get(LIST).text


def test_a_row_that_the_project_has_deleted_is_listed_no_more_and_neither_is_the_next_of_its_key(
    admin_client, scim
):
    row = UserFactory.create(username="anna")
    touch(scim, row)
    key = row.pk
    row.delete()
    assert listed(admin_client) == []

    UserFactory.create(pk=key, username="eva")

    assert listed(admin_client) == []
    assert listed(admin_client, q="eva") == [key]


def test_records_of_a_resource_type_that_is_served_no_more_are_listed(admin_client):
    record = Record.objects.create(resource_type="Robot", text_key="r2d2")

    assert listed(admin_client) == ["r2d2"]
    assert admin_client.get(page(record)).status_code == 200


@pytest.mark.parametrize("junk", ["abc", "1.5", "9" * 40, "67fbf7bb-a602-8000-8000-000000000001", "ж", "%"])
def test_a_search_of_resources_for_what_no_key_can_be_finds_none(admin_client, scim, junk):
    touch(scim, UserFactory.create())

    assert listed(admin_client, q=junk) == []


def test_resources_are_found_by_key_and_by_external_id(admin_client, scim):
    first, second = UserFactory.create(username="ada"), UserFactory.create(username="bob")
    touch(scim, first)
    touch(scim, second)

    assert listed(admin_client, q=str(first.pk)) == [first.pk]
    assert listed(admin_client, q=f"external-{second.pk}") == [second.pk]


def test_resources_are_found_by_name_and_by_id(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    scim.post("/Users", user("jsmith"))
    scim.post("/Groups", group("Guides"))
    account = User.objects.get(username="bjensen")

    assert listed(admin_client, q="bjensen") == [account.pk]
    assert listed(admin_client, q=id_of(account)) == [account.pk]
    assert listed(admin_client, q="Guides") == [Group.objects.get().pk]


def test_resources_are_found_by_the_column_of_their_id(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Legacy": {"adapter": "tests.hosts.small.adapters.LegacyAdapter"}}}
    scim.post("/Legacies", {"schemas": [THING], "name": "Printer", "externalId": "x"})
    row = Legacy.objects.get()

    assert listed(admin_client, q=row.scim_id) == [row.pk]


def test_resources_with_text_for_a_key_are_found(admin_client, scim, settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"License": {"adapter": "tests.hosts.small.adapters.LicenseAdapter"}}
    }
    Record.objects.create(resource_type="License", text_key="MIT")

    assert listed(admin_client, q="MIT") == ["MIT"]


def test_a_resource_with_several_external_ids_is_listed_once(admin_client, scim, connection):
    account = UserFactory.create()
    touch(scim, account)

    assert listed(admin_client, q=f"external-{account.pk}") == [account.pk]
    assert Link.objects.count() == 1


def test_resources_with_uuid_keys_are_found(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Device": {"adapter": "tests.hosts.small.adapters.DeviceAdapter"}}}
    scim.post("/Devices", {"schemas": [THING], "name": "Printer", "externalId": "x"})
    device = Device.objects.get()

    assert listed(admin_client, q=str(device.pk)) == [device.pk]
    assert ">Device Printer</a>" in admin_client.get(LIST).text


def test_deleted_resources_are_told_from_the_others(admin_client, scim):
    kept, gone = UserFactory.create(), UserFactory.create()
    touch(scim, kept)
    touch(scim, gone)
    scim.delete(path_of(gone))

    assert listed(admin_client, status="active") == [kept.pk]
    assert listed(admin_client, status="deleted") == [gone.pk]
    assert sorted(listed(admin_client, status="maybe")) == sorted([kept.pk, gone.pk])


def test_resources_are_filtered_by_their_type(admin_client, scim):
    touch(scim, UserFactory.create())
    touch(scim, guides := GroupFactory.create())

    assert listed(admin_client, resource_type="Group") == [guides.pk]
    assert listed(admin_client, resource_type="Robot") == []


def test_resources_are_filtered_by_the_connection_that_has_linked_them(admin_client, scim):
    other = ScimClient(ConnectionFactory.create())
    touch(scim, mine := UserFactory.create())
    touch(other, theirs := UserFactory.create())
    touch(scim, both := UserFactory.create())
    touch(other, managed(other.connection, both))

    assert listed(admin_client, connection=scim.connection.pk) == [both.pk, mine.pk]
    assert listed(admin_client, connection=other.connection.pk) == [both.pk, theirs.pk]


@pytest.mark.parametrize("junk", ["0", "-1", "x", "9" * 30, "٣", ""])
def test_a_connection_that_there_is_not_has_no_resources(admin_client, scim, junk):
    touch(scim, UserFactory.create())

    assert listed(admin_client, connection=junk) == []


def test_resources_that_a_connection_has_made_without_an_external_id_are_found_in_the_history(
    admin_client, scim
):
    scim.post("/Users", user("bjensen"))
    scim.post("/Users", user("jsmith", externalId="okta-1"))

    response = admin_client.get(LIST, {"connection": scim.connection.pk})

    assert [record.columns.name for record in response.context["cl"].result_list] == ["jsmith"]
    events = admin_client.get(response.context["created_url"]).context["cl"].result_list
    assert {event.display for event in events} == {"bjensen", "jsmith"}


def test_staff_that_may_not_see_the_history_is_not_led_there_from_resources(staff, scim):
    touch(scim, UserFactory.create())

    response = staff("view_record").get(LIST, {"connection": scim.connection.pk})

    assert "created_url" not in response.context


def test_the_filter_of_resources_offers_as_many_connections_as_fit_and_takes_any(admin_client, scim):
    touch(scim, account := UserFactory.create())
    for number in range(60):
        ConnectionFactory.create(name=f"A {number}")

    assert len(offered(admin_client, "connection")) == 50
    assert listed(admin_client, connection=scim.connection.pk) == [account.pk]
    assert str(scim.connection.pk) in offered(admin_client, "connection", connection=scim.connection.pk)


def offered(browser, parameter, **query):
    """Return the values that a filter offers."""
    specs = browser.get(LIST, query).context["cl"].filter_specs
    (spec,) = [spec for spec in specs if spec.parameter_name == parameter]
    return [value for value, _ in spec.lookup_choices]


def test_inactive_accounts_are_told_from_active_ones(admin_client, scim):
    touch(scim, active := UserFactory.create())
    touch(scim, inactive := UserFactory.create(is_active=False))
    touch(scim, guides := GroupFactory.create())
    touch(scim, gone := UserFactory.create(is_active=False))
    scim.delete(path_of(gone))

    assert listed(admin_client, status="inactive") == [inactive.pk]
    assert sorted(listed(admin_client, status="active")) == sorted([active.pk, guides.pk])


def test_accounts_whose_activity_is_in_the_record_are_told_apart(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"active": None}}}}
    scim.post("/Users", user("bjensen", active=True))
    scim.post("/Users", user("jsmith", active=False))
    active, inactive = Record.objects.order_by("pk")

    assert listed(admin_client, status="inactive") == [inactive.key]
    assert listed(admin_client, status="active") == [active.key]
    assert shown(admin_client, active).is_active is True
    assert shown(admin_client, inactive).is_active is False


def test_rows_with_keys_of_any_type_are_active(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Device": {"adapter": "tests.hosts.small.adapters.DeviceAdapter"}}}
    scim.post("/Devices", {"schemas": [THING], "name": "Printer", "externalId": "x"})

    assert listed(admin_client, status="active") == [Device.objects.get().pk]
    assert listed(admin_client, status="inactive") == []


def test_the_list_of_resources_says_what_connections_call_a_resource(admin_client, scim):
    other = ScimClient(ConnectionFactory.create())
    touch(scim, account := UserFactory.create())
    managed(other.connection, account)
    other.patch(path_of(account), {"op": "add", "path": "externalId", "value": "entra-1"})
    record = Record.objects.get()

    assert shown(admin_client, record).external_ids == [
        f"{scim.connection}: external-{account.pk}",
        f"{other.connection}: entra-1",
    ]
    assert shown(admin_client, record, connection=other.connection.pk).external_ids == ["entra-1"]


def test_the_list_of_resources_says_who_has_changed_a_resource_last(admin_client, scim):
    other = ScimClient(ConnectionFactory.create())
    touch(scim, account := UserFactory.create())
    record = Record.objects.get()
    assert shown(admin_client, record).author == str(scim.connection)

    touch(other, managed(other.connection, account))
    assert shown(admin_client, record).author == str(other.connection)

    account.first_name = "Babs"
    account.save()
    assert shown(admin_client, record).author == "the project itself"


def test_a_refused_write_and_a_read_are_no_change(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RECORD_READS": True}
    touch(scim, account := UserFactory.create())
    account.first_name = "Babs"
    account.save()
    scim.get(path_of(account))
    scim.patch(path_of(account), {"op": "replace", "path": "userName", "value": "x" * 500})

    assert shown(admin_client, Record.objects.get()).author == "the project itself"


def test_nobody_is_the_author_of_a_change_that_the_history_has_forgotten(admin_client, scim):
    touch(scim, UserFactory.create())
    ProvisioningEvent.objects.all().delete()
    touch(scim, UserFactory.create())

    older = Record.objects.order_by("pk")[0]
    assert shown(admin_client, older).author is None


def test_a_change_by_a_connection_that_is_gone_is_not_taken_for_one_of_the_project(admin_client, scim):
    touch(scim, UserFactory.create())
    Connection.objects.all().delete()

    assert shown(admin_client, Record.objects.get()).author == "a connection that is gone"


def test_the_account_in_the_list_of_resources_leads_to_its_page(admin_client, scim):
    touch(scim, account := UserFactory.create())

    assert shown(admin_client, Record.objects.get()).url == reverse(
        "admin:auth_user_change", args=(account.pk,)
    )


def test_staff_that_may_not_see_accounts_sees_only_their_keys(staff, scim):
    touch(scim, account := UserFactory.create())
    response = staff("view_record").get(LIST)

    assert reverse("admin:auth_user_change", args=(account.pk,)) not in response.text
    assert "Run" not in response.text


# The page


def test_the_page_of_a_resource_shows_what_no_column_holds(admin_client, scim):
    scim.post("/Users", user("bjensen", title="Tour Guide", externalId="okta-1"))
    text = admin_client.get(page(Record.objects.get())).text

    assert "&quot;title&quot;: &quot;Tour Guide&quot;" in text
    assert "okta-1" in text
    assert scim.connection.name in text
    assert "bjensen" in text


def test_the_page_of_a_resource_leads_to_the_history_of_the_resource(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    scim.post("/Users", user("jsmith"))
    record = Record.objects.get(integer_key=type(UserFactory.build()).objects.get(username="bjensen").pk)
    events_url = admin_client.get(page(record)).context["provisioning"].events_url

    rows = admin_client.get(events_url).context["cl"].result_list
    assert [row.display for row in rows] == ["bjensen"]


def test_the_page_of_a_resource_leads_to_the_row_of_the_project(admin_client, scim):
    account = UserFactory.create()
    touch(scim, account)

    address = reverse("admin:auth_user_change", args=(account.pk,))
    assert address in admin_client.get(page(Record.objects.get())).text


def test_staff_that_may_not_see_accounts_is_not_led_to_them_from_resources(staff, scim):
    account = UserFactory.create()
    touch(scim, account)
    text = staff("view_record").get(page(Record.objects.get())).text

    assert reverse("admin:auth_user_change", args=(account.pk,)) not in text
    assert reverse("admin:django_scim_provisioningevent_changelist") not in text


def test_staff_that_may_see_accounts_is_led_to_them_from_resources(staff, scim):
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


# Pages


@pytest.fixture
def many(db):
    """Records of more than two pages, the newest of which was modified first."""
    now = timezone.now()
    Record.objects.bulk_create(
        Record(resource_type="User", integer_key=-number, last_modified=now - timedelta(seconds=number // 3))
        for number in range(1, 251)
    )


def walk(browser, url, direction):
    """Return the keys of each page that links lead to."""
    pages = []
    while url is not None:
        cl = browser.get(url).context["cl"]
        pages.append([record.pk for record in cl.result_list])
        url = getattr(cl, direction)
        url = None if url is None else f"{LIST}{url}"
        last = cl
    return pages, last


@pytest.mark.parametrize("query", ["", "?resource_type=User"])
def test_the_pages_of_the_list_have_each_resource_once_in_both_directions(admin_client, many, query):
    forward, last = walk(admin_client, f"{LIST}{query}", "next_url")

    assert [len(page) for page in forward] == [100, 100, 50]
    order = ("-last_modified", "-pk") if query else ("-pk",)
    assert [pk for page in forward for pk in page] == list(
        Record.objects.order_by(*order).values_list("pk", flat=True)
    )
    backward, first = walk(admin_client, f"{LIST}{last.previous_url}", "previous_url")
    assert backward == [forward[1], forward[0]]
    assert first.next_url is not None


def test_a_resource_that_comes_meanwhile_does_not_move_the_pages_of_the_list(admin_client, many):
    first = admin_client.get(LIST).context["cl"]
    expected = list(Record.objects.order_by("-pk").values_list("pk", flat=True)[100:200])
    Record.objects.create(resource_type="User", integer_key=1)

    second = admin_client.get(f"{LIST}{first.next_url}").context["cl"]

    assert [record.pk for record in second.result_list] == expected


@pytest.mark.parametrize("name", ["after", "before"])
@pytest.mark.parametrize(
    "junk", ["", "x", "-1", "9" * 30, "1,x", "1,0001-01-01T00:00:00+14:00", "1,9999-12-31T23:59:59-14:00"]
)
@pytest.mark.parametrize("query", [{}, {"resource_type": "User"}])
def test_a_page_of_resources_at_no_place_is_answered_as_any_wrong_address(
    admin_client, many, name, junk, query
):
    response = admin_client.get(LIST, {**query, name: junk})

    assert response.status_code == 302
    assert response["Location"] == f"{LIST}?e=1"


def test_a_filter_of_resources_leads_to_the_first_page(admin_client, many):
    first = admin_client.get(LIST).context["cl"]
    second = admin_client.get(f"{LIST}{first.next_url}")

    cl = second.context["cl"]
    links = [choice["query_string"] for spec in cl.filter_specs for choice in spec.choices(cl)]
    assert links
    assert not [link for link in links if "after" in link]


def test_the_order_of_resources_cannot_be_changed_by_the_address(admin_client, many):
    assert listed(admin_client, o="6") == listed(admin_client)


def test_the_list_of_resources_counts_nothing(admin_client, many):
    with counted() as queries:
        listed(admin_client, status="active", resource_type="User")

    assert not [query["sql"] for query in queries if "COUNT(" in query["sql"]]


# Finding people


@pytest.mark.parametrize("text", ["Schmidt", "chmi", "anna@", "Anna Schmidt"])
def test_a_part_of_a_name_or_an_address_finds_a_resource(admin_client, scim, text):
    account = UserFactory.create(first_name="Anna", last_name="Schmidt", email="anna@firma.example")
    touch(scim, account)
    touch(scim, UserFactory.create())

    assert listed(admin_client, q=text) == [account.pk]


def test_who_has_no_record_is_found_beside_the_list(admin_client, db):
    account = UserFactory.create(username="anna", last_name="Schmidt")

    text = admin_client.get(LIST, {"q": "Schmidt"}).text

    assert reverse("admin:django_scim_record_why", args=("User", account.pk)) in text


def test_a_search_says_nothing_of_refusals_to_those_who_may_not_see_events(staff, scim):
    scim.post("/Users", user("anna", emails="nonsense"))

    assert "anna is not there" not in staff("view_record").get(LIST, {"q": "Anna"}).text


def test_a_search_says_of_whom_nobody_could_make_that_it_was_refused(admin_client, scim):
    scim.post("/Users", user("anna", emails="nonsense"))

    assert "anna is not there" in admin_client.get(LIST, {"q": "Anna"}).text


def test_a_search_that_finds_somebody_of_a_name_does_not_say_that_nobody_has_it(admin_client, scim):
    UserFactory.create(username="anna")
    scim.post("/Users", user("anna"))

    text = admin_client.get(LIST, {"q": "Anna"}).text

    assert "asked for anna, and was refused with 409" in text
    assert "is not there" not in text
