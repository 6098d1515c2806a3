"""Runs a preflight: the whole flow of a provider, in transactions that are rolled back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Lock
from uuid import uuid4

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.checks import ERROR, CheckMessage
from django.db import connections
from django.utils.functional import lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from django_scim.models import Connection
from django_scim.preflight.client import ScimClient
from django_scim.preflight.findings import Finding, Report
from django_scim.preflight.flows import FLOWS, PROVIDERS, Flow, flow_of
from django_scim.preflight.mails import mail_kept
from django_scim.preflight.replay import Replay
from django_scim.preflight.silence import quiet, surroundings_kept
from django_scim.resources.registry import registry
from django_scim.sql.undone import Savepoints, undone

LEAVERS_STAY = "django_scim.W002"
"""The id of the system check that nothing locks an account."""

one_at_a_time = Lock()
"""Held by the thread that replays a flow: where mail goes is a setting of the whole process."""


def preflight(
    provider: str,
    connection: Connection | None = None,
    *,
    databases: Sequence[str] | None = None,
    is_alone: bool = True,
) -> Report:
    """Replay the flow of a provider against the project; nothing of it stays.

    What the project does outside of its databases at once, such as calling another service in a signal, is
    not undone. What it does by ``on_commit`` is not done.

    :param provider: A name of :data:`~django_scim.preflight.flows.PROVIDERS`.
    :param connection: The connection to act for; None for a new one.
    :param databases: The databases on which everything is rolled back; all by default.
    :param is_alone: Whether the process does nothing else meanwhile, as a command does.
    :raises ImproperlyConfigured: If the URLs of the app are not in the project, or if a database could not
        undo anything.
    """
    aliases = list(connections) if databases is None else list(databases)
    names = PROVIDERS[provider]
    report = Report(FLOWS[names[0]]["provider"])
    messages = [
        message for message in registry().check() if message.level >= ERROR or message.id == LEAVERS_STAY
    ]
    for message in messages:
        report.add(of_check(report.provider, message))
    has_host = settings.DEBUG or settings.ALLOWED_HOSTS
    if not has_host:
        report.add(of_hosts(report.provider))
    if not has_host or any(message.level >= ERROR for message in messages):
        return report
    for name in names:
        with (
            one_at_a_time,
            surroundings_kept(),
            undone(aliases),
            quiet(),
            mail_kept(is_alone=is_alone) as mails,
        ):
            run(provider, name, connection, report, aliases)
            report.mails += len(mails)
    # Content types that were made and rolled back are not kept in memory.
    ContentType.objects.clear_cache()
    return report


def run(
    provider: str, name: str, connection: Connection | None, report: Report, aliases: Sequence[str]
) -> None:
    """Replay one flow, inside the transactions."""
    main = flow_of(PROVIDERS[provider][0])
    if connection is None:
        acting = Connection.objects.create(name=f"Preflight {uuid4()}", dialect=main.dialect)
    else:
        acting = Connection.objects.get(pk=connection.pk)
    flow = flow_of(name, acting.domains[0] if acting.domains else "")
    problems = list(of_connection(main, acting))
    for finding in problems:
        report.add(finding)
    if any(finding.is_failure for finding in problems):
        return
    acting.is_active = True
    acting.save(update_fields=["is_active"])
    # What it has locked within the hour does not count for the limit.
    acting.resume()
    Replay(flow, ScimClient(acting, raises=False), Savepoints(aliases)).run(report)


def of_check(provider: str, message: CheckMessage) -> Finding:
    """Return what a system check says as a finding."""
    remedy = message.hint or format_lazy(
        _("See {check} in the reference of system checks."), check=message.id
    )
    return Finding(provider, "configuration", "", "", str(message.msg), remedy)


def of_hosts(provider: str) -> Finding:
    """Return that no host name is allowed."""
    return Finding(
        provider,
        "configuration",
        "",
        "",
        _("ALLOWED_HOSTS is empty: each request is 400."),
        _("Add the host name by which the identity provider reaches the project."),
    )


def of_connection(flow: Flow, connection: Connection) -> Iterator[Finding]:
    """Yield what stands against a connection before the first request."""
    where = (flow.provider, "connection", "", str(connection))
    scoped = [each.name for each in registry() if each.adapter.tenant_field is not None]
    if scoped and connection.tenant_type_id is None:
        yield Finding(
            *where,
            format_lazy(
                _("{types}: these belong to tenants, and the connection has none."), types=", ".join(scoped)
            ),
            _("Give the connection a tenant, and name it: scim_preflight --connection NAME."),
        )
    if connection.dialect != flow.dialect:
        yield Finding(
            *where,
            format_lazy(
                _("Its dialect is '{dialect}', which is not that of {provider}."),
                dialect=lazy(lambda: str(connection.get_dialect_display() or _("standard")), str)(),
                provider=flow.provider,
            ),
            format_lazy(_("Set its dialect to '{dialect}'."), dialect=flow.dialect or _("standard")),
            is_failure=False,
        )
    if not connection.is_active or connection.paused_at is not None:
        yield Finding(
            *where,
            _("It is paused: until that is changed, its writes are refused.")
            if connection.is_active
            else _("It is not active: until that is changed, its writes are refused."),
            _("Resume it, on its page in the admin or by scim_connection resume.")
            if connection.is_active
            else _("Make it active, on its page in the admin or by scim_connection change --active."),
            is_failure=False,
        )
