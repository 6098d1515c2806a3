"""Provisioning on the pages of the project's own rows."""

from __future__ import annotations

import copy
import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from django_scim.models import ProvisioningEvent, Record
from tests.admin.counting import counted
from tests.admin.resources.staff_site import bare_site, site
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.hosts.small.adapters import THING
from tests.hosts.small.models import Account, Device, Legacy, Person, Profile, Team
from tests.operations.patch_operations import add, replace
from tests.representations import group, path_of, user

TEMPLATES = {
    "staff/person_form.html": (
        '{% extends "admin/change_form.html" %}'
        "{% block content %}<p>People of the project</p>{{ block.super }}{% endblock %}"
    ),
    "staff/team_form.html": (
        '{% extends "admin/change_form.html" %}'
        '{% block after_field_sets %}{% include "admin/django_scim/panel/panel.html" %}{% endblock %}'
    ),
}


@pytest.fixture(autouse=True)
def staff_site(settings):
    """The project has admins and templates of its own."""
    settings.ROOT_URLCONF = "tests.admin.resources.staff_site"
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["APP_DIRS"] = False
    templates[0]["OPTIONS"]["loaders"] = [
        ("django.template.loaders.locmem.Loader", TEMPLATES),
        "django.template.loaders.app_directories.Loader",
    ]
    settings.TEMPLATES = templates


@pytest.fixture
def people(settings):
    """The users of the project are people with profiles."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}}


@pytest.fixture
def account(scim):
    """An account that SCIM has made."""
    scim.post("/Users", user("bjensen", active=True, externalId="okta-1", title="Guide"))
    return User.objects.get(username="bjensen")


def page(row, own_site=site):
    """Return the address of the page of a row."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=(row.pk,), current_app=own_site.name)


def note_of(response, name):
    """Return what the page says below a field, and by which attribute the field leads to it."""
    form = response.context["adminform"].form
    return form[name].help_text, form[name].build_widget_attrs({}).get("aria-describedby")


# The panel


def test_the_page_of_an_account_shows_what_scim_knows_of_it(admin_client, scim, account):
    response = admin_client.get(page(account))

    assert "Provisioning</h2>" in response.text
    assert scim.connection.name in response.text
    assert "okta-1" in response.text
    assert "&quot;title&quot;: &quot;Guide&quot;" in response.text
    assert [step.event.operation for step in response.context["provisioning"].steps] == ["create"]


def test_the_panel_leads_to_the_resource_and_to_its_history(admin_client, account):
    text = admin_client.get(page(account)).text

    assert (
        reverse("admin:django_scim_record_change", args=(Record.objects.get().pk,), current_app="staff")
        in text
    )
    assert reverse("admin:django_scim_provisioningevent_changelist", current_app="staff") in text


def test_the_actions_of_the_panel_lead_back_to_the_page_of_the_account(admin_client, account):
    response = admin_client.get(page(account))
    (label, url), _ = response.context["provisioning"].actions
    assert label == "Deactivate"

    asked = admin_client.get(url)

    assert asked.context["back_url"] == page(account)
    done = admin_client.post(
        url.partition("?")[0], {"resource": Record.objects.get().pk, "next": page(account)}
    )
    assert done["Location"] == page(account)
    account.refresh_from_db()
    assert not account.is_active


def test_an_account_that_scim_has_never_touched_is_provisioned_by_nobody(admin_client, connection):
    row = UserFactory.create()

    response = admin_client.get(page(row))

    assert response.context["provisioning"].provisioning.is_provisioned is False
    assert "<td>nobody</td>" in response.text
    assert "Provisioned by" not in note_of(response, "username")[0]


def test_the_page_of_a_group_has_the_panel_too(admin_client, scim):
    scim.post("/Groups", group("Guides", externalId="okta-2"))
    row = GroupFactory._meta.model.objects.get(name="Guides")

    response = admin_client.get(page(row))

    assert "okta-2" in response.text
    assert "Provisioned by" in note_of(response, "name")[0]


def test_rows_with_keys_of_any_type_have_the_panel(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Device": {"adapter": "tests.hosts.small.adapters.DeviceAdapter"}}}
    scim.post("/Devices", {"schemas": [THING], "name": "Printer", "externalId": "x-1"})

    response = admin_client.get(page(Device.objects.get()))

    assert "x-1" in response.text
    assert "Provisioned by" in note_of(response, "name")[0]


def test_a_row_without_an_id_has_no_panel(admin_client, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Legacy": {"adapter": "tests.hosts.small.adapters.LegacyAdapter"}}}
    row = Legacy.objects.create(name="Printer")

    assert "provisioning" not in admin_client.get(page(row)).context


def test_a_row_that_no_adapter_serves_has_its_page_as_ever(admin_client):
    row = Account.objects.create(email="bjensen@example.com")

    response = admin_client.get(page(row))

    assert response.status_code == 200
    assert "provisioning" not in response.context


def test_the_page_that_adds_an_account_has_no_panel(admin_client):
    response = admin_client.get(reverse("admin:auth_user_add", current_app="staff"))

    assert response.status_code == 200
    assert "scim-panel" not in response.text
    assert "Provisioned by" not in response.text


def test_an_account_can_be_added_in_an_admin_with_the_panel(admin_client):
    fields = {"username": "ada", "usable_password": "false"}

    response = admin_client.post(reverse("admin:auth_user_add", current_app="staff"), fields)

    assert response.status_code == 302
    assert User.objects.filter(username="ada").exists()


def test_a_popup_of_the_admin_has_no_panel(admin_client, account):
    assert "scim-panel" not in admin_client.get(page(account), {"_popup": "1"}).text


def test_a_template_of_the_project_is_kept_with_the_panel_below(admin_client, scim, people):
    scim.post("/Users", user("bjensen", externalId="okta-1"))

    text = admin_client.get(page(Person.objects.get())).text

    assert "People of the project" in text
    assert text.index("</form></div>") < text.index("scim-panel-heading")


def test_a_template_of_the_project_can_include_the_panel_where_it_wants(admin_client, scim, settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            "User": {"adapter": "tests.hosts.small.adapters.AccountAdapter"},
            "Group": {"adapter": "tests.hosts.small.adapters.TeamAdapter"},
        }
    }
    scim.post("/Groups", group("Guides", externalId="okta-1"))

    response = admin_client.get(page(Team.objects.get()))

    assert response.text.count('id="scim-panel-heading"') == 1
    assert response.text.index("scim-panel-heading") < response.text.index('name="_save"')
    assert "Provisioned by" in note_of(response, "members")[0]
    assert note_of(response, "owners")[0].find("Provisioned") == -1


def test_the_panel_puts_no_form_within_another(admin_client, account):
    text = admin_client.get(page(account)).text

    depth = 0
    for tag in re.findall(r"</?form\b", text):
        depth += -1 if tag.startswith("</") else 1
        assert depth in (0, 1)


def test_another_admin_without_the_pages_of_the_app_shows_no_panel(admin_client, account):
    text = admin_client.get(page(account, bare_site)).text

    assert "scim-panel" not in text
    assert "Provisioned by an identity provider." in text


def test_the_panel_is_for_those_who_may_view_resources(staff, scim, account):
    browser = staff()
    person = User.objects.get(username="staff")
    person.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))

    text = browser.get(page(account)).text

    assert "scim-panel" not in text
    assert scim.connection.name not in text
    assert "Provisioned by an identity provider." in text


def test_staff_that_may_only_look_sees_the_panel_and_the_notes(staff, scim, account):
    browser = staff("view_record")
    person = User.objects.get(username="staff")
    person.user_permissions.add(Permission.objects.get(codename="view_user"))

    response = browser.get(page(account))

    assert "scim-panel" in response.text
    assert response.context["provisioning"].actions == []
    assert f"Provisioned by {scim.connection}." in response.text


def test_the_page_of_an_account_takes_the_same_queries_whatever_belongs_to_it(admin_client, scim, account):
    with counted() as few:
        admin_client.get(page(account))
    for number in range(10):
        scim.patch(path_of(account), add("title", f"Guide {number}"))
        ScimClient(ConnectionFactory.create()).patch(path_of(account), add("externalId", f"{number}"))
    with counted() as many:
        admin_client.get(page(account))

    assert len(many) == len(few)


# The notes


def test_the_fields_that_scim_writes_are_noted_to_belong_to_an_identity_provider(admin_client, scim, account):
    response = admin_client.get(page(account))

    for name in ("username", "first_name", "last_name", "email", "is_active"):
        help_text, described_by = note_of(response, name)
        assert help_text.endswith(f"Provisioned by {scim.connection}.")
        assert described_by == f"id_{name}_helptext"
    for name in ("is_staff", "is_superuser", "last_login", "groups"):
        assert "Provisioned by" not in note_of(response, name)[0]


def test_a_note_keeps_the_help_text_of_its_field(admin_client, account):
    help_text, _ = note_of(admin_client.get(page(account)), "username")

    assert help_text.startswith("Required. 150 characters or fewer.")


def test_fields_that_a_form_declares_and_fields_in_other_tables_are_noted_too(admin_client, scim, people):
    scim.post("/Users", user("bjensen", title="Guide", externalId="okta-1"))

    response = admin_client.get(page(Person.objects.get()))

    note = f"Provisioned by {scim.connection}."
    assert note_of(response, "surname")[0] == f"As in the <b>passport</b>. {note}"
    (inline,) = response.context["inline_admin_formsets"]
    fields = inline.formset.forms[0].fields
    assert {name for name in fields if fields[name].help_text == note} == {"title", "number", "phone"}


def test_notes_leave_the_form_class_of_the_project_as_it_is(admin_client, scim, people):
    scim.post("/Users", user("bjensen"))
    admin_client.get(page(Person.objects.get()))

    other = Person.objects.create(login="ada")
    assert note_of(admin_client.get(page(other)), "surname")[0] == "As in the <b>passport</b>."


def test_a_column_that_another_mapping_takes_is_noted_and_the_one_before_is_not(admin_client, scim, settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"attributes": {"name.givenName": None, "nickName": "last_name"}}}
    }
    scim.post("/Users", user("bjensen", externalId="okta-1"))

    response = admin_client.get(page(User.objects.get(username="bjensen")))

    assert "Provisioned by" in note_of(response, "last_name")[0]
    assert "Provisioned by" not in note_of(response, "first_name")[0]


def test_the_name_of_a_connection_in_a_note_is_text(admin_client, account, scim):
    type(scim.connection).objects.update(name="<script>alert(1)</script>")

    assert "<script>alert(1)" not in admin_client.get(page(account)).text


def test_a_field_belongs_to_the_connection_that_has_written_it_last(admin_client, scim, account):
    entra = ConnectionFactory.create(name="Entra ID")
    Record.objects.update(managed_by=entra)
    assert ScimClient(entra).patch(path_of(account), replace("name.givenName", "Babs")).status_code == 200

    response = admin_client.get(page(account))

    assert note_of(response, "first_name")[0] == "Provisioned by Entra ID."
    assert note_of(response, "username")[0].endswith(f"Provisioned by {scim.connection}.")


def test_a_field_that_no_request_has_written_belongs_to_whom_the_account_is_linked_with(admin_client, scim):
    scim.post("/Users", user("bjensen", externalId="okta-1"))
    entra = ConnectionFactory.create(name="Entra ID")
    row = User.objects.get(username="bjensen")
    ScimClient(entra).patch(path_of(row), replace("name.givenName", "Babs"))

    assert note_of(admin_client.get(page(row)), "last_name")[0] == f"Provisioned by {scim.connection}."


def test_an_account_without_an_external_id_belongs_to_who_has_written_it_last(admin_client, scim):
    scim.post("/Users", user("bjensen"))

    help_text, _ = note_of(admin_client.get(page(User.objects.get(username="bjensen"))), "email")

    assert help_text == f"Provisioned by {scim.connection}."


def test_an_account_whose_history_is_pruned_still_belongs_to_an_identity_provider(admin_client, scim):
    scim.post("/Users", user("bjensen"))
    ProvisioningEvent.objects.all().delete()

    help_text, _ = note_of(admin_client.get(page(User.objects.get(username="bjensen"))), "email")

    assert help_text == "Provisioned by an identity provider."


def test_an_action_of_the_project_makes_no_account_provisioned(admin_client, scim):
    row = GroupFactory.create()
    row.user_set.add(UserFactory.create())
    assert Record.objects.filter(resource_type="Group").exists()

    assert "Provisioned" not in note_of(admin_client.get(page(row)), "name")[0]


def test_a_read_makes_no_account_provisioned(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RECORD_READS": True}
    row = UserFactory.create()
    scim.get(path_of(row))
    assert ProvisioningEvent.objects.exists()

    assert "Provisioned by" not in note_of(admin_client.get(page(row)), "email")[0]


def test_a_deleted_account_and_a_superuser_belong_to_nobody(admin_client, scim, account):
    User.objects.filter(pk=account.pk).update(is_superuser=True)
    assert "Provisioned by" not in note_of(admin_client.get(page(account)), "email")[0]

    User.objects.filter(pk=account.pk).update(is_superuser=False)
    scim.delete(path_of(account))
    assert "Provisioned by" not in note_of(admin_client.get(page(account)), "email")[0]


# What the page saves


def test_the_page_of_a_provisioned_account_still_saves(admin_client, account):
    fields = {**admin_client.get(page(account)).context["adminform"].form.initial, "first_name": "Babs"}
    posted = {name: value for name, value in fields.items() if value not in (None, False, [])}

    response = admin_client.post(
        page(account), {**posted, "date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
    )

    assert response.status_code == 302, response.context["errors"]
    account.refresh_from_db()
    assert account.first_name == "Babs"


def test_the_page_of_an_account_with_errors_keeps_its_notes(admin_client, scim, account):
    response = admin_client.post(page(account), {"username": ""})

    assert response.status_code == 200
    assert note_of(response, "username")[0].endswith(f"Provisioned by {scim.connection}.")


def test_provisioned_fields_that_are_read_only_cannot_be_posted(admin_client, scim, people):
    scim.post("/Users", user("bjensen", title="Guide", externalId="okta-1"))
    person = Person.objects.get()
    profile = Profile.objects.get()
    posted = {
        "login": "changed",
        "surname": "Changed",
        "profile-TOTAL_FORMS": "1",
        "profile-INITIAL_FORMS": "1",
        "profile-0-id": str(profile.pk),
        "profile-0-person": str(person.pk),
        "profile-0-title": "Changed",
        "profile-0-joined_0": "2026-01-01",
        "profile-0-joined_1": "10:00",
    }

    assert admin_client.post(page(person, bare_site), posted).status_code == 302

    person.refresh_from_db()
    profile.refresh_from_db()
    assert (person.login, person.surname, profile.title) == ("bjensen", "", "Guide")
    assert profile.joined is not None


def test_provisioned_fields_that_are_read_only_say_why(admin_client, scim, people):
    scim.post("/Users", user("bjensen", externalId="okta-1"))

    response = admin_client.get(page(Person.objects.get(), bare_site))

    assert "login" not in response.context["adminform"].form.fields
    assert response.text.count("Provisioned by an identity provider.") >= 3


def test_accounts_that_nobody_provisions_can_be_changed_where_others_are_read_only(admin_client, people):
    person = Person.objects.create(login="ada")

    response = admin_client.get(page(person, bare_site))

    assert "login" in response.context["adminform"].form.fields


def test_a_field_that_is_filled_in_from_a_read_only_one_is_left_to_itself(admin_client, scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"Device": {"adapter": "tests.hosts.small.adapters.DeviceAdapter"}}}
    scim.post("/Devices", {"schemas": [THING], "name": "Printer", "externalId": "x-1"})

    response = admin_client.get(page(Device.objects.get(), bare_site))

    assert response.status_code == 200
    assert "name" not in response.context["adminform"].form.fields


def test_the_panel_names_the_resource_that_it_leads_to(admin_client, account):
    key = Record.objects.get().pk
    address = reverse("admin:django_scim_record_change", args=(key,), current_app="staff")

    assert f'<a href="{address}">User</a>' in admin_client.get(page(account)).text
