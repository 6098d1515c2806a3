"""A name in one column, of whatever names a client sends.

``name`` has parts, and a user model often has one column. What a client sends of the parts is kept, so that
it comes back; the column gets the name that they make.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.db.models import Case, F, Q, TextField, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact
from scim2_models.path import CompareOperator

from django_scim.mappings.check_messages import not_the_attribute, part_elsewhere
from django_scim.mappings.columns import Column
from django_scim.mappings.dependencies import LookupColumn
from django_scim.mappings.stored import Stored
from django_scim.schema.paths import AttributePath, Json
from django_scim.sql.functions import Comparable
from django_scim.sql.operand import Operand
from django_scim.sql.sources import SourceOperand

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource

NAME = "name"

FORMATTED = "formatted"

DISPLAY_NAME = "displayName"


class FullName(Stored):
    """``name`` with one column for the whole of it: ``FullName("full_name")``.

    The column is ``name.formatted``. It gets the first of these that a client sends: ``name.formatted``,
    ``name.givenName`` and ``name.familyName`` with a space between, ``displayName``. The other parts of the
    name are kept beside it.

    A column that was made of the parts follows them: it changes when a PATCH changes ``givenName``. One that
    a client has sent as ``formatted`` stays until it sends another. When the project changes the column, that
    is the name: parts that SCIM has kept are no longer told, since they may say another. A client that then
    sends both ``givenName`` and ``familyName`` names the user anew.

    :param column: The column, as for :class:`~django_scim.mappings.Column`.
    """

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = Column(column)

    def prepare(self) -> None:
        """Bind the column to ``name.formatted``."""
        super().prepare()
        formatted = self.resource_type.resolve(f"{self.path.key}.{FORMATTED}")
        self.column = self.column.bind(self.resource_type, formatted or self.path)

    def check(self) -> Iterable[CheckMessage]:
        """Check the column; report another attribute, and a part of the name that is mapped elsewhere."""
        if self.path.key != NAME:
            yield not_the_attribute(self.resource_type, self.path.key, "FullName", NAME)
            return
        yield from self.column.check()
        for other in self.resource_type.mappings.values():
            if other.path.head == NAME and other.path.sub is not None:
                yield part_elsewhere(self.resource_type, other.path)

    def columns(self) -> Sequence[str]:
        return self.column.columns()

    def lookup_columns(self) -> Iterable[LookupColumn]:
        return self.column.lookup_columns()

    # Reading

    def read(self, obj: Resource) -> Any:
        """Return the column as ``formatted``, with the parts that are kept of that name."""
        text = self.column.read(obj)
        kept = super().read(obj) or {}
        if self.comparable_form(kept.get(FORMATTED)) != self.comparable_form(text):
            kept = {}
        return {**without_formatted(kept), **({} if text is None else {FORMATTED: text})} or None

    def comparable_form(self, text: str | None) -> Any:
        """Return a whole name as filters compare it: in another case it is the same."""
        return None if text is None else self.column.path.binding.comparable(text)

    # Writing

    def before_and_after(self, obj: Resource, before: Json, after: Json, *, removes: bool) -> tuple[Any, Any]:
        """Return the name before and after a request, with the whole name that it comes to."""
        old, new = self.value_in(before), self.value_in(after)
        text = self.whole(obj, before, after, removes=removes)
        return old, {**without_formatted(new or {}), **({} if text is None else {FORMATTED: text})} or None

    def whole(self, obj: Resource, before: Json, after: Json, *, removes: bool) -> str | None:
        """Return what the column is to hold after a request, or None."""
        own = formatted_of(before), formatted_of(after)
        made = made_of(before), made_of(after)
        if own[1] is None and joined(after) is not None:
            return joined(after)
        text = follow(obj, own, made, removes=removes)
        is_kept = text is not None and text == own[0] and not obj.is_new
        if is_kept and joined(before) is None and is_whole(after):
            return joined(after)
        return text

    def write(self, obj: Resource, value: Any) -> None:
        """Put the whole name in the column, and all that was sent in the document."""
        text = (value or {}).get(FORMATTED)
        if text != self.column.read(obj) and (text is not None or self.column.clearable):
            self.column.write(obj, text)
        held = self.column.read(obj)
        # What the column holds is kept as well: if it is another one day, the project has changed it.
        super().write(
            obj, value and {**without_formatted(value), **({} if held is None else {FORMATTED: held})}
        )

    @property
    def clearable(self) -> bool:
        """As the column."""
        return self.column.clearable

    # Filtering and sorting

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Compare the column, or a part that is kept of the name in it."""
        if path.sub == FORMATTED:
            return self.column.operand(path, caller)
        stored = super().operand(path, caller)
        assert isinstance(stored, SourceOperand)
        return CurrentOperand(stored, self.is_current())

    def is_current(self) -> Q:
        """Return the condition that what is kept is of the name that is in the column."""
        kept = self.subquery(f"{NAME}.{FORMATTED}")
        held = Comparable(F(self.column.column), case_exact=self.column.path.binding.case_exact)
        empty = Value("", output_field=TextField())
        texts = [Coalesce(text, empty, output_field=TextField()) for text in (kept, held)]
        return Q(Exact(*texts))


class CurrentOperand(SourceOperand):
    """A part of a name that is kept in the record, where the record is right.

    :param stored: The part.
    :param current: The condition that it is of the name that the row has.
    """

    def __init__(self, stored: SourceOperand, current: Q) -> None:
        super().__init__(stored.source, None, Case(When(current, then=stored.expression)))
        self.current = current

    def compare(self, operator: CompareOperator, value: Any) -> Q:
        """Compare what is kept, where it is right."""
        if operator is CompareOperator.ne:
            return ~self.compare(CompareOperator.eq, value)
        if operator is CompareOperator.eq and value is None:
            return ~self.present()
        return super().compare(operator, value) & self.current

    def present(self) -> Q:
        """It is kept, and right."""
        return super().present() & self.current

    def present_and_not_empty(self) -> Q:
        """It is kept, right, and not empty."""
        return super().present_and_not_empty() & self.current


class DisplayName(Column):
    """``displayName`` in a column that the name fills as well: ``DisplayName("display_name")``.

    The column gets the first of these that a client sends: ``displayName``, ``name.formatted``,
    ``name.givenName`` and ``name.familyName`` with a space between. One that was made of the name follows it.
    """

    def check(self) -> Iterable[CheckMessage]:
        """Check the column; report another attribute."""
        yield from super().check()
        if self.path.key != DISPLAY_NAME:
            yield not_the_attribute(self.resource_type, self.path.key, "DisplayName", DISPLAY_NAME)

    def before_and_after(self, obj: Resource, before: Json, after: Json, *, removes: bool) -> tuple[Any, Any]:
        """Return the name that is shown before and after a request."""
        own = before.get(DISPLAY_NAME), after.get(DISPLAY_NAME)
        made = formatted_of(before) or joined(before), formatted_of(after) or joined(after)
        return own[0], follow(obj, own, made, removes=removes)


Texts = tuple[str | None, str | None]
"""A text before and after a request."""


def follow(obj: Resource, own: Texts, made: Texts, *, removes: bool) -> str | None:
    """Return which text a column gets: the attribute's own, or the one that others make.

    :param own: What the document has for the attribute, which after a PATCH is the same where nothing was
        sent.
    :param made: What the other attributes make.
    :param removes: Whether a client that has a text no more has removed it.
    """
    if own[1] is None:
        # What was removed is unassigned (RFC 7644 section 3.5.2.2). And the project may have emptied the
        # column: what has not changed does not fill it again.
        is_removed = removes and own[0] is not None
        is_emptied = not obj.is_new and own[0] is None and made[0] == made[1]
        return None if is_removed or is_emptied else made[1]
    is_made = not obj.is_new and own[0] == own[1] == made[0]
    return made[1] or own[1] if is_made else own[1]


def name_in(document: Json) -> Json:
    """Return the ``name`` of a document, empty if it has none."""
    return document.get(NAME) or {}


def formatted_of(document: Json) -> str | None:
    """Return ``name.formatted`` of a document, or None."""
    return name_in(document).get(FORMATTED) or None


def joined(document: Json) -> str | None:
    """Return the given and the family name of a document in one text, or None if it has neither."""
    name = name_in(document)
    return " ".join(part for part in (name.get("givenName"), name.get("familyName")) if part) or None


def made_of(document: Json) -> str | None:
    """Return the whole name that a document makes without ``name.formatted``, or None."""
    return joined(document) or document.get(DISPLAY_NAME) or None


def is_whole(document: Json) -> bool:
    """Whether a document has both a given and a family name."""
    name = name_in(document)
    return bool(name.get("givenName") and name.get("familyName"))


def without_formatted(name: Json) -> Json:
    """Return the parts of a name."""
    return {part: value for part, value in name.items() if part != FORMATTED}
