"""What somebody of the project does to the resources of the tests."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from django_scim.adapters.adapter import Adapter
from django_scim.operations.staff import Author
from django_scim.resources.registry import registry

ALICE = Author("alice", "request-of-alice")


def adapter_of(row: Model) -> Adapter:
    """Return the adapter of a row."""
    return next(adapter for adapter in registry() if isinstance(row, adapter.model))


def by_alice(operation: Any, row: Model, *arguments: Any) -> None:
    """Do something to the resource of a row."""
    operation(adapter_of(row), row.pk, *arguments, ALICE)
