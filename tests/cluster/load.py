"""Clients that also let each account join one group, which all of them change at once."""

from __future__ import annotations

from collections import Counter
from threading import Event
from typing import Any, ClassVar

from django.contrib.auth.models import User

from django_scim.models import ProvisioningEvent
from tests.faults.load import Account, Client, is_open
from tests.messages import PATCH_OP


class JoiningClient(Client):
    """Lets its accounts join a group, which the first client makes."""

    path: ClassVar[str]
    is_made: ClassVar[Event] = Event()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.joined: dict[str, Account] = {}
        self.may_have_joined: set[str] = set()

    def run(self) -> None:
        if self.number == 0:
            _, made = self.send("POST", "/Groups", {"displayName": "everybody"})
            JoiningClient.path = f"/Groups/{made['id']}"
            self.is_made.set()
        self.is_made.wait()
        super().run()

    def create(self, account: Account) -> None:
        super().create(account)
        if account.acknowledged is not None:
            self.join_group(account)

    def join_group(self, account: Account) -> None:
        """Let an account join the group."""
        operations = [{"op": "add", "path": "members", "value": [{"value": account.identifier}]}]
        status, _ = self.send("PATCH", self.path, {"schemas": [PATCH_OP], "Operations": operations})
        if status == 204:
            self.joined[account.identifier] = account
        elif is_open(status):
            self.may_have_joined.add(account.identifier)

    def losses(self) -> list[str]:
        """Add what is wrong with the members of the group, and with what the history says of them."""
        members = Counter(User.objects.filter(groups__name="everybody").values_list("username", flat=True))
        told = told_members(self.path)
        found = super().losses()
        for identifier, account in self.joined.items():
            if told[identifier] != 1:
                found.append(f"{account.name}: the history lets it join {told[identifier]} times")
            if not account.maybe_deleted and members[account.name] != (not account.deleted):
                found.append(f"{account.name}: it is {members[account.name]} times in the group")
        found += [f"{each}: it joined twice" for each in self.may_have_joined if told[each] > 1]
        return found


def told_members(path: str) -> Counter[str]:
    """Return how often the history lets each member join the group of a path."""
    events = ProvisioningEvent.objects.filter(resource_id=path.rpartition("/")[2], outcome="success")
    changes = (event.changes.get("members", {}) for event in events)
    return Counter(member for change in changes for member in change.get("added", ()))
