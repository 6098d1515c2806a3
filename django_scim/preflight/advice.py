"""Says in words why an answer is not what a provider needs, and what to change.

The words are translated when they are read: a request that is replayed may change the active language.
"""

from __future__ import annotations

import sysconfig
from pathlib import Path
from traceback import walk_tb
from types import TracebackType
from typing import Any, NamedTuple

from django.db import OperationalError, ProgrammingError
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

import django_scim
from django_scim.mappings import Mapping, Stored
from django_scim.preflight.comparing import MISSING, Difference
from django_scim.resources.resource_type import ResourceType

OWN = str(Path(django_scim.__file__).parent)
LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("purelib", "platlib", "stdlib"))


class Said(NamedTuple):
    """What is wrong, and what to change."""

    problem: str | Promise
    remedy: str | Promise
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
    problem = (
        format_lazy(_("It is answered {status}: {detail}."), status=status, detail=detail)
        if detail
        else format_lazy(_("It is answered {status}."), status=status)
    )
    if status < 300:
        return Said(
            format_lazy(
                _(
                    "It is accepted ({status}), though the project has such a resource already: {expected} "
                    "is due."
                ),
                status=status,
                expected=expected,
            ),
            _(
                "Two accounts would stand for one person. See that userName, and displayName of a group, are "
                "mapped to what tells people apart."
            ),
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


def remedy_of(status: int, scim_type: str, detail: str, phase: str) -> str | Promise:
    """Return what to change about a refusal."""
    if detail.endswith("a value is required"):
        return _(
            "The provider sends no value for it. Give the column a default or let it be null, map it to an "
            "attribute that the provider sends, or fill it in the model's save()."
        )
    if scim_type == "uniqueness":
        return _(
            "Either the column is unique and the provider sends the same value for more than one person: "
            "take the constraint away or map another attribute; or the project has such an account already."
        )
    if status == 400:
        return _(
            "Let the column and its validators take what the provider sends (length, type, choices), put "
            "Choices, Convert or Locale in the mapping, or map the attribute to another column."
        )
    if status == 403:
        return _(
            "Look at POLICIES, PERMISSION_CLASSES, 'protect' of the resource type, and the domains and the "
            "adoption policy of the connection: one of them refuses it."
        )
    if status == 404 and phase != "connection test":
        return _(
            "What was made before is not seen any more. See that get_queryset(), tenant_field and the "
            "manager of the model show a new row, and one that is not active: 'manager' in the options names "
            "another."
        )
    return {
        401: _(
            "The token is right: look at AUTHENTICATION_CLASSES, and at middleware that takes headers away."
        ),
        404: _("Serve the resource type: see RESOURCES."),
        409: _("Rows of the project stand against it: see what refers to the resource, and its constraints."),
        429: _("Raise THROTTLE_RATES, or look at THROTTLE_CLASSES: a provider sends many requests at once."),
    }.get(
        status, _("Look the error up in the reference of errors; the history of the connection shows it too.")
    )


def on_foreign_answer(status: int) -> Said:
    """Say that an answer is none of SCIM."""
    return Said(
        format_lazy(
            _("It is answered {status}, and not by SCIM: a middleware or another route answers."),
            status=status,
        ),
        _(
            "Let the paths of the app pass that middleware: it must neither redirect them nor ask for a "
            "login, since tokens are looked at by the app itself."
        ),
    )


def on_broken_constraint(text: str) -> Said:
    """Say that a constraint is broken that the database looks at when a transaction ends."""
    return Said(
        format_lazy(_("The database refuses the change when it is to be committed: {text}"), text=text),
        _("A deferred constraint has to hold when the request ends: fill what it is about in save()."),
    )


def on_exception(error: BaseException) -> Said:
    """Say where the project fails."""
    place = place_of(error.__traceback__)
    name = type(error).__name__
    text = str(error).strip().partition("\n")[0]
    problem = (
        format_lazy(_("{error} is raised in {place}: {text}"), error=name, place=place, text=text)
        if place
        else format_lazy(_("{error} is raised: {text}"), error=name, text=text)
    )
    if isinstance(error, OperationalError | ProgrammingError):
        return Said(problem, _("Run manage.py migrate, and see that the tables are as the models say."))
    return Said(
        problem,
        _(
            "The provider reads 500 and tries again for ever. Repair it there; to refuse a write, raise a "
            "ValidationError with a text for its administrator."
        ),
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
    got = pgettext_lazy("no value", "nothing") if found is MISSING else repr(found)
    if is_query and (not path or path[0] != "Resources" or len(path) < 3):
        return Said(
            format_lazy(
                _("The look-up finds others: {path} is {found} instead of {expected}."),
                path=".".join(map(str, path)),
                found=got,
                expected=repr(expected),
            ),
            _(
                "The provider would make the account again, or lose it. See that the attribute of the filter "
                "is mapped to a column that keeps what is sent, that your save() and signals leave it alone, "
                "and that the manager of the model shows accounts that are not active."
            ),
        )
    if is_query:
        path = path[2:]
    mapping = mapping_at(resource_type, [name for name in path if isinstance(name, str)])
    shown = ".".join(name for name in path if isinstance(name, str))
    attribute = shown if mapping is None else mapping.path.key
    if expected is None:
        text = _("`{attribute}` is not sent, and {found} comes back.")
    elif attribute == "active" and expected is False:
        text = _(
            "`{attribute}` is sent as {expected}, and {found} comes back. Who leaves the company keeps the "
            "account."
        )
    else:
        text = _("`{attribute}` is sent as {expected}, and {found} comes back.")
    problem = format_lazy(text, attribute=shown, expected=repr(expected), found=got)
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


def remedy_for(mapping: Mapping | None, attribute: str) -> str | Promise:
    """Return what to change about an attribute that does not keep what is sent."""
    if mapping is None:
        return format_lazy(
            _("Map `{attribute}` to a column, or take its None out of 'attributes': the app then keeps it."),
            attribute=attribute,
        )
    kind = type(mapping).__name__
    if not mapping.writable:
        return format_lazy(
            _(
                "It is mapped to {mapping}, which can only be read. Map `{attribute}` to a column, or take "
                "the mapping away: the app then keeps what is sent."
            ),
            mapping=kind,
            attribute=mapping.path.key,
        )
    if isinstance(mapping, Stored):
        return _("The app keeps it itself: see what your policies and signals make of it.")
    places = ", ".join(f"'{place}'" for place in mapping.places) or _("its own place")
    return format_lazy(
        _(
            "It is mapped to {mapping} at {places}. See that the place has room for all that is sent, "
            "and what save(), signals, conversions and triggers make of it; without the mapping, the app "
            "keeps it."
        ),
        mapping=kind,
        places=places,
    )
