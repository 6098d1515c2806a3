"""Changes that the host makes by itself, such as in its own admin, change ``meta`` of the resources.

``meta.version`` is made from the mapped columns, so a change of those shows in it anyway. What else belongs
to a resource, its members and the rows beside it, counts by the revision of its record, and so does
``meta.lastModified``: a resource whose time no column tells gets a record for it. Django sends no signal for
``queryset.update()``, which changes the version alone: the host calls :func:`touch` beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.core.signals import setting_changed
from django.db import router, transaction
from django.db.models import F, ForeignKey, ForeignObjectRel, Model, QuerySet
from django.db.models.signals import ModelSignal, m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.utils import timezone

from django_scim.mappings.columns import HostPath
from django_scim.mappings.dependencies import Dependency, own_resource, own_write
from django_scim.models import Record
from django_scim.resources.gifts import ended_relations, on_given
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import BATCH, ResourceType
from django_scim.resources.vacating import left_at, vacate
from django_scim.sql.transactions import locked
from django_scim.sql.values import column_of

JUST_NOW = timedelta(seconds=10)
"""How old the time that a new row says it was made may be, for it to be that of its saving."""


FORMER = "_scim_former"
"""The attribute of a row that is being saved with the records which are there already for its key."""


@cache
def dependencies_by_model() -> dict[type[Model], list[tuple[ResourceType, Dependency]]]:
    """Return the dependencies of all resource types by their model, one for each path."""
    found: dict[type[Model], list[tuple[ResourceType, Dependency]]] = {}
    for resource_type in registry():
        merged: dict[Any, Dependency] = {}
        for dependency in dependencies_in(resource_type):
            identity = (dependency.model, dependency.path, dependency.reverse)
            if identity in merged:
                dependency = merged[identity].merged(dependency)
            merged[identity] = dependency
        for dependency in [each for own in merged.values() for each in (own, *inherited(own))]:
            found.setdefault(dependency.model, []).append((resource_type, dependency))
    return found


def dependencies_in(resource_type: ResourceType) -> Iterator[Dependency]:
    """Yield what the mappings of a resource type depend on: the columns that they read, and what they name.

    What is no column is left out: a system check reports it.
    """
    for mapping in resource_type.mappings.values():
        yield from mapping.dependencies()
        for column in mapping.columns():
            with suppress(FieldDoesNotExist, ValueError):
                yield from HostPath(resource_type.model, column).dependencies()


def inherited(dependency: Dependency) -> Iterator[Dependency]:
    """Yield what a dependency is to the tables that its model inherits, whose rows may be saved alone."""
    for parent in dependency.model._meta.get_parent_list() if dependency.reverse is None else ():
        path = "__".join(filter(None, (dependency.path, str(parent._meta.pk.name))))
        yield replace(dependency, model=parent, path=path, is_inherited=True)


def reconnect(*, setting: str, **kwargs: Any) -> None:
    """Connect to the signals of other models after ``override_settings``."""
    if setting in ("DJANGO_SCIM", "AUTH_USER_MODEL"):
        dependencies_by_model.cache_clear()
        connect_receivers()


def on_pre_save(
    sender: type[Model],
    instance: Model,
    raw: bool = False,
    update_fields: frozenset[str] | None = None,
    **kwargs: Any,
) -> None:
    """Update the records of the resources that a row belongs to now, and no longer once it is saved."""
    if raw:
        return
    if instance._state.adding:
        note_former(sender, instance)
        return
    for resource_type, dependency in dependencies_of(sender, instance):
        key = key_of(resource_type, dependency)
        if key is None or (update_fields is not None and update_fields.isdisjoint((key.name, key.attname))):
            continue
        owner = "__".join([*dependency.path.split("__")[:-1], "pk"])
        left = dependent_rows(resource_type, dependency, instance)
        left = left.exclude(**{owner: getattr(instance, key.attname)})
        count_change(resource_type, list(left.values_list("pk", flat=True)))


def key_of(resource_type: ResourceType, dependency: Dependency) -> ForeignKey[Any, Any] | None:
    """Return the foreign key by which a row says itself what it belongs to, or None if others refer to it."""
    model: type[Model] = resource_type.model
    key = None
    for step in dependency.path.split("__") if dependency.path and not dependency.is_inherited else ():
        relation = model._meta.get_field(step)
        if not isinstance(relation.related_model, type):
            return None
        model = relation.related_model
        key = relation.field if isinstance(relation, ForeignObjectRel) else None
    return key if isinstance(key, ForeignKey) else None


def note_former(sender: type[Model], instance: Model) -> None:
    """Note the records of rows that are gone, if a new row is about to have a key which is known already.

    Only once the row is saved, Django says whether it is new: it updates the row of the key if there is one.
    """
    found = {}
    for resource_type, dependency in dependencies_of(sender, instance, with_parents=False):
        if not dependency.path and instance.pk is not None and resource_type.keys_recur:
            record = left_at(resource_type, instance.pk, using=router.db_for_write(Record))
            if record is not None:
                found[resource_type] = record
    if found:
        setattr(instance, FORMER, found)


def on_post_save(
    sender: type[Model],
    instance: Model,
    created: bool = False,
    raw: bool = False,
    update_fields: frozenset[str] | None = None,
    **kwargs: Any,
) -> None:
    """Update the records of the resources that a saved row belongs to, if a column that matters was saved."""
    if raw:
        return
    for resource_type, record in instance.__dict__.pop(FORMER, {}).items():
        if created:
            own = resource_type.new_record(instance)
            times = {"created": own.created, "last_modified": own.last_modified}
            vacate(resource_type, instance.pk, record, using=router.db_for_write(Record), **times)
    names = None
    if update_fields is not None:
        names = {column_of(sender, name).attname for name in update_fields}
    for resource_type, dependency in dependencies_of(sender, instance):
        if dependency.fields is None or (dependency.fields if names is None else dependency.fields & names):
            if dependency.path:
                update_dependents(resource_type, dependency, instance)
            elif not created or not tells_its_time(resource_type, instance):
                count_change(resource_type, [key_in(dependency.model, instance)])


def tells_its_time(resource_type: ResourceType, instance: Model) -> bool:
    """Whether a new row says when it was made: it may have been made with a time that has gone by."""
    created = resource_type.created_at(instance)
    return (
        isinstance(created, datetime) and timezone.is_aware(created) and timezone.now() - created < JUST_NOW
    )


def key_in(model: type[Model], instance: Model) -> Any:
    """Return the primary key of a row in the table of its model or of one that it inherits."""
    return getattr(instance, model._meta.pk.attname)


def on_pre_delete(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    """Update the records of the resources that a deleted row belonged to."""
    for resource_type, dependency in dependencies_of(sender, instance, with_parents=False):
        if dependency.path and not dependency.is_inherited:
            update_dependents(resource_type, dependency, instance)


def on_post_delete(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    """Keep nothing of the record of a deleted row, which no other session can write any more."""
    using = router.db_for_write(Record)
    for resource_type, dependency in dependencies_of(sender, instance, with_parents=False):
        if not dependency.path:
            with transaction.atomic(using=using, savepoint=False):
                records = locked(resource_type.records().using(using))
                record = records.filter(**{resource_type.record_key: instance.pk}).first()
                vacate(resource_type, instance.pk, record, using=using)


def dependencies_of(
    sender: type[Model], instance: Model, reverse: bool | None = None, *, with_parents: bool = True
) -> Iterator[tuple[ResourceType, Dependency]]:
    """Yield what depends on a row, or for ``m2m_changed`` on its members.

    A row that SCIM itself is writing is left out for its own resource, whose write sets the version. The
    groups of an account that is deleted are not.

    :param reverse: That of ``m2m_changed``, or None for another signal.
    :param with_parents: Whether the rows that the row inherits are meant too. Django tells of the end of
        each, but not that they are saved.
    """
    is_written = own_write.get() is instance
    for resource_type, dependency in dependencies_on(sender, with_parents=with_parents):
        is_own = not dependency.path if reverse is None else dependency.reverse == reverse
        is_of_signal = (dependency.reverse is None) is (reverse is None)
        if is_of_signal and not (is_written and is_own):
            yield resource_type, dependency


def dependencies_on(
    sender: type[Model], *, with_parents: bool = True
) -> Iterator[tuple[ResourceType, Dependency]]:
    """Yield what depends on the rows of a model, and on those that they inherit."""
    model = sender._meta.concrete_model or sender
    yield from dependencies_by_model().get(model, ())
    for parent in model._meta.get_parent_list() if with_parents else ():
        for resource_type, dependency in dependencies_by_model().get(parent, ()):
            if not dependency.is_inherited:
                yield resource_type, dependency


def update_dependents(resource_type: ResourceType, dependency: Dependency, instance: Model) -> None:
    """Update the records of the resources that a row belongs to."""
    rows = dependent_rows(resource_type, dependency, instance)
    count_change(resource_type, list(rows.values_list("pk", flat=True)))


def dependent_rows(resource_type: ResourceType, dependency: Dependency, instance: Model) -> QuerySet[Any]:
    """Return the rows of the resources that a row belongs to, as the database of writes has it."""
    rows = resource_type.model._base_manager.using(router.db_for_write(resource_type.model))
    found: QuerySet[Any] = rows.filter(**{dependency.path: key_in(dependency.model, instance)})
    return found


def on_m2m_changed(
    sender: type[Model], instance: Model, action: str, reverse: bool, pk_set: set[Any] | None, **kwargs: Any
) -> None:
    """Update the records of the resources whose members change."""
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    for resource_type, dependency in dependencies_of(sender, instance, reverse):
        if reverse == dependency.reverse:
            keys = [instance.pk]
        elif pk_set is not None:
            keys = list(pk_set)
        else:
            keys = list(dependent_rows(resource_type, dependency, instance).values_list("pk", flat=True))
        count_change(resource_type, keys)


def count_change(resource_type: ResourceType, keys: list[Any]) -> None:
    """Move the revision and the time of resources that have changed; make the records that are missing."""
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        if touch_records(resource_type, batch) < len(batch):
            make_records(resource_type, batch)
            touch_records(resource_type, batch)


def make_records(resource_type: ResourceType, keys: list[Any]) -> None:
    """Make the missing records of some resources, but not that of one that SCIM is writing, and will save."""
    written = own_resource.get()
    rows = resource_type.model._base_manager.using(router.db_for_write(resource_type.model))
    if isinstance(written, resource_type.model):
        rows = rows.exclude(pk=written.pk)
    columns = [resource_type.model._meta.pk.attname, resource_type.adapter.created_field]
    found = rows.filter(pk__in=keys).only(*filter(None, columns)).order_by()
    records = [resource_type.new_record(row) for row in found]
    Record.objects.using(router.db_for_write(Record)).bulk_create(records, ignore_conflicts=True)


def touch_records(resource_type: ResourceType, keys: list[Any]) -> int:
    """Increment the revision of the records that are there, and return how many these are."""
    records = resource_type.records().using(router.db_for_write(Record))
    rows = records.filter(**{f"{resource_type.record_key}__in": keys})
    return rows.update(revision=F("revision") + 1, last_modified=timezone.now())


def touch(rows: QuerySet[Any]) -> None:
    """Note that rows change without a signal: by ``update()``, ``bulk_update()``, ``bulk_create()`` or SQL.

    ``meta.lastModified`` and ``meta.version`` of the resources that the rows are, or belong to, move. Call it
    in the same transaction: before the change where rows no longer meet the query after it.

    :param rows: Rows of a model that is mapped, or of one beside it, such as profiles. For a table of
        members, name the rows of the groups.
    :raises ValueError: If no resource depends on rows of this model.
    """
    dependencies = [each for each in dependencies_on(rows.model) if each[1].reverse is None]
    if not dependencies:
        raise ValueError(f"no resource depends on rows of {rows.model._meta.label}")
    for resource_type, dependency in dependencies:
        if dependency.fields == frozenset():
            continue  # Its end alone matters, of which there is a signal.
        named = rows.order_by().values(dependency.model._meta.pk.attname)
        model = resource_type.model
        owners = model._base_manager.using(router.db_for_write(model))
        owners = owners.filter(**{f"{dependency.path or 'pk'}__in": named})
        count_change(resource_type, list(owners.values_list("pk", flat=True).distinct()))


CONNECTED: set[tuple[ModelSignal, Callable[..., None], type[Model]]] = set()
"""The signals that are connected, with their receiver and sender."""


def connect() -> None:
    """Connect to Django's signals, once the models are there."""
    setting_changed.connect(reconnect, dispatch_uid="django_scim.resources.tracking")
    connect_receivers()


def connect_receivers() -> None:
    """Connect to the signals of the models that resources depend on, and of no others.

    Django reads each row before it deletes it, of any model, where ``pre_delete`` has a receiver for all.
    """
    wanted = set(needed_receivers())
    for signal, receiver, model in CONNECTED - wanted:
        signal.disconnect(receiver, sender=model)
    for signal, receiver, model in wanted - CONNECTED:
        signal.connect(receiver, sender=model)
    CONNECTED.clear()
    CONNECTED.update(wanted)


def needed_receivers() -> Iterator[tuple[ModelSignal, Callable[..., None], type[Model]]]:
    """Yield the receivers to connect: a proxy model sends signals of its own, a relation's table only one."""
    for model in apps.get_models(include_auto_created=True):
        if any(dependencies_on(model)):
            yield m2m_changed, on_m2m_changed, model
            if not model._meta.auto_created:
                yield pre_save, on_pre_save, model
                yield post_save, on_post_save, model
                yield pre_delete, on_pre_delete, model
                yield post_delete, on_post_delete, model
    for resource_type in registry():
        for relation in ended_relations(resource_type):
            yield m2m_changed, on_given, relation.through
            if not relation.through._meta.auto_created:
                yield post_save, on_given, relation.through
