"""The layers of docs/explanation/architecture.md: imports point downwards, lazy ones included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import django_scim

ROOT = Path(django_scim.__file__).parent

LAYERS = (
    ("signals", "token_format", "imports", "allowance"),
    ("options",),
    ("conf",),
    ("schema", "sql"),
    ("dialects", "mappings"),
    ("models",),
    ("deprovisioning", "observability"),
    ("adapters",),
    ("resources",),
    ("history", "policies", "query"),
    ("operations",),
    ("adoption", "drift", "indexes", "rehearsal", "setup_guides", "why"),
    ("api",),
    ("doctor", "notifications", "preflight", "setup_links"),
    ("admin", "openapi"),
    ("checks", "management", "setup_urls", "templatetags", "testing", "urls"),
    ("apps",),
)
"""From below. What stands in one layer stands side by side: neither imports the other."""

RANKS = {name: rank for rank, layer in enumerate(LAYERS) for name in layer}

GIVEN = "it is given these at run time, and only says what they are"

UPWARDS_FOR_TYPES = {
    ("mappings", "django_scim.resources.resource"): GIVEN,
    ("mappings", "django_scim.resources.resource_type"): GIVEN,
    ("adapters", "django_scim.resources.resource"): GIVEN,
    ("adapters", "django_scim.resources.resource_type"): GIVEN,
}
"""The imports for type checkers alone that may point upwards, with the reason."""


class Arrow(NamedTuple):
    """An import of one module of the app by another."""

    source: str
    target: str
    is_for_types: bool
    line: int

    @property
    def place(self) -> str:
        """Where it is."""
        return f"{self.source}:{self.line} imports {self.target}"


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the modules of the app, but for its migrations."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        if "migrations" not in parts:
            yield ".".join(part for part in parts if part != "__init__"), path


def arrows(name: str, path: Path) -> Iterator[Arrow]:
    """Yield what a module imports of the app, wherever in it."""
    tree = ast.parse(path.read_text())
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        for target in imported(node):
            if target.startswith("django_scim."):
                yield Arrow(name, target, node in for_types, getattr(node, "lineno", 0))


def imported(node: ast.AST) -> Iterator[str]:
    """Yield the modules that a statement imports."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module == "django_scim":
        yield from (f"django_scim.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        yield node.module


ALL = [arrow for name, path in modules() for arrow in arrows(name, path)]


def package(module: str) -> str:
    """Return the part of the app that a module is in."""
    return module.split(".")[1] if "." in module else ""


def upwards() -> list[Arrow]:
    """Return the imports that do not point downwards."""
    return [
        arrow
        for arrow in ALL
        if package(arrow.source) not in ("", package(arrow.target))
        and RANKS[package(arrow.target)] >= RANKS[package(arrow.source)]
    ]


def is_allowed(arrow: Arrow) -> bool:
    """Whether an import that points upwards may."""
    return arrow.is_for_types and (package(arrow.source), arrow.target) in UPWARDS_FOR_TYPES


def test_each_part_of_the_app_has_its_layer():
    assert {package(name) for name, _ in modules()} - {""} == set(RANKS)


def test_imports_of_the_app_point_downwards():
    assert [arrow.place for arrow in upwards() if not is_allowed(arrow)] == []


def test_each_type_only_arrow_that_may_point_upwards_is_there():
    assert {(package(arrow.source), arrow.target) for arrow in upwards()} == set(UPWARDS_FOR_TYPES)


@pytest.mark.parametrize("name", ["mappings", "schema", "sql", "dialects"])
def test_what_settings_may_import_names_no_model_of_the_app(name):
    reached, pending = set(), {module for module, _ in modules() if package(module) == name}
    while pending:
        module = pending.pop()
        reached.add(module)
        found = {arrow.target for arrow in ALL if arrow.source == module and not arrow.is_for_types}
        pending |= found - reached

    assert [module for module in sorted(reached) if package(module) == "models"] == []


def test_modules_that_import_each_other_in_a_circle_do_so_for_types_alone():
    graph: dict[str, set[str]] = {name: set() for name, _ in modules()}
    for arrow in ALL:
        if not arrow.is_for_types and arrow.target != arrow.source and arrow.target in graph:
            graph[arrow.source].add(arrow.target)
    while leaves := {name for name, targets in graph.items() if not targets}:
        graph = {name: targets - leaves for name, targets in graph.items() if name not in leaves}

    assert graph == {}
