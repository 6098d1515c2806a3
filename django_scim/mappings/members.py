"""A relation to other resources as an attribute, such as the members of a group."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist
from django.db import transaction
from django.db.models import (
    Exists,
    ForeignKey,
    ManyToManyField,
    ManyToManyRel,
    ManyToOneRel,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.lookups import IsNull
from django.db.models.signals import m2m_changed

from django_scim.allowance import MEMBER, SHOWN_MEMBER
from django_scim.mappings.builtin import identifier_operand
from django_scim.mappings.check_messages import unknown_field, unknown_relation, wrong_resource_type
from django_scim.mappings.collection import BATCH, SHOWN_KEYS, Collection, batches, identifier_of
from django_scim.mappings.columns import HostPath
from django_scim.mappings.dependencies import Dependency, writing
from django_scim.mappings.nesting import leave_out, require_types
from django_scim.schema.paths import AttributePath
from django_scim.sql.joins import JoinedTable
from django_scim.sql.operand import AbsentOperand, ColumnOperand, ConstantOperand, Operand
from django_scim.sql.prepared import Slot, is_plain_manager
from django_scim.sql.saving import insert_pairs
from django_scim.sql.sources import Source, operand_of
from django_scim.sql.values import column_of

if TYPE_CHECKING:
    from django_scim.resources.resource import Caller, Resource
    from django_scim.resources.resource_type import ResourceType


class Members(Collection):
    """The rows on the other side of a relation: ``Members("user_set", to="User")``.

    The relation is a many-to-many field or its other side. It may also be the foreign key of a model in
    between, named by its accessor, with the foreign key that leads on:
    ``Members("memberships", target="person", to="User")``.

    :param relation: The field, or the accessor of the field's other side.
    :param to: The resource type of the other side.
    :param type: What ``type`` of each value says; the name of the resource type if not given.
    :param target: The foreign key that leads on, where the relation ends at a model in between.
    :param defaults: Values for other columns of new rows in between, such as ``{"role": "member"}``.
    """

    has_own_index = True
    leaves_out = frozenset({"display"})

    def __init__(
        self,
        relation: str,
        *,
        to: str,
        type: str | None = None,
        target: str | None = None,
        defaults: Mapping[str, Any] | None = None,
    ) -> None:
        self.relation = relation
        self.to = to
        self.type = type or to
        self.given_target = target
        self.defaults = dict(defaults or {})

    def prepare(self) -> None:
        """Find the relation from either side; :meth:`check` reports one that is not there."""
        self.note_key = self.path.key
        self.through: type[Model] | None = None
        self.reverse = False
        self.query_name = ""
        for field in self.resource_type.model._meta.get_fields():
            if isinstance(field, ManyToManyField) and field.name == self.relation:
                self.through = field.remote_field.through
                self.source, self.target = field.m2m_field_name(), field.m2m_reverse_field_name()
                self.query_name = field.name
            elif isinstance(field, ManyToManyRel) and field.get_accessor_name() == self.relation:
                self.through = field.through
                self.source, self.target = field.field.m2m_reverse_field_name(), field.field.m2m_field_name()
                self.reverse, self.query_name = True, field.name
            elif isinstance(field, ManyToOneRel) and field.get_accessor_name() == self.relation:
                self._prepare_between(field)

    def _prepare_between(self, field: ManyToOneRel) -> None:
        if self.given_target is None:
            return
        try:
            target = field.related_model._meta.get_field(self.given_target)
        except FieldDoesNotExist:
            return
        if isinstance(target, ForeignKey):
            self.through = field.related_model
            self.source, self.target = field.field.name, target.name
            self.query_name = f"{field.name}__{target.name}"

    def check(self) -> Iterable[CheckMessage]:
        """Report a relation that does not exist, or that leads to something else than the resource type."""
        if self.through is None:
            yield unknown_relation(self.resource_type, self.path.key, self.relation)
            return
        model = self.through._meta.get_field(self.target).related_model
        yield from wrong_resource_type(self.resource_type, self.path.key, self.to, model)
        for name in self.defaults:
            try:
                self.through._meta.get_field(name)
            except FieldDoesNotExist:
                yield unknown_field(self.resource_type, self.path.key, self.through, name)

    @property
    def other(self) -> ResourceType | None:
        """The resource type of the other side, or None where the project does not serve it."""
        return self.resource_type.registry.get(self.to)

    @property
    def places(self) -> Sequence[str]:
        return (self.relation,)

    @property
    def is_between(self) -> bool:
        """Whether the relation is the foreign key of a model in between."""
        return self.given_target is not None

    def rows(self, caller: Caller) -> QuerySet[Any]:
        """Return the rows of the relation whose other side the connection can see."""
        assert self.through is not None
        rows = self.through._default_manager
        if self.other is None:
            return rows.none()
        return rows.filter(**{f"{self.target}__in": self.other.queryset(caller.connection)})

    # Reading

    def dependencies(self) -> Iterable[Dependency]:
        """Return the relation, if SCIM writes it, and the end of those that it leads to."""
        if self.through is None or self.path.is_read_only:
            return
        target = self.through._meta.get_field(self.target).related_model
        assert isinstance(target, type)
        yield Dependency(target, self.query_name, frozenset())
        if not self.is_between:
            yield Dependency(self.through, self.query_name, reverse=self.reverse)
        if not self.through._meta.auto_created:
            key = self.through._meta.get_field(self.source)
            assert isinstance(key, ForeignKey)
            yield Dependency(self.through, key.related_query_name())

    def fetch(self, objects: Sequence[Resource]) -> None:
        found: dict[Any, list[dict[str, Any]]] = {obj.instance.pk: [] for obj in objects}
        other = self.other
        if objects and other is not None:
            caller = objects[0].caller
            shown: dict[Any, dict[str, Any]] = {}
            selected = objects[0].selection.get(self.path.head)
            is_named = selected is None or "display" in selected
            for number, (key, *member) in enumerate(
                self._found(other, caller, list(found), objects[0].database, is_named=is_named)
            ):
                if number % BATCH == 0:
                    caller.allowance.charge(SHOWN_MEMBER, BATCH)
                # Users of one page are in the same groups.
                value = shown.get(member[1])
                if value is None:
                    value = self._value(other, caller, *member)
                    if len(objects) > 1:
                        shown[member[1]] = value
                else:
                    value = value.copy()
                found[key].append(value)
        for obj in objects:
            obj.fetched[self.note_key] = found[obj.instance.pk]

    def _found(
        self, other: ResourceType, caller: Caller, keys: list[Any], using: str, *, is_named: bool
    ) -> Iterable[Any]:
        """Return the values of rows: by a statement that is kept, if no code of the host has a part in it.

        There are no more than the caller may ask for, and one beyond.
        """
        assert self.through is not None
        is_named = is_named and bool(other.adapter.display_column) and caller.may_name(other)
        most = caller.allowance.most_of(SHOWN_MEMBER)

        def values(rows: QuerySet[Any], reissued_id: Any) -> QuerySet[Any, Any]:
            columns = [self.source, reissued_id, f"{self.target}__{other.id_column}"]
            if is_named:
                columns.append(f"{self.target}__{other.adapter.display_column}")
            found = rows.order_by("pk").values_list(*columns)
            return found if most is None else found[: most + BATCH]

        if not self._is_kept(caller):
            rows = self.rows(caller).using(using).filter(**{f"{self.source}__in": keys})
            return values(rows, other.reissued_id(OuterRef(f"{self.target}_id")))

        def values_among(condition: Any) -> QuerySet[Any, Any]:
            rows, record = self._rows_to_keep(caller)
            return values(rows.filter(condition), record.column("reissued_id"))

        column = column_of(self.through, self.source)
        key = (self, other.visibility(caller.connection), is_named, most)
        return self.resource_type.statements.among(values_among, column, keys, using, *key)

    def _value(
        self, other: ResourceType, caller: Caller, own: Any, key: Any, display: Any = None
    ) -> dict[str, Any]:
        identifier = other.scheme.encode(key) if own is None else str(own)
        value = {"value": identifier, "$ref": caller.location(other, identifier), "type": self.type}
        if display:
            value["display"] = str(display)
        return value

    def read(self, obj: Resource) -> Any:
        return obj.fetched.get(self.note_key) or None

    # Writing

    def add(self, obj: Resource, values: Sequence[Any]) -> None:
        """Add members; one that is there already is no change (RFC 7644 section 3.5.2.1).

        :raises InvalidValueException: If a value names no resource that the connection can see, or says that
            it has another type than it has.
        """
        self.add_keys(obj, self.keys(obj, values))

    def add_keys(self, obj: Resource, keys: Sequence[Any]) -> None:
        for batch in batches(keys):
            present = set(self._present(obj, batch))
            self._add(obj, [key for key in batch if key not in present])

    def remove(self, obj: Resource, values: Sequence[Any]) -> None:
        self.remove_keys(obj, list(self.known(obj, values).values()))

    def remove_keys(self, obj: Resource, keys: Sequence[Any]) -> None:
        for batch in batches(keys):
            self._remove(obj, self.touchable(obj, self._present(obj, batch)))

    def remove_where(self, obj: Resource, condition: Callable[[Source], Q]) -> int:
        (source,) = self.sources(obj.caller)
        keys = list(self._own(obj).filter(condition(source)).values_list(self.target, flat=True))
        for batch in batches(keys):
            self._remove(obj, self.touchable(obj, batch))
        return len(keys)

    def replace(self, obj: Resource, values: Sequence[Any]) -> None:
        """Make the members exactly those that are given.

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        self.replace_keys(obj, self.keys(obj, values))

    def replace_keys(self, obj: Resource, wanted: Sequence[Any]) -> None:
        current = set(self._own(obj).values_list(self.target, flat=True))
        for batch in batches(list(current - set(wanted))):
            self._remove(obj, self.touchable(obj, batch))
        for batch in batches([key for key in wanted if key not in current]):
            self._add(obj, batch)

    def on_delete(self, obj: Resource) -> None:
        """End the memberships that the caller can see: what a group allows should not outlive it.

        Those in the groups of another tenant are that tenant's to end. Where all callers see the same rows,
        one statement ends them, however many there are, and the history has the first of them.
        """
        if self.other is not None and self.other.adapter.is_scoped:
            for batch in batches(list(self._own(obj).values_list(self.target, flat=True))):
                self._remove(obj, batch)
            return
        keys = list(self._own(obj).order_by("pk").values_list(self.target, flat=True)[: SHOWN_KEYS + 1])
        if keys:
            obj.note_members(self.note_key, "removed", keys, self)
        with writing(obj.instance):
            if self.is_between:
                getattr(obj.instance, self.relation).all().delete()
            else:
                self.related(obj).clear()

    def on_leave(self, obj: Resource) -> None:
        """End the memberships in the groups of the caller's tenant."""
        if self.other is not None and self.other.adapter.is_scoped:
            self.on_delete(obj)

    def touchable(self, obj: Resource, keys: list[Any]) -> list[Any]:
        """Return the keys that are added or removed, if the caller may change their memberships.

        Those that are added are locked first, and asked about afterwards: so whoever was being deleted is
        known to be deleted, and joins nothing.

        :raises ForbiddenException: If it may not.
        """
        obj.caller.allowance.charge(MEMBER, len(keys))
        if keys and self.other is not None and obj.caller.connection is not None:
            self.other.require_touchable(obj.caller.connection, keys, using=obj.database)
        return keys

    def known(self, obj: Resource, values: Sequence[Any], *, locks: bool = False) -> dict[str, Any]:
        """Return the primary keys of the resources that values name, by their ``id``."""
        identifiers = dict.fromkeys(identifier_of(value) for value in values)
        texts = [identifier for identifier in identifiers if identifier]
        obj.caller.allowance.charge(MEMBER, len(texts))
        if self.other is None:
            return {}
        return self.other.visible_keys(obj.caller.connection, texts, using=obj.database, locks=locks)

    def keys(self, obj: Resource, values: Sequence[Any]) -> list[Any]:
        """Return the primary keys that values name.

        :raises InvalidValueException: If a value names no resource that the connection can see.
        """
        known = self.known(obj, values, locks=True)
        leave_out(self, obj, [value for value in values if identifier_of(value) not in known], [self.to])
        require_types(self, [value for value in values if identifier_of(value) in known])
        # Two spellings of an id may name one resource.
        return list(dict.fromkeys(known.values()))

    def count(self, obj: Resource, most: int) -> int:
        return self._own(obj).order_by()[:most].count()

    def _own(self, obj: Resource) -> QuerySet[Any]:
        return self.rows(obj.caller).using(obj.database).filter(**{self.source: obj.instance.pk})

    def _present(self, obj: Resource, keys: Sequence[Any]) -> list[Any]:
        """Return those of some keys that are members."""
        if not self._is_kept(obj.caller):
            rows = self._own(obj).filter(**{f"{self.target}__in": keys})
            return list(rows.values_list(self.target, flat=True))
        assert self.through is not None
        assert self.other is not None
        target = column_of(self.through, self.target)
        source = Slot("source", column_of(self.through, self.source))

        def rows_among(condition: Any) -> QuerySet[Any, Any]:
            own, _ = self._rows_to_keep(obj.caller)
            return own.filter(condition, **{self.source: source}).values_list(self.target, flat=True)

        key = (self, "present", self.other.visibility(obj.caller.connection))
        statements = self.resource_type.statements
        return list(statements.among(rows_among, target, keys, obj.database, *key, source=obj.instance.pk))

    def _is_kept(self, caller: Caller) -> bool:
        """Whether statements about the relation can be kept: no code of the host has a part in them."""
        is_plain = self.through is not None and is_plain_manager(self.through._default_manager)
        return is_plain and self.other is not None and self.other.visibility(caller.connection) is not None

    def _rows_to_keep(self, caller: Caller) -> tuple[QuerySet[Any], JoinedTable]:
        """Return what :meth:`rows` does, for a statement that is kept, with the records of the other side."""
        assert self.through is not None
        assert self.other is not None
        rows = self.through._default_manager.all()
        record = self.other.beside(rows, column_of(self.through, self.target))
        rows = rows.filter(IsNull(record.column("deleted_at"), True))
        if not self.other.has_all_rows(caller.connection):
            rows = rows.filter(**{f"{self.target}__in": self.other.identifiable(caller.connection)})
        return rows, record

    @property
    def has_pairs_alone(self) -> bool:
        """Whether Django has made the model of the relation, with two foreign keys and nothing else."""
        through = self.through
        return (
            through is not None
            and bool(through._meta.auto_created)
            and len(through._meta.concrete_fields) == 3
        )

    def related(self, obj: Resource) -> Any:
        """Return the related manager of a row.

        Django's leaves members alone that the default manager of their model hides.
        """
        related = getattr(obj.instance, self.relation)
        named = None if self.other is None or self.is_between else self.other.adapter.manager
        return related if named is None else related(manager=named)

    def _add(self, obj: Resource, keys: list[Any]) -> None:
        """Add resources that are no members, as far as the caller knows."""
        if not keys:
            return
        with writing(obj.instance):
            if self.is_between:
                source = {f"{self.source}_id": obj.instance.pk, **self.defaults}
                manager = getattr(obj.instance, self.relation)
                manager.bulk_create([manager.model(**source, **{f"{self.target}_id": key}) for key in keys])
            else:
                related = self.related(obj)
                if self.has_pairs_alone and not related.symmetrical:
                    self._add_pairs(obj, related, keys)
                else:
                    related.add(*keys, through_defaults=self.defaults)
        self.touchable(obj, keys)
        obj.note_members(self.note_key, "added", keys, self)

    def _add_pairs(self, obj: Resource, related: Any, keys: list[Any]) -> None:
        """Do what Django's ``add()`` does, without an instance for each member.

        Nor does it look again which of them are members: who comes in between is ignored.
        """
        through = self.through
        assert through is not None
        signal = partial(
            m2m_changed.send,
            sender=through,
            instance=obj.instance,
            reverse=related.reverse,
            model=related.model,
            pk_set=set(keys),
            using=obj.database,
            raw=False,
        )
        with transaction.atomic(using=obj.database, savepoint=False):
            signal(action="pre_add")
            columns = (self.source, self.target)
            insert_pairs(through, columns, related.related_val[0], keys, obj.database)
            signal(action="post_add")

    def _remove(self, obj: Resource, keys: list[Any]) -> None:
        if not keys:
            return
        with writing(obj.instance):
            manager = self.related(obj)
            if self.is_between:
                manager.filter(**{f"{self.target}__in": keys}).delete()
            else:
                manager.remove(*keys)
        obj.note_members(self.note_key, "removed", keys, self)

    def keys_shown(self, texts: Sequence[str]) -> list[Any]:
        """Return the primary keys that :meth:`shown` has shown."""
        other = self.other
        if other is None:
            return []
        if other.adapter.id_field is None:
            decoded = (other.scheme.decode(text) for text in texts)
            return [key for key in decoded if key is not None]
        return [other.model._meta.pk.to_python(text) for text in texts]

    def existing(self, obj: Resource, keys: Sequence[Any]) -> list[Any]:
        """Return those of some primary keys whose resources are there, for the caller."""
        if self.other is None:
            return []
        rows = self.other.queryset(obj.caller.connection).using(obj.database)
        return list(rows.filter(pk__in=keys).values_list("pk", flat=True))

    def shown(self, keys: Sequence[Any]) -> list[str]:
        other = self.other
        # With an id_field, the id of a primary key would take a query.
        encode = other.scheme.encode if other is not None and other.adapter.id_field is None else str
        return [encode(key) for key in keys[:SHOWN_KEYS]]

    # Filtering

    def sources(self, caller: Caller) -> Sequence[Source]:
        return [Source(self._rows_to_search(caller), self.source, lambda sub: self._operand(sub, caller))]

    def _rows_to_search(self, caller: Caller) -> QuerySet[Any]:
        """Return the same as :meth:`rows`, by asking of each row whether the caller sees what it leads to.

        A search finds few. SQLite would list all that the caller sees for it.
        """
        assert self.through is not None
        rows = self.through._default_manager
        if self.other is None:
            return rows.none()
        target: Any = column_of(self.through, self.target)
        leads_here = {target.target_field.name: OuterRef(self.target)}
        seen = self.other.queryset(caller.connection).filter(**leads_here)
        return rows.filter(Exists(seen))

    def operand(self, path: AttributePath, caller: Caller) -> Operand:
        """Sort by the first member (RFC 7644 section 3.4.2.3), in the order of :meth:`read`."""
        (source,) = self.sources(caller)
        own = source.rows.filter(**{self.source: OuterRef("pk")}).order_by("pk")
        return Operand(Subquery(own.values(found=operand_of(source, path.sub).order())[:1]), path.binding)

    def _operand(self, sub: str | None, caller: Caller) -> Operand | None:
        other = self.other
        path = self.resource_type.resolve(f"{self.path.head}.{sub or 'value'}")
        if other is None or path is None:
            return None
        if path.sub == "value":
            return identifier_operand(other, f"{self.target}__", path.binding)
        if path.sub == "type":
            return ConstantOperand(self.type, path.binding)
        if path.sub == "display" and not caller.may_name(other):
            return AbsentOperand(path.binding)
        if path.sub == "display" and other.adapter.display_column:
            field = HostPath(other.model, other.adapter.display_column).field
            return ColumnOperand(f"{self.target}__{other.adapter.display_column}", field, path.binding)
        return None
