"""Set the example project up and serve it: ``python3 example_project/demo.py``.

It needs Python 3.11 or newer and nothing else: what it needs beyond that, it installs in ``.venv`` at
the root of the repository. Run it again whenever you like: it keeps the database and the admin login.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

PROJECT = Path(__file__).resolve().parent
ROOT = PROJECT.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "django-scim-demo"
"""Holds a digest of what was installed, so that the next run starts at once."""

ADMIN = "admin"
CONNECTION = "Demo identity provider"
START_SECONDS = 60
STOP_SECONDS = 10

SUMMARY = """
The example project runs. Ctrl-C stops it.

  SCIM base URL  {base}/scim/v2
  Bearer token   {token}

  Admin          {base}/admin/
  Login          {login}

Create a user, then look at the history in the admin:

  curl -X POST {base}/scim/v2/Users \\
    -H 'Authorization: Bearer {token}' \\
    -H 'Content-Type: application/scim+json' \\
    -d '{{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bjensen",
         "name": {{"givenName": "Barbara", "familyName": "Jensen"}}, "active": true,
         "emails": [{{"value": "bjensen@example.com", "type": "work", "primary": true}}]}}'
"""


def main() -> None:
    """Set up and serve, as the arguments say."""
    options = parse(sys.argv[1:])
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have any Python
        fail(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    check_port(options.host, options.port)
    install()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "example.settings",
        "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS") or f"localhost,127.0.0.1,[::1],{options.host}",
    }
    say("Preparing the database")
    manage(environment, "migrate", "--verbosity=0")
    login = make_admin(environment)
    token = manage(environment, "scim_token", CONNECTION).strip()
    serve(options.host, options.port, environment, login, token)


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description="Set the example project up and serve it.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
    parser.add_argument("--port", default=8000, type=port, help="the port to listen on (%(default)s)")
    return parser.parse_args(arguments)


def port(text: str) -> int:
    """Return a port number.

    :raises ArgumentTypeError: If the text is none.
    """
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port: give a number from 1 to 65535")
    return int(text)


def say(text: str) -> None:
    """Tell what comes next."""
    print(f"· {text}", file=sys.stderr, flush=True)


def fail(reason: str) -> NoReturn:
    """Stop, with the reason and without a traceback."""
    print(f"\nerror: {reason}", file=sys.stderr)
    raise SystemExit(1)


def check_port(host: str, number: int) -> None:
    """Stop before anything is installed if the server could not listen."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, number, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as listener:
            if os.name == "posix":
                # A port that was in use a moment ago is free, as the server sees it too.
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        fail(
            f"cannot listen on {host}:{number}: {error.strerror or error}.\n"
            f"Choose another port: python3 example_project/demo.py --port {number % 65535 + 1}"
        )


def install() -> None:
    """Make the virtual environment if it is absent, and install the project in it.

    The project is installed in place, so that a change of its code is served after a restart.
    """
    if not succeeds(PYTHON, "-m", "pip", "--version"):
        say(f"Making a virtual environment in {ENVIRONMENT.name}")
        hint = f"{ENVIRONMENT.name} could not be made. On Debian and Ubuntu, install python3-venv first."
        run(hint, sys.executable, "-m", "venv", ENVIRONMENT)
    if not succeeds(PYTHON, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"):
        fail(f"{ENVIRONMENT.name} has a Python older than 3.11. Remove the folder and try again.")
    wanted = requirements()
    digest = hashlib.sha256("\n".join([*wanted, (ROOT / "pyproject.toml").read_text("utf-8")]).encode())
    if STAMP.exists() and STAMP.read_text("utf-8") == digest.hexdigest():
        return
    say("Installing Django, the app and a server (the first time takes a minute)")
    pip = (PYTHON, "-m", "pip", "--disable-pip-version-check", "install", "--quiet")
    hint = "The installation failed; pip says why above. It needs access to a Python package index."
    run(hint, *pip, "--upgrade", "pip>=25.1")  # The first that knows --group.
    run(hint, *pip, *wanted)
    STAMP.write_text(digest.hexdigest(), "utf-8")


def requirements() -> list[str]:
    """Return what pip is to install, with the driver of the database that ``DATABASE_URL`` names."""
    scheme = os.environ.get("DATABASE_URL", "").partition(":")[0]
    drivers = {"postgres": "postgresql", "postgresql": "postgresql", "mysql": "mariadb", "mariadb": "mariadb"}
    extra = f"[{drivers[scheme]}]" if scheme in drivers else ""
    return ["--editable", f".{extra}", "--group", "example"]


def succeeds(*command: str | Path) -> bool:
    """Whether a command can be run and exits with 0; what it prints is not shown."""
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run(hint: str, *command: str | Path) -> None:
    """Run a command at the root of the repository; stop with a hint if it fails."""
    if subprocess.run(command, cwd=ROOT, check=False).returncode != 0:
        fail(hint)


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Run a command of ``manage.py`` and return what it printed; stop if it fails."""
    command = [str(PYTHON), "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        fail(f"'manage.py {shlex.join(arguments)}' failed.")
    return done.stdout


def make_admin(environment: dict[str, str]) -> str:
    """Make the admin account unless it is there, and return what to tell about its login."""
    password = secrets.token_urlsafe(12)
    command = [str(PYTHON), "manage.py", "createsuperuser", "--noinput"]
    account = {
        "DJANGO_SUPERUSER_USERNAME": ADMIN,
        "DJANGO_SUPERUSER_PASSWORD": password,
        "DJANGO_SUPERUSER_EMAIL": "admin@example.com",
    }
    done = subprocess.run(
        command, cwd=PROJECT, env={**environment, **account}, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return f"{ADMIN} / {password}"
    if "already taken" not in done.stderr:
        fail(f"the admin account could not be made:\n{done.stderr.strip()}")
    change = shlex.join([str(PYTHON), str(PROJECT / "manage.py"), "changepassword", ADMIN])
    return f"{ADMIN}, with the password of the first run\n                 (to set another: {change})"


def serve(host: str, number: int, environment: dict[str, str], login: str, token: str) -> None:
    """Run the server until it is interrupted."""
    name = f"[{host}]" if ":" in host else host
    server: list[str | Path] = [PYTHON, "manage.py", "runserver", "--noreload", f"{name}:{number}"]
    if os.name == "posix":
        server = [PYTHON, "-m", "gunicorn", "example.wsgi", "--bind", f"{name}:{number}", "--workers", "2"]
        server += ["--log-level", "warning", "--access-logfile", "-", "--no-control-socket"]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    process = subprocess.Popen(server, cwd=PROJECT, env=environment)
    try:
        wait_until_it_listens(process, host, number)
        print(SUMMARY.format(base=f"http://{name}:{number}", token=token, login=login), flush=True)
        status = process.wait()
    except KeyboardInterrupt:
        print("\nStopping.", file=sys.stderr)
    else:
        fail(f"the server stopped by itself, with status {status}.")
    finally:
        stop(process)


def wait_until_it_listens(process: subprocess.Popen[bytes], host: str, number: int) -> None:
    """Return when the server takes connections; stop if it ends before, or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            fail(f"the server did not start; its status is {process.returncode}.")
        try:
            socket.create_connection((host, number), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    fail(f"the server did not answer within {START_SECONDS} seconds.")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server; one that does not end by itself is killed."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        raise SystemExit(130) from None
