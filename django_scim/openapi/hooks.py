"""The hooks for ``SPECTACULAR_SETTINGS``, and the extensions that drf-spectacular finds by itself."""

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
    """Remove the optional slash at the end of SCIM's paths: ``/scim/v2/Users``.

    Put it into ``PREPROCESSING_HOOKS``. The project's own paths stay as they are.
    """
    return [
        (path.rstrip("/") or "/", regex, method, view)
        if is_optional(regex, view)
        else (path, regex, method, view)
        for path, regex, method, view in endpoints
    ]


def is_optional(regex: str, view: Any) -> bool:
    """Whether a view is of SCIM, and the slash at the end of its path is optional."""
    is_scim = issubclass(getattr(view, "cls", object), ScimView)
    return is_scim and regex.rstrip("$").endswith("/?")


class ScimViewExtension(OpenApiViewExtension):
    """Lets :class:`~django_scim.openapi.schema.ScimSchema` describe each view of SCIM."""

    target_class = ScimView
    match_subclasses = True

    def view_replacement(self) -> Any:
        """Return a subclass with the schema. The view itself does not change."""
        view: Any = self.target
        return type(view.__name__, (view,), {"schema": ScimSchema(), "__doc__": view.__doc__})


class AccessTokenExtension(OpenApiAuthenticationExtension):
    """Describes access tokens (RFC 6750)."""

    target_class = "django_scim.api.authentication.AccessTokenAuthentication"
    name = "scimBearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> Json:
        """Return the scheme of RFC 6750."""
        return {"type": "http", "scheme": "bearer", "description": "A token of the connection."}
