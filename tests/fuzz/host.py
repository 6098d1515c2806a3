"""What the project adds: a resource type with columns of several kinds, and whom ``/Me`` stands for."""

from __future__ import annotations

from typing import Annotated

from django.contrib.auth.models import User
from rest_framework.request import Request
from scim2_models import URN, AnyExtension, Required, Resource, Uniqueness

from django_scim.adapters.adapter import Adapter
from tests.hosts.small import models

LEGACY = "urn:example:params:scim:schemas:Legacy"


class Legacy(Resource[AnyExtension]):
    """A resource with unique values of several types."""

    __schema__ = URN(LEGACY)

    name: Annotated[str | None, Required.true, Uniqueness.server] = None
    """A string in a short column."""

    number: Annotated[int | None, Uniqueness.server] = None
    """An integer in a column of 32 bits."""

    token: Annotated[str | None, Uniqueness.server] = None
    """A string in a column of UUIDs."""


class LegacyAdapter(Adapter):
    """Serves the resources at /Legacies."""

    resource = Legacy
    model = models.Legacy
    name = "Legacy"
    endpoint = "/Legacies"
    delete = "hard"
    attributes = {"name": "name", "number": "number", "token": "token"}


def current_account(request: Request) -> User | None:
    """Return the account that ``/Me`` stands for: the first that may be changed."""
    return User.objects.filter(is_superuser=False).order_by("pk").first()
