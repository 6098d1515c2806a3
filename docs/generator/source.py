"""The source of the app as syntax trees, for what is written in it and in no docstring."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import django_scim

PACKAGE = Path(django_scim.__file__).parent


@cache
def modules() -> dict[str, ast.Module]:
    """Return the tree of each module by its path in the package."""
    paths = sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)
    return {str(path.relative_to(PACKAGE)): ast.parse(path.read_text("utf-8")) for path in paths}


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Yield each call in the app with the name that it calls, such as ``Error``."""
    for module in modules().values():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield node.func.id, node


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """Return the argument of a call, given by position or by name."""
    if position < len(call.args):
        return call.args[position]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def text_of(node: ast.expr | None) -> str | None:
    """Return a text as it is written, with ``<name>`` for a value in it; none for what is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return constants().get(name)
        case ast.JoinedStr(values=parts):
            return "".join(text_of(part) or "" for part in parts)
        case ast.FormattedValue(value=ast.Name(id=name) | ast.Attribute(attr=name)):
            return f"<{name.strip('_').replace('_', ' ').lower()}>"
        case ast.FormattedValue():
            return "<…>"
        case ast.BoolOp(op=ast.Or(), values=[*_, last]):
            # Where nothing better is known.
            return text_of(last)
    return None


@cache
def constants() -> dict[str, str]:
    """Return the texts that modules have as constants, by their names."""
    found: dict[str, str] = {}
    for module in modules().values():
        for node in module.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text))):
                    found[name] = text
    return found
