"""How many queries a page takes."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext


def counted() -> CaptureQueriesContext:
    """Return what counts the queries of a block; what a process keeps from the page before does not help."""
    ContentType.objects.clear_cache()
    return CaptureQueriesContext(connection)
