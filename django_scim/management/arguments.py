"""What arguments of the commands name."""

from __future__ import annotations

from django.core.management.base import CommandError

from django_scim.imports import nearest
from django_scim.models import Connection


def connection_named(name: str) -> Connection:
    """Return the connection with a name.

    :raises CommandError: If there is none, with a hint.
    """
    connection = Connection.objects.filter(name=name).first()
    if connection is None:
        names = Connection.objects.values_list("name", flat=True)[:100]
        raise CommandError(f"There is no connection {name}. {nearest(name, names) or ''}".rstrip())
    return connection
