"""What several pages inherit: no change by hand, and lists that do not read the documents of their rows."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest


class ReadOnly:
    """Mixed into an admin or an inline, leaves only the permission to view."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False


class LeanChangeList(ChangeList):
    """A list that leaves in the database what its admin names in ``list_defer``.

    One row may hold the photo of a person or the changes of a large group, and a page has a hundred.
    """

    def get_queryset(
        self, request: HttpRequest, exclude_parameters: list[str | None] | None = None
    ) -> QuerySet[Model]:
        """Return the rows of the page without the columns that the list does not show."""
        deferred: tuple[str, ...] = getattr(self.model_admin, "list_defer", ())
        return super().get_queryset(request, exclude_parameters).defer(*deferred)
