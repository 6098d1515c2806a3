"""What the pages share: rows that nobody changes by hand, lean lists, and JSON for people to read."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString


class ReadOnly:
    """Mixed into an admin or an inline, leaves only the permission to view."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DescribedPage:
    """Mixed into an admin, adds to the page of a row what there is beside its form."""

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any | None = None,
    ) -> HttpResponse:
        """Add what :meth:`page_context` returns, once there is a row."""
        if obj is not None:
            context |= self.page_context(request, obj)
        response: HttpResponse = super().render_change_form(  # type: ignore[misc]
            request, context, add, change, form_url, obj
        )
        return response

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return what the template of the page shows of a row."""
        raise NotImplementedError


class LeanChangeList(ChangeList):
    """A list that leaves in the database what its admin names in ``list_defer``.

    One row may hold the photo of a person or the changes of a large group, and a page has a hundred.
    """

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        deferred: tuple[str, ...] = getattr(self.model_admin, "list_defer", ())
        return super().get_queryset(request, exclude_parameters).defer(*deferred)


def json_text(value: Any) -> SafeString:
    """Return a JSON value as escaped HTML: a document on lines of its own, anything else in the line."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    if isinstance(value, dict | list) and value:
        return format_html("<pre>{}</pre>", text)
    return format_html("<code>{}</code>", text)


def entry_text(value: Any) -> SafeString:
    """Return one of several values as escaped HTML in the line: the members of an object without braces."""
    if isinstance(value, dict) and value:
        text = ", ".join(f"{name}: {in_line(member)}" for name, member in value.items())
    else:
        text = in_line(value)
    return format_html("<code>{}</code>", text)


def in_line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
