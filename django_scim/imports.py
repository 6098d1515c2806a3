"""Imports the dotted paths of settings, and gives hints for wrong names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec
from typing import Any


class ImportFailed(Exception):
    """A dotted path that cannot be imported.

    :param reason: What is wrong, without a full stop.
    :param hint: What to do, or None.
    """

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


def import_path(path: str, known: Iterable[str] = ()) -> Any:
    """Return what a dotted path names.

    Only import errors are caught. Another exception of the module is raised: the module is wrong, and not the
    path.

    :param known: The paths that the app ships, for a hint.
    :raises ImportFailed: If there is no such module, or no such name in it.
    """
    parts = path.split(".")
    if len(parts) < 2 or not all(part.isidentifier() for part in parts):
        hint = "A dotted path has the module, a dot, and the name of a class or a function in it."
        raise ImportFailed(f"'{path}' is no dotted path", hint)
    module_path, _, name = path.rpartition(".")
    try:
        module = import_module(module_path)
    except ImportError as error:
        raise ImportFailed(f"'{path}' cannot be imported: {error}", nearest(path, known)) from error
    try:
        return getattr(module, name)
    except AttributeError:
        own = [key for key, value in vars(module).items() if getattr(value, "__module__", "") == module_path]
        own += getattr(module, "__all__", [])
        raise ImportFailed(f"'{module_path}' has no '{name}'", nearest(name, own)) from None


def import_path_or_module(path: str) -> Any:
    """Return what a dotted path names: a module, or a name in a module.

    :raises ImportFailed: If there is neither.
    """
    try:
        is_module = find_spec(path) is not None
    except (ImportError, ValueError):
        is_module = False
    if not is_module:
        return import_path(path)
    try:
        return import_module(path)
    except ImportError as error:
        raise ImportFailed(f"'{path}' cannot be imported: {error}") from error


MOST_NAMES = 20
"""How many names a hint lists."""


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return a hint with the nearest name, or else with all names, or None if there are no names.

    Case makes no difference. Of a long name, such as that of an extension attribute, the last part is enough.
    """
    names = sorted(set(names))
    folded = name.lower()
    by_folded = {candidate.lower(): candidate for candidate in names}
    for long, candidate in by_folded.items():
        if folded in (long, long.rpartition(":")[2]):
            return f"Did you mean '{candidate}'?"
    matches = get_close_matches(folded, by_folded, n=1, cutoff=0.6)
    if matches:
        return f"Did you mean '{by_folded[matches[0]]}'?"
    if not names:
        return None
    listed = ", ".join(names[:MOST_NAMES])
    return f"There are: {listed}{', …' if len(names) > MOST_NAMES else '.'}"


def leads_to(path: str, base: type) -> bool:
    """Whether a dotted path names a class or one of its subclasses."""
    try:
        found = import_path(path)
    except ImportFailed:
        return False
    return isinstance(found, type) and issubclass(found, base)
