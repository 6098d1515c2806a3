"""Ten mappings that are broken, each in its own way, and what a preflight has to say of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models.signals import post_save, pre_save

from django_scim.adapters import UserAdapter
from django_scim.mappings import Computed
from django_scim.policies import ProposedWrite, Refused
from tests.hosts.small import models

NAMED_BY_HAND = Computed(lambda user: user.get_full_name(), columns=["first_name", "last_name"])


class SubscriberAdapter(UserAdapter):
    """People with an address of their own, each."""

    model = models.Subscriber


class WorkerAdapter(UserAdapter):
    """People with a language that is one of four, and with a grade that is a number."""

    model = models.Worker


def forbid(write: ProposedWrite) -> None:
    """Refuse everybody whose name has an @ in it."""
    if "@" in str(write.after.get("userName")):
        raise Refused("no addresses for names")


def forbid_a_name(write: ProposedWrite) -> None:
    """Refuse a name that Entra ID gives somebody in an update."""
    if write.after.get("displayName") == "Bjfe":
        raise Refused("nobody is called so")


def shout(instance: User, **kwargs: Any) -> None:
    """Change the name that was sent."""
    instance.last_name = instance.last_name.upper()


def fail(instance: User, **kwargs: Any) -> None:
    """Look for what is not there."""
    raise KeyError("badge")


def options(adapter: Any = None, **others: Any) -> dict[str, Any]:
    """Return the settings of a project with other options for users."""
    given = {} if adapter is None else {"adapter": f"{__name__}.{adapter.__name__}"}
    return {"RESOURCES": {"User": {**given, **others}}}


@dataclass(frozen=True)
class Broken:
    """A project whose mapping is broken."""

    settings: dict[str, Any]
    attribute: str
    """The SCIM attribute that the finding names, or ""."""

    problem: str
    """A part of what it says would fail."""

    remedy: str
    """A part of what it says is to be changed."""

    receiver: tuple[Any, Callable[..., None]] | None = None
    provider: str = "okta"
    phase: str = "create"


BROKEN = {
    "a column that has to have a value, and that no provider fills": Broken(
        {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.CitizenAdapter"}}},
        "",
        "column birthday: a value is required",
        "Give the column a default",
    ),
    "a column that is too short": Broken(
        options(WorkerAdapter, attributes={"displayName": "kind"}),
        "",
        "displayName (column kind)",
        "Let the column and its validators take what the provider sends (length",
    ),
    "choices that the provider does not know": Broken(
        options(WorkerAdapter, attributes={"nickName": "badge", "displayName": "site_language"}),
        "",
        "displayName (column site_language)",
        "put Choices, Convert or Locale in the mapping",
    ),
    "text in a column of numbers": Broken(
        options(WorkerAdapter, attributes={"displayName": "grade"}),
        "",
        "displayName (column grade)",
        "type",
    ),
    "an attribute that can only be read": Broken(
        options(attributes={"title": NAMED_BY_HAND}),
        "title",
        "`title` is sent as 'Burglar', and 'Bilbo of Bag End' comes back",
        "It is mapped to Computed, which can only be read",
        provider="onelogin",
        phase="update",
    ),
    "a unique column that some users leave empty": Broken(
        options(SubscriberAdapter),
        "",
        "emails (column email): a value is required",
        "The provider sends no value for it",
        provider="entra",
    ),
    "accounts that nothing locks": Broken(
        options(attributes={"active": None}),
        "",
        "can still be used",
        "map 'active' to the one that locks an account",
        phase="configuration",
    ),
    "a manager that hides who is not active": Broken(
        {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.GuestAdapter"}, "Group": None}},
        "",
        "404",
        "the manager of the model show a new row, and one that is not active",
        phase="deactivate",
    ),
    "a signal that changes what was sent": Broken(
        {},
        "name.familyName",
        "`name.familyName` is sent as 'User', and 'USER' comes back",
        "It is mapped to Column at 'last_name'",
        receiver=(pre_save, shout),
    ),
    "a signal that fails": Broken(
        {},
        "",
        "KeyError is raised in tests.preflight.broken.fail, line",
        "Repair it there",
        receiver=(post_save, fail),
    ),
    "a policy that refuses": Broken(
        {"POLICIES": [f"{__name__}.forbid"]},
        "",
        "no addresses for names",
        "POLICIES",
    ),
    "a column that there is not": Broken(
        options(attributes={"title": "titel"}),
        "",
        "titel",
        "",
        phase="configuration",
    ),
}
