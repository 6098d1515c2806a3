"""Users and groups that property tests draw, stored for the time of one example."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from tests.conftest import ScimClient


@contextmanager
def provisioned(scim: ScimClient, users: list[dict[str, Any]], groups: list[Any]) -> Iterator[None]:
    """Store users, and groups with some of them as members, by POST; they are gone in the end."""
    with transaction.atomic():
        ids = []
        for number, user in enumerate(users):
            response = scim.post("/Users", {**user, "userName": f"{user['userName']}-{number}"})
            assert response.status_code == 201, response.content.decode()
            ids.append(response.json()["id"])
        for number, (group, positions) in enumerate(groups):
            members = [{"value": ids[position]} for position in sorted(positions) if position < len(ids)]
            sent = {**group, "displayName": f"{group['displayName']}-{number}", "members": members}
            response = scim.post("/Groups", sent)
            assert response.status_code == 201, response.content.decode()
        yield
        transaction.set_rollback(True)
