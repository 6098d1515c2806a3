"""A connection and a token that exist while the doctor looks, and all that they leave behind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from django.db import DatabaseError, router, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from django_scim.models import AccessToken, Connection, EventCount, ProvisioningEvent, Record
from django_scim.resources.registry import registry

LIFETIME = timedelta(minutes=15)
"""After which the token is refused, should the command be killed before it has deleted it."""

NAME = "scim_doctor"
"""How the names of the doctor's connections begin."""

OWN_NAME = re.compile(rf"{NAME} [0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}")
"""What their names are as a whole, so that nobody else's connection is taken for one."""


@dataclass
class Visitor:
    """A client that the project knows for a moment."""

    connection: Connection
    stored: AccessToken
    token: str
    left: list[str] = field(default_factory=list)
    """What could not be deleted, in words."""


@contextmanager
def visitor(like: Connection | None) -> Iterator[Visitor]:
    """Make a connection with a token, and delete it with all that it has made and caused.

    :param like: The connection whose dialect, tenant and domains it has.
    """
    erase_forgotten()
    copied = ("dialect", "tenant_type_id", "tenant_id", "domains")
    attributes = {} if like is None else {name: getattr(like, name) for name in copied}
    with transaction.atomic(using=router.db_for_write(Connection)):
        connection = Connection.objects.create(name=f"{NAME} {uuid4()}", **attributes)
        stored, token = AccessToken.objects.issue(connection, expires=timezone.now() + LIFETIME)
    known = Visitor(connection, stored, token)
    try:
        yield known
    finally:
        known.left += erase(connection)


def erase_forgotten() -> None:
    """Delete the connections of commands that were killed: their tokens have expired."""
    expired = Connection.objects.filter(name__startswith=f"{NAME} ", tokens__expires__lte=timezone.now())
    for connection in expired:
        if OWN_NAME.fullmatch(connection.name):
            erase(connection)


def erase(connection: Connection) -> list[str]:
    """Delete a connection of the doctor, its events and counts, and the rows that it has made.

    :returns: Which rows are still there, and why.
    """
    left = []
    using = router.db_for_write(Record)
    for record in Record.objects.using(using).filter(managed_by=connection):
        try:
            erase_resource(record)
        except (DatabaseError, ProtectedError, RestrictedError) as error:
            left.append(f"the {record}, which is locked: {error}")
    for model in (EventCount, ProvisioningEvent):
        model.objects.using(router.db_for_write(model)).filter(connection=connection).delete()
    connection.delete()
    return left


def erase_resource(record: Record) -> None:
    """Delete the row of a resource that was made a moment ago, with what the project has put beside it."""
    resource_type = registry().get(record.resource_type)
    if resource_type is None:
        return
    model = resource_type.model
    with transaction.atomic(using=router.db_for_write(model)):
        for row in model._base_manager.using(router.db_for_write(model)).filter(pk=record.key):
            row.delete()
        Record.objects.using(router.db_for_write(Record)).filter(pk=record.pk).delete()
