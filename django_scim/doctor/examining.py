"""The order in which the doctor looks."""

from __future__ import annotations

from django_scim.api.authentication import takes_own_tokens
from django_scim.doctor.findings import Finding, Report, failure, note
from django_scim.doctor.http import Http, is_loopback
from django_scim.doctor.inside import base_of, of_checks, of_tables
from django_scim.doctor.probing import authorization, bodies, filters, methods
from django_scim.doctor.reaching import reach
from django_scim.doctor.trip import left_behind, round_trip
from django_scim.doctor.visitor import visitor
from django_scim.models import Connection
from django_scim.resources.registry import registry


def examine(
    url: str, connection: Connection | None = None, *, timeout: float = 10, with_round_trip: bool = False
) -> Report:
    """Look at the project through its public address, and at what can be seen without a request.

    :param url: The base URL of SCIM, or the address of the site.
    :param connection: The connection whose tenant, domains and dialect count.
    :param timeout: After how many seconds without a byte a request has failed.
    :param with_round_trip: Whether a user is created, deactivated and deleted, with all that signals of the
        project do at that.
    :raises ValueError: If it is no address of the web.
    """
    base, findings = base_of(url, connection)
    report = Report(base)
    report.add(findings)
    has_tables = report.add(of_tables())
    if has_tables:
        report.add(of_checks())
    http = Http(timeout)
    if report.add(reach(http, base)) and has_tables and report.add(may_send_a_token(base)):
        visit(http, base, connection, report, with_round_trip=with_round_trip)
    return report


def may_send_a_token(base: str) -> list[Finding]:
    """Return why no token is sent, if none is."""
    if not base.startswith("https:") and not is_loopback(base):
        return [
            failure(
                "TLS",
                "The address begins with http: no token was sent there, where others could read it.",
                "Give the address with https. Identity providers take no other.",
            )
        ]
    return []


def visit(
    http: Http, base: str, connection: Connection | None, report: Report, *, with_round_trip: bool
) -> None:
    """Send requests with a token that was made for it, and is deleted afterwards."""
    first = next(iter(registry()), None)
    if first is None or not takes_own_tokens():
        reason = "no resource types" if first is None else "no tokens of the app, but AUTHENTICATION_CLASSES"
        report.add([note("Authorization", f"Not tried: the project has {reason}.", "Try it by hand.")])
        return
    with visitor(connection) as known:
        if report.add(authorization(http, base, first.endpoint, known)):
            report.add(methods(http, base, first.endpoint, known))
            if registry().get("User") is not None:
                report.add(filters(http, base, known))
            report.add(bodies(http, base, first.endpoint, known))
            if with_round_trip:
                report.add(round_trip(http, base, known))
    report.add(left_behind(known))
