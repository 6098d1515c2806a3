"""Runs the tests of each host project with the settings of its own: ``python -m tests.hosts [NAME …]``.

A process for each, since a process has one user model. Their settings take ``DATABASE_URL`` as all do.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    """Return the host projects: the folders that have settings."""
    return sorted(settings.parent.name for settings in HERE.glob("*/settings.py"))


def run(name: str, *options: str) -> int:
    """Run the tests of one host project."""
    print(f"· {name}", flush=True)
    command = ["-m", "pytest", f"tests/hosts/{name}", f"--ds=tests.hosts.{name}.settings", *options]
    return subprocess.run([sys.executable, *command], cwd=HERE.parent.parent, check=False).returncode  # noqa: S603


def main(arguments: list[str]) -> int:
    """Run those that are named, or all; return 1 if any failed."""
    chosen = [argument for argument in arguments if not argument.startswith("-")]
    options = [argument for argument in arguments if argument.startswith("-")]
    statuses = [run(name, *options) for name in chosen or names()]
    return int(any(statuses))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
