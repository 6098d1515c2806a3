"""What a request costs the server once and not twice: who asks, and what the body says."""

from __future__ import annotations

import json

import orjson
import pytest
from rest_framework.request import Request

from django_scim.api import views
from django_scim.api.authentication import AccessTokenAuthentication, require_usable_connection
from tests.assertions import assert_scim_error
from tests.factories import UserFactory
from tests.representations import path_of, user

TITLE = {"op": "replace", "path": "title", "value": "Guide"}
PATHS = ["/Users", "/Groups", "/Me", "/Schemas", "/history", "/", "/Users/unknown"]


@pytest.fixture
def looked_up(monkeypatch):
    """The tokens that were looked up."""
    tokens = []
    authenticate = AccessTokenAuthentication.authenticate

    def counted(self: AccessTokenAuthentication, request: Request):
        tokens.append(request.headers.get("Authorization"))
        return authenticate(self, request)

    monkeypatch.setattr(AccessTokenAuthentication, "authenticate", counted)
    return tokens


@pytest.fixture
def checked(monkeypatch):
    """The requests whose connection was looked at, to see whether it may be used."""
    requests = []

    def counted(request: Request):
        requests.append(request)
        require_usable_connection(request)

    monkeypatch.setattr(views, "require_usable_connection", counted)
    return requests


@pytest.fixture
def decoded(monkeypatch):
    """The bodies that were decoded, by whichever library."""
    texts: list[bytes] = []
    for library in (orjson, json):
        loads = library.loads

        def counted(text, *arguments, loads=loads, **options):
            texts.append(text)
            return loads(text, *arguments, **options)

        monkeypatch.setattr(library, "loads", counted)
    return texts


@pytest.mark.parametrize("path", [path for path in PATHS if path != "/Schemas"])
def test_a_read_looks_its_token_and_its_connection_up_once(scim, looked_up, checked, path):
    scim.get(path)

    assert len(looked_up) == 1
    assert len(checked) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/Users", "/Me", "account"])
def test_a_write_looks_its_token_and_its_connection_up_once(scim, looked_up, checked, method, path):
    scim.request(method, path_of(UserFactory.create()) if path == "account" else path, user())

    assert len(looked_up) == 1
    assert len(checked) == 1


def test_the_body_of_a_write_is_decoded_once(scim, decoded):
    account = UserFactory.create()
    decoded.clear()

    response = scim.request("PATCH", path_of(account), {"Operations": [TITLE]})

    assert response.status_code == 200
    # The database has JSON too, as text.
    assert [text for text in decoded if isinstance(text, bytes)] == [orjson.dumps({"Operations": [TITLE]})]


@pytest.mark.parametrize(
    "text",
    [
        b'{"userName": "a", "userName": "b"}',
        b'{"userName": "a", "USERNAME": "b"}',
        b'{"userName": "a", "\\u0075serName": "b"}',
        b'{"userName": "a", "name": {"givenName": "a", "givenName": "a"}}',
        b'{"userName": "a", "emails": [{"value": "a", "value": "b"}]}',
        b'{"userName": "a\\"", "x:": ":", "userName"\t\n: "b"}',
        b'{"userName": "a", "": 1, "": 2}',
    ],
)
def test_a_name_that_is_twice_in_one_object_of_a_body_is_refused(scim, text):
    response = scim.request("POST", "/Users", text)

    assert_scim_error(response, 400, "invalidSyntax")
    assert "is twice in one object" in response.json()["detail"]


@pytest.mark.parametrize(
    "title",
    ['a": "b', '": ', "\\", '\\": "x": ', ":", '{"a":1}', '\u2028": ', 'a\\\\": '],
)
def test_text_that_looks_like_a_name_is_none(scim, title):
    response = scim.post("/Users", user("bjensen", title=title, nickName=title))

    assert response.status_code == 201
    assert response.json()["title"] == title
