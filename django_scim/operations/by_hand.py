"""What the writes have in common that somebody of the project makes, and no identity provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_scim.adapters.base import Adapter
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.adapters.paths import Json
from django_scim.history.attempt import Attempt
from django_scim.models import Operation
from django_scim.operations.documents import bounded_projection
from django_scim.operations.locking import database_of, locked, locked_object, not_found
from django_scim.query.loading import fetch


@dataclass(frozen=True)
class Author:
    """Somebody of the project who changes resources.

    :param name: What the history calls the person.
    :param request_id: What the history knows the request by; changes of one request share it.
    """

    name: str
    request_id: str

    def attempt(self, adapter: Adapter, deed: str) -> Attempt:
        """Return what the author does to a resource, for the history.

        It has no connection and no method: no identity provider has sent a request.

        :param deed: The past participle of it, such as ``restored``.
        """
        attempt = Attempt(
            Operation.MODIFY,
            connection=None,
            token=None,
            request_id=self.request_id,
            resource_type=adapter.name,
        )
        attempt.detail = f"{deed} by {self.name}"
        return attempt


def lock_row(adapter: Adapter, key: Any, scope: Scope) -> ResourceObject:
    """Return the resource of a row, deleted or not, locked, with its record.

    :raises NotFoundException: If the row is gone, or is not in the scope.
    :raises ForbiddenException: If it is protected.
    """
    rows = adapter.rows(scope.connection).using(database_of(adapter))
    instance = locked(rows.filter(pk=key)).first()
    if instance is None:
        raise not_found(adapter, str(key))
    adapter.refuse_protected(instance)
    return locked_object(adapter, instance, scope)


def read(obj: ResourceObject, attempt: Attempt) -> Json:
    """Return the document of a resource, and note in the history which one it is."""
    projection = bounded_projection(obj.adapter)
    fetch([obj], projection)
    document = projection.read(obj)
    attempt.resource_id = obj.identifier
    attempt.identify(obj.adapter, document)
    return document


def is_deleted(obj: ResourceObject) -> bool:
    """Whether a resource is deleted for SCIM."""
    return obj.record is not None and obj.record.deleted_at is not None
