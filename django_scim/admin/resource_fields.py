"""Which fields of a form an identity provider owns, told by the mappings, and how a form says so."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Field, Model
from django.forms import BaseModelForm
from django.utils.html import conditional_escape

from django_scim.adapters.base import Adapter

FormClass = type["BaseModelForm[Any]"]


def owned_places(adapter: Adapter) -> Iterator[str]:
    """Yield the fields and relations of the host that SCIM writes, as ``scim_inspect`` shows them."""
    for mapping in adapter.written_mappings:
        yield from mapping.places


def owned_fields(adapter: Adapter) -> set[str]:
    """Return the names of the model's own fields that SCIM writes."""
    meta = adapter.model._meta
    names = {field.name for field in (*meta.fields, *meta.many_to_many)}
    return names.intersection(owned_places(adapter))


def owned_fields_behind(adapter: Adapter, relation: Field[Any, Any]) -> set[str]:
    """Return the fields that SCIM writes in rows beside the resource, such as a profile.

    :param relation: The foreign key of those rows that leads to the resource.
    """
    reverse: Any = relation.remote_field
    names = {reverse.name, reverse.get_accessor_name()}
    fields = {field.name for field in relation.model._meta.fields}
    found = (place.partition("__") for place in owned_places(adapter))
    return {name for head, _, name in found if head in names and name in fields}


def noted(form: FormClass, names: Collection[str], note: str, *, disabled: bool = False) -> FormClass:
    """Return a form class that says of some fields whom they belong to.

    The note is a part of the help text, which Django names in the ``aria-describedby`` of the field. A field
    that is only shown has its help text from the options of the form.

    :param disabled: Whether the fields take no other values, whatever a browser sends.
    """

    class NotedForm(form):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for name in self.fields.keys() & set(names):
                field = self.fields[name]
                field.help_text = with_note(field.help_text, note)
                field.disabled = field.disabled or disabled

    NotedForm.__name__ = form.__name__
    options = copy.copy(NotedForm._meta)
    given = options.help_texts or {}
    help_texts = {name: given.get(name, default_help(options.model, name)) for name in names}
    options.help_texts = {**given, **{name: with_note(text, note) for name, text in help_texts.items()}}
    NotedForm._meta = options
    return NotedForm


def default_help(model: type[Model], name: str) -> Any:
    """Return the help text that a field of a model has by itself."""
    return getattr(model._meta.get_field(name), "help_text", "")


def with_note(help_text: Any, note: str) -> str:
    """Return a help text, which Django takes for HTML, with a note, which is none."""
    return f"{help_text} {conditional_escape(note)}".strip()
