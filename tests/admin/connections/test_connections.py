"""The page on which a team sets up its identity provider."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_scim.history.statistics import time_text
from django_scim.models import AccessToken, Connection, Link, ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.factories import ConnectionFactory, GroupFactory
from tests.hosts.small.models import Device
from tests.representations import user

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


def test_another_connection_can_be_added_after_a_new_one_at_once(admin_client):
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
def test_a_tenant_with_a_key_that_its_model_cannot_have_is_refused(admin_client, key):
    response = admin_client.post(ADD, form(tenant_type=kind(Device).pk, tenant_id=key))

    assert "There is no such object." in response.text


def test_a_tenant_without_its_key_or_its_type_is_refused(admin_client):
    tenant = GroupFactory.create()

    assert "Give the primary key" in admin_client.post(ADD, form(tenant_type=kind(tenant).pk)).text
    assert "Choose what kind" in admin_client.post(ADD, form(tenant_id=str(tenant.pk))).text
    assert not Connection.objects.exists()


def test_a_tenant_whose_model_is_gone_is_refused(admin_client):
    gone = ContentType.objects.create(app_label="gone", model="gone")
    response = admin_client.post(ADD, form(tenant_type=gone.pk, tenant_id="1"))

    assert "There is no such object." in response.text


# The list


def test_the_list_of_connections_counts_the_tokens_that_may_be_used(admin_client):
    connection = ConnectionFactory.create()
    now = timezone.now()
    for fields in ({}, {"expires": now + timedelta(days=1)}, {"expires": now - timedelta(days=1)}):
        AccessToken.objects.issue(connection, **fields)
    AccessToken.objects.issue(connection)[0].revoke()
    ConnectionFactory.create(is_active=False)
    AccessToken.objects.issue(Connection.objects.get(is_active=False))
    ConnectionFactory.create()
    rows = admin_client.get(LIST, {"o": "-3"}).context["cl"].result_list

    assert [row.usable_token_count for row in rows] == [2, 0, 0]


def test_the_list_of_connections_takes_the_same_queries_however_long_it_is(admin_client):
    ConnectionFactory.create()
    with counted() as few:
        admin_client.get(LIST)
    ConnectionFactory.create_batch(10)
    with counted() as many:
        admin_client.get(LIST)

    assert len(many) == len(few)


# Its page


def test_the_page_of_a_connection_takes_the_same_queries_however_many_tokens_there_are(
    admin_client, connection
):
    AccessToken.objects.issue(connection)
    with counted() as few:
        admin_client.get(page(connection))
    for _ in range(10):
        AccessToken.objects.issue(connection)
    with counted() as many:
        admin_client.get(page(connection))

    assert len(many) == len(few)


def test_the_page_of_a_connection_says_of_each_token_whether_it_may_be_used(admin_client, connection):
    AccessToken.objects.issue(connection, description="old")[0].revoke()
    AccessToken.objects.issue(connection, description="late", expires=timezone.now() - timedelta(days=1))
    AccessToken.objects.issue(connection, description="new")
    text = admin_client.get(page(connection)).text

    assert [text.count(f">{status}<") for status in ("revoked", "expired", "usable")] == [1, 1, 1]
    assert text.count(">Revoke<") == 1


def test_the_page_of_a_connection_shows_no_token_and_no_digest(admin_client, connection):
    stored, token = AccessToken.objects.issue(connection)
    text = admin_client.get(page(connection)).text

    assert token not in text
    assert stored.digest not in text
    assert stored.hint in text


def test_the_page_of_a_connection_leads_to_the_history_of_the_connection(admin_client, connection, event):
    event(display="bjensen")
    event(connection=ConnectionFactory.create(), display="jsmith")
    text = admin_client.get(page(connection)).text
    history = reverse("admin:django_scim_provisioningevent_changelist")
    address = f"{history}?connection__id__exact={connection.pk}"

    assert address in text
    rows = admin_client.get(address).context["cl"].result_list
    assert [row.display for row in rows] == ["bjensen"]


def test_the_name_of_a_connection_is_escaped(admin_client):
    connection = ConnectionFactory.create(name="<script>alert(1)</script>")
    created = reverse("admin:django_scim_connection_create_token", args=(connection.pk,))

    for address in (LIST, page(connection), created):
        assert "<script>alert" not in admin_client.get(address).text


# Its pause


def resume_url(connection: Connection) -> str:
    """Return the address that the button to resume a connection posts to."""
    return reverse("admin:django_scim_connection_resume", args=(connection.pk,))


@pytest.fixture
def paused(connection):
    """A connection that was stopped."""
    connection.pause("more than 5 accounts <were> to go")
    return connection


def test_a_paused_connection_says_so_and_why(admin_client, paused):
    text = admin_client.get(page(paused)).text

    assert f'href="{resume_url(paused)}" class="button" id="scim-resume"' in text
    assert "Reason: more than 5 accounts &lt;were&gt; to go." in text
    assert "Paused since" in admin_client.get(LIST).text


def test_a_connection_that_runs_has_no_button_to_resume_it(admin_client, connection):
    text = admin_client.get(page(connection)).text

    assert "Resume" not in text
    assert "scim-resume" not in text


def test_a_paused_connection_writes_again_once_it_is_resumed(admin_client, scim):
    scim.connection.pause("a reason")
    assert scim.post("/Users", user("a")).status_code == 503
    response = admin_client.post(resume_url(scim.connection), follow=True)

    assert response.redirect_chain == [(page(scim.connection), 302)]
    assert "The connection is resumed." in response.text
    assert scim.post("/Users", user("a")).status_code == 201
    scim.connection.refresh_from_db()
    assert (scim.connection.paused_at, scim.connection.pause_reason) == (None, "")


def test_the_admins_log_says_who_resumed_a_connection_and_why_it_was_paused(admin_client, paused):
    admin_client.post(resume_url(paused))

    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.object_id) == ("admin", str(paused.pk))
    assert entry.get_change_message() == "Resumed. It was paused because: more than 5 accounts <were> to go"


def test_resuming_a_connection_twice_is_logged_once(admin_client, paused):
    admin_client.post(resume_url(paused))
    response = admin_client.post(resume_url(paused), follow=True)

    assert "The connection is not paused any more." in response.text
    assert LogEntry.objects.count() == 1


def test_resuming_a_connection_is_asked_about_first(admin_client, paused):
    response = admin_client.get(resume_url(paused))

    assert "Resume the connection?" in response.text
    assert "more than 5 accounts &lt;were&gt; to go" in response.text
    paused.refresh_from_db()
    assert paused.paused_at is not None


def test_a_form_from_elsewhere_resumes_no_connection(admin_user, paused):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin_user)

    assert browser.post(resume_url(paused)).status_code == 403
    paused.refresh_from_db()
    assert paused.paused_at is not None


def test_a_connection_that_does_not_exist_cannot_be_resumed(admin_client):
    assert admin_client.post(resume_url(ConnectionFactory.build(pk=999))).status_code == 404


@pytest.mark.parametrize(
    "permissions", [(), ("view_connection",), ("view_connection", "add_connection", "change_accesstoken")]
)
def test_staff_that_may_not_change_a_connection_cannot_resume_it(staff, paused, permissions):
    browser = staff(*permissions)

    assert browser.post(resume_url(paused)).status_code == 403
    paused.refresh_from_db()
    assert paused.paused_at is not None


def test_staff_that_may_view_a_paused_connection_sees_that_without_a_button(staff, paused):
    text = staff("view_connection").get(page(paused)).text

    assert "Writes are refused since" in text
    assert "scim-resume" not in text


def test_whoever_is_not_signed_in_resumes_no_connection(client, paused):
    response = client.post(resume_url(paused))

    assert response.url.startswith(reverse("admin:login"))
    paused.refresh_from_db()
    assert paused.paused_at is not None


def test_a_pause_that_begins_while_a_connection_is_saved_is_kept(admin_client, connection):
    def pause(sender, instance, **kwargs):
        Connection.objects.filter(pk=instance.pk).update(paused_at=timezone.now(), pause_reason="a reason")

    pre_save.connect(pause, sender=Connection)
    try:
        admin_client.post(page(connection), form("Renamed"))
    finally:
        pre_save.disconnect(pause, sender=Connection)

    connection.refresh_from_db()
    assert (connection.name, connection.pause_reason) == ("Renamed", "a reason")


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


def test_the_question_before_a_connection_is_deleted_does_not_load_what_goes_with_it(
    admin_client, connection
):
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


def test_staff_that_may_view_connections_cannot_change_them(staff, connection):
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


# How it reads


def test_no_two_buttons_of_a_connection_are_called_history(admin_client, connection):
    text = admin_client.get(page(connection)).text

    buttons = re.findall(r"<li><a href=[^>]*>([^<]+)</a></li>", text)
    assert {"Provisioning history", "Changes by staff"} <= {*buttons}
    assert "History" not in buttons


def test_times_have_one_form_on_all_pages(admin_client, scim):
    scim.post("/Users", user("bjensen", externalId="1"))
    event, record = ProvisioningEvent.objects.get(), Record.objects.get()
    addresses = [
        LIST,
        page(scim.connection),
        reverse("admin:django_scim_provisioningevent_changelist"),
        reverse("admin:django_scim_provisioningevent_change", args=(event.pk,)),
        reverse("admin:django_scim_record_changelist"),
        reverse("admin:django_scim_record_change", args=(record.pk,)),
    ]

    for address in addresses:
        text = admin_client.get(address).text
        assert f"{time_text(event.time):.16}" in text, address
        assert not re.search(r"\d [ap]\.m\.", text), address


# Tenants


def test_the_list_of_connections_names_their_tenants(admin_client):
    device = Device.objects.create(name="Acme")
    ConnectionFactory.create(name="Okta", tenant=device)
    ConnectionFactory.create(name="Entra ID")
    text = admin_client.get(LIST).text

    assert re.findall(r'<td class="field-tenant_name">(.*?)</td>', text) == ["-", str(device)]


def test_a_tenant_that_is_gone_is_named_by_its_key(admin_client):
    gone = str(uuid4())
    ConnectionFactory.create(tenant_type=kind(Device), tenant_id=gone)

    assert f'<td class="field-tenant_name">{gone}</td>' in admin_client.get(LIST).text


def test_a_project_without_tenants_has_no_column_of_them(admin_client, connection):
    assert "tenant_name" not in admin_client.get(LIST).text


def test_the_list_of_connections_takes_the_same_queries_however_many_tenants_there_are(admin_client):
    ConnectionFactory.create(tenant=Device.objects.create(name="Acme"))
    admin_client.get(LIST)
    with counted() as few:
        admin_client.get(LIST)
    for number in range(5):
        ConnectionFactory.create(tenant=Device.objects.create(name=f"Acme {number}"))
    with counted() as many:
        admin_client.get(LIST)

    assert len(many) == len(few)
