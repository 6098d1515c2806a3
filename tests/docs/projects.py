"""Temporary projects, in which the pages are followed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from django.core.management import call_command

from tests.docs.pages import ROOT
from tests.docs.processes import start

CONNECTION = "Okta"
"""The connection that a project has from the beginning."""

TOKEN = "token"
"""The file in the folder of a project that has a token of it."""

SETTINGS = """
# What the pages suppose: the app, and the apps that have models in the folder of the project.
INSTALLED_APPS += ["rest_framework", "django_scim"]
INSTALLED_APPS += [models.parent.name for models in sorted(BASE_DIR.glob("*/models.py"))]
ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES["default"]["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
"""

LAST_SETTINGS = """
INSTALLED_APPS = list(dict.fromkeys(INSTALLED_APPS))
"""
"""A page may name an app that is there already."""

URLS = """
from django.contrib import admin
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("scim/v2/", include("django_scim.urls"))]
"""

START_SECONDS = 60


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """Return the environment of the commands of a page: the Python of the tests, and nothing of theirs.

    pip installs below the folder, and what is installed already counts.
    """
    (folder / ".curlrc").write_text("silent\nretry = 30\nretry-connrefused\n", "utf-8")
    kept = {name: os.environ[name] for name in ("LANG", "LC_ALL", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "CURL_HOME": str(folder),
        "PIP_NO_INDEX": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        **variables,
    }


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Project:
    """A project as ``startproject`` makes it, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = folder / "mysite/settings.py"
        self.environment = environment(folder, DJANGO_SETTINGS_MODULE="mysite.settings")

    @classmethod
    def start(cls, folder: Path) -> Project:
        """Make a project with the app in it, its tables, and a connection."""
        folder.mkdir()
        project = cls(folder)
        call_command("startproject", "mysite", str(folder))
        project.settings.write_text(project.settings.read_text("utf-8") + SETTINGS, "utf-8")
        (folder / "mysite/urls.py").write_text(URLS, "utf-8")
        project.prepare()
        return project

    def copy(self, folder: Path, given: Path) -> Project:
        """Return a copy, with the files that a page supposes."""
        shutil.copytree(self.folder, folder)
        if given.is_dir():
            shutil.copytree(given, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        return Project(folder)

    def run(self, *command: str) -> str:
        """Run a Python script in the folder, and return what it prints.

        :raises AssertionError: If it fails, with what it has said of it.
        """
        output = self.folder / "output.log"
        output.unlink(missing_ok=True)
        process = start(self.folder, self.environment, output, *command)
        process.join()
        text = output.read_text("utf-8")
        assert process.exitcode == 0, f"{command}\n{text}"
        return text

    @property
    def token(self) -> str:
        """A token of the connection."""
        return (self.folder / TOKEN).read_text("utf-8")

    def write(self, path: str, text: str) -> None:
        """Write a module; settings are added to those that are there."""
        if path in ("settings.py", "urls.py"):
            path = f"mysite/{path}"
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if target == self.settings:
            before = target.read_text("utf-8").removesuffix(LAST_SETTINGS)
            text = f"{before}\n{text}{LAST_SETTINGS}"
        elif target.parent != self.folder:
            (target.parent / "__init__.py").touch()
        target.write_text(text, "utf-8")

    @property
    def has_models(self) -> bool:
        """Whether there is an app with models in the folder."""
        return any(self.folder.glob("*/models.py"))

    def prepare(self) -> None:
        """Import, check and migrate what has been written; new models begin with an empty database."""
        self.require_names()
        if self.has_models:
            (self.folder / "db.sqlite3").unlink()
            for migrations in self.folder.glob("*/migrations"):
                shutil.rmtree(migrations)
        self.run(str(ROOT / "tests/docs/preparing.py"), CONNECTION, TOKEN)

    def require_names(self) -> None:
        """Look for names that nothing defines, also where nothing is run.

        :raises AssertionError: If there are any.
        """
        command = ["ruff", "check", "--isolated", "--quiet", "--select=E9,F821,F822,F823", "."]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout

    @contextmanager
    def served(self) -> Iterator[str]:
        """Run the project's server, and yield its address."""
        port = free_port()
        log = self.folder / "server.log"
        command = ("manage.py", "runserver", "--noreload", f"127.0.0.1:{port}")
        server = start(self.folder, self.environment, log, *command)
        try:
            self.wait_for(server, port)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.join()

    def wait_for(self, server: ForkServerProcess, port: int) -> None:
        """Return when the server takes connections.

        :raises AssertionError: If it ends before, or does not.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and server.is_alive():
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "server.log").read_text("utf-8"))
