"""Binary values are base64 (RFC 7643 section 2.3.6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.assertions import assert_scim_error
from tests.factories import UserFactory
from tests.representations import USER, path_of, user

SEAL = "urn:example:params:scim:schemas:extension:seal:2.0:User"

SCHEMA: dict[str, Any] = {
    "id": SEAL,
    "name": "Seal",
    "attributes": [
        {"name": "wax", "type": "binary"},
        {"name": "prints", "type": "binary", "multiValued": True},
        {
            "name": "ring",
            "type": "complex",
            "subAttributes": [{"name": "stone", "type": "binary"}],
        },
    ],
}

WRONG = [
    "not base64!",
    "QUJD*",
    "QUJDR",
    "Q",
    "=",
    "====",
    "QU=JD",
    "QUJD=",
    "QUI==",
    "QU-_",
    "QUJD\u00e9",
    "QU JD",
]
"""What Python's own decoder takes, most of it."""


@pytest.fixture
def seals(settings):
    """A host with binary attributes of its own."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"extensions": [SCHEMA]}}}


def places(text: Any) -> list[dict[str, Any]]:
    return [{"wax": text}, {"prints": ["QUJD", text]}, {"ring": {"stone": text}}]


@pytest.mark.parametrize("text", WRONG)
def test_a_certificate_that_is_not_base64_is_refused(scim, text):
    row = path_of(UserFactory.create(username="bjensen"))
    wrong = [{"value": text}]

    assert_scim_error(scim.post("/Users", user(x509Certificates=wrong)), 400, "invalidValue")
    assert_scim_error(scim.put(row, user("bjensen", x509Certificates=wrong)), 400, "invalidValue")
    for operation in (
        {"op": "add", "path": "x509Certificates", "value": wrong},
        {"op": "replace", "value": {"x509Certificates": wrong}},
        {"op": "replace", "path": 'x509Certificates[type eq "work"].value', "value": text},
    ):
        assert_scim_error(scim.patch(row, operation), 400, "invalidValue")


@pytest.mark.parametrize("text", WRONG)
def test_a_binary_attribute_of_the_host_that_is_not_base64_is_refused(scim, seals, text):
    row = path_of(UserFactory.create(username="bjensen"))

    for place in places(text):
        assert_scim_error(scim.post("/Users", {**user(), SEAL: place}), 400, "invalidValue")
        for operation in (
            {"op": "add", "path": SEAL, "value": place},
            {"op": "replace", "value": {SEAL: place}},
            *({"op": "add", "path": f"{SEAL}:{name}", "value": value} for name, value in place.items()),
        ):
            assert_scim_error(scim.patch(row, operation), 400, "invalidValue")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("QUJD", "QUJD"),
        ("QUI=", "QUI="),
        ("QUI", "QUI="),
        ("QQ==", "QQ=="),
        ("QQ", "QQ=="),
        ("+/+/", "+/+/"),
        ("QUJD\r\nREVG\n", "QUJDREVG"),
    ],
)
def test_base64_is_kept_with_or_without_its_padding(scim, seals, text, kept):
    body = {**user(x509Certificates=[{"value": text}]), "schemas": [USER, SEAL], SEAL: {"wax": text}}

    created = scim.post("/Users", body).json()

    assert created["x509Certificates"] == [{"value": kept}]
    assert created[SEAL]["wax"] == kept
