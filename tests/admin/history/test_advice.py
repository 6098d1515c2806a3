"""Each refusal comes with advice for both sides."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import scim2_models
from django.template.loader import get_template
from django.utils import translation
from scim2_models import SCIMException

import django_scim
from django_scim.history.advice import advice_for
from django_scim.operations.protection import ConnectionPaused
from tests.conftest import ScimClient

FOLDER = Path(django_scim.__file__).parent / "templates/admin/django_scim/provisioningevent/advice"

KINDS = {
    (kind.status, kind.scim_type)
    for kind in vars(scim2_models).values()
    if isinstance(kind, type) and issubclass(kind, SCIMException) and kind is not SCIMException
}
STATUSES = (400, 401, 403, 404, 405, 406, 409, 411, 412, 413, 415, 429, 500, 501, 503)


def name_of(status: int, scim_type: str = "", detail: str = "") -> str:
    """Return the name of the template that the page of a refusal shows."""
    return Path(advice_for(status, scim_type, detail).origin.name).stem


@pytest.mark.parametrize(("status", "scim_type"), sorted(KINDS))
def test_each_error_of_scim_has_advice_of_its_own(status, scim_type):
    assert name_of(status, scim_type) == (f"{status}-{scim_type}" if scim_type else str(status))


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_advice_of_its_own(status):
    assert name_of(status) == str(status)


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("[45]*.html")))
def test_advice_is_for_both_sides(name):
    text = get_template(f"admin/django_scim/provisioningevent/advice/{name}.html").render()
    texts = re.findall(r"<(?:p|dd)>(.*)</(?:p|dd)>", text)

    assert all(text.endswith(".") for text in texts)
    assert len(set(texts)) == 3


def test_an_unknown_scim_type_has_the_advice_of_its_status():
    assert name_of(409, "somethingElse") == "409"


def test_an_unknown_status_has_general_advice():
    assert name_of(418) == "4xx"
    assert name_of(599) == "5xx"


def test_what_a_pause_refuses_has_advice_of_its_own():
    paused = str(ConnectionPaused("too much").detail)

    assert name_of(503, "", paused) == "503-paused"
    assert name_of(503, "", "try again") == "503"


def test_what_a_token_may_not_do_has_advice_of_its_own(connection):
    scim = ScimClient(connection, "read")
    detail = scim.post("/Users", {}).json()["detail"]

    assert name_of(403, "", detail) == "403-token"
    assert name_of(403, "", "superusers are protected") == "403"


@pytest.mark.parametrize("status", [0, 200, 201, 204, 304])
def test_a_success_has_no_advice(status):
    assert advice_for(status) is None


def test_advice_is_translated_when_it_is_shown(monkeypatch):
    advice = advice_for(409, "uniqueness")
    (meaning,) = re.findall("<p>(.*)</p>", advice.render())

    with translation.override("de"):
        translation.gettext("")
        catalog = translation.trans_real.catalog()  # type: ignore[attr-defined]
        monkeypatch.setattr(catalog, "_catalog", {meaning: "Auf Deutsch"}, raising=False)
        assert "<p>Auf Deutsch</p>" in advice.render()
