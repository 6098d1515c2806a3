"""Clients that send to the address of a tenant, for routes such as those of ``urls_of_tenants``."""

from __future__ import annotations

from typing import Any

import orjson
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from django_scim.models import Connection
from tests.conftest import SCIM, ScimClient
from tests.factories import ConnectionFactory


class AddressClient(ScimClient):
    """Sends requests to the address of a tenant."""

    root = "/orgs/acme/scim/v2"

    def request(self, method: str, path: str, payload: Any = None, **headers: str) -> Any:
        """Send a request below the root of the tenant."""
        body = b"" if payload is None else orjson.dumps(payload)
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        options: dict[str, Any] = {} if payload is None else {"data": body, "content_type": SCIM}
        return self.client.generic(method, f"{self.root}{path}", headers=sent, **options)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        """Send a GET, the query encoded."""
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return self.client.get(f"{self.root}{path}", query or {}, headers=sent)


def connection_of(tenant: Model | None, **fields: Any) -> Connection:
    """Return a connection with a tenant."""
    if tenant is not None:
        fields["tenant_type"] = ContentType.objects.get_for_model(type(tenant))
        fields["tenant_id"] = str(tenant.pk)
    return ConnectionFactory.create(**fields)


def client_of(tenant: Model | None, *scopes: str, root: str = AddressClient.root) -> AddressClient:
    """Return the client of a connection with a tenant, which sends to an address."""
    client = AddressClient(connection_of(tenant), *(scopes or ("read", "write", "history")))
    client.root = root
    return client
