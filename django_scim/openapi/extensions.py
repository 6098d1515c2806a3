"""What drf-spectacular finds by itself once it is imported: the views of SCIM, and their tokens."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema

from django_scim.adapters.paths import Json
from django_scim.api.views import ScimView
from django_scim.openapi.schema import ScimSchema


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
