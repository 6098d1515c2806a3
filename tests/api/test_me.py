"""/Me: the resource that the authenticated client is (RFC 7644 section 3.11)."""

from __future__ import annotations

import orjson
import pytest
from django.contrib.auth.models import Group, User

from django_scim.models import Connection, ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.conftest import SCIM, HttpsClient, ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.messages import patch_op
from tests.operations.patch_operations import replace
from tests.representations import group, id_of, path_of, user

ME = "/scim/v2/Me"


@pytest.fixture
def self_service(db, settings):
    """A host that authenticates accounts."""
    settings.DJANGO_SCIM = {"AUTHENTICATION_CLASSES": ["tests.api.acting.OwnAccount"]}


@pytest.fixture
def barbara(db):
    """An account."""
    return UserFactory.create(username="barbara")


class Account:
    """Somebody who is signed in."""

    def __init__(self, row: User) -> None:
        self.row = row
        self.client = HttpsClient()

    def send(self, method, payload=None, path=ME, **headers):
        """Send a request to ``/Me``."""
        body = b"" if payload is None else orjson.dumps(payload)
        sent = {"X-Account": self.row.username, **headers}
        return self.client.generic(method, path, body, content_type=SCIM, headers=sent)


@pytest.fixture
def me(self_service, barbara):
    """Somebody who is signed in as ``barbara``."""
    return Account(barbara)


def canonical(row):
    """Return the URL of a resource."""
    return f"https://testserver/scim/v2{path_of(row)}"


# Somebody who is signed in


def test_an_account_reads_itself(me, barbara):
    UserFactory.create()

    response = me.send("GET")

    assert response.status_code == 200
    assert response.json()["id"] == id_of(barbara)
    assert response.json()["userName"] == "barbara"
    assert response["ETag"] == response.json()["meta"]["version"]


@pytest.mark.parametrize("path", [ME, f"{ME}/", f"{ME}?attributes=meta", f"{ME}/?attributes=meta"])
def test_the_location_of_me_is_that_of_the_resource(me, barbara, path):
    response = me.send("GET", path=path)

    assert response.json()["meta"]["location"] == canonical(barbara)
    assert response["Content-Location"] == canonical(barbara)


def test_me_is_answered_as_the_resource_is(me, barbara):
    assert me.send("GET").json() == me.send("GET", path=f"/scim/v2{path_of(barbara)}").json()


def test_the_attributes_of_me_can_be_chosen(me):
    response = me.send("GET", path=f"{ME}?attributes=userName")

    assert response.json().keys() == {"schemas", "id", "userName"}


def test_a_client_that_has_the_version_of_me_is_told_so(me):
    version = me.send("GET")["ETag"]

    assert me.send("GET", **{"If-None-Match": version}).status_code == 304


def test_an_account_modifies_itself(me, barbara):
    response = me.send("PATCH", patch_op(replace("name.givenName", "Babs")))

    assert response.status_code == 200
    assert response.json()["name"]["givenName"] == "Babs"
    assert response.json()["meta"]["location"] == response["Content-Location"] == canonical(barbara)
    barbara.refresh_from_db()
    assert barbara.first_name == "Babs"


def test_an_account_replaces_itself(me, barbara):
    response = me.send("PUT", user("barbara", title="Guide"))

    assert response.status_code == 200
    assert response.json()["id"] == id_of(barbara)
    assert response.json()["title"] == "Guide"
    assert response.json()["meta"]["location"] == canonical(barbara)


def test_an_account_deletes_itself(me, barbara):
    assert me.send("DELETE").status_code == 204

    barbara.refresh_from_db()
    assert not barbara.is_active
    assert_scim_error(me.send("GET"), 404)
    assert_scim_error(me.send("DELETE"), 404)


def test_a_write_to_another_version_of_me_is_refused(me, barbara):
    seen = me.send("GET")["ETag"]
    User.objects.update(first_name="Changed")

    patch = patch_op(replace("title", "Guide"))
    for method, payload in (("PATCH", patch), ("PUT", user("barbara")), ("DELETE", None)):
        assert_scim_error(me.send(method, payload, **{"If-Match": seen}), 412)
    barbara.refresh_from_db()
    assert barbara.is_active


def test_nobody_registers_at_me(me):
    assert_scim_error(me.send("POST", user("babs")), 501)
    assert User.objects.count() == 1


def test_a_protected_account_reads_itself_and_changes_nothing(self_service):
    root = UserFactory.create(username="root", is_superuser=True)

    assert Account(root).send("GET").status_code == 200
    patch = patch_op(replace("active", False))
    assert_scim_error(Account(root).send("PATCH", patch), 403)


def test_each_account_finds_itself_at_me(self_service):
    for row in UserFactory.create_batch(3):
        assert Account(row).send("GET").json()["id"] == id_of(row)


def test_what_an_account_does_to_itself_is_in_the_history_with_its_id(me, barbara):
    me.send("PATCH", patch_op(replace("title", "Guide")))
    me.send("PUT", {"userName": ""})

    first, second = ProvisioningEvent.objects.order_by("pk")
    assert (first.operation, first.outcome, first.status) == ("modify", "success", 200)
    assert (second.operation, second.outcome) == ("replace", "refused")
    for event in (first, second):
        assert event.resource_type == "User"
        assert event.resource_id == id_of(barbara)
        assert event.connection == Connection.objects.get(name="Self-service")
        assert event.token is None


def test_a_head_of_me_is_a_get_without_a_body(me):
    response = me.send("HEAD")

    assert (response.status_code, response.content) == (200, b"")
    assert response["ETag"]


# Somebody who is nobody here


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "POST", "DELETE"])
def test_a_token_of_an_identity_provider_acts_for_nobody(scim, method):
    UserFactory.create()
    payload = {"PUT": user(), "POST": user(), "PATCH": {"Operations": [replace("title", "x")]}}.get(method)

    assert_scim_error(scim.request(method, "/Me", payload), 501)

    assert not ProvisioningEvent.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "POST", "DELETE"])
def test_me_is_nobody_without_authentication(anonymous, method):
    response = anonymous.generic(method, ME)

    assert_scim_error(response, 401)
    assert response["WWW-Authenticate"] == 'Bearer realm="SCIM"'


def test_the_challenge_of_me_is_that_of_the_host(self_service, anonymous):
    assert anonymous.get(ME)["WWW-Authenticate"] == 'Account realm="tests"'


def test_an_account_that_the_connection_cannot_see_is_not_found_at_me(settings, barbara):
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": "tests.api.acting.StaffAdapter"}},
        "AUTHENTICATION_CLASSES": ["tests.api.acting.OwnAccount"],
    }

    assert_scim_error(Account(barbara).send("GET"), 404)
    assert_scim_error(Account(barbara).send("DELETE"), 404)


# The hook of the host


def test_a_host_says_itself_whom_a_token_acts_for(scim, settings):
    settings.DJANGO_SCIM = {"CURRENT_RESOURCE": "tests.api.acting.oldest_group"}
    team = GroupFactory.create()

    response = scim.get("/Me")
    renamed = scim.request("PUT", "/Me", group("Renamed"))

    assert response.json()["displayName"] == team.name
    assert response.json()["meta"]["location"] == canonical(team)
    assert renamed.status_code == 200
    assert Group.objects.get().name == "Renamed"


def test_a_token_has_to_allow_what_is_done_to_me(connection, settings):
    settings.DJANGO_SCIM = {"CURRENT_RESOURCE": "tests.api.acting.oldest_group"}
    reader = ScimClient(connection, "read")
    GroupFactory.create(name="Guides")

    assert reader.get("/Me").status_code == 200
    assert_scim_error(reader.request("PUT", "/Me", group("Renamed")), 403)
    assert Group.objects.get().name == "Guides"


@pytest.mark.parametrize("hook", ["oldest_group", "nothing"])
def test_me_is_not_implemented_for_a_hook_that_finds_no_resource(scim, settings, hook):
    settings.DJANGO_SCIM = {"CURRENT_RESOURCE": f"tests.api.acting.{hook}"}

    assert_scim_error(scim.get("/Me"), 501)
