"""What a query asks the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def statements(function: Callable[..., Any], *arguments: Any, **parameters: Any) -> list[str]:
    """Return the statements that a query takes."""
    with CaptureQueriesContext(connection) as queries:
        function(*arguments, **parameters)
    return [query["sql"] for query in queries]
