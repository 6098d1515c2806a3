"""Makes the project in the current folder ready: everything in it is imported, checked and migrated.

It is run in a process of its own, with the settings of that project. Its arguments are the name of a
connection, and the file that a token of it goes to, if there is none or the database is new.
"""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path

import django
from django.apps import apps
from django.core.management import call_command

PROJECT = Path.cwd()


def modules() -> list[str]:
    """Return the names of the modules in the folder, but for migrations."""
    found = [path.relative_to(PROJECT).with_suffix("") for path in sorted(PROJECT.glob("*/**/*.py"))]
    return [".".join(path.parts) for path in found if not {"migrations", "__init__"} & {*path.parts}]


def main() -> None:
    """Prepare the project."""
    sys.path.insert(0, str(PROJECT))
    django.setup()
    for name in modules():
        import_module(name)
    call_command("check")
    own = [app.label for app in apps.get_app_configs() if Path(app.path).parent == PROJECT]
    connection, token = sys.argv[1], Path(sys.argv[2])
    if own:
        call_command("makemigrations", *own, verbosity=0)
    if own or not token.exists():
        call_command("migrate", verbosity=0)
        with redirect_stdout(StringIO()) as printed:
            call_command("scim_token", connection)
        token.write_text(printed.getvalue().strip(), "utf-8")


if __name__ == "__main__":
    main()
