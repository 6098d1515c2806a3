"""The list of resources."""

from __future__ import annotations

from django.http import HttpRequest

from django_scim.admin.lean_list import LeanChangeList
from django_scim.admin.rows import names_of


class RecordChangeList(LeanChangeList):
    """A list that knows the names of the rows on the page, without a query for each."""

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page, then the names."""
        super().get_results(request)
        records = list(self.result_list)
        names = names_of(records)
        for record in records:
            record.names = names
        self.result_list = records
