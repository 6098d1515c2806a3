"""A Bash that keeps its folder, its variables and its jobs from one block to the next."""

from __future__ import annotations

import subprocess
import uuid
from pathlib import Path
from threading import Timer
from typing import Self

SECONDS = 180
"""After how long a command is taken to hang."""

END_JOBS = "trap 'for job in $(jobs -p); do kill -- -$job 2>/dev/null || true; done' EXIT"


class CommandFailed(AssertionError):
    """A command ended with another status than 0, or did not end."""


class Shell:
    """A shell in a folder. The first command that fails ends it; what runs in the background ends with it.

    :param environment: The variables of the shell, and no others.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            ["bash", "-eo", "pipefail", "-m"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.run(END_JOBS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.process.communicate(timeout=SECONDS)

    def run(self, commands: str) -> str:
        """Run commands as they would be typed, and return what they print.

        :raises CommandFailed: With what they have printed, if one of them fails.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        end = uuid.uuid4().hex
        self.process.stdin.write(f"{commands}\nprintf '\\n%s\\n' {end}\n")
        self.process.stdin.flush()
        limit = Timer(SECONDS, self.process.kill)
        limit.start()
        lines: list[str] = []
        try:
            for line in self.process.stdout:
                if line.strip() == end:
                    return "".join(lines).removesuffix("\n")
                lines.append(line)
        finally:
            limit.cancel()
        raise CommandFailed(f"{commands}\n{''.join(lines)}")
