"""Each refusal comes with advice for both sides."""

from __future__ import annotations

import pytest
import scim2_models
from django.utils import translation
from scim2_models import SCIMException

from django_scim.history.advice import BY_KIND, BY_STATUS, CLIENT_ERROR, SERVER_ERROR, advice_for

KINDS = {
    (kind.status, kind.scim_type)
    for kind in vars(scim2_models).values()
    if isinstance(kind, type) and issubclass(kind, SCIMException) and kind is not SCIMException
}
STATUSES = (400, 401, 403, 404, 405, 406, 409, 411, 412, 413, 415, 429, 500, 501, 503)


@pytest.mark.parametrize(("status", "scim_type"), sorted(KINDS))
def test_each_error_of_scim_has_advice_of_its_own(status, scim_type):
    found = advice_for(status, scim_type)

    assert found is (BY_KIND[status, scim_type] if scim_type else BY_STATUS[status])


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_advice_of_its_own(status):
    assert advice_for(status) is BY_STATUS[status]


def test_advice_is_for_both_sides():
    for advice in [*BY_KIND.values(), *BY_STATUS.values(), CLIENT_ERROR, SERVER_ERROR]:
        texts = [str(text) for text in (advice.meaning, advice.project, advice.provider)]
        assert all(text.endswith(".") for text in texts)
        assert len(set(texts)) == 3


def test_an_unknown_scim_type_has_the_advice_of_its_status():
    assert advice_for(409, "somethingElse") is BY_STATUS[409]


def test_an_unknown_status_has_general_advice():
    assert advice_for(418) is CLIENT_ERROR
    assert advice_for(599) is SERVER_ERROR


@pytest.mark.parametrize("status", [0, 200, 201, 204, 304])
def test_a_success_has_no_advice(status):
    assert advice_for(status) is None


def test_advice_is_translated_when_it_is_shown(monkeypatch):
    advice = advice_for(409, "uniqueness")
    assert advice is not None

    with translation.override("de"):
        translation.gettext("")
        catalog = translation.trans_real.catalog()  # type: ignore[attr-defined]
        monkeypatch.setattr(catalog, "_catalog", {str(advice.meaning): "Auf Deutsch"}, raising=False)
        assert str(advice.meaning) == "Auf Deutsch"
