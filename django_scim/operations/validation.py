"""The project's own validation of what a write changes: the fields of its models, before they are saved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib.auth.validators import ASCIIUsernameValidator, UnicodeUsernameValidator
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Field, Model

from django_scim.conf import get_settings
from django_scim.operations.refusals import refused_value, value_required
from django_scim.resources.resource import Resource
from django_scim.sql.values import cannot_be_empty

STOCK_VALIDATORS = (UnicodeUsernameValidator, ASCIIUsernameValidator)
"""What Django's user models have for names that people choose. A subclass is the project's own."""


def validate_fields(obj: Resource) -> None:
    """Run the host's validation of the changed fields.

    :raises InvalidValueException: With the messages of the fields.
    """
    for instance, names in obj.changed.values():
        others = [field.name for field in instance._meta.fields if field.attname not in names]
        relations = [field.name for field in instance._meta.fields if field.is_relation]
        # What has to have a value may get one from the project yet.
        empty = [field.name for field in left_empty(instance)] if instance is obj.instance else []
        try:
            instance.clean_fields(exclude={*others, *relations, *empty})
        except ValidationError as error:
            if refused := wanted(error, instance):
                raise refused_value(refused, [obj.resource_type], type(instance)) from error


def require_values(obj: Resource) -> None:
    """Refuse an empty text in a saved column that no other row could leave empty too.

    Until it is saved, the project's ``save()`` and signals may fill it.

    :raises InvalidValueException: With the attribute and the column.
    """
    row, changed = obj.changed.get(id(obj.instance), (obj.instance, set()))
    for field in left_empty(row):
        if obj.is_new or field.attname in changed:
            raise value_required([field.name], [obj.resource_type], type(row))


def left_empty(row: Model) -> Iterator[Field[Any, Any]]:
    """Yield the columns of a row that are empty and that no other row could leave empty too."""
    for field in row._meta.concrete_fields:
        if row.__dict__.get(field.attname) == "" and cannot_be_empty(field):
            yield field


def wanted(error: ValidationError, instance: Model) -> ValidationError | None:
    """Return an error without what Django's own validators of user names say, or None if nothing is left.

    A directory has names with an apostrophe, a space or a backslash, and the account is theirs to name. The
    validators of the project are its word, unless the setting says that Django's are too.
    """
    if get_settings().DJANGO_USERNAME_VALIDATORS or not hasattr(error, "error_dict"):
        return error
    left: dict[str, list[ValidationError]] = {}
    for name, errors in error.error_dict.items():
        stock = [] if name == NON_FIELD_ERRORS else list(stock_messages(instance, name))
        for each in errors:
            if each.message in stock:
                stock.remove(each.message)
            else:
                left.setdefault(name, []).append(each)
    return ValidationError(left) if left else None


def stock_messages(instance: Model, name: str) -> Iterator[object]:
    """Yield what Django's own validators of user names say of the value of a field."""
    field = instance._meta.get_field(name)
    for validator in getattr(field, "validators", ()):
        if type(validator) in STOCK_VALIDATORS:
            try:
                validator(getattr(instance, name))
            except ValidationError as error:
                yield field.error_messages.get(str(error.code), error.message)  # type: ignore[union-attr]
