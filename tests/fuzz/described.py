"""Requests that schemathesis makes of the OpenAPI document: right ones and wrong ones of each operation."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from drf_spectacular.generators import SchemaGenerator
from hypothesis import given, seed
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.modes import GenerationMode

from tests.fuzz.answers import Answer
from tests.fuzz.batches import batch_of
from tests.fuzz.messages import IDENTIFIERS
from tests.fuzz.population import CLIENTS
from tests.fuzz.sent import Sent
from tests.fuzz.service import ROOT, Failure, Service

CHECKS = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
"""What an answer is compared in with the document."""

MODES = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]

BASE_URL = "https://testserver"


def operations() -> list[Any]:
    """Return the operations of the document, to be called in this process."""
    document = SchemaGenerator().get_schema(request=None, public=True)
    schema: Any = schemathesis.openapi.from_dict(document)
    schema.app = WSGIHandler()
    return [operation.ok() for operation in schema.get_all_operations()]


def run(service: Service, count: int, start: int) -> None:
    """Send as many requests as are wanted, about as many of each operation."""
    found = operations()
    share = -(-count // (len(found) * len(MODES)))
    for number, operation in enumerate(found):
        service.renew()
        for mode in MODES:
            batch(service, operation, mode, share, start + number)


def batch(service: Service, operation: Any, mode: GenerationMode, count: int, number: int) -> None:
    """Send requests of one operation."""

    @seed(number)
    @batch_of(count)
    @given(
        case=operation.as_strategy(generation_mode=mode),
        client=st.sampled_from(["writer"] * 6 + list(CLIENTS)),
        identifier=st.none() | st.sampled_from(known_identifiers(operation.path)),
    )
    def send(case: Any, client: str, identifier: str | None) -> None:
        if identifier is not None and "id" in (case.path_parameters or {}):
            case.path_parameters["id"] = service.identifiers.get(identifier, identifier)
        call(service, case, client)

    # There is no wrong request of an operation without parameters and body.
    with suppress(Unsatisfiable):
        send()


def known_identifiers(path: str) -> list[str]:
    """Return the names of the rows that a path may lead to."""
    collection = path.removeprefix(ROOT).strip("/").partition("/")[0]
    return IDENTIFIERS.get(collection, ["User", "urn:ietf:params:scim:schemas:core:2.0:User"])


def call(service: Service, case: Any, client: str) -> None:
    """Send a request, and compare its answer with the document too."""
    token = service.population.tokens[client]
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    answered: list[Any] = []

    def send() -> Answer:
        response = case.call(base_url=BASE_URL, headers=headers)
        answered.append(response)
        names = {name.title(): ", ".join(values) for name, values in response.headers.items()}
        return Answer(response.status_code, names, response.content)

    # Its body and address are known once it was sent.
    sent = Sent(case.method, case.formatted_path.removeprefix(ROOT), client=client)
    answer = service.watch("described", sent, send)
    (response,) = answered
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as failures:
        request = response.request
        body = request.body.encode() if isinstance(request.body, str) else request.body
        sent = Sent(case.method, request.url.removeprefix(BASE_URL + ROOT), body, client=client)
        faults = [f"{failure.title}: {failure.message}" for failure in failures.exceptions]
        service.outcome.failures.append(Failure(sent, faults, answer))
