"""The narrow waist: the contract between one SCIM attribute and the place where it lives."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from django.core.checks import CheckMessage
from django.db.models import Q
from scim2_models import (
    InvalidFilterException,
    InvalidPathException,
    InvalidValueException,
    UniquenessException,
)
from scim2_models.path import CompareOperator

from django_scim.mappings.conversions import in_column_of
from django_scim.mappings.dependencies import Dependency, LookupColumn
from django_scim.schema.canonical import Spelling
from django_scim.schema.paths import AttributePath, Json
from django_scim.schema.types import declare_read_only
from django_scim.sql.index_candidates import in_any_table
from django_scim.sql.operand import SUBSTRINGS, Operand, any_of
from django_scim.sql.sources import Source, in_any, operand_of

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource
    from django_scim.resources.resource_type import ResourceType


class Mapping:
    """Where one SCIM attribute lives in the host's models, and how it is read, written, filtered and sorted.

    A subclass gives :meth:`read` and :meth:`write`, and for queries either :meth:`operand` (an
    attribute with one value) or :meth:`sources` (one with several). The rest follows from those.
    """

    read_only = False
    """Whether SCIM may not write it; ``/Schemas`` then says ``readOnly``."""

    unbounded = False
    """Whether its values may be too many to be loaded: see ``Collection``, which is the contract then."""

    uses_record = False
    """Whether :meth:`read` needs the record of the resource."""

    stored_in: str | None = None
    """The member of the record's document without which :meth:`read` returns None, if there is such.

    Most attributes of most resources have no value there: so an answer need not ask each mapping.
    """

    is_looked_up: bool = False
    """Whether clients look resources up by it, whatever the adapter says."""

    is_unique: bool = False
    """Whether no two resources may have the same value."""

    is_unique_everywhere: bool = False
    """Whether that is so over all tenants too, since the host's column is unique by itself."""

    requires_value: bool = False
    """Whether its column cannot be empty in more than one row: a PUT without a value clears it, as a POST
    without one leaves it empty, and both are refused unless the project fills it."""

    filterable: bool = True
    """Whether ``filter`` takes the attribute, or a sub-attribute of it."""

    sortable: bool = True
    """Whether ``sortBy`` takes the attribute, or a sub-attribute of it."""

    has_own_index = False
    """Whether ``eq`` finds the attribute by an index that is always there, such as that of a key."""

    spelling: Spelling | None = None
    """How a text is spelled of which there are several spellings; None leaves all text as it is."""

    leaves_out: frozenset[str] = frozenset()
    """The sub-attributes that a value does not have where :attr:`Resource.selection` leaves them out."""

    fetches_what_is_shown = False
    """Whether :meth:`fetch` is for what the server adds to a value, and no client may write."""

    resource_type: ResourceType
    path: AttributePath

    def bind(self, resource_type: ResourceType, path: AttributePath) -> Self:
        """Return a copy that belongs to an attribute of a resource type, which calls this once."""
        bound = copy.copy(self)
        bound.resource_type = resource_type
        bound.path = path
        bound.prepare()
        return bound

    def prepare(self) -> None:
        """Look up what the mapping needs of the model."""

    def check(self) -> Iterable[CheckMessage]:
        """Return what is wrong with the mapping, for Django's system checks."""
        return ()

    # What people are told of it

    @property
    def places(self) -> Sequence[str]:
        """The fields and relations of the host that hold the attribute."""
        return self.columns()

    @property
    def named(self) -> str:
        """How errors name the attribute: with its column in brackets, if it has one."""
        columns = [place.rpartition("__")[2] for place in self.places]
        return in_column_of(self.path.key, columns[0]) if len(columns) == 1 else self.path.key

    @property
    def writable(self) -> bool:
        """Whether a client may write the attribute."""
        return not self.read_only and not self.path.is_read_only

    def declare(self, attribute: Json) -> None:
        """Change what ``/Schemas`` says of the attribute (RFC 7643 section 7) to what holds for the mapping.

        :param attribute: The definition of the attribute that the mapping is bound to.
        """
        if self.read_only:
            declare_read_only(attribute)

    def lookup_columns(self) -> Iterable[LookupColumn]:
        """Return the columns of the host that ``eq`` looks at, for which there may be an index."""
        return ()

    def holds(self, sub: str) -> bool:
        """Whether a sub-attribute is the mapping's to answer for."""
        return self.path.sub in (None, sub)

    # Reading

    def columns(self) -> Sequence[str]:
        """Return the columns that :meth:`read` uses, as ``only()`` takes them."""
        return ()

    def written_columns(self) -> Sequence[str]:
        """Return the columns that :meth:`write` sets."""
        return self.columns() if self.writable else ()

    def dependencies(self) -> Iterable[Dependency]:
        """Return the rows whose change by the host is a change of the resource, beside those of columns."""
        return ()

    def fetch(self, objects: Sequence[Resource]) -> None:
        """Fetch what :meth:`read` needs for a whole page of resources, in a constant number of queries."""

    def read(self, obj: Resource) -> Any:
        """Return the value as JSON has it, or None where there is no value."""
        raise NotImplementedError

    def default(self, obj: Resource) -> Any:
        """Return what :meth:`read` gives where no client has written a value, or None."""
        return None

    # Writing

    def value_in(self, document: Json) -> Any:
        """Return the mapping's part of a resource's JSON document."""
        return self.path.get(document)

    def before_and_after(self, obj: Resource, before: Json, after: Json, *, removes: bool) -> tuple[Any, Any]:
        """Return the mapping's part of a document before and after a request: if it differs, it is written.

        A mapping whose value follows from other attributes too sees here that they have changed.

        :param removes: Whether what the second document has no more was removed by the client, and not just
            left out.
        """
        old, new = self.value_in(before), self.value_in(after)
        return old, new if new == old else self.respelled(new)

    def respelled(self, value: Any) -> Any:
        """Return a value that is to be written, in its one spelling.

        :raises InvalidValueException: If it has none.
        """
        if self.spelling is None or not isinstance(value, str):
            return value
        try:
            return self.spelling(value)
        except ValueError as error:
            raise InvalidValueException(detail=f"{self.path.key}: {error}") from error

    def compared(self, value: Any) -> Any:
        """Return what of two values is the same if they count as one."""
        with suppress(InvalidValueException):
            value = self.respelled(value)
        return self.path.binding.comparable(value)

    def initialize(self, obj: Resource) -> None:
        """Prepare a new resource, before anything is written to it."""

    def write(self, obj: Resource, value: Any) -> None:
        """Set the value, given as JSON has it; None clears it.

        :raises InvalidValueException: If the host's model cannot hold the value.
        """
        raise NotImplementedError

    @property
    def clearable(self) -> bool:
        """Whether there is a state without a value, so that a PUT that leaves it out clears it."""
        return True

    def comparable(self, document: Json) -> dict[str, Any]:
        """Return what queries find of the mapping's part of a record's document."""
        return {}

    def on_delete(self, obj: Resource) -> None:
        """Undo what should not outlive a resource that is deleted but whose row stays."""

    def on_restore(self, obj: Resource) -> None:
        """Do again what :meth:`on_delete` has undone and a resource that is there again needs."""

    def on_leave(self, obj: Resource) -> None:
        """Undo what the caller's tenant has of a resource that leaves it, and that others keep."""

    # Filtering and sorting

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Return what a comparison with the attribute, or a sub-attribute, looks at.

        :raises InvalidFilterException: If the attribute cannot be filtered.
        """
        raise InvalidFilterException(detail=f"'{path.key}' cannot be filtered")

    def sources(self, caller: Caller) -> Sequence[Source]:
        """Return where the values of a multi-valued attribute are."""
        raise InvalidFilterException(detail=f"'{self.path.key}' cannot be filtered")

    def lookup(self, path: AttributePath, operator: CompareOperator, value: Any, caller: Caller) -> Q:
        """Return the condition that a comparison stands for.

        Of a multi-valued attribute any value may meet it; ``ne`` holds when no value is equal.

        :raises InvalidFilterException: If the attribute does not take the comparison.
        """
        if not path.is_multivalued:
            operand = self.operand(path, caller)
            first, *others = self.spellings(operator, value)
            if others and operator is CompareOperator.ne:
                return ~self.lookup(path, CompareOperator.eq, value, caller)
            return any_of(operand.compare(operator, each) for each in (first, *others))
        if operator is CompareOperator.ne:
            return ~self.lookup(path, CompareOperator.eq, value, caller)
        found = self.any_value(caller, lambda source: operand_of(source, path.sub).compare(operator, value))
        if operator is CompareOperator.eq and value is None:
            return found | ~self.any_value(caller)
        return found

    def spellings(self, operator: CompareOperator, value: Any) -> list[Any]:
        """Return what to compare for a value of a filter: its one spelling, and its own if that is another.

        The project may have stored a value in a spelling that no client could write.
        """
        if self.spelling is None or not isinstance(value, str):
            return [value]
        form = self.spelling.fragment if operator in SUBSTRINGS else self.spelling
        try:
            found = form(value)
        except ValueError:
            return [value]
        is_same = self.path.binding.comparable(found) == self.path.binding.comparable(value)
        return [found] if is_same else [found, value]

    def present(self, path: AttributePath, caller: Caller) -> Q:
        """Return the condition of ``pr``."""
        if not path.is_multivalued:
            return self.operand(path, caller).present_and_not_empty()
        if path.sub is None and path.sub_attributes:
            return self.any_value(caller, self._any_sub_attribute_present)
        return self.any_value(caller, lambda source: operand_of(source, path.sub).present_and_not_empty())

    def assigned(self, path: AttributePath, caller: Caller) -> Q:
        """Return the condition that there is a value, an empty one included."""
        if not path.is_multivalued:
            return self.operand(path, caller).present()
        return self.any_value(caller)

    def _any_sub_attribute_present(self, source: Source) -> Q:
        operands = (source.operand(sub) for sub in self.path.sub_attributes)
        return any_of(operand.present_and_not_empty() for operand in operands if operand is not None)

    def any_value(self, caller: Caller, condition: Callable[[Source], Q] | None = None) -> Q:
        """Return the condition that some value meets another, which each source gets to express."""
        sources = self.sources(caller)
        return in_any(sources, [None if condition is None else condition(source) for source in sources])

    def order(self, path: AttributePath, caller: Caller) -> Any:
        """Return the expression that ``sortBy`` orders by.

        :raises InvalidPathException: If the attribute cannot be sorted by.
        """
        try:
            return self.operand(path, caller).order()
        except InvalidFilterException as error:
            raise cannot_be_sorted(path) from error

    def order_among(self, path: AttributePath, caller: Caller) -> Any:
        """Return what ``sortBy`` orders by where resources of several types are one list.

        :raises InvalidPathException: If the attribute cannot be sorted by.
        """
        return in_any_table(self.order(path, caller))


def conflict(mapping: Mapping) -> UniquenessException:
    """Return the error of a unique value that another resource has."""
    return UniquenessException(
        attribute=mapping.path.key, detail=f"another resource has the same {mapping.named}"
    )


def cannot_be_sorted(path: AttributePath) -> InvalidPathException:
    """Return the error of a ``sortBy`` that there is no order for."""
    return InvalidPathException(path=path.key, detail=f"'{path.key}' cannot be sorted by")


def parts_of(resource_type: ResourceType, path: AttributePath) -> Iterator[tuple[Mapping, AttributePath]]:
    """Yield what answers for an attribute: of a complex one with one value, each sub-attribute's mapping.

    An attribute that never has a value has none.
    """
    keys = [path.key]
    if path.is_complex and not path.is_multivalued:
        keys = [f"{path.key}.{sub}" for sub in path.sub_attributes]
    for key in keys:
        part = resource_type.resolve(key)
        mapping = None if part is None else resource_type.mapping_for(part)
        if part is not None and mapping is not None:
            yield mapping, part
