"""What somebody of the project does to the resources of the tests."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from django_scim.operations.staff import Author
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import ResourceType

ALICE = Author("alice", "request-of-alice")


def resource_type_of(row: Model) -> ResourceType:
    """Return the resource type of a row."""
    return next(each for each in registry() if isinstance(row, each.model))


def by_alice(operation: Any, row: Model, *arguments: Any) -> None:
    """Do something to the resource of a row."""
    operation(resource_type_of(row), row.pk, *arguments, ALICE).run()
