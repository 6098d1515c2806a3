"""What the history keeps of the body of a request."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_scim.history.excerpts import NOT_KEPT, SHORTENED, excerpt
from django_scim.history.redaction import REDACTED, Redaction
from django_scim.models import ProvisioningEvent
from tests.factories import UserFactory
from tests.messages import PATCH_OP
from tests.representations import path_of, user

SECRETS = Redaction(frozenset({"password"}))
ENOUGH = 10_000


def is_no_secret(text: str) -> bool:
    """Whether a text is none of the secrets: hypothesis tries words that it finds in the code, too."""
    return not SECRETS.names_in(text) and not SECRETS.holds(text)


texts = st.text().filter(is_no_secret)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
)


def the_request():
    return ProvisioningEvent.objects.get().request


class TestBodies:
    def test_bodies_are_kept_as_they_were_received(self, scim):
        payload = user("barbara", title="Guide", emails=[{"value": "b@example.com", "primary": True}])

        scim.post("/Users", payload)

        assert the_request() == payload

    def test_bodies_are_kept_without_the_values_of_attributes_that_no_schema_has(self, scim):
        scim.post(
            "/Users", user("barbara", unknown=[1, None, {"a": True}], name={"givenName": "B", "x": "y"})
        )

        assert the_request()["unknown"] == NOT_KEPT
        assert the_request()["name"] == {"givenName": "B", "x": NOT_KEPT}

    def test_bodies_of_refused_requests_are_kept_too(self, scim):
        scim.post("/Users", {"schemas": [], "title": 5})

        assert the_request() == {"schemas": [], "title": 5}

    def test_bodies_of_operations_in_a_bulk_job_are_kept_with_their_events(self, scim):
        row = UserFactory.create()
        data = {"schemas": [PATCH_OP], "Operations": []}
        operations = [{"method": "PATCH", "path": path_of(row), "data": data}]

        scim.post("/Bulk", {"schemas": [], "Operations": operations})

        event = ProvisioningEvent.objects.get()
        assert (event.method, event.path, event.request) == ("PATCH", path_of(row), data)

    def test_bodies_are_not_kept_where_the_project_does_not_want_them(self, scim, settings):
        settings.DJANGO_SCIM = {"RECORD_REQUESTS": False}

        scim.post("/Users", user("barbara"))

        assert the_request() is None

    def test_bodies_are_shortened_where_they_are_long(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_RECORDED_REQUEST": 300}

        scim.post("/Users", user("barbara", title="x" * 5000))

        assert len(json.dumps(the_request())) < 600

    @given(json_values)
    def test_bodies_that_fit_are_copied(self, document):
        assert excerpt(document, SECRETS, 10**9) == document

    @given(json_values, st.integers(0, 200))
    def test_bodies_never_grow_beyond_what_is_kept(self, document, size):
        kept = json.dumps(excerpt(document, SECRETS, size), ensure_ascii=False)

        # Quotes, escapes, commas and the marks where something was cut.
        assert len(kept) <= 6 * size + 200

    def test_bodies_that_are_cut_say_so(self):
        assert excerpt({"title": "abcdef"}, SECRETS, 25) == {"title": "abcd" + SHORTENED}
        assert excerpt([1, 2, 3, 4], SECRETS, 24) == [1, 2, "2 more" + SHORTENED]


class TestSecrets:
    @pytest.mark.parametrize(
        "document",
        [
            {"password": "hidden"},
            {"PASSWORD": ["hidden"]},
            {"urn:ietf:params:scim:schemas:core:2.0:User:password": "hidden"},
            {"Operations": [{"op": "add", "path": "password", "value": "hidden"}]},
            {"Operations": [{"op": "add", "Path": "User:password", "Value": {"a": "hidden"}}]},
            {"Operations": [{"op": "add", "value": {"password": "hidden"}}]},
            {"path": 'password[value eq "hidden"]', "value": "hidden"},
            {"value": "hidden", "path": "password.value"},
        ],
        ids=repr,
    )
    def test_secrets_are_hidden_wherever_they_are(self, document):
        kept = json.dumps(excerpt(document, SECRETS, ENOUGH))

        assert "hidden" not in kept
        assert REDACTED in kept

    def test_secrets_are_told_from_what_is_none(self):
        document = {"path": "title", "value": "password", "secretary": "cat", "opinion": "Pass it on"}

        assert excerpt(document, SECRETS, ENOUGH) == document

    @pytest.mark.parametrize("query", ['filter=password+eq+"x"', "filter=p%61ssword%20eq%20%22x%22"])
    def test_secrets_are_not_kept_in_the_path_either(self, query):
        assert SECRETS.target(f"/Users?{query}") == f"/Users?{REDACTED}"

    def test_secrets_leave_other_queries_as_they_are(self):
        assert SECRETS.target("/Users?count=1") == "/Users?count=1"


@pytest.mark.parametrize("size", [0, 10, 25, 60, 100, 10_000])
def test_values_that_are_but_ids_are_kept_as_any_others(size, monkeypatch):
    document = {"members": [{"value": str(UUID(int=number))} for number in range(3)] + [{"value": "17"}]}
    bare = excerpt(document, SECRETS, size)

    monkeypatch.setattr(Redaction, "is_bare", lambda *_: False)

    assert bare == excerpt(document, SECRETS, size)


def test_a_secret_of_the_request_is_not_taken_for_an_id():
    token = "0123456789abcdef0123456789abcdef"

    kept = excerpt({"members": [{"value": token}]}, SECRETS.beside(token), 10_000)

    assert token not in str(kept)
