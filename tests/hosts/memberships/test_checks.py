"""What the system checks say of the project, and of adapters that only look like its own."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks

from django_scim.adapters import UserAdapter
from tests.hosts.memberships.models import Membership


class LookingUpAdapter(UserAdapter):
    """Memberships whose accounts are looked up by each of their attributes."""

    model = Membership
    display_column = "role"
    tenant_field = "organisation"
    attributes = {"userName": "user__username", "name.givenName": "user__first_name"}


def errors(settings, **options) -> set[str]:
    """Return the ids of the errors of a setting."""
    resources = {**settings.DJANGO_SCIM["RESOURCES"], "User": options}
    settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "RESOURCES": resources}
    return {str(message.id) for message in run_checks(tags=["django_scim"]) if message.is_serious()}


def test_the_checks_have_nothing_against_the_project(db):
    assert not [message for message in run_checks() if str(message.id).startswith("django_scim")]


def test_two_attributes_that_look_up_the_same_row_are_an_error(settings):
    assert errors(settings, adapter=f"{__name__}.LookingUpAdapter") == {"django_scim.E013"}


PERSON = "tests.hosts.memberships.scim.PersonAdapter"


@pytest.mark.parametrize(
    ("attributes", "error"),
    [
        ({"nickName": "manager__role"}, "django_scim.E014"),
        ({"nickName": "user__first_name"}, "django_scim.E015"),
        ({"nickName": "role"}, "django_scim.E015"),
    ],
)
def test_attributes_that_would_write_what_is_not_theirs_are_an_error(settings, attributes, error):
    assert errors(settings, adapter=PERSON, attributes=attributes) == {error}


def test_a_membership_without_a_foreign_key_to_its_account_is_an_error(settings):
    assert errors(settings, adapter=PERSON, model="memberships.Office") == {"django_scim.E008"}
