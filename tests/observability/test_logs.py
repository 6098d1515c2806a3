"""A line in the log for each request, with its fields, and without secrets and personal data."""

from __future__ import annotations

import logging

import pytest

from tests.conftest import ScimClient
from tests.factories import UserFactory
from tests.representations import path_of, user


@pytest.fixture
def lines(caplog):
    """The records of the log of requests."""
    caplog.set_level(logging.INFO, "django_scim.access")
    return lambda: [record for record in caplog.records if record.name == "django_scim.access"]


def test_a_request_is_one_line_with_its_fields(scim, lines):
    row = UserFactory.create()

    scim.request("GET", path_of(row), **{"X-Request-ID": "abc"})

    (line,) = lines()
    assert line.getMessage() == f"GET /scim/v2{path_of(row)} 200"
    assert (line.scim_request_id, line.scim_connection) == ("abc", scim.connection.name)
    assert (line.scim_method, line.scim_endpoint, line.scim_status) == ("GET", "/Users", 200)
    assert 0 < line.scim_duration < 60


def test_the_line_of_a_refusal_says_which_and_stands_out(scim, lines):
    scim.post("/Users", user(""))

    (line,) = lines()
    assert (line.levelname, line.scim_status, line.scim_scim_type) == ("WARNING", 400, "invalidValue")


def test_the_line_of_an_unauthenticated_request_names_no_connection(scim, lines):
    scim.token = "wrong"

    scim.get("/Users")

    (line,) = lines()
    assert (line.scim_status, line.scim_connection) == (401, "")


@pytest.mark.parametrize("path", ["/nothing", "/health", "/ServiceProviderConfig"])
def test_requests_to_all_endpoints_are_logged(scim, lines, path):
    scim.get(path)

    assert [line.scim_path for line in lines()] == [f"/scim/v2{path}"]


def test_a_path_begins_no_line_of_its_own(scim, lines):
    scim.client.get("/scim/v2/x%0d%0aGET /scim/v2/Users 200", secure=True)

    (line,) = lines()
    assert line.getMessage().splitlines() == ["GET /scim/v2/x%0D%0AGET%20/scim/v2/Users%20200 404"]
    assert "\n" not in line.scim_path


def test_neither_queries_nor_bodies_nor_addresses_are_logged(scim, lines):
    scim.get("/Users", {"filter": 'userName eq "barbara"'})
    scim.post("/Users", user("barbara", password="correct horse battery staple"))

    told = [str(vars(line)) for line in lines()]
    assert len(told) == 2
    assert not any(word in text for text in told for word in ("barbara", "staple", "127.0.0.1", scim.token))


def test_queries_and_addresses_are_logged_where_the_project_wants_them(scim, lines, settings):
    settings.DJANGO_SCIM = {**getattr(settings, "DJANGO_SCIM", {}), "LOG_PERSONAL_DATA": True}

    scim.get("/Users", {"filter": 'userName eq "barbara"'})

    (line,) = lines()
    assert "barbara" in line.scim_query
    assert line.scim_address == "127.0.0.1"


def test_the_client_is_told_what_the_logs_know_its_request_by(connection, lines):
    scim = ScimClient(connection)

    given = scim.request("GET", "/Users", **{"X-Request-ID": "abc"})
    made = scim.get("/Users")

    assert given.headers["X-Request-ID"] == "abc"
    assert made.headers["X-Request-ID"] == lines()[-1].scim_request_id
