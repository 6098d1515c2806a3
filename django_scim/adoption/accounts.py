"""Which rows are adopted, and where the ``externalId`` of each is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db.models import QuerySet

from django_scim.imports import nearest
from django_scim.mappings.columns import HostPath
from django_scim.mappings.conversions import is_empty
from django_scim.models import Connection
from django_scim.operations.write import database_of
from django_scim.resources.resource import Caller, Resource
from django_scim.resources.resource_type import BATCH, ResourceType
from django_scim.sql.keyset import BY_PRIMARY_KEY

TRUTH = {"true": True, "1": True, "false": False, "0": False}
"""What text stands for a truth value, in lower case."""

LISTS = ("in", "range")
"""The lookups that take several values."""


class SelectionError(ValueError):
    """The selection asks for what the models do not have."""


@dataclass(frozen=True)
class AdoptionSelection:
    """The rows of one resource type that a connection may see and that somebody has chosen.

    :param external_id: The column with the ``externalId`` of each row, or None if there is no such column.
    :param lookups: Django's lookups, all of which a row has to meet.
    """

    resource_type: ResourceType
    connection: Connection
    external_id: HostPath | None = None
    lookups: dict[str, Any] = field(default_factory=dict)

    @property
    def caller(self) -> Caller:
        """The caller that resources are read for. Nothing is shown, so the base URL is empty."""
        return Caller(self.connection, "")

    @property
    def database(self) -> str:
        """The database of the rows, and of what is recorded of them."""
        return database_of(self.resource_type)

    def visible(self) -> QuerySet[Any]:
        """Return all rows that the connection may see, whether or not the lookups match them."""
        return self.resource_type.adapter.get_queryset(self.connection).using(self.database)

    def rows(self) -> QuerySet[Any]:
        """Return the rows, each once, together with the related rows that have the ``externalId``.

        :raises SelectionError: If a lookup cannot be made.
        """
        rows = self.visible()
        if self.lookups:
            # A subquery, since a lookup that spans a relation to many would repeat rows.
            matching = self.resource_type.model._base_manager.using(self.database)
            try:
                rows = rows.filter(pk__in=matching.filter(**self.lookups).values("pk"))
            except (FieldError, ValueError, TypeError, ValidationError) as error:
                raise SelectionError(f"The rows cannot be filtered so: {reason_of(error)}") from error
        if self.external_id is not None and self.external_id.joins:
            rows = rows.select_related(self.external_id.joins)
        return rows

    def page(self, rows: QuerySet[Any], after: Any) -> list[Resource]:
        """Return the first resources after a primary key, in its order."""
        instances = BY_PRIMARY_KEY.first(rows, BATCH, beyond=None if after is None else (after,))
        return [Resource(self.resource_type, instance, self.caller) for instance in instances]

    def external_id_of(self, obj: Resource) -> str | None:
        """Return the ``externalId`` that the host has of a row, or None if it is empty."""
        value = None if self.external_id is None else self.external_id.read(obj.instance)
        return None if is_empty(value) else str(value)


def reason_of(error: Exception) -> str:
    """Return what an error of Django says."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def parse_column(resource_type: ResourceType, path: str) -> HostPath:
    """Return the column that a path such as ``profile__external_id`` names.

    :raises SelectionError: If it names no column.
    """
    try:
        return HostPath(resource_type.model, path)
    except (FieldDoesNotExist, ValueError) as error:
        hint = nearest(path, [field.name for field in resource_type.model._meta.concrete_fields])
        raise SelectionError(f"'{path}' is no column of {resource_type.model._meta.label}. {hint}") from error


def parse_lookups(texts: Iterable[str]) -> dict[str, Any]:
    """Return the lookups that texts such as ``email__endswith=@example.com`` stand for.

    :raises SelectionError: If a text has no equals sign, or not the value that its lookup takes.
    """
    return dict(map(parse_lookup, texts))


def parse_lookup(text: str) -> tuple[str, Any]:
    """Return one lookup and its value: a list if the lookup takes several."""
    lookup, equals, value = text.partition("=")
    if not equals or not lookup:
        raise SelectionError(f"'{text}' is not of the form lookup=value.")
    name = lookup.rpartition("__")[2]
    if name in LISTS:
        return lookup, value.split(",")
    if name == "isnull":
        if value.lower() not in TRUTH:
            raise SelectionError(f"'{text}': the value is True or False.")
        return lookup, TRUTH[value.lower()]
    return lookup, value
