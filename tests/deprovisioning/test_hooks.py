"""What a host revokes by itself: the functions that ``DEPROVISIONING`` names."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User

from django_scim.conf import ScimSettings
from django_scim.models import ProvisioningEvent
from tests.deprovisioning.conftest import Browser
from tests.factories import GroupFactory
from tests.operations.patch_operations import DEACTIVATE, replace
from tests.representations import path_of
from tests.representations import user as representation

HOOKS = "tests.deprovisioning.hooks"


@pytest.fixture
def deprovisioning(settings):
    """Name functions beside those of the app."""

    def name(*functions: str) -> None:
        paths = [f"{HOOKS}.{function}" for function in functions]
        settings.DJANGO_SCIM = {"DEPROVISIONING": [*ScimSettings.DEPROVISIONING, *paths]}

    return name


def test_a_hook_is_called_with_the_account_and_the_connection(scim, user, deprovisioning):
    deprovisioning("end_memberships")
    GroupFactory.create().user_set.add(user)

    assert scim.patch(path_of(user), DEACTIVATE).status_code == 200

    assert not user.groups.exists()
    assert Group.objects.filter(name=f"Left, says {scim.connection.name}: bjensen").exists()


def test_a_hook_is_called_when_the_account_is_deleted(scim, user, deprovisioning):
    deprovisioning("end_memberships")

    scim.delete(path_of(user))

    assert Group.objects.filter(name__startswith="Left").exists()


def test_a_hook_is_called_before_the_row_is_deleted(scim, user, settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"delete": "hard"}},
        "DEPROVISIONING": [f"{HOOKS}.end_memberships"],
    }

    assert scim.delete(path_of(user)).status_code == 204

    assert Group.objects.filter(name__startswith="Left").exists()
    assert not User.objects.filter(pk=user.pk).exists()


def test_no_hook_is_called_for_an_account_that_is_made_inactive_from_the_start(scim, deprovisioning):
    deprovisioning("fail")

    assert scim.post("/Users", representation("new", active=False)).status_code == 201


def test_no_hook_is_called_for_a_group(scim, db, deprovisioning):
    deprovisioning("fail")

    assert scim.delete(path_of(GroupFactory.create())).status_code == 204


def test_a_hook_is_part_of_the_transaction(scim, user, deprovisioning):
    deprovisioning("require_transaction")

    assert scim.patch(path_of(user), DEACTIVATE).status_code == 200


def test_a_failure_of_a_hook_is_no_success_to_the_client(scim, user, deprovisioning):
    deprovisioning("fail")
    scim.client.raise_request_exception = False

    response = scim.patch(path_of(user), DEACTIVATE)

    assert response.status_code == 500
    assert "card reader" not in response.content.decode()
    event = ProvisioningEvent.objects.get()
    assert (event.outcome, event.status) == ("refused", 500)


def test_a_failure_of_a_hook_undoes_the_write_so_that_the_client_can_try_again(scim, user, deprovisioning):
    browser = Browser().sign_in(user)
    deprovisioning("end_memberships", "fail")
    scim.client.raise_request_exception = False
    scim.patch(path_of(user), DEACTIVATE)
    user.refresh_from_db()
    assert user.is_active
    assert browser.user == "bjensen"
    assert not Group.objects.exists()

    deprovisioning("end_memberships")
    assert scim.patch(path_of(user), DEACTIVATE).status_code == 200

    assert browser.user == ""
    assert Group.objects.exists()


def test_a_host_may_do_without_hooks(scim, user, settings):
    settings.DJANGO_SCIM = {"DEPROVISIONING": []}
    browser = Browser().sign_in(user)

    scim.patch(path_of(user), DEACTIVATE)
    scim.patch(path_of(user), replace("active", True))

    assert browser.user == "bjensen"
