"""Changes that the host makes by itself, such as in its own admin, move ``meta`` of the resources.

``meta.version`` is made from the mapped columns, so a change of those shows in it anyway. What else belongs
to a resource, its members and the rows beside it, counts by the revision of its record, and so does
``meta.lastModified``. Django sends no signal for ``queryset.update()``: that moves the version alone.
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
def watched_models() -> dict[type[Model], list[tuple[ResourceType, Dependency]]]:
    """Return what is watched, by model, one entry for each way in which a resource type reaches it."""
    found: dict[type[Model], list[tuple[ResourceType, Dependency]]] = {}
    for resource_type in registry():
        ways: dict[Any, Dependency] = {}
        for mapping in resource_type.mappings.values():
            for place in mapping.dependencies():
                way = (place.model, place.path, place.reverse)
                ways[way] = place if way not in ways else ways[way].merged(place)
        for place in ways.values():
            found.setdefault(place.model, []).append((resource_type, place))
    return found


def look_anew(*, setting: str, **kwargs: Any) -> None:
    """Watch other models after ``override_settings``."""
    if setting in ("DJANGO_SCIM", "AUTH_USER_MODEL"):
        watched_models.cache_clear()
        listen()


def note_save(
    sender: type[Model],
    instance: Model,
    created: bool = False,
    raw: bool = False,
    update_fields: frozenset[str] | None = None,
    **kwargs: Any,
) -> None:
    """Move the records of the resources that a saved row belongs to, if a column that matters was saved."""
    if raw:
        return
    names = None
    if update_fields is not None:
        names = {column_of(sender, name).attname for name in update_fields}
    for resource_type, place in places_of(sender, instance):
        if place.reverse is not None:
            continue
        if place.fields is None or (place.fields if names is None else place.fields & names):
            if place.path:
                note_change(resource_type, place, instance)
            elif not created:
                touch_records(resource_type, [instance.pk])


def note_delete(sender: type[Model], instance: Model, **kwargs: Any) -> None:
    """Move the records of the resources that a row belonged to; forget the record of one that goes."""
    for resource_type, place in places_of(sender, instance):
        if place.reverse is not None:
            continue
        if place.path:
            note_change(resource_type, place, instance)
        else:
            resource_type.records().filter(**{resource_type.record_key: instance.pk}).delete()


def places_of(
    sender: type[Model], instance: Model, reverse: bool | None = None
) -> Iterator[tuple[ResourceType, Dependency]]:
    """Yield what watches a row.

    Of a row that SCIM itself is writing, the resource in question sees to its own version: it is not among
    them. The groups of an account that is deleted are.

    :param reverse: From which side members change, if they do.
    """
    is_written = own_write.get() is instance
    for resource_type, place in watched_models().get(sender._meta.concrete_model or sender, ()):
        is_own = not place.path if place.reverse is None else place.reverse == reverse
        if not (is_written and is_own):
            yield resource_type, place


def note_change(resource_type: ResourceType, place: Dependency, instance: Model) -> None:
    """Move the records of the resources that a row belongs to."""
    keys = belonging(resource_type, place, instance)
    if place.in_columns:
        touch_records(resource_type, keys)
    else:
        count_change(resource_type, list(keys.values_list("pk", flat=True)))


def belonging(resource_type: ResourceType, place: Dependency, instance: Model) -> QuerySet[Any, Any]:
    """Return the primary keys of the resources that a row belongs to, as the database of writes has it."""
    rows = resource_type.model._base_manager.using(router.db_for_write(resource_type.model))
    return rows.filter(**{place.path: instance.pk}).values("pk")


def note_members(
    sender: type[Model], instance: Model, action: str, reverse: bool, pk_set: set[Any] | None, **kwargs: Any
) -> None:
    """Move the records of the resources whose members change."""
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    for resource_type, place in places_of(sender, instance, reverse):
        if place.reverse is None:
            continue
        if reverse == place.reverse:
            keys = [instance.pk]
        elif pk_set is not None:
            keys = list(pk_set)
        else:
            keys = list(belonging(resource_type, place, instance).values_list("pk", flat=True))
        count_change(resource_type, keys)


def count_change(resource_type: ResourceType, keys: list[Any]) -> None:
    """Move the records of resources whose version has no other way to tell of a change."""
    for start in range(0, len(keys), BATCH):
        make_records(resource_type, keys[start : start + BATCH])
        touch_records(resource_type, keys[start : start + BATCH])


def make_records(resource_type: ResourceType, keys: Iterable[Any]) -> None:
    """Make the records of resources that have none, since their revision is about to count."""
    key = resource_type.record_key
    rows = [Record(resource_type=resource_type.name, **{key: value}) for value in keys]
    Record.objects.using(router.db_for_write(Record)).bulk_create(rows, ignore_conflicts=True)


def touch_records(resource_type: ResourceType, keys: QuerySet[Any, Any] | list[Any]) -> None:
    """Move the records of resources, as far as they have any."""
    records = resource_type.records().using(router.db_for_write(Record))
    rows = records.filter(**{f"{resource_type.record_key}__in": keys})
    rows.update(revision=F("revision") + 1, last_modified=timezone.now())


LISTENED: set[tuple[ModelSignal, Callable[..., None], type[Model]]] = set()
"""The signals that are received, by which function, and of which model."""


def connect() -> None:
    """Receive Django's signals, once the models are there."""
    setting_changed.connect(look_anew, dispatch_uid="django_scim.resources.tracking")
    listen()


def listen() -> None:
    """Receive the signals of the models that are watched, and of no others.

    Django reads each row before it deletes it, of any model, where ``pre_delete`` has a receiver for all.
    """
    wanted = set(wanted_signals())
    for signal, receiver, model in LISTENED - wanted:
        signal.disconnect(receiver, sender=model)
    for signal, receiver, model in wanted - LISTENED:
        signal.connect(receiver, sender=model)
    LISTENED.clear()
    LISTENED.update(wanted)


def wanted_signals() -> Iterator[tuple[ModelSignal, Callable[..., None], type[Model]]]:
    """Yield what there is to receive: a proxy model sends signals of its own, a relation's table but one."""
    for model in apps.get_models(include_auto_created=True):
        if (model._meta.concrete_model or model) in watched_models():
            yield m2m_changed, note_members, model
            if not model._meta.auto_created:
                yield post_save, note_save, model
                yield pre_delete, note_delete, model
