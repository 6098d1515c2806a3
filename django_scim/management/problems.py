"""What a connection was refused and nobody has cured, printed for people or as JSON."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from django_scim.history.advice import advice_text
from django_scim.history.export import in_utc
from django_scim.history.problems import LOOKED_AT, WINDOW, Problem, open_problems
from django_scim.history.statistics import time_text
from django_scim.management.arguments import connection_named
from django_scim.models import ProvisioningEvent
from django_scim.why.naming import names_in_events
from django_scim.why.obstacle import obstacle_of

MOST_NAMED = 20
"""How many resources of a problem are named."""


def problems(command: BaseCommand, options: dict[str, Any]) -> None:
    """Print the open problems of a connection, the latest first.

    :raises CommandError: If there is no such connection.
    """
    connection = connection_named(options["name"])
    found = open_problems(connection)
    documents = [document(problem) for problem in found.problems]
    if options["json"]:
        told = {"connection": connection.name, "isComplete": found.is_complete, "problems": documents}
        command.stdout.write(json.dumps(told, indent=2))
        return
    if not documents:
        command.stdout.write(f"{connection} has no open problems of the last {WINDOW.days} days.")
    for problem, told in zip(found.problems, documents, strict=True):
        show(command, problem, told)
    if not found.is_complete:
        command.stdout.write(f"There are more than {LOOKED_AT} refusals: the newest ones were looked at.")


def show(command: BaseCommand, problem: Problem, told: dict[str, Any]) -> None:
    """Print one problem."""
    title = f"{problem.answer}: {problem.reason}" if problem.reason else problem.answer
    command.stdout.write(command.style.MIGRATE_HEADING(title))
    span = f"{time_text(problem.first)} to {time_text(problem.last)}"
    command.stdout.write(f"  {problem.number} refused requests, {span}")
    for resource in told["resources"]:
        command.stdout.write(f"  - {resource['name']} (event {resource['event']})")
        if resource["inTheWay"] is not None:
            named = resource["inTheWay"]["name"]
            told_of_it = f"In the way is {named}. " if named else ""
            command.stdout.write(f"    {told_of_it}{resource['inTheWay']['remedy']}")
    if told["moreResources"]:
        command.stdout.write(f"  and {told['moreResources']} more")
    for line in told["advice"].splitlines():
        command.stdout.write(f"  {line}")
    command.stdout.write("")


def document(problem: Problem) -> dict[str, Any]:
    """Return a problem as JSON."""
    events = problem.events[:MOST_NAMED]
    names = names_in_events(events)
    return {
        "status": problem.status,
        "scimType": problem.scim_type,
        "reason": problem.reason,
        "number": problem.number,
        "first": in_utc(problem.first),
        "last": in_utc(problem.last),
        "resources": [resource_document(event, names[event.pk]) for event in events],
        "moreResources": len(problem.latest) - len(events),
        "advice": advice_text(problem.status, problem.scim_type, problem.reason),
    }


def resource_document(event: ProvisioningEvent, name: str) -> dict[str, Any]:
    """Return whom a refusal is about as JSON, and what stands in the way."""
    obstacle = obstacle_of(event)
    return {
        "name": name,
        "resourceType": event.resource_type,
        "id": event.resource_id,
        "externalId": event.external_id,
        "event": event.pk,
        "time": in_utc(event.time),
        "inTheWay": None if obstacle is None else {"name": obstacle.name, "remedy": obstacle.remedy},
    }
