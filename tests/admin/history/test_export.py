"""The history as a file: all that the list shows, for those who may see the list."""

from __future__ import annotations

import csv
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient
from django.urls import reverse

from django_scim.api.history.identifiers import masked
from django_scim.history.export import BATCH, COLUMNS
from django_scim.models import ProvisioningEvent
from tests.admin.counting import counted
from tests.admin.history.listed import LIST, NOON, many_events
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory
from tests.representations import user

CSV, JSON = (reverse("admin:django_scim_provisioningevent_export", args=(form,)) for form in ("csv", "json"))


def exported(browser, address, **query):
    """Return the text of a file."""
    response = browser.get(address, query)
    assert response.status_code == 200
    return b"".join(response).decode()


def rows_of(browser, **query):
    """Return the rows of the CSV."""
    return list(csv.DictReader(exported(browser, CSV, **query).splitlines()))


def documents_of(browser, **query):
    """Return the documents of the JSON lines."""
    return [json.loads(line) for line in exported(browser, JSON, **query).splitlines()]


def test_the_list_of_events_leads_to_the_exports_with_its_filters(admin_client, event):
    event()
    query = "outcome__exact=refused&q=bjensen"
    text = admin_client.get(f"{LIST}?{query}&p=last").text.replace("&amp;", "&")

    assert f'href="{CSV}?{query}"' in text
    assert f'href="{JSON}?{query}"' in text


def test_a_line_of_an_export_to_json_is_the_document_of_the_api(admin_client, connection):
    ScimClient(connection).post("/Users", user("bjensen", title="Größe"))
    event = ProvisioningEvent.objects.get()
    reader = ScimClient(connection, "history")

    # A token has ids of its own.
    document = reader.get(f"/history/{masked(event.pk)}").json()
    assert documents_of(admin_client) == [{**document, "id": event.pk}]


def test_an_export_to_csv_has_the_facts_and_the_changes(admin_client, event):
    written = event(changes={"title": {"after": "Größe"}}, duration=17, detail="a, b\nc")
    (row,) = csv.DictReader(exported(admin_client, CSV).splitlines(keepends=True))

    assert tuple(row) == COLUMNS
    assert row["connection"] == written.connection.name
    assert (row["operation"], row["display"], row["status"], row["duration"]) == (
        "modify",
        "bjensen",
        "200",
        "17",
    )
    assert row["detail"] == "a, b\nc"
    assert json.loads(row["changes"]) == {"title": {"after": "Größe"}}


def test_exports_have_the_events_that_the_list_shows(admin_client, event):
    event(display="bjensen", time=NOON)
    event(display="bjones", time=NOON + timedelta(hours=1))
    event(display="bjorn", outcome="refused", status=409, time=NOON)
    event(display="jsmith", connection=ConnectionFactory.create())
    query = {"q": "bj", "outcome__exact": "success"}

    assert [row["display"] for row in rows_of(admin_client, **query)] == ["bjones", "bjensen"]
    assert [row["display"] for row in documents_of(admin_client, **query, o="0")] == ["bjensen", "bjones"]
    assert [row["display"] for row in rows_of(admin_client, time__lt=str(NOON + timedelta(minutes=1)))] == [
        "bjorn",
        "bjensen",
    ]


def test_exports_have_the_events_of_all_pages(admin_client, connection):
    number = 2 * BATCH + 7
    many_events(connection, number, time=NOON)

    assert [row["display"] for row in rows_of(admin_client, p="last")] == [
        f"user{index}" for index in reversed(range(number))
    ]


def test_an_export_of_no_events_is_no_failure(admin_client, db):
    assert exported(admin_client, CSV).strip() == ",".join(COLUMNS)
    assert exported(admin_client, JSON) == ""


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_an_export_to_csv_has_no_formula_in_a_cell(admin_client, event, start):
    event(display=f"{start}cmd|' /C calc'!A0", detail=f"{start}1+1")
    (row,) = csv.DictReader(exported(admin_client, CSV).splitlines(keepends=True))

    assert row["display"].startswith(f"'{start}")
    assert row["detail"].startswith(f"'{start}")


@pytest.mark.parametrize("sign", ["=", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66", "\u2212"])
@pytest.mark.parametrize(
    "before", ["", " ", "x;", "x,", "x|", "x\t", "x\n", 'x;"', "x; ", "\ufeff", "\u00a0"]
)
def test_an_export_to_csv_has_no_formula_behind_another_separator(admin_client, event, sign, before):
    event(display=f"{before}{sign}1+1")
    (row,) = csv.DictReader(exported(admin_client, CSV).splitlines(keepends=True))

    assert not re.search(rf"(\A|[;,|\t\n])[\s\"\ufeff]*{re.escape(sign)}", row["display"])
    assert row["display"].replace("'", "") == f"{before}{sign}1+1"


def test_a_number_that_is_too_long_for_64_bits_is_exported(admin_client, event):
    event(changes={"n": {"after": 2**70}}, request={"n": -(2**70)})

    (document,) = documents_of(admin_client)
    assert float(document["changes"]["n"]["after"]) == 2.0**70
    assert len(rows_of(admin_client)) == 1


def test_an_export_is_read_while_it_is_sent(admin_client, connection):
    many_events(connection, 3 * BATCH)
    with counted() as before:
        response = admin_client.get(JSON)
    with counted() as during:
        pieces = iter(response)
        next(pieces)
        first = len(during)
        rest = sum(1 for _ in pieces)

    assert not [query["sql"] for query in before if "changes" in query["sql"]]
    assert rest == 3 * BATCH - 1
    assert first == 2
    # One query a batch, one for the keys of them all, and one that finds no more.
    assert len(during) == 3 + 2


def test_an_export_has_a_file_name_and_is_cached_by_nobody(admin_client, db):
    csv_file, json_file = admin_client.get(CSV), admin_client.get(JSON)

    assert csv_file["Content-Type"] == "text/csv; charset=utf-8"
    assert 'filename="provisioning-history.csv"' in csv_file["Content-Disposition"]
    assert json_file["Content-Type"] == "application/x-ndjson"
    assert 'filename="provisioning-history.jsonl"' in json_file["Content-Disposition"]
    assert "no-store" in csv_file["Cache-Control"]


def test_an_export_is_sent_in_pieces_by_asgi_too(admin_user, event):
    event()
    event()
    browser = AsyncClient()
    browser.force_login(admin_user)

    async def pieces():
        response: Any = await browser.get(JSON)
        return [json.loads(piece) async for piece in response]

    assert [document["display"] for document in async_to_sync(pieces)()] == ["bjensen", "bjensen"]


def test_an_export_to_an_unknown_format_is_not_found(admin_client, db):
    address = reverse("admin:django_scim_provisioningevent_export", args=("xml",))

    assert admin_client.get(address).status_code == 404
    assert admin_client.post(CSV).status_code == 405


def test_an_export_with_a_query_that_the_list_refuses_is_refused(admin_client, event):
    event()

    assert admin_client.get(CSV, {"nonsense": "1"}).status_code == 302


def test_staff_without_the_permission_exports_no_events(staff, client, event):
    event()
    browser = staff("view_connection", "view_record")

    assert browser.get(CSV).status_code == 403
    assert browser.get(JSON).status_code == 403
    assert client.get(CSV).status_code == 302


def test_staff_with_the_permission_alone_exports_events(staff, event):
    event()

    assert len(rows_of(staff("view_provisioningevent"))) == 1
