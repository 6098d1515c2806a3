"""How the admin's log names what belongs to a connection."""

from __future__ import annotations

from django.db.models import Model
from django.utils.translation import override


def log_object(row: Model) -> dict[str, str]:
    """Return a row as the admin's log names an object: in no language, as it translates when it is read."""
    with override(None):
        return {"name": str(row._meta.verbose_name), "object": str(row)}
