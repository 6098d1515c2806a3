"""Requests are counted for Prometheus where its client is installed."""

from __future__ import annotations

from prometheus_client import REGISTRY

from django_scim import observability as metrics
from tests.factories import UserFactory
from tests.representations import path_of


def sample(name, **labels):
    return REGISTRY.get_sample_value(name, labels)


def test_requests_are_counted_by_endpoint_connection_and_status(scim):
    labels = {"method": "GET", "endpoint": "/Users", "connection": scim.connection.name}
    before = sample("django_scim_request_duration_seconds_count", method="GET", endpoint="/Users") or 0

    for row in UserFactory.create_batch(2):
        scim.get(path_of(row))
    scim.get("/Users/nobody")

    assert sample("django_scim_requests_total", status="200", **labels) == 2
    assert sample("django_scim_requests_total", status="404", **labels) == 1
    assert sample("django_scim_request_duration_seconds_count", method="GET", endpoint="/Users") == before + 3


def test_a_client_cannot_make_series_of_metrics_of_its_own(scim):
    scim.request("INVENTED", "/Users/1")
    scim.request("OTHER", "/Users/2")

    labels = {"endpoint": "/Users", "connection": scim.connection.name, "status": "405"}
    assert sample("django_scim_requests_total", method="other", **labels) == 2


def test_no_metrics_are_counted_without_prometheus_client(scim, monkeypatch):
    monkeypatch.setattr(metrics, "prometheus_client", None)
    monkeypatch.setattr(metrics, "collectors", metrics.collectors.__wrapped__)

    assert scim.get("/Users").status_code == 200
    assert metrics.collectors() is None
