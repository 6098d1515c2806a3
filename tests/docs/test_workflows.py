"""What runs on GitHub: each environment of tox, and a release that is what its tag says."""

from __future__ import annotations

import re
from configparser import ConfigParser
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT

FOLDER = ROOT / ".github"

MORE = re.compile(r"lowest-sqlite|py3\d+-django\d+-\w+")
"""What runs on GitHub alone: further versions."""


def read(path: str) -> Any:
    """Return what a file below ``.github`` says."""
    return yaml.safe_load((FOLDER / path).read_text("utf-8"))


def environments(strategy: dict[str, Any]) -> list[str]:
    """Return the environments of tox in the matrix of a job."""
    matrix = strategy["matrix"]
    return matrix.get("environment") or [one["environment"] for one in matrix["include"]]


def test_each_environment_of_tox_is_run_once():
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", "utf-8")
    jobs = read("workflows/tests.yml")["jobs"].values()

    run = [name for job in jobs for name in environments(job["strategy"])]
    by_hand = tox["tox"]["env_list"].split()
    assert len(run) == len(set(run))
    assert set(by_hand) <= set(run)
    assert {name for name in set(run) - set(by_hand) if not MORE.fullmatch(name)} == set()


def test_a_run_by_hand_has_each_python_each_django_and_each_database():
    tox = ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", "utf-8")
    cells = [name.split("-") for name in tox["tox"]["env_list"].split() if name.startswith("py")]

    assert [sorted(parts) for parts in zip(*cells, strict=True)] == [
        ["py311", "py312", "py313"],
        ["django52", "django60", "django61"],
        ["mariadb", "postgresql", "sqlite"],
    ]


def test_only_what_publishes_may_ask_for_a_token_and_after_all_tests():
    workflow = read("workflows/release.yml")

    allowed = {name for name, job in workflow["jobs"].items() if "id-token" in job.get("permissions", {})}
    assert allowed == {"publish", "site"}
    assert workflow["permissions"] == {"contents": "read"}
    assert {*workflow["jobs"]["publish"]["needs"]} == {"tests", "build"}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("ISSUE_TEMPLATE/[!c]*.yml")), ids=lambda path: path.stem)
def test_a_form_asks_for_each_thing_once(path):
    form = yaml.safe_load(path.read_text("utf-8"))
    names = [part["id"] for part in form["body"] if part["type"] != "markdown"]

    assert form["name"]
    assert form["description"]
    assert len(names) == len({*names})
