"""HTTP as identity providers speak it."""

from __future__ import annotations

from codecs import BOM_UTF8

import orjson
import pytest

from tests.conftest import ROOT
from tests.factories import UserFactory
from tests.messages import patch_op
from tests.representations import path_of, user


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        'application/json; charset="utf-8"',
        "application/json; charset=ISO-8859-1",
        "APPLICATION/JSON",
        "application/scim+json",
        "application/scim+json; charset=utf-8",
        "Application/SCIM+JSON;charset=UTF-8; odata=verbose",
    ],
)
def test_a_body_is_read_with_any_parameter_of_its_type(scim, content_type):
    response = scim.client.generic(
        "POST",
        f"{ROOT}/Users",
        data=orjson.dumps(user(displayName="Bärbel")),
        content_type=content_type,
        headers={"Authorization": f"Bearer {scim.token}"},
    )

    assert response.status_code == 201, response.json()
    assert response.json()["displayName"] == "Bärbel"


def test_a_body_without_a_type_is_json(scim):
    response = scim.client.generic(
        "POST",
        f"{ROOT}/Users",
        data=orjson.dumps(user()),
        content_type="",
        headers={"Authorization": f"Bearer {scim.token}"},
    )

    assert response.status_code == 201, response.json()


def test_a_body_without_a_type_is_json_on_pythons_own_server(scim):
    """wsgiref, and so ``runserver``, makes ``text/plain`` of no type."""
    response = scim.client.generic(
        "POST",
        f"{ROOT}/Users",
        data=orjson.dumps(user()),
        content_type="text/plain",
        headers={"Authorization": f"Bearer {scim.token}"},
        SERVER_SOFTWARE="WSGIServer/0.2",
    )

    assert response.status_code == 201, response.json()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_byte_order_mark_before_a_body_says_nothing(scim, method):
    path = "/Users" if method == "POST" else path_of(UserFactory.create())
    body = patch_op({"op": "replace", "path": "title", "value": "Guide"}) if method == "PATCH" else user()

    response = scim.request(method, path, BOM_UTF8 + orjson.dumps(body))

    assert response.status_code in (200, 201), response.json()


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_a_body_of_another_type_is_refused(scim, content_type):
    response = scim.client.generic(
        "POST",
        f"{ROOT}/Users",
        data=orjson.dumps(user()),
        content_type=content_type,
        headers={"Authorization": f"Bearer {scim.token}"},
    )

    assert response.status_code == 415
    assert response.json()["status"] == "415"


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/scim+json; charset=utf-8", "text/plain"]
)
def test_a_get_may_have_a_content_type(scim, content_type):
    row = path_of(UserFactory.create())

    for path in (row, "/Users", "/ServiceProviderConfig"):
        assert scim.get(path, **{"Content-Type": content_type}).status_code == 200


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/json", "application/scim+json", "application/*"]
)
def test_the_answer_is_json_whatever_is_accepted(scim, accept):
    headers = {} if accept is None else {"Accept": accept}

    response = scim.get("/Users", **headers)

    assert response.status_code == 200
    assert response["Content-Type"] in ("application/json", "application/scim+json")
    assert orjson.loads(response.content)["totalResults"] == 0


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_of_the_token_may_be_in_any_case(scim, scheme):
    assert scim.get("/Users", Authorization=f"{scheme} {scim.token}").status_code == 200


def test_a_slash_at_the_end_makes_no_difference_and_no_redirect(scim):
    created = scim.post("/Users/", user())
    path = f"/Users/{created.json()['id']}/"

    assert created.status_code == 201
    assert created["Location"].endswith(path.rstrip("/"))
    assert scim.get(path).json()["meta"]["location"] == created["Location"]
    assert scim.request("PATCH", path, [{"op": "replace", "path": "title", "value": "A"}]).status_code == 200
    assert scim.put(path, user()).status_code == 200
    assert scim.delete(path).status_code == 204
    for other in ("/Groups/", "/ServiceProviderConfig/", "/ResourceTypes/", "/Schemas/"):
        assert scim.get(other).status_code == 200


def test_head_is_answered_as_get_without_the_body(scim):
    row = path_of(UserFactory.create())

    for path in (row, "/Users", "/Groups", "/ServiceProviderConfig"):
        response = scim.request("HEAD", path)
        assert response.status_code == 200
        assert response.content == b""


def test_an_options_request_is_answered(scim):
    row = path_of(UserFactory.create())

    for path in (row, "/Users", "/Groups", "/ServiceProviderConfig"):
        response = scim.request("OPTIONS", path)
        assert response.status_code in (200, 204)
        assert "GET" in response["Allow"]
