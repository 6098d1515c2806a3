"""What arguments of the commands name."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import datetime, time, timedelta

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db import DatabaseError
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from django_scim.imports import nearest
from django_scim.models import Connection
from django_scim.models.connection import tenant_of

INTERRUPTED = 130
"""The exit status of an interrupted process: 128 plus the number of SIGINT."""

AGE = re.compile(r"([1-9][0-9]{0,4})([mhd])")

UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def connection_named(name: str) -> Connection:
    """Return the connection with a name.

    :raises CommandError: If there is none, with a hint, or if the database refuses.
    """
    try:
        connection = Connection.objects.filter(name=name).first()
        names = [] if connection else [*Connection.objects.values_list("name", flat=True)[:100]]
    except DatabaseError as error:
        raise CommandError(str(error).strip()) from error
    if connection is None:
        raise CommandError(f"There is no connection {name}. {nearest(name, names) or ''}".rstrip())
    return connection


def moment(text: str) -> datetime:
    """Return the time that an argument names: a time, a day, or an age."""
    try:
        if age := AGE.fullmatch(text):
            return timezone.now() - timedelta(**{UNITS[age[2]]: int(age[1])})
        found = parse_datetime(text)
        if found is None and (day := parse_date(text)) is not None:
            found = datetime.combine(day, time.min)
        if found is not None:
            return timezone.make_aware(found) if timezone.is_naive(found) else found
    except (ValueError, OverflowError):
        pass
    raise ArgumentTypeError(f"{text} is no time such as 2026-03-01T12:30, 2026-03-01 or 2h.")


def tenant_named(text: str) -> tuple[ContentType, str]:
    """Return the kind and the primary key of a tenant that an argument such as ``customers.Company:7`` names.

    :raises CommandError: If there is no such model or row.
    """
    label, _, key = text.partition(":")
    try:
        model = apps.get_model(label)
    except (LookupError, ValueError) as error:
        known = [each._meta.label for each in apps.get_models()]
        hint = nearest(label, known) or ""
        raise CommandError(
            f"{label} is no model, such as customers.Company in customers.Company:7. {hint}"
        ) from error
    kind = ContentType.objects.get_for_model(model)
    row = tenant_of(kind, key) if key else None
    if row is None:
        raise CommandError(f"There is no {model._meta.label} with the primary key '{key}'.")
    # In one spelling: connections of the same tenant are found by this text.
    return kind, str(row.pk)


def require_valid(instance: Model, exclude: set[str] | None = None) -> None:
    """Validate an object before it is saved.

    :raises CommandError: If a value is missing, too long, or not allowed.
    """
    try:
        instance.full_clean(exclude=exclude)
    except ValidationError as error:
        problems = " ".join(f"{field}: {' '.join(texts)}" for field, texts in error.message_dict.items())
        raise CommandError(problems) from error
