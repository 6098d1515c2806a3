"""``manage.py check`` says which rows are hidden, which are not kept apart, and whose power nothing knows."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db.models import Manager, Q

from django_scim.adapters.groups import GroupAdapter
from django_scim.adapters.users import UserAdapter
from django_scim.checks.rows import hides_rows
from tests.hosts.small.adapters import GuestAdapter, StewardAdapter
from tests.hosts.small.models import Guest, Person, Tool

HERE = "tests.checks.test_rows"
SMALL = "tests.hosts.small.adapters"
USER = 'DJANGO_SCIM["RESOURCES"]["User"]'
GROUP = 'DJANGO_SCIM["RESOURCES"]["Group"]'


@pytest.fixture
def check(settings):
    """Run the system checks of a project with resource types."""

    def run(deploy: bool = False, **resources: Any) -> list[CheckMessage]:
        settings.DJANGO_SCIM = {"RESOURCES": resources}
        found = run_checks(tags=["django_scim"], include_deployment_checks=deploy)
        return [message for message in found if message.id and message.id.startswith("django_scim.W01")]

    return run


def only(messages: list[CheckMessage]) -> tuple[str, str, str]:
    """Return the one message that there is: its id, its text and its hint."""
    (message,) = messages
    return str(message.id), message.msg, message.hint or ""


# Managers


def test_a_manager_that_hides_inactive_accounts_is_warned_of(check):
    identifier, text, hint = only(check(User={"adapter": f"{SMALL}.GuestAdapter"}, Group=None))

    assert identifier == "django_scim.W012"
    assert text == (
        f"{USER}: the manager 'objects' of small.Guest looks at the column of 'active': what an identity "
        "provider deactivates may be 404 for it from then on. It can be neither activated nor made again."
    )
    assert "'_base_manager'" in hint


def test_a_manager_that_hides_inactive_accounts_is_warned_of_if_the_settings_name_it(check):
    found = check(User={"adapter": f"{SMALL}.GuestAdapter", "manager": "objects"}, Group=None)

    assert only(found)[0] == "django_scim.W012"


@pytest.mark.parametrize("manager", ["everybody", "_base_manager"])
def test_a_manager_that_hides_nothing_is_not_warned_of(check, manager):
    assert check(User={"adapter": f"{SMALL}.GuestAdapter", "manager": manager}, Group=None) == []


def test_a_default_manager_that_hides_rows_is_warned_of(check):
    identifier, text, hint = only(check(Tool={"adapter": f"{SMALL}.ToolAdapter"}))

    assert identifier == "django_scim.W012"
    assert "the default manager 'objects' of small.Tool hides rows" in text
    assert hint.startswith("Set 'manager' to 'objects' if that is right")


def test_a_default_manager_that_the_settings_name_is_meant(check):
    assert check(Tool={"adapter": f"{SMALL}.ToolAdapter", "manager": "objects"}) == []


class HidingAdapter(GuestAdapter):
    """Says itself which rows there are."""

    def get_queryset(self, connection):
        """Return all guests."""
        return Guest.everybody.all()


def test_an_adapter_that_says_itself_which_rows_there_are_is_not_warned_of(check):
    assert check(User={"adapter": f"{HERE}.HidingAdapter"}, Group=None) == []


def test_a_manager_that_the_model_does_not_have_is_an_error(settings):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": f"{SMALL}.GuestAdapter", "manager": "nobody"}, "Group": None}
    }
    (message,) = run_checks(tags=["django_scim"])

    assert message.id == "django_scim.E008"
    assert "its 'manager' is 'nobody', which is no manager of small.Guest" in message.msg


class PerRequest(Manager[Person]):
    """Asks for the tenant of a request, which a check has not."""

    def get_queryset(self):
        """Fail."""
        raise LookupError("there is no tenant")


class Half(Manager[Person]):
    """Returns some rows."""

    def get_queryset(self):
        """Return the first rows."""
        return super().get_queryset()[:5]


@pytest.mark.parametrize("kind", [PerRequest, Half])
def test_a_manager_hides_rows_in_whatever_way_it_does(kind):
    manager = kind()
    manager.model = Person

    assert hides_rows(manager)


def test_the_usual_managers_hide_nothing():
    assert not hides_rows(Person._default_manager)
    assert not hides_rows(Guest.everybody)
    assert hides_rows(Tool.objects)


# Tenants

TEAM = f"{HERE}.TenantTeamAdapter"


class TenantAdapter(UserAdapter):
    """Users of tenants."""

    is_scoped = True

    def get_queryset(self, connection):
        """Return those of a tenant."""
        return super().get_queryset(connection).filter(groups__name=connection.tenant_id)


class TenantTeamAdapter(GroupAdapter):
    """Groups of tenants."""

    is_scoped = True


class NarrowedTeamAdapter(GroupAdapter):
    """Groups, of which a connection sees some."""

    def get_queryset(self, connection):
        """Return those of a tenant."""
        return super().get_queryset(connection).filter(name=connection.tenant_id)


def test_groups_of_all_tenants_beside_users_of_each_are_warned_of(check):
    identifier, text, hint = only(check(User={"adapter": f"{HERE}.TenantAdapter"}))

    assert identifier == "django_scim.W013"
    assert text == (
        f"{USER} keeps the users of tenants apart, and {GROUP} does not: a connection of one tenant lists, "
        "joins and deletes the groups of another."
    )
    assert '{"Group": None}' in hint


def test_users_of_all_tenants_beside_groups_of_each_are_warned_of(check):
    identifier, text, _ = only(check(Group={"adapter": TEAM}))

    assert identifier == "django_scim.W013"
    assert f"{GROUP} keeps the groups of tenants apart, and {USER} does not" in text
    assert "lists, changes and deletes the users of another" in text


@pytest.mark.parametrize("groups", [None, {"adapter": TEAM}, {"adapter": f"{HERE}.NarrowedTeamAdapter"}])
def test_groups_that_are_kept_apart_or_not_served_are_not_warned_of(check, groups):
    assert check(User={"adapter": f"{HERE}.TenantAdapter"}, Group=groups) == []


# Power


def test_a_column_that_seems_to_say_who_has_power_is_warned_of(check):
    identifier, text, hint = only(check(User={"adapter": f"{SMALL}.StewardAdapter"}, Group=None))

    assert identifier == "django_scim.W014"
    assert "nothing says which accounts have power: small.Steward has no is_superuser" in text
    assert "It may be in 'house_role'." in text
    assert "'protect'" in hint
    assert "Adapter.power()" in hint


def test_a_model_without_any_such_column_is_warned_of_before_the_project_can_be_reached(check):
    people = {"adapter": f"{SMALL}.PersonAdapter"}

    assert check(User=people, Group=None) == []
    identifier, text, _ = only(check(User=people, Group=None, deploy=True))
    assert identifier == "django_scim.W014"
    assert "It may be in" not in text


class PowerAdapter(StewardAdapter):
    """Says who has power."""

    def power(self):
        """Return the condition on the stewards of the house."""
        return Q(house_role="head")


@pytest.mark.parametrize(
    "options",
    [
        {"adapter": f"{SMALL}.StewardAdapter", "protect": {"house_role": "head"}},
        {"adapter": f"{SMALL}.StewardAdapter", "protect": {}},
        {"adapter": f"{HERE}.PowerAdapter"},
        {},
    ],
    ids=["protect", "nobody", "power", "stock"],
)
def test_accounts_of_which_something_says_who_has_power_are_not_warned_of(check, options):
    assert check(User=options, Group=None, deploy=True) == []
