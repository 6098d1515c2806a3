"""A resource type of a host with a mapping of its own: a number that SCIM writes with letters before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import scim2_models
from django.core.checks import CheckMessage, Error
from django.db.models import F
from scim2_models import URN, InvalidFilterException, InvalidValueException, Required

from django_scim.adapters import Adapter
from django_scim.mappings import Mapping, Operand
from django_scim.resources import Caller, Resource
from django_scim.schema import AttributePath
from tests.hosts.small.models import Legacy

FORM = re.compile(r"A-([0-9]{1,9})")


def number_in(text: Any) -> int:
    """Return the number of a text such as ``A-42``.

    :raises ValueError: If it is another text.
    """
    found = FORM.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{text!r} is not of the form A-42")
    return int(found[1])


class NumberOperand(Operand):
    """The number, which is compared as one."""

    def encode(self, value: Any) -> Any:
        """Return the number in what a filter has."""
        return number_in(value)

    def fragment(self, operator: Any, value: Any) -> str:
        """Refuse ``co``, ``sw`` and ``ew``: the column has no text to look in.

        :raises InvalidFilterException: Always.
        """
        raise InvalidFilterException(
            detail=f"'{self.binding.urn}' is a number: '{operator.value}' has no use"
        )


class AssetNumber(Mapping):
    """``A-42``, of which a column has 42."""

    def __init__(self, column: str) -> None:
        self.column = column

    def prepare(self) -> None:
        """Look the column up once."""
        self.fields = {field.name: field for field in self.resource_type.model._meta.get_fields()}

    def check(self) -> Iterable[CheckMessage]:
        """Report a column that does not exist."""
        if self.column not in self.fields:
            place = f"{self.resource_type.setting}: '{self.path.key}'"
            text = f"{place} needs the column '{self.column}' of {self.resource_type.model._meta.label}."
            yield Error(text, id="assets.E001")

    def columns(self) -> Sequence[str]:
        """Return the column."""
        return [self.column]

    def read(self, obj: Resource) -> Any:
        """Write the letters before the number."""
        number = getattr(obj.instance, self.column)
        return None if number is None else f"A-{number}"

    def write(self, obj: Resource, value: Any) -> None:
        """Take the number.

        :raises InvalidValueException: If it is none.
        """
        try:
            number = None if value is None else number_in(value)
        except ValueError as error:
            raise InvalidValueException(detail=f"{self.path.key}: {error}") from error
        setattr(obj.instance, self.column, number)
        obj.touch(obj.instance, self.column)

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Compare the column."""
        return NumberOperand(F(self.column), path.binding)


class Asset(scim2_models.Resource):  # type: ignore[type-arg]
    """Something that belongs to the host."""

    __schema__ = URN("urn:example:params:scim:schemas:Asset")

    name: Annotated[str | None, Required.true] = None
    """What it is called."""

    number: str | None = None
    """What stands on it."""


class AssetAdapter(Adapter):
    """Assets at /Assets."""

    resource = Asset
    model = Legacy
    name = "Asset"
    endpoint = "/Assets"
    display_column = "name"
    attributes = {"name": "name", "number": AssetNumber("number")}
