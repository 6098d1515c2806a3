"""Changes that the host makes by itself, such as in its own admin, change ``meta`` of the resources.

``meta.version`` is made from the mapped columns, so a change of those shows in it anyway. What else belongs
to a resource, its members and the rows beside it, counts by the revision of its record, and so does
``meta.lastModified``. Django sends no signal for ``queryset.update()``: that changes the version alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

from django.apps import apps
from django.core.signals import setting_changed
from django.db import router
from django.db.models import F, Model, QuerySet
from django.db.models.signals import ModelSignal, m2m_changed, post_save, pre_delete
from django.utils import timezone

from django_scim.mappings.dependencies import Dependency, own_write
from django_scim.models import Record
from django_scim.resources.registry import registry
from django_scim.resources.resource_type import BATCH, ResourceType
from django_scim.sql.values import column_of


@cache
def dependencies_by_model() -> dict[type[Model], list[tuple[ResourceType, Dependency]]]:
    """Return the dependencies of all resource types by their model, one for each path."""
    found: dict[type[Model], list[tuple[ResourceType, Dependency]]] = {}
    for resource_type in registry():
        merged: dict[Any, Dependency] = {}
        for mapping in resource_type.mappings.values():
            for dependency in mapping.dependencies():
                identity = (dependency.model, dependency.path, dependency.reverse)
                if identity in merged:
                    dependency = merged[identity].merged(dependency)
                merged[identity] = dependency
        for dependency in merged.values():
            found.setdefault(dependency.model, []).append((resource_type, dependency))
    return found


def reconnect(*, setting: str, **kwargs: Any) -> None:
    """Connect to the signals of other models after ``override_settings``."""
    if setting in ("DJANGO_SCIM", "AUTH_USER_MODEL"):
        dependencies_by_model.cache_clear()
        connect_receivers()


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
    names = None
    if update_fields is not None:
        names = {column_of(sender, name).attname for name in update_fields}
    for resource_type, dependency in dependencies_of(sender, instance):
        if dependency.fields is None or (dependency.fields if names is None else dependency.fields & names):
            if dependency.path:
                update_dependents(resource_type, dependency, instance)
            elif not created:
                touch_records(resource_type, [instance.pk])


def on_pre_delete(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    """Update the records of the resources that a deleted row belonged to; delete its own record."""
    for resource_type, dependency in dependencies_of(sender, instance):
        if dependency.path:
            update_dependents(resource_type, dependency, instance)
        else:
            database = router.db_for_write(Record)
            records = resource_type.records().using(database)
            record = records.filter(**{resource_type.record_key: instance.pk}).first()
            resource_type.forget(instance, record, using=database)


def dependencies_of(
    sender: type[Model], instance: Model, reverse: bool | None = None
) -> Iterator[tuple[ResourceType, Dependency]]:
    """Yield what depends on a row, or for ``m2m_changed`` on its members.

    A row that SCIM itself is writing is left out for its own resource, whose write sets the version. The
    groups of an account that is deleted are not.

    :param reverse: That of ``m2m_changed``, or None for another signal.
    """
    is_written = own_write.get() is instance
    for resource_type, dependency in dependencies_by_model().get(sender._meta.concrete_model or sender, ()):
        is_own = not dependency.path if reverse is None else dependency.reverse == reverse
        is_of_signal = (dependency.reverse is None) is (reverse is None)
        if is_of_signal and not (is_written and is_own):
            yield resource_type, dependency


def update_dependents(resource_type: ResourceType, dependency: Dependency, instance: Model) -> None:
    """Update the records of the resources that a row belongs to."""
    keys = dependent_keys(resource_type, dependency, instance)
    if dependency.in_columns:
        touch_records(resource_type, keys)
    else:
        count_change(resource_type, list(keys.values_list("pk", flat=True)))


def dependent_keys(
    resource_type: ResourceType, dependency: Dependency, instance: Model
) -> QuerySet[Any, Any]:
    """Return the primary keys of the resources that a row belongs to, as the database of writes has it."""
    rows = resource_type.model._base_manager.using(router.db_for_write(resource_type.model))
    return rows.filter(**{dependency.path: instance.pk}).values("pk")


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
            keys = list(dependent_keys(resource_type, dependency, instance).values_list("pk", flat=True))
        count_change(resource_type, keys)


def count_change(resource_type: ResourceType, keys: list[Any]) -> None:
    """Update the records of resources whose version shows no column of the change; make missing ones."""
    for start in range(0, len(keys), BATCH):
        make_records(resource_type, keys[start : start + BATCH])
        touch_records(resource_type, keys[start : start + BATCH])


def make_records(resource_type: ResourceType, keys: Iterable[Any]) -> None:
    """Make the records of resources without a record, since their revision is about to count."""
    key = resource_type.record_key
    rows = [Record(resource_type=resource_type.name, **{key: value}) for value in keys]
    Record.objects.using(router.db_for_write(Record)).bulk_create(rows, ignore_conflicts=True)


def touch_records(resource_type: ResourceType, keys: QuerySet[Any, Any] | list[Any]) -> None:
    """Increment the revision of the records that are there."""
    records = resource_type.records().using(router.db_for_write(Record))
    rows = records.filter(**{f"{resource_type.record_key}__in": keys})
    rows.update(revision=F("revision") + 1, last_modified=timezone.now())


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
        if (model._meta.concrete_model or model) in dependencies_by_model():
            yield m2m_changed, on_m2m_changed, model
            if not model._meta.auto_created:
                yield post_save, on_post_save, model
                yield pre_delete, on_pre_delete, model
