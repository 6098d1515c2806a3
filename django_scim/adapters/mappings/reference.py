"""A foreign key to another resource, such as the manager of the enterprise user."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey
from scim2_models import InvalidValueException

from django_scim.adapters.mappings.base import Mapping
from django_scim.adapters.mappings.builtin import identifier_operand
from django_scim.adapters.mappings.columns import HostPath
from django_scim.adapters.mappings.members import identifier_of
from django_scim.adapters.objects import ResourceObject, Scope
from django_scim.adapters.paths import AttributePath
from django_scim.adapters.suggestions import unknown_field
from django_scim.models.columns import column_of
from django_scim.query.operands import ColumnOperand, Operand

if TYPE_CHECKING:
    from django_scim.adapters.base import Adapter


class Reference(Mapping):
    """A complex attribute with ``value``, ``$ref`` and ``displayName``: ``Reference("manager", to="User")``.

    :param path: The foreign key, with ``__`` across one-to-one relations.
    :param to: The resource type that it leads to.
    """

    def __init__(self, path: str, *, to: str) -> None:
        self.column = path
        self.to = to

    def prepare(self) -> None:
        """Find the foreign key; :meth:`check` reports one that is not there."""
        self.host: HostPath | None = None
        try:
            host = HostPath(self.adapter.model, self.column)
        except (FieldDoesNotExist, ValueError):
            return
        if isinstance(host.field, ForeignKey):
            self.host = host

    def check(self) -> Iterable[CheckMessage]:
        """Report a path that does not lead to a foreign key."""
        if self.host is None:
            yield unknown_field(self.adapter, self.path.key, self.adapter.model, self.column)

    @property
    def other(self) -> Adapter | None:
        """The adapter of the other side, or none where the project does not serve it."""
        return self.adapter.registry.get(self.to)

    def columns(self) -> Sequence[str]:
        """Return the foreign key."""
        return (self.column,)

    def fetch(self, objects: Sequence[ResourceObject]) -> None:
        """Fetch what the foreign keys of a page lead to, in one query."""
        other = self.other
        assert self.host is not None
        keys = {obj: self.host.read(obj.instance) for obj in objects}
        wanted = {key for key in keys.values() if key is not None}
        found: dict[Any, Any] = {}
        if other is not None and wanted:
            rows = other.queryset(objects[0].scope.connection)
            found = rows.in_bulk(list(wanted))
        for obj, key in keys.items():
            obj.fetched[self.path.key] = found.get(key)

    def read(self, obj: ResourceObject) -> Any:
        """Return the reference; none if the connection cannot see where it leads."""
        target = obj.fetched.get(self.path.key)
        other = self.other
        if target is None or other is None:
            return None
        identifier = other.identifier(target)
        value = {"value": identifier, "$ref": obj.scope.location(other, identifier)}
        if other.display_column and "displayName" in self.path.sub_attributes:
            value["displayName"] = str(getattr(target, other.display_column))
        return value

    def write(self, obj: ResourceObject, value: Any) -> None:
        """Point the foreign key at the resource with the ``id`` of ``value``.

        :raises InvalidValueException: If there is none, or none is not allowed.
        """
        assert self.host is not None
        identifier = identifier_of(value)
        key = None
        if identifier is not None and self.other is not None:
            key = self.other.visible_keys(obj.scope.connection, [identifier]).get(identifier)
        if key is None and (value is not None or not self.host.field.null):
            raise InvalidValueException(detail=f"{self.path.key}: there is no {self.to} with that id")
        self.host.write(obj, key)

    @property
    def clearable(self) -> bool:
        """Whether the foreign key may be null."""
        return self.host is not None and self.host.field.null

    def operand(self, path: AttributePath, scope: Scope) -> Operand:
        """Compare the key, or the name of what it leads to."""
        other = self.other
        sub = path.sub or "value"
        value = self.adapter.resolve(f"{self.path.head}.{sub}")
        if other is not None and value is not None:
            if sub == "value":
                return identifier_operand(other, f"{self.column}__", value.binding)
            if sub == "displayName" and other.display_column:
                field = column_of(other.model, other.display_column)
                return ColumnOperand(f"{self.column}__{other.display_column}", field, value.binding)
        return super().operand(path, scope)
