"""The accounts and groups that the requests are about: as many as the limits are meant for."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import batched
from typing import Any

import orjson
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from django_scim.conf import get_settings
from django_scim.models import AccessToken, Connection, Record
from django_scim.models.record import UniqueValue
from django_scim.resources.registry import registry

ROOT = "/scim/v2"
SCIM = "application/scim+json"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"


def document(number: int) -> dict[str, Any]:
    """Return an account as a directory sends it, with attributes that a stock project has no column for."""
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": f"user{number}@example.com",
        "name": {"givenName": "Ada", "familyName": f"Lovelace {number}"},
        "displayName": f"Ada Lovelace {number}",
        "title": f"Guide {number % 100}",
        "emails": [
            {"value": f"user{number}@example.com", "type": "work", "primary": True},
            {"value": f"user{number}@home.example.com", "type": "home"},
        ],
        "phoneNumbers": [{"value": f"+44 20 {number:07}", "type": "work"}],
    }


class Population:
    """A connection, its accounts, and a group of all of them."""

    def __init__(self, size: int) -> None:
        self.size = size
        provider = Connection.objects.create(name="provider")
        _, self.token = AccessToken.objects.issue(provider, scopes=["read", "write"])
        self.client = Client(raise_request_exception=False)
        first = self.made("/Users", document(0))
        self.first = first["id"]
        self.fat = self.made("/Users", document(1))["id"]
        self.like(User.objects.get(username="user0@example.com"), provider)
        self.crowd = self.made("/Groups", {"displayName": "Everybody"})["id"]
        everybody = Group.objects.get(name="Everybody")
        through = User.groups.through
        keys = User.objects.order_by("pk").values_list("pk", flat=True)
        for batch in batched(list(keys), 5000, strict=False):
            through.objects.bulk_create(through(user_id=key, group=everybody) for key in batch)
        self.crowds(keys)
        self.enlarge()
        self.identifiers = [
            self.first,
            *(resource["id"] for resource in self.page("/Users", count=200, attributes="userName")),
        ]

    def crowds(self, keys: Any) -> None:
        """Make more groups of all accounts."""
        through = User.groups.through
        for group in Group.objects.bulk_create(Group(name=f"Crowd {number}") for number in range(19)):
            for batch in batched(list(keys), 5000, strict=False):
                through.objects.bulk_create(through(user_id=key, group=group) for key in batch)

    def enlarge(self) -> None:
        """Give 200 accounts as much as a record may hold."""
        records = list(Record.objects.filter(resource_type="User").order_by("-pk")[:200])
        value = "x" * (get_settings().MAX_RECORD_SIZE // 500 - 40)
        entries = [{"value": f"{number}{value}", "type": "work"} for number in range(490)]
        for record in records:
            record.attributes = {**record.attributes, "title": "large", "roles": entries}
            record.comparable = {**record.comparable, "title": "large"}
        Record.objects.bulk_update(records, ["attributes", "comparable"], batch_size=20)

    def like(self, row: User, provider: Connection) -> None:
        """Make the other accounts as a POST has made the first."""
        record = Record.objects.get(resource_type="User", integer_key=row.pk)
        for batch in batched(range(2, self.size), 5000, strict=False):
            rows = User.objects.bulk_create(
                User(
                    username=f"user{number}@example.com",
                    first_name="Ada",
                    last_name=f"Lovelace {number}",
                    email=f"user{number}@example.com",
                    password=row.password,
                )
                for number in batch
            )
            records = Record.objects.bulk_create(
                Record(
                    resource_type="User",
                    integer_key=made.pk,
                    revision=1,
                    managed_by=provider,
                    attributes=numbered(record.attributes, number),
                    comparable=numbered(record.comparable, number),
                )
                for made, number in zip(rows, batch, strict=True)
            )
            UniqueValue.objects.bulk_create(
                UniqueValue(record=kept, resource_type="User", attribute="userName", digest=f"{kept.pk:064}")
                for kept in records
            )

    def made(self, path: str, body: dict[str, Any]) -> Any:
        """Make a resource, and return it."""
        answer = self.send("POST", path, body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def page(self, path: str, **query: Any) -> Iterator[Any]:
        """Return the resources of a page."""
        answer = self.client.get(f"{ROOT}{path}", query, secure=True, headers=self.headers)
        return iter(answer.json()["Resources"])

    def settle(self) -> None:
        """Let the database learn what it holds, as it does by itself in time."""
        if connection.vendor != "mysql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")

    def everybody(self) -> list[dict[str, str]]:
        """Return all accounts as members."""
        users = registry().get("User")
        assert users is not None
        keys = User.objects.order_by("pk").values_list("pk", flat=True)[: get_settings().MAX_MEMBERS]
        return [{"value": users.scheme.encode(key)} for key in keys]

    @property
    def headers(self) -> dict[str, str]:
        """The headers of each request."""
        return {"Authorization": f"Bearer {self.token}"}

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request, and return the answer."""
        data = b"" if body is None else orjson.dumps(body)
        return self.client.generic(
            method, f"{ROOT}{path}", data, content_type=SCIM, secure=True, headers=self.headers
        )


def numbered(found: Any, number: int) -> Any:
    """Return what is kept of the first account as it is kept of another."""
    text = orjson.dumps(found).decode()
    for form in ("user{}@", "Lovelace {}", "lovelace {}", "+44 20 {:07}"):
        text = text.replace(form.format(0), form.format(number))
    return orjson.loads(text)
