"""Clients that write, and remember what they were answered."""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

import orjson

from tests.faults.service import Service
from tests.messages import PATCH_OP

SCHEMA = "urn:ietf:params:scim:schemas:core:2.0:User"
CHANGES = 4
"""How often each account is changed before the client makes the next."""

UNKNOWN = 0
"""Stands for no answer: the connection broke."""


@dataclass
class Account:
    """An account that a client has tried to make, and what it may be by now.

    Each write gives the same new number to attributes that are kept in different tables, so that a write
    of which a part was lost can be seen.
    """

    name: str
    identifier: str = ""
    acknowledged: int | None = None
    """The number of the last write that was answered with success; none before the creation was."""

    possible: set[int] = field(default_factory=set)
    """The numbers of later writes whose outcome the client cannot know."""

    deleted: bool = False
    maybe_deleted: bool = False


NUMBERS = 1_000_000
"""How many numbers each client has."""


class Client(threading.Thread):
    """Makes accounts, changes them, and deletes every other one."""

    def __init__(self, service: Service, token: str, number: int, stop: threading.Event) -> None:
        super().__init__(daemon=True)
        self.number = number
        self.stop = stop
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/scim+json"}
        self.connection = service.connect()
        self.accounts: list[Account] = []
        self.statuses: Counter[int] = Counter()
        self.complaints: list[str] = []
        self.value = number * NUMBERS

    def run(self) -> None:
        with closing(self.connection):
            while not self.stop.is_set():
                self.go_round()

    def go_round(self) -> None:
        """Make an account, change it, and delete it if it is its turn."""
        account = Account(f"client{self.number}-{len(self.accounts)}")
        self.accounts.append(account)
        self.create(account)
        if account.acknowledged is None:
            return
        for _ in range(CHANGES):
            self.change(account)
        if len(self.accounts) % 2:
            self.delete(account)

    def create(self, account: Account) -> None:
        """Make an account."""
        value = self.next_value()
        status, answer = self.send(
            "POST", "/Users", {"schemas": [SCHEMA], "userName": account.name, **named(value)}
        )
        if status == 201:
            account.identifier, account.acknowledged = answer["id"], value
        elif is_open(status):
            account.possible.add(value)

    def change(self, account: Account) -> None:
        """Give an account the next number."""
        value = self.next_value()
        operations = [{"op": "replace", "value": named(value)}]
        path = f"/Users/{account.identifier}"
        status, _ = self.send("PATCH", path, {"schemas": [PATCH_OP], "Operations": operations})
        if status == 200:
            account.acknowledged = value
            account.possible.clear()
        elif is_open(status):
            account.possible.add(value)

    def delete(self, account: Account) -> None:
        """Delete an account."""
        status, _ = self.send("DELETE", f"/Users/{account.identifier}", None)
        account.deleted = status == 204
        account.maybe_deleted = is_open(status)

    def losses(self) -> list[str]:
        """Return what is wrong with the answers, and what of them is lost."""
        return self.complaints

    def send(self, method: str, path: str, payload: Any) -> tuple[int, Any]:
        """Return the status and the body of an answer; a 503 has to say when to come back, in SCIM's way."""
        try:
            body = None if payload is None else orjson.dumps(payload)
            self.connection.request(method, f"/scim/v2{path}", body, self.headers)
            response = self.connection.getresponse()
            text = response.read()
        except (OSError, HTTPException):
            # The next request opens it again.
            self.connection.close()
            self.statuses[UNKNOWN] += 1
            time.sleep(0.05)
            return UNKNOWN, None
        self.statuses[response.status] += 1
        answer = orjson.loads(text) if text else None
        if response.status >= 400:
            self.inspect(response.status, response.headers, answer)
            time.sleep(0.02)
        return response.status, answer

    def inspect(self, status: int, headers: Any, answer: Any) -> None:
        """Note an answer that is not as it has to be when the database fails."""
        is_scim = isinstance(answer, dict) and answer.get("status") == str(status)
        if status != 503 or not is_scim or not headers.get("Retry-After", "").isdecimal():
            self.complaints.append(f"{status} {answer}")

    def next_value(self) -> int:
        """Return a number that no client has used: an ``externalId`` means one person."""
        self.value += 1
        return self.value


def named(value: int) -> dict[str, Any]:
    """Return attributes that are kept in the account's row, in the record, and in the link."""
    return {
        "name": {"givenName": str(value), "familyName": str(value)},
        "title": str(value),
        "externalId": str(value),
    }


def is_open(status: int) -> bool:
    """Whether a client cannot know what became of a write: a connection may break while it is committed."""
    return status in (UNKNOWN, 503)
