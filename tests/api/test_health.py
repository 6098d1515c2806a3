"""Whether the service can work, for load balancers and monitors."""

from __future__ import annotations

import pytest
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.test import Client


@pytest.mark.django_db
def test_the_health_says_to_whoever_asks_that_the_databases_answer(django_assert_num_queries):
    with django_assert_num_queries(1):
        response = Client().get("/scim/v2/health")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_a_database_that_is_away_is_503_with_a_word_of_when_to_ask_again(monkeypatch):
    def fail(self, *args):
        raise OperationalError(2006, "Server has gone away")

    monkeypatch.setattr(CursorWrapper, "execute", fail)

    response = Client().get("/scim/v2/health")

    assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
    assert response.json()["status"] == "503"


@pytest.mark.django_db
def test_the_health_is_only_read():
    assert Client().post("/scim/v2/health").status_code == 405
