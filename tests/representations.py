"""SCIM bodies that tests send, and the ids of rows."""

from __future__ import annotations

from typing import Any

from django.db.models import Model

from django_scim.resources.registry import registry

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


def user(user_name: str = "bjensen@example.com", **attributes: Any) -> dict[str, Any]:
    """Return a User."""
    return {"schemas": [USER], "userName": user_name, **attributes}


def group(display_name: str = "Tour Guides", **attributes: Any) -> dict[str, Any]:
    """Return a Group."""
    return {"schemas": [GROUP], "displayName": display_name, **attributes}


def id_of(row: Model) -> str:
    """Return the ``id`` of a row of the host."""
    return next(adapter.identifier(row) for adapter in registry() if isinstance(row, adapter.model))


def current_path_of(row: Model) -> str:
    """Return the path of a row's resource that may have been made again, and so have another ``id``."""
    resource_type = next(each for each in registry() if isinstance(row, each.model))
    return f"{resource_type.endpoint}/{resource_type.looked_up_identifier(row)}"


def path_of(row: Model) -> str:
    """Return the path of a row's resource below the SCIM root."""
    adapter = next(adapter for adapter in registry() if isinstance(row, adapter.model))
    return f"{adapter.endpoint}/{adapter.identifier(row)}"


def member(row: Model) -> dict[str, Any]:
    """Return the value of ``members`` that names a row."""
    return {"value": id_of(row)}
