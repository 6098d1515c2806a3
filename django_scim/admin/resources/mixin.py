"""The mixin for the project's own admin: shows what SCIM knows of a row, and which fields it writes."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.db.models import Field, Model
from django.db.models.options import Options
from django.forms import BaseModelForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import conditional_escape
from django.utils.translation import gettext as _

from django_scim.admin.addresses import may_view_records
from django_scim.admin.bases import ModelAdmin
from django_scim.admin.resources.authors import provisioning_of
from django_scim.admin.resources.panel import ResourcePanel
from django_scim.admin.rows import resource_type_for
from django_scim.operations.staff import has_identifier
from django_scim.resources.resource_type import ResourceType

TEMPLATE = "admin/django_scim/panel/change_form.html"


class ProvisioningAdminMixin(ModelAdmin):
    """Adds a panel with the SCIM data to the page of a row, and a note to each field that SCIM writes.

    Put it before the other base classes: ``class StaffAdmin(ProvisioningAdminMixin, UserAdmin)``. The model
    has to be that of an adapter. Users who may view resources see the panel. Everybody who sees the form
    sees the notes.
    """

    provisioned_fields_readonly: ClassVar[bool] = False
    """Whether the fields that SCIM writes are read-only in the form of a provisioned row."""

    provisioning_panel: ClassVar[bool] = True
    """Whether the panel is below the form. A template of the project can include it elsewhere instead."""

    class Media:
        css: ClassVar[dict[str, list[str]]] = {"all": ["django_scim/resource.css"]}

    def provisioned_type(self, obj: Model | None) -> ResourceType | None:
        """Return the resource type of a row, or None if the row is new or not a resource."""
        if obj is None or obj.pk is None:
            return None
        resource_type = resource_type_for(self.model)
        return resource_type if resource_type and has_identifier(resource_type, obj) else None

    def provisioning_notes(self, request: HttpRequest, obj: Model | None) -> dict[str, str]:
        """Return the notes of the places that SCIM writes; none if the row is not provisioned.

        A note names who has written the place last, or else all connections of the row. It does so only to
        users who may view resources.
        """
        resource_type = self.provisioned_type(obj)
        if resource_type is None or obj is None:
            return {}
        provisioning = provisioning_of(resource_type, obj, request)
        if not provisioning.is_provisioned:
            return {}
        authors: Mapping[str, str] = {}
        owners = ""
        if may_view_records(self.admin_site, request):
            owners = ", ".join(str(connection) for connection in provisioning.connections)
            authors = provisioning.authors
        return {
            place: note_of(authors.get(mapping.path.key, owners))
            for mapping in resource_type.written_mappings
            for place in mapping.places
        }

    # The fields

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Add the note to the fields that SCIM writes."""
        form = super().get_form(request, obj, change=change, **kwargs)
        notes = self.provisioning_notes(request, obj)
        return form_with_notes(form, notes_of_fields(self.opts, notes)) if notes else form

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Add the fields that SCIM writes, if they are to be read-only."""
        names = super().get_readonly_fields(request, obj)
        notes = self.provisioning_notes(request, obj) if self.provisioned_fields_readonly else {}
        if not notes:
            return names
        # Django leaves out what the admin excludes, or else what its form excludes.
        options = getattr(self.form, "_meta", None)
        left_out = {*names, *(self.get_exclude(request, obj) or getattr(options, "exclude", None) or ())}
        editable = {field.name for field in (*self.opts.fields, *self.opts.many_to_many) if field.editable}
        return (*names, *sorted((notes_of_fields(self.opts, notes).keys() & editable) - left_out))

    def get_prepopulated_fields(self, request: HttpRequest, obj: Model | None = None) -> dict[str, Any]:
        """Leave out fields that depend on a read-only field: Django has no widget for it in the form."""
        fields = super().get_prepopulated_fields(request, obj)
        if not self.provisioned_fields_readonly:
            return fields
        shown = set(self.get_readonly_fields(request, obj))
        return {name: sources for name, sources in fields.items() if shown.isdisjoint((name, *sources))}

    def get_formsets_with_inlines(
        self, request: HttpRequest, obj: Model | None = None
    ) -> Iterator[tuple[Any, Any]]:
        """Add the note to the inlines of related rows that SCIM writes, such as a profile."""
        notes = self.provisioning_notes(request, obj)
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            relation = getattr(formset, "fk", None)
            if notes and relation is not None:
                own = notes_behind(relation, notes)
                form = form_with_notes(formset.form, own, disabled=self.provisioned_fields_readonly)
                formset = type(formset.__name__, (formset,), {"form": form})
            yield formset, inline

    # The panel

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Model | None = None,
    ) -> HttpResponse:
        """Put the panel below the form, around any template that the project's admin has."""
        resource_type = self.provisioned_type(obj)
        if resource_type is not None and obj is not None and not context.get("is_popup"):
            context["provisioning"] = ResourcePanel(self.admin_site, request, resource_type, obj)
        response = super().render_change_form(request, context, add, change, form_url, obj)
        if "provisioning" in context and self.provisioning_panel and isinstance(response, TemplateResponse):
            assert response.context_data is not None
            response.context_data["page_of_project"] = response.resolve_template(response.template_name)
            response.template_name = TEMPLATE
        return response


FormClass = type["BaseModelForm[Any]"]


def note_of(author: str) -> str:
    """Return the note of a field that a connection writes, or somebody who may not be named."""
    if not author:
        return _("Provisioned by an identity provider.")
    return _("Provisioned by %(connection)s.") % {"connection": author}


def notes_of_fields(meta: Options[Any], notes: Mapping[str, str]) -> dict[str, str]:
    """Return the notes of a model's own fields, of all places that SCIM writes."""
    names = {field.name for field in (*meta.fields, *meta.many_to_many)}
    return {name: note for name, note in notes.items() if name in names}


def notes_behind(relation: Field[Any, Any], notes: Mapping[str, str]) -> dict[str, str]:
    """Return the notes of fields in rows beside the resource, such as a profile.

    :param relation: The foreign key of those rows that leads to the resource.
    """
    reverse: Any = relation.remote_field
    names = {reverse.name, reverse.get_accessor_name()}
    fields = {field.name for field in relation.model._meta.fields}
    found = ((*place.partition("__"), note) for place, note in notes.items())
    return {name: note for head, _, name, note in found if head in names and name in fields}


def form_with_notes(form: FormClass, notes: Mapping[str, str], *, disabled: bool = False) -> FormClass:
    """Return a form class with notes in the help texts of its fields.

    Django names the help text in the ``aria-describedby`` of a field. A read-only field has its help text
    from the options of the form.

    :param notes: The notes by the names of the fields.
    :param disabled: Whether the fields ignore what a browser sends.
    """

    class NotedForm(form):  # type: ignore[misc, valid-type]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            for name in self.fields.keys() & notes.keys():
                field = self.fields[name]
                field.help_text = with_note(field.help_text, notes[name])
                field.disabled = field.disabled or disabled

    NotedForm.__name__ = form.__name__
    options = copy.copy(NotedForm._meta)
    given = options.help_texts or {}
    help_texts = {
        name: given.get(name, getattr(options.model._meta.get_field(name), "help_text", "")) for name in notes
    }
    options.help_texts = {
        **given,
        **{name: with_note(text, notes[name]) for name, text in help_texts.items()},
    }
    NotedForm._meta = options
    return NotedForm


def with_note(help_text: Any, note: str) -> str:
    """Return a help text with a note. The help text is HTML for Django, the note is plain text."""
    return f"{help_text} {conditional_escape(note)}".strip()
