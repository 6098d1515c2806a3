"""Says in words why an answer is not what a provider needs, and what to change."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any, NamedTuple

from django.db import OperationalError, ProgrammingError

import django_scim
from django_scim.mappings import Mapping, Stored
from django_scim.preflight.comparing import MISSING, Difference
from django_scim.resources.resource_type import ResourceType

OWN = str(Path(django_scim.__file__).parent)
LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib"))


class Said(NamedTuple):
    """What is wrong, and what to change."""

    problem: str
    remedy: str
    attribute: str = ""
    is_failure: bool = True


# A status that the provider does not expect


def on_status(response: Any, expected: int, phase: str) -> Said:
    """Say why a request is answered by another status.

    :param phase: The part of the flow that the request is in.
    """
    status = response.status_code
    if status >= 500 and getattr(response, "exc_info", None):
        return on_exception(response.exc_info[1])
    error = error_in(response)
    detail = str(error.get("detail") or "").rstrip(".")
    problem = f"It is answered {status}{f': {detail}' if detail else ''}."
    if status < 300:
        return Said(
            f"It is accepted ({status}), though the project has such a resource already: {expected} is due.",
            "Two accounts would stand for one person. See that userName, and displayName of a group, are "
            "mapped to what tells people apart.",
        )
    if not error:
        return on_foreign_answer(status)
    return Said(problem, remedy_of(status, str(error.get("scimType") or ""), detail, phase))


def error_in(response: Any) -> dict[str, Any]:
    """Return the SCIM error in an answer; nothing if it is no such error."""
    if "json" not in response.headers.get("Content-Type", ""):
        return {}
    body = response.json()
    return body if isinstance(body, dict) and "status" in body else {}


def remedy_of(status: int, scim_type: str, detail: str, phase: str) -> str:
    """Return what to change about a refusal."""
    if detail.endswith("a value is required"):
        return (
            "The provider sends no value for it. Give the column a default or let it be null, map it to an "
            "attribute that the provider sends, or fill it in the model's save()."
        )
    if scim_type == "uniqueness":
        return (
            "Either the column is unique and the provider sends the same value for more than one person: "
            "take the constraint away or map another attribute; or the project has such an account already."
        )
    if status == 400:
        return (
            "Let the column and its validators take what the provider sends (length, type, choices), put "
            "Choices, Convert or Locale in the mapping, or map the attribute to another column."
        )
    if status == 403:
        return (
            "Look at POLICIES, PERMISSION_CLASSES, 'protect' of the resource type, and the domains and the "
            "adoption policy of the connection: one of them refuses it."
        )
    if status == 404 and phase != "connection test":
        return (
            "What was made before is not seen any more. See that get_queryset(), tenant_field and the "
            "manager of the model show a new row, and one that is not active: 'manager' in the options names "
            "another."
        )
    return {
        401: "The token is right: look at AUTHENTICATION_CLASSES, and at middleware that takes headers away.",
        404: "Serve the resource type: see RESOURCES.",
        409: "Rows of the project stand against it: see what refers to the resource, and its constraints.",
        429: "Raise THROTTLE_RATES, or look at THROTTLE_CLASSES: a provider sends many requests at once.",
    }.get(status, "Look the error up in the reference of errors; the history of the connection shows it too.")


def on_foreign_answer(status: int) -> Said:
    """Say that an answer is none of SCIM."""
    return Said(
        f"It is answered {status}, and not by SCIM: a middleware or another route answers.",
        "Let the paths of the app pass that middleware: it must neither redirect them nor ask for a login, "
        "since tokens are looked at by the app itself.",
    )


def on_broken_constraint(text: str) -> Said:
    """Say that a constraint is broken that the database looks at when a transaction ends."""
    return Said(
        f"The database refuses the change when it is to be committed: {text}",
        "A deferred constraint has to hold when the request ends: fill what it is about in save().",
    )


def on_exception(error: BaseException) -> Said:
    """Say where the project fails."""
    place = place_of(error.__traceback__)
    name = type(error).__name__
    text = str(error).strip().partition("\n")[0]
    problem = f"{name} is raised{f' in {place}' if place else ''}: {text}"
    if isinstance(error, OperationalError | ProgrammingError):
        return Said(problem, "Run manage.py migrate, and see that the tables are as the models say.")
    return Said(
        problem,
        "The provider reads 500 and tries again for ever. Repair it there; to refuse a write, raise a "
        "ValidationError with a text for its administrator.",
    )


def place_of(traceback: TracebackType | None) -> str:
    """Return the innermost line of the project in a traceback, or ""."""
    found = ""
    for frame, line in walk_tb(traceback):
        path = frame.f_code.co_filename
        if not path.startswith((OWN, "<")) and not path.startswith(LIBRARIES):
            found = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}, line {line}"
    return found


# A body that is not as the provider needs it


def on_difference(difference: Difference, resource_type: ResourceType, *, is_query: bool) -> Said:
    """Say why an answer has something else than was sent.

    :param is_query: Whether the answer is a list that a filter has found.
    """
    path, expected, found = difference
    got = "nothing" if found is MISSING else repr(found)
    if is_query and (not path or path[0] != "Resources" or len(path) < 3):
        return Said(
            f"The look-up finds others: {'.'.join(map(str, path))} is {got} instead of {expected!r}.",
            "The provider would make the account again, or lose it. See that the attribute of the filter is "
            "mapped to a column that keeps what is sent, that your save() and signals leave it alone, and "
            "that the manager of the model shows accounts that are not active.",
        )
    if is_query:
        path = path[2:]
    mapping = mapping_at(resource_type, [name for name in path if isinstance(name, str)])
    shown = ".".join(name for name in path if isinstance(name, str))
    attribute = shown if mapping is None else mapping.path.key
    sent = "is not sent" if expected is None else f"is sent as {expected!r}"
    problem = f"`{shown}` {sent}, and {got} comes back."
    if attribute == "active" and expected is False:
        problem += " Who leaves the company keeps the account."
    # That the project fills what was not sent disturbs nobody, unless it is a secret.
    is_failure = expected is not None or shown == "password"
    return Said(problem, remedy_for(mapping, attribute), attribute, is_failure)


def mapping_at(resource_type: ResourceType, names: list[str]) -> Mapping | None:
    """Return the mapping that answers for a path in a resource, or None if there is none."""
    extension = names[0] if names and names[0].startswith("urn:") else ""
    rest = names[1:] if extension else names
    prefix = f"{extension}:" if extension else ""
    for key in (f"{prefix}{'.'.join(rest[:2])}", f"{prefix}{'.'.join(rest[:1])}"):
        if key in resource_type.mappings:
            return resource_type.mappings[key]
    return None


def remedy_for(mapping: Mapping | None, attribute: str) -> str:
    """Return what to change about an attribute that does not keep what is sent."""
    if mapping is None:
        return f"Map `{attribute}` to a column, or take its None out of 'attributes': the app then keeps it."
    kind = type(mapping).__name__
    if not mapping.writable:
        return (
            f"It is mapped to {kind}, which can only be read. Map `{mapping.path.key}` to a column, or take "
            "the mapping away: the app then keeps what is sent."
        )
    if isinstance(mapping, Stored):
        return "The app keeps it itself: see what your policies and signals make of it."
    places = ", ".join(f"'{place}'" for place in mapping.places) or "its own place"
    return (
        f"It is mapped to {kind} at {places}. See that the place has room for all that is sent, and what "
        "save(), signals, conversions and triggers make of it; without the mapping, the app keeps it."
    )
