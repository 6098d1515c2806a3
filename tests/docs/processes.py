"""Python scripts in processes that start fast: forked from one that has imported what most of them need.

The pages take some hundred processes, and importing is what a process spends most of its time with.
"""

from __future__ import annotations

import os
import runpy
import sys
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

FORKSERVER = get_context("forkserver")
FORKSERVER.set_forkserver_preload(
    [
        # All of them can be imported without settings.
        "django.contrib.admin.utils",
        "django.contrib.auth.hashers",
        "django.core.management.commands.runserver",
        "django.db.backends.sqlite3.base",
        "django.db.migrations.executor",
        "django.template.backends.django",
        "django.views.debug",
        "django_filters",
        "django_scim.mappings",
        "django_scim.schema",
        "rest_framework.serializers",
        "scim2_models.provider",
        "tests.docs.processes",
    ]
)


def start(folder: Path, environment: dict[str, str], output: Path, *command: str) -> ForkServerProcess:
    """Start a script in a folder.

    :param output: The file that what it prints is added to.
    :param command: The script, relative to the folder, and its arguments.
    """
    process = FORKSERVER.Process(target=run, args=(folder, environment, output, command))
    process.start()
    return process


def run(folder: Path, environment: dict[str, str], output: Path, command: tuple[str, ...]) -> None:
    """Be the process ``python SCRIPT ARGUMENT …``."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(file, 1)
    os.dup2(file, 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [*command]
    sys.path.insert(0, str(folder))
    runpy.run_path(command[0], run_name="__main__")
