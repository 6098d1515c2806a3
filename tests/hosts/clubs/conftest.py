"""Two organisations that share accounts, each with an identity provider."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType

from django_scim.models import Connection
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.hosts.clubs.models import Organisation


def connection_of(name: str) -> Connection:
    """Return a connection of a new organisation."""
    organisation = Organisation.objects.create(name=name)
    return ConnectionFactory.create(
        tenant_type=ContentType.objects.get_for_model(Organisation), tenant_id=str(organisation.pk)
    )


@pytest.fixture
def here(db: None) -> ScimClient:
    """The identity provider of one organisation."""
    return ScimClient(connection_of("Here"))


@pytest.fixture
def there(db: None) -> ScimClient:
    """That of another."""
    return ScimClient(connection_of("There"))
