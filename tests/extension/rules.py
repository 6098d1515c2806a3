"""Rules and a dialect of a host, whose HR system has words of its own."""

from __future__ import annotations

from typing import Any

from scim2_models import InvalidValueException

from django_scim.dialects import Attribute, Dialect, Schema, Stage, Target, rule

HR: dict[str, Any] = {"sent_by": "the HR system of the tests", "source": "its manual, chapter 3"}
STATES = {"employed": True, "left": False}


@rule(Stage.VALUE, **HR)
def states_in_words(value: Any, attribute: Attribute) -> Any:
    """Read ``"active": "left"`` as false."""
    return STATES.get(value, value) if attribute.name == "active" and isinstance(value, str) else value


@rule(Stage.FILTER, **HR)
def name_of_the_login(text: str, schema: Schema) -> str:
    """Read ``login eq "bjensen"`` as a filter by ``userName``."""
    return text.replace("login ", "userName ")


@rule(Stage.PATH, **HR, default=False)
def first_name(path: str, schema: Schema) -> str:
    """Read ``firstName`` as ``name.givenName``."""
    return "name.givenName" if path == "firstName" else path


@rule(Stage.ENTRY, **HR, default=False)
def only_our_domain(entry: Any, attribute: Attribute) -> Any:
    """Refuse a title, in words of the host."""
    if attribute.name == "title":
        raise InvalidValueException(detail="titles are not ours to keep")
    return entry


HR_SYSTEM = Dialect("hr", "HR system", own=[first_name, only_our_domain])

# What goes wrong


@rule(Stage.RESOURCE, **HR, default=False)
def broken_body(body: Any, schema: Schema) -> Any:
    """Suppose what not every body has."""
    return {**body, "userName": body["login"]}


@rule(Stage.FILTER, **HR, default=False)
def broken_filter(text: str, schema: Schema) -> Any:
    """Forget to return anything."""


@rule(Stage.SPLIT, **HR, default=False)
def broken_split(operation: Any, schema: Schema) -> Any:
    """Return an operation where several are due."""
    return operation


@rule(Stage.OPERATION, **HR, default=False)
def broken_operation(operation: Any, target: Target) -> Any:
    """Return a list."""
    return [operation]


BROKEN = Dialect("broken", "Broken", own=[broken_body, broken_filter, broken_split])
BROKEN_OPERATION = Dialect("broken-operation", "Broken too", own=[broken_operation])


def no_rule(value: Any, attribute: Attribute) -> Any:
    """Is none: nothing above it says when it is applied."""
    return value


NO_NAME = Dialect("", "Without a name")
LONG_NAME = Dialect("x" * 51, "With a long name")
NO_RULES = Dialect("none", "Without rules", own=[no_rule])
SECOND_ENTRA = Dialect("entra", "The second of the name")
