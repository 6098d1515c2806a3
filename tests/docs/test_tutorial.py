"""The tutorial, followed from an empty folder to the end: its own commands, files and server."""

from __future__ import annotations

import json
import site
import sys
from pathlib import Path

import httpx2
import pytest

from tests.docs.answers import differences, matches
from tests.docs.following import copy_repository
from tests.docs.pages import ROOT, Block, blocks
from tests.docs.projects import environment, free_port
from tests.docs.shells import Shell

PAGE = ROOT / "docs/tutorial.md"
PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"

MAKE_ENVIRONMENT = "python3 -m venv venv\n"


class Reader:
    """Somebody who does what the tutorial says, in an empty folder, with port 8000 taken."""

    def __init__(self, folder: Path, checkout: Path, shell: Shell) -> None:
        self.folder = folder
        self.checkout = checkout
        self.shell = shell
        self.address = f"127.0.0.1:{free_port()}"
        self.output = ""

    def follow(self, block: Block) -> None:
        """Type a command, write a file, or look whether what is shown is what there is."""
        text = block.text.replace("127.0.0.1:8000", self.address)
        match block.language, block.title:
            case "shell", "":
                self.type(text)
            case "python", path if path.endswith(".py"):
                self.write(path, text)
            case "json", "Answer":
                found = differences(json.loads(text), json.loads(self.output))
                assert not found, f"{block}: {found}"
            case "text", "Output":
                assert matches(text, self.output), f"{block}: {self.output}"
            case _:
                raise AssertionError(f"{block}: the reader cannot know what to do with this")

    def type(self, text: str) -> None:
        """Run commands."""
        text = text.replace("path/to/the/checkout", f"'{self.checkout}'")
        text = text.replace("runserver", f"runserver {self.address}")
        if text.startswith(MAKE_ENVIRONMENT):
            self.shell.run(MAKE_ENVIRONMENT)
            self.share_packages()
            text = text.removeprefix(MAKE_ENVIRONMENT)
        self.output = self.shell.run(text)

    def share_packages(self) -> None:
        """Let the new environment have the packages that the tests have, so that nothing is fetched."""
        packages = self.folder / f"venv/lib/{PYTHON}/site-packages"
        line = f"import site; [site.addsitedir(path) for path in {site.getsitepackages()!r}]"
        (packages / "of_the_tests.pth").write_text(line, "utf-8")

    def write(self, path: str, text: str) -> None:
        """Add to the settings, and write any other file anew."""
        file = self.folder / "mysite" / path
        before = file.read_text("utf-8") if path.endswith("settings.py") else ""
        file.write_text(f"{before}\n{text}", "utf-8")

    def admin_page(self, path: str) -> str:
        """Log in to the admin with what the tutorial says, and return a page."""
        with httpx2.Client(base_url=f"http://{self.address}", follow_redirects=True) as browser:
            browser.get("/admin/login/")
            form = {"username": "admin", "password": "tutorial", "next": path}
            form["csrfmiddlewaretoken"] = browser.cookies["csrftoken"]
            return browser.post("/admin/login/", data=form).text


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tutorial")
    home = tmp_path_factory.mktemp("home")
    checkout = home / "check out"
    copy_repository(checkout)
    with Shell(folder, environment(home)) as shell:
        reader = Reader(folder, checkout, shell)
        *steps, end = blocks(PAGE)
        for step in steps:
            reader.follow(step)
        yield reader
        reader.follow(end)


def test_the_tutorial_can_be_followed_to_its_end(reader):
    assert "'asmith', True, 'Guides'" in reader.output


def test_the_installed_app_is_that_of_the_checkout(reader):
    where = reader.shell.run("python -c 'import django_scim; print(django_scim.__file__)'")

    assert Path(where.strip()).is_relative_to(reader.folder / "venv")


def test_the_admin_shows_the_user_that_the_client_created(reader):
    assert "asmith" in reader.admin_page("/admin/auth/user/")
    assert "Guides" in reader.admin_page("/admin/auth/group/")


def test_the_admin_shows_the_title_that_no_column_holds(reader):
    assert "bjensen" in reader.admin_page("/admin/django_scim/record/")


def test_the_history_shows_the_writes_and_the_refusal(reader):
    page = reader.admin_page("/admin/django_scim/provisioningevent/")

    assert "409" in page
    assert "asmith" in page
