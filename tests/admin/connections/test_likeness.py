"""What the page of a connection says that its requests look like."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.representations import ENTERPRISE, USER, user

CONFORMING = {"op": "replace", "value": {"title": "Guide"}}


@pytest.fixture
def shown(scim, admin_client):
    """Return what the page says."""

    def get(client=admin_client) -> str:
        page = client.get(reverse("admin:django_scim_connection_change", args=[scim.connection.pk]))
        found = re.search(r"Its requests look like</th>\s*<td>(.*?)</td>", page.content.decode(), re.DOTALL)
        return "" if found is None else " ".join(found[1].split())

    return get


@pytest.fixture
def row(scim) -> str:
    body = {**user(name={"givenName": "Barbara"}), "schemas": [USER]}
    return f"/Users/{scim.post('/Users', body).json()['id']}"


def test_nothing_is_said_before_the_first_request(shown):
    assert shown() == ""


def test_requests_that_deviate_nowhere_look_like_those_of_the_letter(scim, row, shown):
    scim.patch(row, CONFORMING)

    assert "to the letter of the RFCs" in shown()
    assert "They deviate" not in shown()


def test_requests_that_deviate_as_entra_id_does_look_like_its_own(scim, row, shown):
    scim.patch(row, {"op": "Add", "path": f"{ENTERPRISE}:manager", "value": [{"value": "26118915"}]})
    scim.patch(row, {"op": "Replace", "path": "active", "value": "False"})

    assert "Microsoft Entra ID" in shown()
    assert "operator in any case" in shown()
    assert "value in a string" in shown()


def test_requests_that_were_refused_count_too(scim, row, shown):
    scim.patch(row, {"op": "Replace", "path": "userName", "value": ""})

    assert "Microsoft Entra ID" in shown()


def test_other_deviations_look_like_the_standard_dialect(scim, row, shown):
    scim.request("PATCH", row, CONFORMING)

    assert "“standard”" in shown()
    assert "single operation" in shown()


def test_roles_as_json_text_look_like_entra_id(scim, shown):
    scim.post("/Users", user(roles=[{"value": '{"value": "Admin"}'}]))

    assert "Microsoft Entra ID" in shown()


def test_the_page_says_what_the_client_calls_itself(scim, shown):
    scim.get("/Users", **{"User-Agent": "HR Sync/2.0 <b>"})

    assert "The client calls itself HR Sync/2.0 &lt;b&gt;." in shown()


def test_a_client_that_is_named_after_a_dialect_looks_like_it(scim, row, shown):
    type(scim.stored).objects.update(last_used=None)
    scim.get("/Users", **{"User-Agent": "Entra-Provisioning/1"})

    assert "Microsoft Entra ID" in shown()


def test_whoever_may_see_neither_history_nor_tokens_sees_nothing(scim, row, shown, client):
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_connection"))
    client.force_login(staff)

    assert shown(client) == ""


def test_only_the_requests_of_the_connection_are_looked_at(scim, row, shown):
    other = ScimClient(ConnectionFactory.create())
    other.post("/Users", user("other", active="True"))

    assert "They deviate" not in shown()


def test_a_bounded_number_of_requests_is_looked_at(scim, row, shown):
    scim.patch(row, {"op": "Replace", "path": "title", "value": "Guide"})
    for _ in range(50):
        scim.patch(row, CONFORMING)

    assert "They deviate" not in shown()
