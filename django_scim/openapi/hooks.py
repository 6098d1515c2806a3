"""What drf-spectacular finds: the hooks for ``SPECTACULAR_SETTINGS``, the views of SCIM, and their tokens."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema

from django_scim.api.views import ScimView
from django_scim.openapi.schema import ScimSchema
from django_scim.schema.paths import Json

__all__ = ["without_trailing_slashes"]

Endpoint = tuple[str, str, str, Any]
"""A path, its regular expression, a method and a view."""


def without_trailing_slashes(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Write the paths of SCIM as clients do: ``/scim/v2/Users``. The slash at their end may be left out.

    For ``PREPROCESSING_HOOKS``. The endpoints of the project itself stay as they are.
    """
    return [
        (path.rstrip("/") or "/", regex, method, view)
        if is_optional(regex, view)
        else (path, regex, method, view)
        for path, regex, method, view in endpoints
    ]


def is_optional(regex: str, view: Any) -> bool:
    """Whether the slash at the end of the path of a view may be left out."""
    is_scim = issubclass(getattr(view, "cls", object), ScimView)
    return is_scim and regex.rstrip("$").endswith("/?")


class ScimViewExtension(OpenApiViewExtension):
    """Has each view of SCIM described by :class:`~django_scim.openapi.schema.ScimSchema`."""

    target_class = ScimView
    match_subclasses = True

    def view_replacement(self) -> Any:
        """Return the view with the schema; the view that answers requests stays as it is."""
        view: Any = self.target
        return type(view.__name__, (view,), {"schema": ScimSchema(), "__doc__": view.__doc__})


class AccessTokenExtension(OpenApiAuthenticationExtension):
    """Describes the tokens of connections."""

    target_class = "django_scim.api.authentication.AccessTokenAuthentication"
    name = "scimBearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> Json:
        """Return the scheme of RFC 6750."""
        return {"type": "http", "scheme": "bearer", "description": "A token of the connection."}
