"""The span of a request says what it was in SCIM."""

from __future__ import annotations

from typing import cast

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

from django_scim import observability as tracing
from tests.representations import user


def test_the_span_of_a_request_has_its_attributes(scim):
    tracer = TracerProvider().get_tracer("tests")

    with tracer.start_as_current_span("request") as span:
        scim.post("/Users", user(""), **{"X-Request-ID": "abc"})

    assert dict(cast("ReadableSpan", span).attributes or {}) == {
        "scim.request_id": "abc",
        "scim.endpoint": "/Users",
        "scim.connection": scim.connection.name,
        "scim.scim_type": "invalidValue",
    }


def test_a_request_without_a_span_or_without_the_library_is_answered(scim, monkeypatch):
    assert scim.get("/Users").status_code == 200
    monkeypatch.setattr(tracing, "opentelemetry", None)
    assert scim.get("/Users").status_code == 200
