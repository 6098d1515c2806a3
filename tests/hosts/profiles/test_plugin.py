"""The project tests its own mapping with the plugin of the app, as any project may."""

from __future__ import annotations

from typing import Any

import pytest

from django_scim.schema import ENTERPRISE
from django_scim.testing import IdentityProviders, ScimClient
from tests.hosts.profiles.models import Profile


@pytest.mark.parametrize("name", ["okta", "google", "authentik", "keycloak", "pingone", "onelogin"])
def test_a_provider_can_provision_into_this_project(scim_idp: IdentityProviders, name: str) -> None:
    scim_idp(name).require_working()


def test_a_title_and_a_department_are_kept_in_the_profile(scim_idp: IdentityProviders) -> None:
    okta = scim_idp("okta")
    okta.create_user(userName="ada@example.com", title="Engineer", **{ENTERPRISE: {"department": "Engines"}})

    profile = Profile.objects.get(user__username="ada@example.com")
    assert (profile.title, str(profile.department)) == ("Engineer", "Engines")


@pytest.mark.parametrize("name", ["okta", "entra", "onelogin"])
def test_who_leaves_is_locked_and_leaves_the_groups(scim_idp: IdentityProviders, name: str) -> None:
    idp = scim_idp(name)
    ada = idp.create_user(userName="ada@example.com")
    engines = idp.create_group("Engines")
    idp.add_member(engines, ada)

    assert not idp.deactivate(ada)["active"]
    assert idp.reactivate(ada)["active"]
    idp.remove_member(engines, ada)
    idp.delete(engines)
    idp.delete(ada)
    assert idp.client.get("/Users").json()["totalResults"] == 0


def test_a_language_that_the_project_does_not_speak_is_refused(scim_client: ScimClient) -> None:
    response = scim_client.post("/Users", {"userName": "ada", "preferredLanguage": "tlh"})

    assert response.status_code == 400
    assert "preferredLanguage (column language)" in response.json()["detail"]


def test_a_preflight_of_a_broken_project_fails_a_test_with_what_is_wrong(
    scim_idp: IdentityProviders, settings: Any
) -> None:
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"attributes": {"displayName": "profile__language"}}}}

    with pytest.raises(AssertionError, match=r"displayName \(column language\).*not a valid choice"):
        scim_idp("okta").require_working()


def test_an_unknown_provider_is_an_error_with_a_hint(scim_idp: IdentityProviders) -> None:
    with pytest.raises(ValueError, match="Did you mean 'okta'"):
        scim_idp("otka")
