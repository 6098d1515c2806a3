"""The errors that the service answers with, from the calls of the exceptions that stand for them."""

from __future__ import annotations

import ast
from collections import defaultdict
from http import HTTPStatus

import scim2_models
from scim2_models import SCIMException

from generator.prose import in_line
from generator.source import argument, calls, text_of

Kind = tuple[int, str]
"""A status and a scimType, which may be empty."""


def errors() -> str:
    """Return a section for each status, with the details of each scimType."""
    lines: list[str] = []
    details = by_kind()
    for status in sorted({status for status, _ in details}):
        lines += [f"## {status} {HTTPStatus(status).phrase} {{ #{status} }}", ""]
        for kind in sorted(kind for kind in details if kind[0] == status):
            lines += [f"`scimType`: `{kind[1]}`" if kind[1] else "Without `scimType`:", ""]
            lines += [*(f"- {in_line(detail)}" for detail in sorted(details[kind])), ""]
    return "\n".join(lines)


def by_kind() -> dict[Kind, set[str]]:
    """Return the details of each kind of error that are texts, or texts with values put in."""
    found: dict[Kind, set[str]] = defaultdict(set)
    for name, call in calls():
        kind = kind_of(name, call)
        if kind is not None:
            detail = text_of(argument(call, 1, "detail"))
            found[kind] |= {detail} if detail else set()
    return found


def kind_of(name: str, call: ast.Call) -> Kind | None:
    """Return which error a call makes; none if it makes none."""
    if name == "HTTPError":
        match argument(call, 0, "status"):
            case ast.Constant(value=int(status)):
                return status, text_of(argument(call, 2, "scim_type")) or ""
        return None
    exception = getattr(scim2_models, name, None)
    if isinstance(exception, type) and issubclass(exception, SCIMException):
        return exception.status, exception.scim_type
    return None
