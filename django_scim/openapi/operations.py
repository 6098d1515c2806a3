"""The parameters, bodies and responses of the operations, without their schemas."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

from django_scim.conf import get_settings
from django_scim.openapi.components import INTEGER, STRING, Components, array
from django_scim.schema.paths import Json

MEDIA_TYPES = ("application/scim+json", "application/json")
"""The media types of bodies (RFC 7644 section 8.1)."""

PATHS: Json = {"style": "form", "explode": False, "schema": array(STRING)}
"""Attribute paths, separated by commas."""

ID = {"name": "id", "in": "path", "required": True, "schema": STRING, "description": "The identifier."}

SELECTION: list[Json] = [
    {"name": "attributes", "in": "query", "description": "The attributes to return, and no others.", **PATHS},
    {"name": "excludedAttributes", "in": "query", "description": "Attributes to leave out.", **PATHS},
]
"""The parameters that select attributes (RFC 7644 section 3.9)."""

IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "schema": STRING,
    "description": "The version to change; the request is 412 if the resource has another one by now.",
}
IF_NONE_MATCH: Json = {
    "name": "If-None-Match",
    "in": "header",
    "schema": STRING,
    "description": "The version that the client has; the answer is 304 if it is that of the resource.",
}

ETAG: Json = {"schema": STRING, "description": "The version of the resource."}
LOCATION: Json = {"schema": STRING, "description": "The address of the resource."}


def enclosing_parameters(path: str) -> list[Json]:
    """Return the parameters of the route that includes the app's, such as the name of a tenant."""
    names = [name for name in re.findall(r"\{(\w+)\}", path) if name != ID["name"]]
    return [
        {"name": name, "in": "path", "required": True, "schema": STRING, "description": "Names the tenant."}
        for name in names
    ]


def query_parameters() -> list[Json]:
    """Return the parameters of a query (RFC 7644 section 3.4.2, RFC 9865 section 2)."""
    settings = get_settings()
    most = settings.MAX_RESULTS
    parameters = [
        ("filter", {**STRING, "maxLength": settings.MAX_FILTER_LENGTH}, "Which resources to return."),
        ("sortBy", STRING, "The attribute to sort by."),
        ("sortOrder", {**STRING, "enum": ["ascending", "descending"]}, "In which direction."),
        ("startIndex", INTEGER, "The index of the first resource of the page, from 1 on."),
        ("count", INTEGER, f"How many resources the page has at most; more than {most} are {most}."),
        ("cursor", STRING, "The place of the page; empty for the first one."),
    ]
    return [
        *(
            {"name": name, "in": "query", "schema": schema, "description": text}
            for name, schema, text in parameters
        ),
        *SELECTION,
    ]


def body(schema: Json) -> Json:
    """Return the body of a request."""
    return {"content": content(schema), "required": True}


def content(schema: Json) -> Json:
    """Return the content of a body, for each media type."""
    return {media_type: {"schema": schema} for media_type in MEDIA_TYPES}


def answer(description: str, schema: Json | None = None, **headers: Json) -> Json:
    """Return an answer.

    :param headers: By the name of the header, with an underscore for a hyphen.
    """
    response: Json = {"description": description}
    if schema is not None:
        response["content"] = content(schema)
    if headers:
        response["headers"] = {name.replace("_", "-"): header for name, header in headers.items()}
    return response


def errors(components: Components, statuses: Iterable[int]) -> Json:
    """Return the responses of some statuses, and of any other error."""
    schema = components.error()
    names = {str(status): (f"Error{status}", HTTPStatus(status).phrase) for status in sorted(statuses)}
    names["default"] = ("UnexpectedError", "Another error")
    return {
        status: components.component(name, "responses", answer(text, schema))
        for status, (name, text) in names.items()
    }
