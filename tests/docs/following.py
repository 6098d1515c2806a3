"""Following a page: what is done with each of its code blocks."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import scim2_models
from pydantic import BaseModel
from scim2_models import EnterpriseUser, PatchOp, User

from tests.docs.answers import ANYTHING, differences, matches
from tests.docs.pages import ROOT, Block
from tests.docs.projects import Project, environment
from tests.docs.shells import Shell

SITE = "https://your-site.example"
SCIM = "application/scim+json"
PLACE = re.compile(r"\{\$[\w.]+\}")
"""Where an identity provider puts a value in a template, such as ``{$user.email}``."""
RUN_ELSEWHERE = {
    # These install packages, and run all tests: example_project/test_example.py and CI see to them.
    "python3 example_project/demo.py": "python3 example_project/demo.py --help",
    "bash .ci/run": "bash -n .ci/run",
}


class UncoveredBlock(AssertionError):
    """Nothing is known of how a block could be run or checked."""


class Follower:
    """Runs and checks the blocks of one page, in their order."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.written: set[str] = set()
        """The files that nothing has looked at yet."""
        self.answer: tuple[int, Any] | None = None
        """The status and the body of the last answer."""
        self.identifier = ANYTHING
        self.output = ""
        self.running = ExitStack()
        self.address: str | None = None
        self.shell: Shell | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.running.close()

    def follow(self, block: Block) -> None:
        """Run or check one block.

        :raises UncoveredBlock: If there is no rule for it.
        """
        self.rule(block)(block)

    def finish(self) -> None:
        """Look at what was written since the last block that needed it."""
        if self.written:
            self.prepare()

    def rule(self, block: Block) -> Callable[[Block], None]:
        """Return what is to be done with a block."""
        rules: dict[tuple[str, str], Callable[[Block], None]] = {
            ("python", ""): self.run_python,
            ("shell", ""): self.run_shell,
            ("shell", "In a checkout"): self.run_in_checkout,
            ("http", ""): self.compare_http if block.text.startswith("HTTP/") else self.send,
            ("json", ""): self.validate,
            ("json", "Answer"): self.compare_json,
            ("json", "Template"): self.validate_filled,
            ("text", "Output"): self.compare_output,
        }
        if block.language == "python" and block.title.endswith(".py"):
            return self.write
        language = "shell" if block.language == "bash" else block.language
        if (language, block.title) not in rules:
            raise UncoveredBlock(f"{block}: nothing is known of a '{block.language}' block '{block.title}'")
        return rules[language, block.title]

    # Files

    def write(self, block: Block) -> None:
        """Write a file; what another block replaces is looked at before."""
        if block.title in self.written:
            self.prepare()
        self.project.write(block.title, block.text)
        self.written.add(block.title)

    def prepare(self) -> None:
        """Import, check and migrate what was written, and let the server read it."""
        self.running.close()
        self.address = self.shell = None
        self.project.prepare()
        self.written.clear()

    # Commands

    def run_python(self, block: Block) -> None:
        """Run Python in the project."""
        self.finish()
        text = self.addressed(block.text)
        script = self.project.folder / "block.py"
        script.write_text(f"import django\ndjango.setup()\n{text}", "utf-8")
        self.output = self.project.run(script.name)
        script.unlink()

    def run_shell(self, block: Block) -> None:
        """Run commands in the folder of the project."""
        self.finish()
        text = self.addressed(block.text)
        if self.shell is None:
            variables = {**self.project.environment, "TOKEN": self.project.token}
            self.shell = self.running.enter_context(Shell(self.project.folder, variables))
        self.output = self.shell.run(text)
        self.notice(self.output)

    def run_in_checkout(self, block: Block) -> None:
        """Run commands in a copy of the repository, without what git ignores."""
        folder = self.project.folder.parent / f"{self.project.folder.name} checkout"
        if not folder.exists():
            copy_repository(folder)
        text = block.text
        for command, other in RUN_ELSEWHERE.items():
            text = text.replace(command, other)
        with Shell(
            folder, environment(folder, PIP_TARGET=str(folder / "installed"), PIP_NO_DEPS="1")
        ) as shell:
            self.output = shell.run(text)

    def compare_output(self, block: Block) -> None:
        """Compare what the last commands have printed."""
        assert matches(block.text, self.output), f"{block}: the output is\n{self.output}"

    # Requests

    def addressed(self, text: str) -> str:
        """Return a text with the address of the server, which is started if the text has one."""
        return text.replace(SITE, self.serve()) if SITE in text else text

    def serve(self) -> str:
        """Return the address of the project's server."""
        if self.address is None:
            self.address = self.running.enter_context(self.project.served())
        return self.address

    def send(self, block: Block) -> None:
        """Send a request."""
        self.finish()
        head, _, body = block.text.replace(ANYTHING, self.identifier).partition("\n\n")
        line, *fields = head.splitlines()
        method, target = line.split(" ", 1)
        headers = dict(field.split(": ", 1) for field in fields)
        sent = {"Authorization": f"Bearer {self.project.token}", **headers}
        if body.strip():
            sent.setdefault("Content-Type", SCIM)
        connection = HTTPConnection(self.serve().removeprefix("http://"), timeout=30)
        connection.request(method, target.replace(" ", "%20").replace('"', "%22"), body.encode(), sent)
        response = connection.getresponse()
        content = response.read()
        connection.close()
        self.answer = response.status, json.loads(content) if content else None
        assert response.status < 500, f"{block}: {self.answer}"
        self.notice(content.decode())

    def notice(self, text: str) -> None:
        """Keep the ``id`` of a resource in an answer."""
        try:
            found = json.loads(text)
        except ValueError:
            return
        if isinstance(found, dict):
            resources = found.get("Resources") or [found]
            self.identifier = resources[-1].get("id", self.identifier)

    def compare_http(self, block: Block) -> None:
        """Compare the last answer: the status and, where a body is shown, the body."""
        assert self.answer is not None, f"{block}: there is no request before"
        status, actual = self.answer
        head, _, body = block.text.partition("\n\n")
        assert head.split()[1] == str(status), f"{block}: the answer is {status} {actual}"
        if body.strip():
            found = differences(json.loads(body), actual)
            assert not found, f"{block}: {found}"

    def compare_json(self, block: Block) -> None:
        """Compare what the last command has printed."""
        found = differences(json.loads(block.text), json.loads(self.output))
        assert not found, f"{block}: {found}"

    def validate_filled(self, block: Block) -> None:
        """Validate a template of an identity provider, with a value in each place."""
        self.validate(replace(block, text=PLACE.sub("ada@example.com", block.text)))

    def validate(self, block: Block) -> None:
        """Validate JSON by its schemas.

        :raises UncoveredBlock: If it has none that is known.
        """
        document = json.loads(block.text)
        schemas = document.get("schemas") if isinstance(document, dict) else None
        kind = KINDS.get(schemas[0]) if schemas else None
        if kind is None:
            raise UncoveredBlock(f"{block}: there is no model for JSON with the schemas {schemas}")
        kind.model_validate(document)


def known_kinds() -> dict[str, type[BaseModel]]:
    """Return the models of scim2-models by their schema."""
    found: dict[str, type[BaseModel]] = {}
    for name in scim2_models.__all__:
        model = getattr(scim2_models, name)
        schema = getattr(model, "__schema__", None)
        if schema:
            found[str(schema)] = model
    user = User[EnterpriseUser]
    return {**found, str(User.__schema__): user, str(PatchOp.__schema__): PatchOp[user]}


KINDS = known_kinds()


def copy_repository(folder: Path) -> None:
    """Copy what a checkout has and the commands in it need."""
    folder.mkdir()
    for name in ("django_scim", "example_project", ".ci"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3*")
        )
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder / name)
