"""What settings name by a dotted path, and what is said of a path that leads nowhere."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django_scim.hints import nearest


class ImportFailed(Exception):
    """A dotted path that does not lead to what it should.

    :param reason: What is wrong, without a full stop.
    :param hint: What to do about it.
    """

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


def import_path(path: str, known: Iterable[str] = ()) -> Any:
    """Return what a dotted path names.

    An error that the module itself raises, other than that of an import, is not caught: it is the
    module that has to be mended, not the path.

    :param known: Paths that the app ships, for a hint.
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
        raise ImportFailed(f"'{module_path}' has no '{name}'", nearest(name, own)) from None
