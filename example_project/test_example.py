"""The example project under gunicorn, provisioned over HTTP by a client that only knows the RFCs.

What the client did is then looked up in the database file, past Django and past the app. The project runs
outside the folder of the repository's package, so that it is the installed package that is tested.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Error, Resource, ScimObject

PROJECT = Path(__file__).resolve().parent
USERS = 200
GROUPS = 20
CLIENTS = 4
START_SECONDS = 60

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

IDENTITY_PROVIDERS = (
    "Okta",
    "Microsoft Entra ID",
    "OneLogin",
    "JumpCloud",
    "Google Workspace",
    "authentik",
    "Keycloak",
    "PingOne",
    "Rippling",
    "SailPoint",
)

Rows = list[tuple[Any, ...]]


@dataclass
class Service:
    """The example project as a client sees it, and its database file."""

    url: str
    token: str
    database: Path

    def rows(self, sql: str, *parameters: object) -> Rows:
        """Return what a query finds in the database file."""
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(sql, parameters).fetchall()

    def members(self, group: str) -> set[str]:
        """Return the usernames in a group, from the tables of ``django.contrib.auth``."""
        rows = self.rows(
            "SELECT username FROM auth_user"
            " JOIN auth_user_groups ON auth_user_groups.user_id = auth_user.id"
            " JOIN auth_group ON auth_group.id = auth_user_groups.group_id WHERE auth_group.name = ?",
            group,
        )
        return {username for (username,) in rows}

    def active(self, username: str) -> bool:
        """Return ``is_active`` of an account."""
        [(active,)] = self.rows("SELECT is_active FROM auth_user WHERE username = ?", username)
        return bool(active)

    def http(self) -> httpx2.Client:
        """Return an HTTP client that carries the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30)


@dataclass
class Directory:
    """What was provisioned: the ids that the service gave, and who belongs where."""

    scim: SyncSCIMClient
    users: dict[str, str] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    members: dict[str, set[str]] = field(default_factory=dict)

    def modify_user(self, username: str, *operations: dict[str, Any]) -> Resource[Any]:
        """PATCH a user and return the resource of the answer."""
        changed = self.scim.modify("User", self.users[username], patch(*operations))
        assert isinstance(changed, Resource)
        return changed

    def modify_group(self, name: str, *operations: dict[str, Any]) -> None:
        """PATCH a group, whose answer has no body."""
        assert self.scim.modify("Group", self.groups[name], patch(*operations)) is None


def username(number: int) -> str:
    """Return the name of the n-th user."""
    return f"user{number:03}@example.com"


def user(number: int) -> dict[str, Any]:
    """Return the n-th user as an identity provider sends it."""
    return {
        "schemas": [USER, ENTERPRISE],
        "userName": username(number),
        "externalId": f"directory-{number}",
        "name": {"givenName": f"Given{number}", "familyName": f"Färber-{number}"},
        "displayName": f"Given{number} Färber-{number}",
        "emails": [{"value": username(number), "type": "work", "primary": True}],
        "phoneNumbers": [{"value": f"+49 30 {number:06}", "type": "work"}],
        "active": True,
        ENTERPRISE: {"employeeNumber": f"{number:05}", "department": f"Department {number % 7}"},
    }


def members(number: int) -> set[str]:
    """Return who belongs to the n-th group: some in several groups, and some in none."""
    return {username(user) for user in range(USERS) if user % (number + 2) == 1}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """Return a PATCH request."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_it_listens(server: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server takes connections."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.poll() is None, "the server ended by itself"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("the server does not answer")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Set the project up by its own commands and serve it with two worker processes."""
    folder = tmp_path_factory.mktemp("example")
    database = folder / "db.sqlite3"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "example.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "DEBUG": "1",
        "ALLOWED_HOSTS": "127.0.0.1",
        "XDG_RUNTIME_DIR": str(folder),  # gunicorn puts its control socket here.
    }

    def manage(*arguments: str) -> str:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command, cwd=PROJECT, env=environment, check=True, stdout=subprocess.PIPE, text=True
        ).stdout

    manage("migrate", "--verbosity=0")
    token = manage("scim_token", "Directory of the test").strip()
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "example.wsgi", "--bind", f"127.0.0.1:{port}"]
    with subprocess.Popen([*command, "--workers", "2"], cwd=PROJECT, env=environment) as server:
        try:
            wait_until_it_listens(server, port)
            yield Service(f"http://127.0.0.1:{port}/scim/v2", token, database)
        finally:
            server.send_signal(signal.SIGTERM)


@pytest.fixture(scope="module")
def scim(service: Service) -> Iterator[SyncSCIMClient]:
    """A client that has learned from the service's own discovery endpoints what it serves."""
    with service.http() as http:
        client = SyncSCIMClient(http)
        client.discover()
        yield client


@pytest.fixture(scope="module")
def directory(service: Service, scim: SyncSCIMClient) -> Directory:
    """Provision all users by several clients at once, then the groups with their members."""
    provisioned = Directory(scim)

    def create(kind: str, document: dict[str, Any]) -> str:
        with service.http() as http:
            created = SyncSCIMClient(http, provider=scim.provider).create(kind, document)
        assert isinstance(created, Resource)
        assert created.id
        return created.id

    with ThreadPoolExecutor(CLIENTS) as pool:
        ids = pool.map(lambda number: create("User", user(number)), range(USERS))
        provisioned.users.update(zip(map(username, range(USERS)), ids, strict=True))
    for number in range(GROUPS):
        name = f"Group {number}"
        provisioned.members[name] = members(number)
        values = [{"value": provisioned.users[member]} for member in sorted(members(number))]
        document = {"schemas": [GROUP], "displayName": name, "members": values}
        provisioned.groups[name] = create("Group", document)
    return provisioned


def test_discovery_tells_what_is_served(scim: SyncSCIMClient) -> None:
    assert {kind.name for kind in scim.provider.resource_types} == {"User", "Group"}
    assert scim.provider.config is not None
    assert scim.provider.config.patch is not None
    assert scim.provider.config.patch.supported


def test_users_are_rows_of_auth_user(service: Service, directory: Directory) -> None:
    rows = service.rows(
        "SELECT username, first_name, last_name, email, is_active, is_staff, is_superuser FROM auth_user"
    )

    assert len(directory.users) == USERS
    assert sorted(rows) == [
        (username(number), f"Given{number}", f"Färber-{number}", username(number), 1, 0, 0)
        for number in range(USERS)
    ]


def test_members_are_rows_of_auth_user_groups(service: Service, directory: Directory) -> None:
    [(groups,)] = service.rows("SELECT count(*) FROM auth_group")
    [(memberships,)] = service.rows("SELECT count(*) FROM auth_user_groups")

    assert groups == GROUPS
    assert memberships == sum(map(len, directory.members.values()))
    for name, expected in directory.members.items():
        assert service.members(name) == expected


def test_what_no_column_holds_comes_out_as_it_went_in(service: Service, directory: Directory) -> None:
    sent = user(17)
    with service.http() as http:
        found = http.get(f"/Users/{directory.users[username(17)]}").json()

    groups = {group["display"] for group in found.pop("groups")}
    assert groups == {name for name, expected in directory.members.items() if username(17) in expected}
    assert {**found, "schemas": sorted(found["schemas"])} == {
        **sent,
        "schemas": sorted(sent["schemas"]),
        "id": directory.users[username(17)],
        "meta": found["meta"],
    }


def test_a_user_is_found_by_a_filter(directory: Directory) -> None:
    page = directory.scim.query("User", {"filter": f'userName eq "{username(42).upper()}"'})

    assert isinstance(page, ScimObject)
    assert [found["id"] for found in page.model_dump(mode="json", by_alias=True)["Resources"]] == [
        directory.users[username(42)]
    ]


def test_a_deactivated_user_cannot_log_in(service: Service, directory: Directory) -> None:
    leavers = [username(number) for number in range(100, 110)]
    for leaver in leavers:
        changed = directory.modify_user(leaver, {"op": "replace", "path": "active", "value": False})
        assert changed.model_dump()["active"] is False

    assert not any(service.active(leaver) for leaver in leavers)
    assert service.active(username(110))


def test_removed_members_leave_the_others(service: Service, directory: Directory) -> None:
    first, second, *others = sorted(directory.members["Group 0"])
    selected = f'members[value eq "{directory.users[first]}"]'
    named = [{"value": directory.users[second]}]
    directory.modify_group("Group 0", {"op": "remove", "path": selected})
    directory.modify_group("Group 0", {"op": "remove", "path": "members", "value": named})
    directory.members["Group 0"] = set(others)

    assert service.members("Group 0") == set(others)


def test_a_joiner_is_added_to_a_group(service: Service, directory: Directory) -> None:
    joiner = username(0)
    value = [{"value": directory.users[joiner]}]
    directory.modify_group("Group 3", {"op": "add", "path": "members", "value": value})
    directory.members["Group 3"].add(joiner)

    assert service.members("Group 3") == directory.members["Group 3"]


def test_a_deleted_user_is_gone_for_scim_and_locked_out_here(service: Service, directory: Directory) -> None:
    leaver = username(199)
    directory.scim.delete("User", directory.users[leaver])
    for members in directory.members.values():
        members.discard(leaver)

    answer = directory.scim.query("User", directory.users[leaver], raise_scim_errors=False)
    assert isinstance(answer, Error)
    assert answer.status == 404
    assert not service.active(leaver)


def test_nobody_else_was_touched(service: Service, directory: Directory) -> None:
    [(users,)] = service.rows("SELECT count(*) FROM auth_user")

    assert users == USERS
    for name, expected in directory.members.items():
        assert service.members(name) == expected


def test_a_request_without_the_token_is_refused(service: Service) -> None:
    answer = httpx2.get(f"{service.url}/Users")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_the_admin_has_its_styles_under_gunicorn(service: Service) -> None:
    root = service.url.removesuffix("/scim/v2")

    assert httpx2.get(f"{root}/admin/login/").status_code == 200
    assert httpx2.get(f"{root}/static/admin/css/base.css").status_code == 200


def test_each_identity_provider_would_work_and_leaves_nothing(service: Service) -> None:
    before = service.rows("SELECT username FROM auth_user ORDER BY id")
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{service.database}", "DEBUG": "1"}
    environment["DJANGO_SETTINGS_MODULE"] = "example.settings"
    command = [sys.executable, "manage.py", "scim_preflight", "--format", "json"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)

    assert {report["provider"]: report["findings"] for report in json.loads(done.stdout)} == {
        provider: [] for provider in IDENTITY_PROVIDERS
    }
    assert service.rows("SELECT username FROM auth_user ORDER BY id") == before


def test_the_demo_says_when_its_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "demo.py", "--port", port]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr
