"""Each promise of the app's security names tests that there are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.docs.pages import ROOT

PAGE = ROOT / "docs/explanation/security.md"
HEADER = ["Promise", "Test"]
REFERENCE = re.compile(r"(?P<path>(?:tests|fuzz)/[\w/]+\.py)::(?P<name>\w+(?:::\w+)?)")


def promises(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield each promise of a page with the names of its tests.

    :raises ValueError: If there is something else beside a promise.
    """
    header: list[str] = []
    row: list[str] = []
    for token in MarkdownIt().enable("table").parse(text):
        if token.type == "tr_open":
            row = []
        elif token.type == "inline" and token.level >= 4:
            row.append(token.content)
        elif token.type == "thead_close":
            header = row
        elif token.type == "tr_close" and header == HEADER and row != HEADER:
            yield row[0], list(references(row[1]))
        elif token.type == "table_close":
            header = []


def references(cell: str) -> Iterator[str]:
    """Yield the names of tests in a cell.

    :raises ValueError: If there is something else in it.
    """
    for part in filter(None, cell.split("<br>")):
        name = part.strip().strip("`")
        if part.strip() != f"`{name}`" or REFERENCE.fullmatch(name) is None:
            raise ValueError(f"'{part}' names no test")
        yield name


@cache
def defined(path: Path) -> set[str]:
    """Return the functions of a module, and those in its classes; of a module of tests, the tests alone."""
    found = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            methods = (each.name for each in node.body if isinstance(each, ast.FunctionDef))
            found |= {f"{node.name}::{name}" for name in methods}
    if path.name.startswith("test_"):
        return {name for name in found if all(is_collected(part) for part in name.split("::"))}
    return found


def is_collected(name: str) -> bool:
    """Whether pytest takes a function for a test, or a class for one of tests."""
    return name.startswith(("test_", "Test"))


def is_there(reference: str) -> bool:
    """Whether there is a test of this name."""
    path, _, name = reference.partition("::")
    file = ROOT / path
    return file.is_file() and name in defined(file)


PROMISES = list(promises(PAGE.read_text("utf-8")))


def test_there_are_promises_and_each_is_made_once():
    texts = [promise for promise, _ in PROMISES]

    assert len(texts) > 40
    assert len(texts) == len({*texts})


@pytest.mark.parametrize(("promise", "tests"), PROMISES, ids=[promise for promise, _ in PROMISES])
def test_a_promise_names_tests_that_there_are(promise, tests):
    assert tests
    assert [name for name in tests if not is_there(name)] == []


def test_no_promise_is_in_another_table():
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if "::test_" in line]

    assert sum(any(name in row for _, tests in PROMISES for name in tests) for row in rows) == len(rows)


@pytest.mark.parametrize(
    "reference",
    [
        "tests/docs/test_promises.py::test_that_nobody_has_written",
        "tests/docs/test_promises.py::is_there",
        "tests/docs/test_nothing.py::test_there_are_promises_and_each_is_made_once",
        "tests/api/test_authentication.py::TestRefusals::test_that_nobody_has_written",
        "tests/api/test_authentication.py::test_are_one_and_the_same_whatever_is_wrong",
        "tests/race/races.py::races_of_nobody",
    ],
)
def test_a_test_that_there_is_not_is_found_out(reference):
    assert not is_there(reference)


def test_a_test_that_there_is_is_found():
    assert is_there("tests/docs/test_promises.py::test_a_test_that_there_is_is_found")
    assert is_there(
        "tests/api/test_authentication.py::TestRefusals::test_refusals_leave_no_trace_in_the_history"
    )
    assert is_there("tests/race/races.py::creations_of_one_name")


def test_a_promise_without_a_test_is_found_out():
    table = "| Promise | Test |\n|---|---|\n| Nothing ever fails. | |\n"

    assert list(promises(table)) == [("Nothing ever fails.", [])]


@pytest.mark.parametrize("cell", ["soon", "`tests/api`", "`pytest tests/api/test_x.py::test_y`"])
def test_what_is_no_test_is_found_out(cell):
    with pytest.raises(ValueError, match="names no test"):
        list(promises(f"| Promise | Test |\n|---|---|\n| It is safe. | {cell} |\n"))


def test_the_page_for_reporters_leads_to_the_promises():
    text = (ROOT / "SECURITY.md").read_text("utf-8")

    assert f"({PAGE.relative_to(ROOT)})" in text
