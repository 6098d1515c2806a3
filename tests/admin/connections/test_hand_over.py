"""The page that hands over what a connection manages, and the table of what it may touch."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from django_scim.models import AdoptionPolicy, Record
from django_scim.resources.authority import PERMITTED, Act
from tests.factories import ConnectionFactory, UserFactory, managed


@pytest.fixture
def old(db):
    """The connection of the provider that the company leaves, with two accounts."""
    connection = ConnectionFactory.create(name="Okta")
    for row in UserFactory.create_batch(2):
        managed(connection, row)
    return connection


def page(connection):
    return reverse("admin:django_scim_connection_hand_over", args=(connection.pk,))


def test_the_page_of_a_connection_says_what_it_may_touch(admin_client, old):
    response = admin_client.get(reverse("admin:django_scim_connection_change", args=(old.pk,)))

    assert "What the connection may touch" in response.text
    assert "with power, and not its own" in response.text
    assert response.context["hand_over_url"] == page(old)


@pytest.mark.parametrize("policy", AdoptionPolicy)
def test_the_page_of_a_connection_has_each_cell_of_what_it_may_touch(admin_client, old, policy):
    old.adoption = policy
    old.save()

    response = admin_client.get(reverse("admin:django_scim_connection_change", args=(old.pk,)))

    (section,) = re.findall(r'aria-describedby="scim-authority-text">(.*?)</table>', response.text, re.DOTALL)
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in section.split("<tr>")[1:]]
    assert rows == [
        ["Account or group", *(str(act.label) for act in Act)],
        *(
            [str(whose.label), *("yes" if act in cells[policy] else "no" for act in Act)]
            for whose, cells in PERMITTED.items()
        ),
    ]


def test_a_hand_over_asks_first(admin_client, old):
    ConnectionFactory.create(name="Entra ID")

    response = admin_client.get(page(old))

    assert "Entra ID" in response.text
    assert "the 2 resources" in response.text
    assert set(Record.objects.values_list("managed_by", flat=True)) == {old.pk}


def test_a_hand_over_gives_another_connection_all_that_one_manages(admin_client, old):
    new = ConnectionFactory.create(name="Entra ID")
    managed(other := ConnectionFactory.create(), UserFactory.create())

    response = admin_client.post(page(old), {"successor": new.pk}, follow=True)

    assert "2 resources are managed by Entra ID now." in response.text
    assert Record.objects.filter(managed_by=new).count() == 2
    assert Record.objects.filter(managed_by=other).count() == 1
    assert "2 resources handed over to Entra ID" in LogEntry.objects.get().get_change_message()


@pytest.mark.parametrize("junk", ["", "0", "x", "9" * 30, "own"])
def test_a_hand_over_to_nobody_changes_nothing(admin_client, old, junk):
    response = admin_client.post(page(old), {"successor": old.pk if junk == "own" else junk})

    assert response.status_code == 200
    assert Record.objects.filter(managed_by=old).count() == 2


def test_a_hand_over_stays_within_the_tenant(admin_client, admin_user, old):
    new = ConnectionFactory.create(name="Entra ID", tenant=admin_user)

    response = admin_client.post(page(old), {"successor": new.pk})

    assert "not of the same tenant" in response.text
    assert Record.objects.filter(managed_by=old).count() == 2


def test_a_hand_over_is_for_those_who_may_change_connections(client, django_user_model, old):
    client.force_login(django_user_model.objects.create_user("guest", is_staff=True))

    assert client.get(page(old)).status_code == 403
    assert client.post(page(old), {"successor": old.pk}).status_code == 403
