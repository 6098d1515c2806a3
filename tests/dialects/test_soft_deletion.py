"""Microsoft Entra ID renames a user whom it deletes softly, while it deactivates the account."""

from __future__ import annotations

import pytest

from tests.factories import UserFactory
from tests.operations.patch_operations import replace
from tests.operations.responses import last_event
from tests.representations import path_of, user

HEX = "8A6F1d0c3b2e4f5a9d7c6b5a4f3e2d1c"
OLD = "Barbara@example.com"


@pytest.fixture
def account(db):
    """An account whose name is its address."""
    return UserFactory.create(username=OLD, email=OLD)


@pytest.mark.parametrize("name", [OLD, OLD.lower()])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_soft_deletion_keeps_the_name_and_locks_the_account(scim, account, name, is_first):
    operations = [replace("active", False), replace("userName", HEX + name)]

    response = scim.patch(path_of(account), *(operations if is_first else operations[::-1]))

    assert response.json()["userName"] == OLD
    account.refresh_from_db()
    assert (account.username, account.is_active) == (OLD, False)
    assert "kept, since they were changed by a soft deletion alone: userName" in last_event().detail
    assert "userName" not in last_event().changes


def test_a_soft_deletion_keeps_the_addresses_too(scim, account):
    scim.put(path_of(account), user(OLD))  # The write that adopts the account changes no address.
    emails = [{"type": "work", "value": HEX + OLD}, {"type": "home", "value": "b@home.example"}]

    response = scim.put(path_of(account), user(HEX + OLD, active=False, emails=emails))

    assert response.json()["userName"] == OLD
    assert [email["value"] for email in response.json()["emails"]] == [OLD, "b@home.example"]
    assert last_event().detail.endswith("userName, emails")


def test_a_soft_deletion_may_rename_an_account_that_is_locked_already(scim, account):
    scim.patch(path_of(account), replace("active", False))

    assert scim.patch(path_of(account), replace("userName", HEX + OLD)).json()["userName"] == OLD


def test_a_restored_user_has_its_name(scim, account):
    scim.patch(path_of(account), replace("active", False), replace("userName", HEX + OLD))

    response = scim.patch(path_of(account), replace("active", True), replace("userName", OLD))

    assert (response.json()["userName"], response.json()["active"]) == (OLD, True)


@pytest.mark.parametrize(
    ("name", "active"),
    [
        (HEX + OLD, True),
        (HEX + "other@example.com", False),
        (HEX[1:] + OLD, False),
        (HEX, False),
        ("x", False),
    ],
)
def test_another_name_is_a_change_of_the_name(scim, account, name, active):
    response = scim.patch(path_of(account), replace("active", active), replace("userName", name))

    assert response.json()["userName"] == name
