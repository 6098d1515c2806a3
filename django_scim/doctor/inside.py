"""What the doctor can see without a request: routes, tables, system checks."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from django.core.checks import ERROR, CheckMessage, Tags, run_checks
from django.db import connections, router
from django.db.migrations.executor import MigrationExecutor

from django_scim.api.addresses import base_path, needs_tenant
from django_scim.doctor.findings import Finding, failure, fine, note
from django_scim.indexes import databases
from django_scim.models import Connection

APP = "django_scim"

LOOKED_AT_BY_REQUESTS = {"django_scim.W044"}
"""The checks of what the doctor tries instead."""


def base_of(url: str, connection: Connection | None) -> tuple[str, list[Finding]]:
    """Return the base URL of SCIM that an address means, without a slash at the end, and what to say of it.

    :param url: The base URL, or the address of the site, to which the path of the routes is added.
    :raises ValueError: If it is no address of the web.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{url} is no address such as https://app.example.com/scim/v2.")
    path = parts.path.rstrip("/")
    routed = base_path(connection)
    base = urlunsplit((parts.scheme, parts.netloc, path or routed or "", "", ""))
    return base, list(of_routes(path, routed, connection))


def of_routes(path: str, routed: str | None, connection: Connection | None) -> Iterator[Finding]:
    """Yield what there is to say of the routes of the project.

    :param path: The path that was given, or "".
    :param routed: The path of the routes, or None if it is not known.
    """
    if routed is None and connection is None and needs_tenant():
        yield note(
            "URLs",
            "The address of SCIM names a tenant.",
            "Name a connection, whose tenant is taken: --connection NAME.",
        )
    elif routed is None:
        yield failure(
            "URLs",
            "ROOT_URLCONF does not include the routes of the app.",
            'Add path("scim/v2/", include("django_scim.urls")) to it.',
        )
    elif path and path != routed:
        yield note(
            "URLs",
            f"The routes of the project have SCIM at {routed}, and {path} was asked.",
            f"Ask for {routed}, unless the proxy changes the path.",
        )
    else:
        yield fine("URLs", f"The routes of the project have SCIM at {routed}.")


def of_tables() -> Iterator[Finding]:
    """Yield whether the tables of the app are there, and as this version has them."""
    for alias in sorted({router.db_for_write(Connection), *databases()}):
        executor = MigrationExecutor(connections[alias])
        targets = [node for node in executor.loader.graph.leaf_nodes() if node[0] == APP]
        is_here = router.allow_migrate_model(alias, Connection)
        if is_here and any(migration.app_label == APP for migration, _ in executor.migration_plan(targets)):
            yield failure(
                "tables",
                f"The database '{alias}' lacks migrations of the app.",
                f"Run manage.py migrate --database {alias}.",
            )
        elif is_here:
            yield fine("tables", f"The database '{alias}' has the tables of this version.")


def of_checks() -> Iterator[Finding]:
    """Yield what the system checks of the app say, those of a deployment and of databases too."""
    messages = [
        *run_checks(tags=[APP], include_deployment_checks=True, databases=[]),
        *run_checks(tags=[Tags.database], databases=databases()),
    ]
    found = [message for message in messages if is_told(message)]
    for message in found:
        said = failure if message.level >= ERROR else note
        hint = message.hint or f"See {message.id} in the reference of system checks."
        yield said(f"check {message.id}", str(message.msg), str(hint))
    if not found:
        yield fine("checks", "The system checks of the app find nothing, and no index is missing.")


def is_told(message: CheckMessage) -> bool:
    """Whether a message is one of the app, and nobody has silenced it."""
    is_own = str(message.id).startswith(f"{APP}.") and message.id not in LOOKED_AT_BY_REQUESTS
    return is_own and not message.is_silenced()
