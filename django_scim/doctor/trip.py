"""A round trip: a user is created through the public address, read, deactivated and deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from django_scim.doctor.findings import Finding, failure, fine, note
from django_scim.doctor.http import Answer, Http
from django_scim.doctor.probing import answered
from django_scim.doctor.visitor import Visitor
from django_scim.resources.registry import registry

USER = "urn:ietf:params:scim:schemas:core:2.0:User"

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

TOPIC = "round trip"


def round_trip(http: Http, base: str, known: Visitor) -> Iterator[Finding]:
    """Do what an identity provider does with a user; what it has made is deleted with the visitor."""
    users = registry().get("User")
    if users is None:
        yield note(TOPIC, "Not tried: the project serves no users.", "Nothing is to be done.")
        return
    if users.adapter.tenant_field is not None and known.connection.tenant_type_id is None:
        yield note(
            TOPIC, "Not tried: users belong to tenants.", "Name a connection of a tenant: --connection NAME."
        )
        return
    created = answered(http, "POST", f"{base}{users.endpoint}", known, encoded(person(known)))
    if isinstance(created, Finding) or created.status != 201 or created.json is None:
        yield wrong("creation", created)
        return
    address = f"{base}{users.endpoint}/{created.json.get('id')}"
    deactivation = {"schemas": [PATCH], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    for step, method, body, status in (
        ("look", "GET", None, 200),
        ("deactivation", "PATCH", encoded(deactivation), 200),
        ("deletion", "DELETE", None, 204),
        ("look after the deletion", "GET", None, 404),
    ):
        answer = answered(http, method, address, known, body)
        if isinstance(answer, Finding) or answer.status != status:
            yield wrong(step, answer)
            return
    yield fine(TOPIC, "A user was created, read, deactivated and deleted through this address.")


def wrong(step: str, answer: Answer | Finding) -> Finding:
    """Return what to say of a step that was not answered as it should be."""
    said = answer.text if isinstance(answer, Finding) else f"It is answered {answer.status}: {answer.detail}."
    return failure(
        TOPIC,
        f"The {step} of a user fails. {said}",
        "Run manage.py scim_preflight, which says what of the project stands against it.",
    )


def person(known: Visitor) -> dict[str, Any]:
    """Return a user whom nobody can be, with an address to which no mail leads (RFC 2606 section 2)."""
    domains = known.connection.domains
    name = f"scim-doctor-{uuid4().hex[:12]}@{domains[0] if domains else 'scim-doctor.invalid'}"
    return {
        "schemas": [USER],
        "userName": name,
        "externalId": name,
        "name": {"givenName": "SCIM", "familyName": "Doctor"},
        "displayName": "SCIM Doctor",
        "emails": [{"value": name, "type": "work", "primary": True}],
        "active": True,
    }


def encoded(body: dict[str, Any]) -> bytes:
    """Return the bytes of a body."""
    return json.dumps(body).encode()


def left_behind(known: Visitor) -> Iterator[Finding]:
    """Yield what of a visitor could not be deleted."""
    for text in known.left:
        yield failure(TOPIC, f"What it has made is still there: {text}.", "Delete it by hand.")
