"""A multi-valued attribute with a row for each value, such as the email addresses of django-allauth."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import (
    BooleanField,
    Case,
    F,
    Field,
    ForeignKey,
    ManyToOneRel,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import NullIf
from scim2_models import AttributeBinding, InvalidValueException
from scim2_models.path import CompareOperator

from django_scim.mappings.check_messages import (
    no_conversion,
    unknown_field,
    unknown_rows,
    wrong_conversion,
)
from django_scim.mappings.columns import Column
from django_scim.mappings.conversions import Conversion, in_column_of, is_empty
from django_scim.mappings.dependencies import Dependency, LookupColumn, writing
from django_scim.mappings.mapping import Mapping
from django_scim.mappings.remainder import Remainder
from django_scim.schema.paths import AttributePath, Json
from django_scim.schema.types import declare_read_only, declare_values, keep_parts
from django_scim.sql.operand import AbsentOperand, ColumnOperand, ConstantOperand, Operand
from django_scim.sql.sources import Source, operand_of
from django_scim.sql.values import column_of

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource


VALUE = "value"


class Rows(Mapping):
    """One related row for each value: ``Rows("emailaddress_set", value="email", primary="primary")``.

    Values and rows are matched by one sub-attribute, so that a change keeps the rows, and the primary keys,
    of the values that stay. A value that changes in that sub-attribute is a new row: whatever else the
    project keeps of the old one, such as that an address was verified, does not hold for the new one.

    A sub-attribute that has no column, such as ``display``, is kept in the record, and found there. It goes
    with the row that has the value: where the project changes or deletes that row, it is gone.

    :param relation: The accessor of the related rows, such as ``emailaddress_set``.
    :param match: The sub-attribute that says which row a value is.
    :param fixed: Sub-attributes that are the same for every row, such as ``{"type": "work"}``.
    :param defaults: Values for other columns of new rows, such as ``{"verified": True}``.
    :param convert: How columns hold their values, by the names of their sub-attributes, such as
        ``{"type": Choices({"work": "W", "home": "H"})}``.
    :param columns: The columns by the names of their sub-attributes.
    """

    def __init__(
        self,
        relation: str,
        *,
        match: str = VALUE,
        fixed: dict[str, Any] | None = None,
        defaults: dict[str, Any] | None = None,
        convert: dict[str, Conversion] | None = None,
        **columns: str,
    ) -> None:
        self.relation = relation
        self.match = match
        self.fixed = fixed or {}
        self.defaults = defaults or {}
        self.given_conversions = convert or {}
        self.column_names = columns

    def prepare(self) -> None:
        """Find the related model and its columns; :meth:`check` reports what is not there."""
        self.key: ForeignKey[Any, Any] | None = None
        for field in self.resource_type.model._meta.get_fields():
            if isinstance(field, ManyToOneRel) and field.get_accessor_name() == self.relation:
                self.key = field.field
        self.fields: dict[str, Field[Any, Any]] = {}
        self.missing: list[str] = []
        for sub, column in self.column_names.items() if self.key else ():
            try:
                self.fields[sub] = column_of(self.rows_model, column)
            except FieldDoesNotExist:
                self.missing.append(column)
        self.conversions = {sub: self._conversion(sub) for sub in self.fields}
        name, binding = self.resource_type.adapter.column_in_step(self.path), self.binding(VALUE)
        self.in_step: Column | None = None
        if name is not None and binding is not None and VALUE in self.fields:
            value = AttributePath(self.path.extension, self.path.name, VALUE, binding)
            self.in_step = Column(name).bind(self.resource_type, value)
        rest = [sub for sub in self.path.sub_attributes if self._is_kept(sub)]
        self.rest = Remainder(match=self.match, parts=rest).bind(self.resource_type, self.path)
        self.uses_record = bool(rest)

    def _is_kept(self, sub: str) -> bool:
        """Whether a sub-attribute is kept in the record, since the rows have no place for it."""
        path = self.resource_type.resolve(f"{self.path.head}.{sub}")
        is_written = path is not None and not path.is_read_only
        is_matched = self.match in self.fields and self.binding(self.match) is not None
        return is_written and is_matched and sub not in (*self.column_names, *self.fixed)

    def _conversion(self, sub: str) -> Conversion:
        given, binding = self.given_conversions.get(sub), self.binding(sub)
        plain = given if isinstance(given, Conversion) and binding is not None else Conversion()
        return plain.bind(self.fields[sub], binding, f"{self.path.key}.{sub}")

    @property
    def rows_model(self) -> type[Model]:
        assert self.key is not None
        return self.key.model

    def check(self) -> Iterable[CheckMessage]:
        """Report a relation or a column that does not exist."""
        if self.key is None:
            yield unknown_rows(self.resource_type, self.path.key, self.relation)
        for column in self.missing:
            yield unknown_field(self.resource_type, self.path.key, self.rows_model, column)
        for sub, given in self.given_conversions.items() if self.key else ():
            key, column = f"{self.path.key}.{sub}", self.column_names.get(sub, "")
            if sub == "primary":
                yield wrong_conversion(self.resource_type, key, column, "'primary' needs a column of its own")
            elif sub not in self.column_names:
                yield wrong_conversion(self.resource_type, key, column, f"'{sub}' has no column")
            elif sub in self.fields:
                yield from no_conversion(self.resource_type, key, column, given, self.conversions[sub])

    def declare(self, attribute: Json) -> None:
        """Leave out the sub-attributes that have no place; what is fixed is not the client's to write."""
        super().declare(attribute)
        parts = keep_parts(attribute, {*self.fields, *self.fixed, *self.rest.parts}) or {VALUE: attribute}
        for sub, part in parts.items():
            if sub in self.fields:
                self.conversions[sub].declare(part)
            elif sub in self.fixed:
                declare_read_only(part)
                declare_values(part, [self.fixed[sub]])

    def binding(self, sub: str) -> AttributeBinding | None:
        """Return what scim2-models knows of a sub-attribute, or of the values of a simple attribute."""
        if not self.path.sub_attributes:
            return self.path.binding if sub == VALUE else None
        path = self.resource_type.resolve(f"{self.path.head}.{sub}")
        return None if path is None else path.binding

    @property
    def places(self) -> Sequence[str]:
        """The relation, with each column of its rows."""
        return [f"{self.relation}__{column}" for column in self.column_names.values()] or [self.relation]

    def lookup_columns(self) -> Iterable[LookupColumn]:
        if VALUE in self.fields and self.binding(VALUE) is not None:
            column = self.conversions[VALUE].lookup_column()
            if column is not None:
                yield column

    def dependencies(self) -> Iterable[Dependency]:
        if self.key is not None:
            yield Dependency(self.rows_model, self.key.related_query_name())

    def written_columns(self) -> Sequence[str]:
        return () if self.in_step is None else self.in_step.columns()

    # Reading

    def rows(self, objects: Sequence[Resource]) -> QuerySet[Any]:
        """Return the rows of resources, in the order in which they were made."""
        assert self.key is not None
        keys = [obj.instance.pk for obj in objects]
        manager = self.rows_model._default_manager
        return manager.using(objects[0].database).filter(**{f"{self.key.name}__in": keys}).order_by("pk")

    def fetch(self, objects: Sequence[Resource]) -> None:
        """Fetch the rows of all the resources in one query."""
        assert self.key is not None
        found: dict[Any, list[Model]] = {obj.instance.pk: [] for obj in objects}
        for row in self.rows(objects) if objects else ():
            found[getattr(row, self.key.attname)].append(row)
        for obj in objects:
            obj.fetched[self.path.key] = found[obj.instance.pk]

    def read(self, obj: Resource) -> Any:
        """Return a value for each row that was fetched, with what the record keeps of it."""
        values = [self.value_of(row) for row in obj.fetched.get(self.path.key, ())]
        return (self.rest.add(obj, values) if self.rest.parts else values) or None

    def comparable(self, document: Json) -> dict[str, Any]:
        return self.rest.comparable(document)

    def value_of(self, row: Model) -> Any:
        """Return the value that a row holds."""
        values = {
            sub: self.conversions[sub].to_json(getattr(row, field.attname))
            for sub, field in self.fields.items()
        }
        entry = {sub: value for sub, value in {**self.fixed, **values}.items() if value is not None}
        if not entry.get("primary"):
            entry.pop("primary", None)
        return entry if self.path.sub_attributes else entry.get(VALUE)

    # Writing

    def write(self, obj: Resource, value: Any) -> None:
        """Make the rows those of the values, once the resource's own row is there.

        A column of the row that holds one of them too, such as ``email``, gets the primary one, or the first.
        """
        obj.changed_outside = True
        if self.in_step is not None:
            named = [entry for entry in value or [] if self.names_row(entry) and isinstance(entry, dict)]
            chosen = next((entry for entry in named if entry.get("primary")), next(iter(named), {}))
            held = chosen.get(VALUE)
            if held != self.in_step.read(obj) and (held is not None or self.in_step.clearable):
                self.in_step.write(obj, held)
        if self.rest.parts:
            self.rest.keep(obj, [self.as_held(entry) for entry in value or [] if self.names_row(entry)])
        obj.after_save.append(lambda: self.replace(obj, value or []))

    def replace(self, obj: Resource, values: Sequence[Any]) -> None:
        """Delete, change and add rows; what stays as it is, is not touched.

        :raises InvalidValueException: If a column cannot hold its value.
        """
        rows = list(self.rows([obj]))
        wanted = [self.columns_of(value) for value in values if self.names_row(value)]
        kept: list[tuple[Model, dict[str, Any]]] = []
        added: list[dict[str, Any]] = []
        for columns in wanted:
            row = next((row for row in rows if self.is_match(row, columns)), None)
            if row is None:
                added.append(columns)
            else:
                rows.remove(row)
                kept.append((row, columns))
        for row in rows:
            with writing(row):
                row.delete(using=obj.database)
        for row, columns in sorted(kept, key=lambda pair: self.is_marked(pair[1])):
            self.update(obj, row, columns)
        for columns in added:
            self.insert(obj, columns)

    def as_held(self, entry: Json) -> Json:
        """Return a value whose part that says which row it is reads as the row will have it.

        :raises InvalidValueException: If the column cannot hold it.
        """
        conversion = self.conversions[self.match]
        return {**entry, self.match: conversion.to_json(conversion.to_python(entry[self.match]))}

    def names_row(self, value: Any) -> bool:
        """Whether a value says which row it is: a client clears one by an empty string."""
        return not isinstance(value, dict) or not is_empty(value.get(self.match))

    def columns_of(self, value: Any) -> dict[str, Any]:
        """Return the columns of a row that holds a value.

        :raises InvalidValueException: If a column cannot hold its part.
        """
        entry = value if isinstance(value, dict) else {VALUE: value}
        return {
            field.attname: self.conversions[sub].to_python(entry.get(sub))
            for sub, field in self.fields.items()
        }

    def is_match(self, row: Model, columns: dict[str, Any]) -> bool:
        """Whether a row is that of a value."""
        name = self.fields[self.match].attname
        return bool(self.comparable_form(getattr(row, name)) == self.comparable_form(columns[name]))

    def comparable_form(self, value: Any) -> Any:
        """Return a part of a value as SCIM compares it, usually without regard to case."""
        binding = self.binding(self.match)
        return binding.comparable(value) if binding is not None and isinstance(value, str) else value

    def is_marked(self, columns: dict[str, Any]) -> bool:
        """Whether columns mark a row as primary: such are saved after others lose the mark."""
        field = self.fields.get("primary")
        return bool(field is not None and columns[field.attname])

    def update(self, obj: Resource, row: Model, columns: dict[str, Any]) -> None:
        """Save the columns of a row that differ."""
        changed = [name for name, value in columns.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, columns[name])
        if changed:
            self.clean(row, changed)
            obj.make_room(row)
            with writing(row):
                row.save(using=obj.database, update_fields=changed)

    def insert(self, obj: Resource, columns: dict[str, Any]) -> None:
        assert self.key is not None
        row = self.rows_model(**{**self.defaults, **columns, self.key.name: obj.instance})
        self.clean(row, columns)
        obj.make_room(row)
        with writing(row):
            row.save(using=obj.database, force_insert=True)

    def clean(self, row: Model, names: Iterable[str]) -> None:
        """Run the host's own validation of some columns.

        :raises InvalidValueException: With the messages of the fields.
        """
        checked = set(names)
        others = [field.name for field in row._meta.fields if field.attname not in checked]
        try:
            row.clean_fields(exclude=others)
        except ValidationError as error:
            texts = [
                f"{in_column_of(self.path.key, name)}: {' '.join(messages)}"
                for name, messages in error.message_dict.items()
            ]
            raise InvalidValueException(detail="; ".join(texts)) from error

    # Filtering and sorting

    def sources(self, caller: Caller) -> Sequence[Source]:
        assert self.key is not None
        return [Source(self.found_rows, self.key.attname, self.row_operand)]

    @property
    def found_rows(self) -> QuerySet[Any]:
        """The rows, which know what the record keeps of their values."""
        rows = self.rows_model._default_manager.all()
        if not self.rest.parts or not self.conversions[self.match].sortable:
            return rows
        return self.rest.matched(rows, self.conversions[self.match].operand(self.fields[self.match].name))

    def row_operand(self, sub: str | None) -> Operand | None:
        """Return what to compare in a row for a sub-attribute."""
        name = sub or VALUE
        binding = self.binding(name)
        if binding is None:
            return None
        if name in self.fields:
            if name == "primary":
                # As in the values: what is not the primary one says nothing of it.
                marked = NullIf(F(self.fields[name].name), Value(False, output_field=BooleanField()))
                return ColumnOperand(marked, self.fields[name], binding)
            return self.conversions[name].operand(self.fields[name].name)
        if name in self.fixed:
            return ConstantOperand(self.fixed[name], binding)
        if name not in self.rest.parts:
            return AbsentOperand(binding)
        if not self.conversions[self.match].sortable:
            return None
        assert self.key is not None
        return self.rest.operand_of_row(name, self.key.attname)

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Sort by the primary value, or else by the first (RFC 7644 section 3.4.2.3)."""
        (source,) = self.sources(caller)
        inner = operand_of(source, path.sub)
        assert self.key is not None
        own = self.found_rows.filter(**{self.key.name: OuterRef("pk")})
        first = own.order_by(*self.preference()).values(found=inner.order())[:1]
        return Operand(Subquery(first), inner.binding)

    def preference(self) -> Iterator[Any]:
        """Yield what rows are ordered by: the primary one, then the oldest."""
        if "primary" in self.fields:
            yield f"-{self.fields['primary'].attname}"
        elif (kept := self.row_operand("primary")) is not None:
            yield Case(When(kept.compare(CompareOperator.eq, True), then=0), default=1)
        yield "pk"
