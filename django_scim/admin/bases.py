"""Base classes of the admin's pages, and JSON as HTML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    ModelForm = forms.ModelForm[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    # Django's own take no type arguments.
    ModelAdmin, ModelForm, TabularInline = admin.ModelAdmin, forms.ModelForm, admin.TabularInline


class ReadOnly:
    """A mixin for an admin or an inline: only the permission to view is left."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DescribedPage:
    """A mixin for an admin: adds to the context of a row's page."""

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any | None = None,
    ) -> HttpResponse:
        """Add what :meth:`page_context` returns, unless the page is that of a new row."""
        if obj is not None:
            context |= self.page_context(request, obj)
        response: HttpResponse = super().render_change_form(  # type: ignore[misc]
            request, context, add, change, form_url, obj
        )
        return response

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return what the template shows of a row beside its form."""
        raise NotImplementedError


class FurtherPages(ModelAdmin):
    """An admin that has pages beside those of Django."""

    def further_page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> TemplateResponse:
        """Render a page.

        :param name: The name of its template.
        :param context: The context beside that of every page; ``title`` has to be in it.
        """
        request.current_app = self.admin_site.name
        every_page = self.admin_site.each_context(request)
        own = {"opts": self.opts, "has_view_permission": True, "media": self.media}
        return TemplateResponse(request, f"admin/django_scim/{name}", {**every_page, **own, **context})


class LeanChangeList(ChangeList):
    """A list that does not load the columns that its admin names in ``list_defer``.

    A row may hold the photo of a person or the changes of a large group, and a page has a hundred rows.
    """

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        deferred: tuple[str, ...] = getattr(self.model_admin, "list_defer", ())
        return super().get_queryset(request, exclude_parameters).defer(*deferred)

    def show_uncounted(self, rows: list[Any]) -> None:
        """Show the rows of a page, without the number of all rows."""
        self.result_list: Any = rows
        # With equal counts, Django's template shows no number.
        self.result_count = self.full_result_count = len(rows)
        self.show_full_result_count = self.can_show_all = self.multi_page = False


def broken_at_signs(text: str) -> SafeString:
    """Return a text as HTML that a narrow column breaks after the ``@`` of an address, not anywhere in it."""
    return format_html_join(mark_safe("@<wbr>"), "{}", ((part,) for part in text.split("@")))


def json_text(value: Any) -> SafeString:
    """Return a JSON value as escaped HTML: an object or a list as a block, anything else inline."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    if isinstance(value, dict | list) and value:
        return format_html("<pre>{}</pre>", text)
    return format_html("<code>{}</code>", text)


def entry_text(value: Any) -> SafeString:
    """Return a JSON value as escaped inline HTML, an object without its braces."""
    if isinstance(value, dict) and value:
        text = ", ".join(f"{name}: {in_line(member)}" for name, member in value.items())
    else:
        text = in_line(value)
    return format_html("<code>{}</code>", text)


def in_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
