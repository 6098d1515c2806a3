"""From an empty project to a refusal that is explained, as the people who run it go through it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.contrib.auth.models import User

from django_scim.models import AccessToken, Connection
from tests.representations import user

MOST_TABS = 120
"""How many times somebody presses the tab key before it is too far."""


class IdentityProvider:
    """Sends what it was told in the admin: an address and a token."""

    def __init__(self, base_url: str, token: str) -> None:
        self.base_url = base_url
        self.token = token

    def send(self, method: str, path: str, payload: object) -> tuple[int, Any]:
        """Return the status and the body of an answer."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json"}
        request = Request(f"{self.base_url}{path}", json.dumps(payload).encode(), headers, method=method)
        try:
            with urlopen(request) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture
def provider(page):
    """An identity provider that is set up with the mouse."""
    page.goto("/admin/")
    page.get_by_role("link", name="Connections").first.click()
    page.get_by_role("link", name=re.compile("Add connection", re.IGNORECASE)).click()
    page.get_by_label("Name:").fill("Okta")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("link", name="Create token").first.click()
    page.get_by_label("Description:").fill("Production")
    page.get_by_role("button", name="Create token").click()
    token = page.get_by_label("Token:", exact=True).input_value()
    base_url = page.get_by_label("SCIM base URL:", exact=True).input_value()
    return IdentityProvider(base_url, token)


@pytest.fixture
def barbara(provider):
    """The ``id`` of somebody who was provisioned and changed, and whose name was asked for again."""
    account = user("bjensen", externalId="701984", title="Tour Guide", name={"familyName": "Jensen"})
    status, created = provider.send("POST", "/Users", account)
    assert status == 201
    operations = [{"op": "replace", "path": "name.familyName", "value": "Smith"}]
    assert provider.send("PATCH", f"/Users/{created['id']}", {"Operations": operations})[0] == 200
    assert provider.send("POST", "/Users", account)[0] == 409
    return created["id"]


def test_a_token_is_shown_once_and_works(page, provider):
    status, _ = provider.send("POST", "/Users", user("bjensen"))

    assert status == 201
    page.get_by_role("button", name="Done").click()
    assert provider.token not in page.content()
    assert AccessToken.objects.get().description == "Production"


def test_the_token_and_the_address_can_be_copied(page, provider):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])

    page.get_by_role("button", name=re.compile("Copy")).last.click()

    page.wait_for_function("navigator.clipboard.readText().then(text => text.startsWith('scim_'))")


def test_the_account_is_among_the_users_of_the_project(page, barbara):
    page.goto(f"/admin/auth/user/{User.objects.get(username='bjensen').pk}/change/")

    text = page.locator("#content").inner_text()
    assert "701984" in text
    assert "Provisioned by Okta" in text


def test_the_history_has_what_was_asked_for(page, barbara):
    page.goto("/admin/")
    page.get_by_role("link", name="Provisioning history").first.click()

    found = page.locator("#result_list tbody tr")
    # Reading all of them does not wait for the page to come, as reading one does.
    found.last.wait_for()
    rows = found.all_inner_texts()
    effects = [next(word for word in ("Refused", "Changed", "Created") if word in row) for row in rows]
    assert effects == ["Refused", "Changed", "Created"]
    assert ["409" in row for row in rows] == [True, False, False]


def test_a_change_is_shown_with_what_was_before(page, barbara):
    page.goto("/admin/django_scim/provisioningevent/?operation__exact=modify")
    page.locator("#result_list tbody th a").first.click()

    row = page.get_by_role("row", name=re.compile("familyName")).inner_text()
    assert row.index("Jensen") < row.index("Smith")
    assert '"value": "Smith"' in page.locator("#content").inner_text()


def test_a_refusal_is_explained(page, barbara):
    page.goto("/admin/django_scim/provisioningevent/?outcome__exact=refused")
    page.locator("#result_list tbody th a").first.click()

    text = page.locator("#content").inner_text()
    assert "409" in text
    assert "uniqueness" in text
    assert "What to do" in text


def test_the_whole_way_can_be_gone_with_the_keyboard_alone(page, live_server):
    page.goto("/admin/django_scim/connection/")
    press(page, r"Add connection")
    page.wait_for_url(re.compile("/connection/add/"))
    reach(page, "id_name")
    page.keyboard.type("Okta")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/connection/\d+/change/"))
    press(page, r"^Create token")
    page.wait_for_url(re.compile("/tokens/create/"))
    reach(page, "id_description")
    page.keyboard.type("Production")
    page.keyboard.press("Enter")
    page.get_by_label("Token:", exact=True).wait_for()
    reach(page, "scim-token")
    token = page.evaluate("document.activeElement.value")
    status, _ = IdentityProvider(f"{live_server.url}/scim/v2", token).send("POST", "/Users", user("bjensen"))
    assert status == 201
    assert Connection.objects.get().name == "Okta"

    page.goto("/admin/django_scim/provisioningevent/")
    press(page, r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
    page.wait_for_url(re.compile(r"/provisioningevent/\d+/change/"))
    assert "bjensen" in page.locator("#content").inner_text()


def press(page, name: str) -> None:
    """Move with the tab key to a link or a button, by what it says, and press Enter."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        text = page.evaluate("document.activeElement.innerText || document.activeElement.value || ''")
        if re.search(name, text.strip(), re.IGNORECASE):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"the keyboard does not lead to {name}")


def reach(page, identifier: str) -> None:
    """Move with the tab key to a field."""
    for _ in range(MOST_TABS):
        if page.evaluate("document.activeElement.id") == identifier:
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the keyboard does not lead to {identifier}")
