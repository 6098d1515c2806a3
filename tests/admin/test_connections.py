"""The page on which a team sets up its identity provider."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.urls import reverse
from django.utils import timezone

from django_scim.models import AccessToken, Connection, Link, ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.factories import ConnectionFactory, GroupFactory
from tests.hosts.small.models import Device

LIST = reverse("admin:django_scim_connection_changelist")
ADD = reverse("admin:django_scim_connection_add")


def page(connection: Connection) -> str:
    """Return the address of the page of a connection."""
    return reverse("admin:django_scim_connection_change", args=(connection.pk,))


def form(name: str = "Okta", **fields: Any) -> dict[str, Any]:
    """Return what the form of a connection sends."""
    tokens = {"tokens-TOTAL_FORMS": "0", "tokens-INITIAL_FORMS": "0"}
    return {"name": name, "is_active": "on", "tenant_type": "", "tenant_id": "", **tokens, **fields}


def kind(model: Any) -> ContentType:
    """Return the content type of a model."""
    return ContentType.objects.get_for_model(model)


# Making one


def test_a_new_connection_is_saved_and_its_token_comes_next(admin_client):
    response = admin_client.post(ADD, form("Okta"), follow=True)

    connection = Connection.objects.get()
    assert (connection.name, connection.is_active) == ("Okta", True)
    assert response.redirect_chain == [(page(connection), 302)]
    assert "Create token" in response.text


def test_another_connection_can_be_added_at_once(admin_client):
    response = admin_client.post(ADD, form("Okta", _addanother="1"))

    assert response.url == ADD


def test_two_connections_cannot_have_one_name(admin_client):
    ConnectionFactory.create(name="Okta")
    response = admin_client.post(ADD, form("Okta"))

    assert response.status_code == 200
    assert "already exists" in response.text
    assert Connection.objects.count() == 1


def test_a_connection_that_is_not_saved_offers_no_token(admin_client):
    assert "Create token" not in admin_client.get(ADD).text


def test_a_connection_that_is_switched_off_refuses_its_tokens(admin_client, scim):
    fields = form(scim.connection.name)
    del fields["is_active"]
    admin_client.post(page(scim.connection), fields)

    assert scim.get("/Users").status_code == 401
    assert "refused, as the connection is not active" in admin_client.get(page(scim.connection)).text


# Its tenant


def test_a_connection_may_belong_to_any_object_of_the_project(admin_client):
    tenant = GroupFactory.create()
    admin_client.post(ADD, form(tenant_type=kind(tenant).pk, tenant_id=str(tenant.pk)))

    assert Connection.objects.get().tenant == tenant


@pytest.mark.parametrize("spelling", ["{}", " {} ", "0{}", "+{}"])
def test_the_key_of_a_tenant_is_kept_in_one_spelling(admin_client, spelling):
    """Connections of one tenant are told by it: they share what is unique."""
    tenant = GroupFactory.create()
    admin_client.post(ADD, form(tenant_type=kind(tenant).pk, tenant_id=spelling.format(tenant.pk)))

    assert Connection.objects.get().tenant_id == str(tenant.pk)


def test_the_key_of_a_tenant_may_be_a_uuid(admin_client):
    tenant = Device.objects.create(name="Printer")
    admin_client.post(ADD, form(tenant_type=kind(tenant).pk, tenant_id=str(tenant.pk).upper()))

    assert Connection.objects.get().tenant_id == str(tenant.pk)


@pytest.mark.parametrize("key", ["999", "abc", "-1", "1.5", "9" * 40, "None"])
def test_a_tenant_that_does_not_exist_is_refused(admin_client, key):
    """An adapter would scope by nothing at all."""
    response = admin_client.post(ADD, form(tenant_type=kind(GroupFactory._meta.model).pk, tenant_id=key))

    assert response.status_code == 200
    assert "There is no such object." in response.text
    assert not Connection.objects.exists()


@pytest.mark.parametrize("key", ["junk", "67fbf7bb-a602-8000-8000-000000000001"])
def test_what_is_no_key_of_the_tenants_model_is_refused(admin_client, key):
    response = admin_client.post(ADD, form(tenant_type=kind(Device).pk, tenant_id=key))

    assert "There is no such object." in response.text


def test_half_a_tenant_is_refused(admin_client):
    tenant = GroupFactory.create()

    assert "Give the primary key" in admin_client.post(ADD, form(tenant_type=kind(tenant).pk)).text
    assert "Choose what kind" in admin_client.post(ADD, form(tenant_id=str(tenant.pk))).text
    assert not Connection.objects.exists()


def test_a_tenant_whose_model_is_gone_is_refused(admin_client):
    gone = ContentType.objects.create(app_label="gone", model="gone")
    response = admin_client.post(ADD, form(tenant_type=gone.pk, tenant_id="1"))

    assert "There is no such object." in response.text


# The list


def test_the_list_counts_the_tokens_that_may_be_used(admin_client):
    connection = ConnectionFactory.create()
    now = timezone.now()
    for fields in ({}, {"expires": now + timedelta(days=1)}, {"expires": now - timedelta(days=1)}):
        AccessToken.objects.issue(connection, **fields)
    AccessToken.objects.issue(connection)[0].revoke()
    ConnectionFactory.create(is_active=False)
    AccessToken.objects.issue(Connection.objects.get(is_active=False))
    ConnectionFactory.create()
    rows = admin_client.get(LIST, {"o": "-4"}).context["cl"].result_list

    assert [row.usable_token_count for row in rows] == [2, 0, 0]


def test_the_list_takes_the_same_queries_however_long_it_is(admin_client):
    ConnectionFactory.create()
    with counted() as few:
        admin_client.get(LIST)
    ConnectionFactory.create_batch(10)
    with counted() as many:
        admin_client.get(LIST)

    assert len(many) == len(few)


# Its page


def test_the_page_takes_the_same_queries_however_many_tokens_there_are(admin_client, connection):
    AccessToken.objects.issue(connection)
    with counted() as few:
        admin_client.get(page(connection))
    for _ in range(10):
        AccessToken.objects.issue(connection)
    with counted() as many:
        admin_client.get(page(connection))

    assert len(many) == len(few)


def test_the_page_says_of_each_token_whether_it_may_be_used(admin_client, connection):
    AccessToken.objects.issue(connection, description="old")[0].revoke()
    AccessToken.objects.issue(connection, description="late", expires=timezone.now() - timedelta(days=1))
    AccessToken.objects.issue(connection, description="new")
    text = admin_client.get(page(connection)).text

    assert [text.count(f">{status}<") for status in ("revoked", "expired", "usable")] == [1, 1, 1]
    assert text.count(">Revoke<") == 1


def test_the_page_shows_no_token_and_no_digest(admin_client, connection):
    stored, token = AccessToken.objects.issue(connection)
    text = admin_client.get(page(connection)).text

    assert token not in text
    assert stored.digest not in text
    assert stored.hint in text


def test_the_page_leads_to_the_history_of_the_connection(admin_client, connection, event):
    event(display="bjensen")
    event(connection=ConnectionFactory.create(), display="jsmith")
    text = admin_client.get(page(connection)).text
    history = reverse("admin:django_scim_provisioningevent_changelist")
    address = f"{history}?connection__id__exact={connection.pk}"

    assert address in text
    rows = admin_client.get(address).context["cl"].result_list
    assert [row.display for row in rows] == ["bjensen"]


def test_a_name_is_escaped(admin_client):
    connection = ConnectionFactory.create(name="<script>alert(1)</script>")
    created = reverse("admin:django_scim_connection_create_token", args=(connection.pk,))

    for address in (LIST, page(connection), created):
        assert "<script>alert" not in admin_client.get(address).text


# The end of one


def test_deleting_a_connection_keeps_its_history(admin_client, connection, event):
    AccessToken.objects.issue(connection)
    Link.objects.create(
        record=Record.objects.create(resource_type="User", integer_key=1),
        connection=connection,
        external_id="x",
        digest="x",
    )
    kept = event()
    delete = reverse("admin:django_scim_connection_delete", args=(connection.pk,))
    text = admin_client.get(delete).text
    assert "Access tokens: 1" in text
    assert "Links: 1" in text

    admin_client.post(delete, {"post": "yes"})
    assert not Connection.objects.exists()
    assert not AccessToken.objects.exists()
    kept.refresh_from_db()
    assert kept.connection is None
    assert ProvisioningEvent.objects.count() == 1


def test_the_question_before_a_deletion_does_not_load_what_goes_with_it(admin_client, connection):
    delete = reverse("admin:django_scim_connection_delete", args=(connection.pk,))
    with counted() as few:
        admin_client.get(delete)
    for number in range(20):
        record = Record.objects.create(resource_type="User", integer_key=number)
        Link.objects.create(
            record=record, connection=connection, external_id=f"id-{number}", digest=str(number)
        )
    with counted() as many:
        text = admin_client.get(delete).text

    assert len(many) == len(few)
    assert "id-7" not in text


# Who may


def test_staff_without_permissions_sees_nothing_of_the_app(staff, connection):
    browser = staff()

    assert browser.get(LIST).status_code == 403
    assert browser.get(page(connection)).status_code == 403
    assert "SCIM provisioning" not in browser.get(reverse("admin:index")).text


def test_staff_that_may_view_cannot_change(staff, connection):
    browser = staff("view_connection")
    response = browser.get(page(connection))

    assert response.status_code == 200
    assert "Create token" not in response.text
    assert "Provisioning history" not in response.text
    assert 'name="_save"' not in response.text
    assert browser.post(page(connection), form("Mallory")).status_code == 403
    assert browser.post(ADD, form("Mallory")).status_code == 403


def test_staff_that_may_view_connections_does_not_see_their_tokens(staff, connection):
    AccessToken.objects.issue(connection, description="for Okta")

    assert "for Okta" not in staff("view_connection").get(page(connection)).text


def test_staff_that_may_view_tokens_cannot_revoke_them(staff, connection):
    AccessToken.objects.issue(connection, description="for Okta")
    text = staff("view_connection", "view_accesstoken").get(page(connection)).text

    assert "for Okta" in text
    assert "Revoke" not in text


def test_tokens_cannot_be_changed_through_the_form_of_their_connection(admin_client, connection):
    stored, _ = AccessToken.objects.issue(connection, scopes=["read"])
    response = admin_client.post(
        page(connection),
        {
            **form("Renamed"),
            "tokens-TOTAL_FORMS": "2",
            "tokens-INITIAL_FORMS": "1",
            "tokens-0-id": str(stored.pk),
            "tokens-0-connection": str(connection.pk),
            "tokens-0-scopes": "write",
            "tokens-0-DELETE": "on",
            "tokens-1-connection": str(connection.pk),
            "tokens-1-scopes": "write",
        },
    )

    assert response.status_code == 302
    connection.refresh_from_db()
    stored.refresh_from_db()
    assert (connection.name, stored.scopes) == ("Renamed", ["read"])
    assert AccessToken.objects.count() == 1
