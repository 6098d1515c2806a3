"""The rows that are adopted, and the column with their ``externalId``."""

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
"""The texts that stand for a boolean, in lower case."""

LISTS = ("in", "range")
"""The lookups that take several values."""


class SelectionError(ValueError):
    """A selection that is not possible with the models, such as by an unknown column."""


@dataclass(frozen=True)
class AdoptionSelection:
    """The rows of one resource type that a connection may see and that match lookups.

    :param external_id: The column with the ``externalId`` of each row, or None.
    :param lookups: Django's lookups, all of which a row has to match.
    :param predecessor: The connection that hands over what it manages, and the only rows then; or None.
    :param with_power: Whether accounts with power, such as staff, are handed over too.
    """

    resource_type: ResourceType
    connection: Connection
    external_id: HostPath | None = None
    lookups: dict[str, Any] = field(default_factory=dict)
    predecessor: Connection | None = None
    with_power: bool = False

    @property
    def caller(self) -> Caller:
        """The caller for whom resources are read. It needs no base URL, since nothing is rendered."""
        return Caller(self.connection, "")

    @property
    def database(self) -> str:
        """The database of the rows and of their records."""
        return database_of(self.resource_type)

    def visible(self) -> QuerySet[Any]:
        """Return all rows that the connection may see, without the lookups."""
        return self.resource_type.adapter.get_queryset(self.connection).using(self.database)

    def rows(self) -> QuerySet[Any]:
        """Return the rows, each once.

        :raises SelectionError: If a lookup is not possible.
        """
        rows = self.visible()
        if self.predecessor is not None:
            managed = self.resource_type.records().filter(managed_by=self.predecessor)
            rows = rows.filter(pk__in=managed.values(self.resource_type.record_key))
        if self.lookups:
            # A subquery, since a lookup that spans a relation to many would repeat rows.
            matching = self.resource_type.model._base_manager.using(self.database)
            try:
                rows = rows.filter(pk__in=matching.filter(**self.lookups).values("pk"))
            except (FieldError, ValueError, TypeError, ValidationError) as error:
                raise SelectionError(f"The rows cannot be filtered so: {reason_of(error)}") from error
        return rows

    def page(self, rows: QuerySet[Any], after: Any) -> list[Resource]:
        """Return the next resources after a primary key, or the first resources if it is None.

        The rows beside theirs are read with them, by a query of its own, so that none of those is locked.
        """
        instances = list(BY_PRIMARY_KEY.first(rows, BATCH, beyond=None if after is None else (after,)))
        if instances and self.joins:
            whole = self.resource_type.model._base_manager.using(self.database).select_related(*self.joins)
            found = whole.in_bulk([instance.pk for instance in instances])
            instances = [found[instance.pk] for instance in instances if instance.pk in found]
        return [Resource(self.resource_type, instance, self.caller) for instance in instances]

    @property
    def joins(self) -> set[str]:
        """The relations to the rows of mapped columns, and to the one with the ``externalId``."""
        own = "" if self.external_id is None else self.external_id.joins
        return {*self.resource_type.joins, own} - {""}

    def external_id_of(self, obj: Resource) -> str | None:
        """Return the ``externalId`` in the host's column, or None if it is empty."""
        value = None if self.external_id is None else self.external_id.read(obj.instance)
        return None if is_empty(value) else str(value)


def reason_of(error: Exception) -> str:
    """Return the text of an error of Django."""
    return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)


def parse_column(resource_type: ResourceType, path: str) -> HostPath:
    """Return the column that a path such as ``profile__external_id`` names.

    :raises SelectionError: If there is no such column.
    """
    try:
        return HostPath(resource_type.model, path)
    except (FieldDoesNotExist, ValueError) as error:
        names = [field.name for field in resource_type.model._meta.concrete_fields]
        # Of a path, the step that is wrong is named: what is near the whole of it is none of these.
        hint = f"{error}." if "__" in path else nearest(path, names)
        raise SelectionError(f"'{path}' is no column of {resource_type.model._meta.label}. {hint}") from error


def parse_lookups(texts: Iterable[str]) -> dict[str, Any]:
    """Return the lookups of texts such as ``email__endswith=@example.com``.

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
