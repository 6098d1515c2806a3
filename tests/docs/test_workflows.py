"""What runs on GitHub: each environment of tox, and a release that is what its tag says."""

from __future__ import annotations

from configparser import ConfigParser
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT

FOLDER = ROOT / ".github"


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
    assert sorted(run) == sorted(tox["tox"]["env_list"].split())


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
