"""What a client may do: the scopes of tokens, and the permissions of the host."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User

from django_scim.models import ProvisioningEvent, Scope
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.messages import BULK_REQUEST, SEARCH_REQUEST
from tests.representations import group, path_of, user


@pytest.fixture
def reader(connection):
    """A client with a token that may only read."""
    return ScimClient(connection, Scope.READ)


class TestReadScope:
    @pytest.mark.parametrize("path", ["/Users", "/Groups", "/", "/ServiceProviderConfig"])
    def test_the_read_scope_reads(self, reader, path):
        for method in ("GET", "HEAD"):
            assert reader.request(method, path).status_code == 200

    def test_the_read_scope_reads_one_resource_and_asks_for_its_methods(self, reader):
        for row in (UserFactory.create(), GroupFactory.create()):
            assert reader.get(path_of(row)).status_code == 200
            assert reader.request("OPTIONS", path_of(row)).status_code == 204

    @pytest.mark.parametrize("path", ["/.search", "/Users/.search", "/Groups/.search"])
    def test_the_read_scope_sends_a_query_in_a_body(self, reader, path):
        UserFactory.create(), GroupFactory.create()
        request = {"schemas": [SEARCH_REQUEST], "count": 1}

        response = reader.post(path, request)

        assert response.status_code == 200
        assert len(response.json()["Resources"]) == 1
        assert not ProvisioningEvent.objects.exists()

    def test_the_read_scope_writes_nothing(self, reader):
        account, team = UserFactory.create(username="before"), GroupFactory.create(name="before")
        requests = [
            ("POST", "/Users", user("new")),
            ("PUT", path_of(account), user("renamed")),
            ("PATCH", path_of(account), {}),
            ("DELETE", path_of(account), None),
            ("POST", "/Groups", group("new")),
            ("PUT", path_of(team), group("renamed")),
            ("PATCH", path_of(team), {}),
            ("DELETE", path_of(team), None),
        ]

        for method, path, payload in requests:
            detail = assert_scim_error(reader.request(method, path, payload), 403)
            assert detail == "the token does not allow this"

        assert list(User.objects.values_list("username", "is_active")) == [("before", True)]
        assert list(Group.objects.values_list("name", flat=True)) == ["before"]
        assert set(ProvisioningEvent.objects.values_list("outcome", "status")) == {("refused", 403)}
        assert ProvisioningEvent.objects.count() == len(requests)

    def test_the_read_scope_does_not_learn_what_is_there_by_trying_to_write(self, reader):
        for path in (path_of(UserFactory.create()), "/Users/none"):
            assert_scim_error(reader.delete(path), 403)
            assert_scim_error(reader.put(path, b"not JSON"), 403)

    def test_the_read_scope_runs_no_bulk_job(self, reader):
        request = {
            "schemas": [BULK_REQUEST],
            "Operations": [{"method": "POST", "path": "/Users", "bulkId": "1", "data": user("new")}],
        }

        assert_scim_error(reader.post("/Bulk", request), 403)
        assert not User.objects.exists()


class TestWriteScope:
    def test_the_write_scope_reads_and_writes(self, scim):
        created = scim.post("/Users", user("barbara"))

        assert created.status_code == 201
        path = f"/Users/{created.json()['id']}"
        assert scim.get(path).status_code == 200
        assert scim.delete(path).status_code == 204


class TestPermissionsOfTheHost:
    def test_permissions_of_the_host_are_asked_beside_the_scope_and_give_their_reason(self, scim, settings):
        settings.DJANGO_SCIM = {
            "PERMISSION_CLASSES": [
                "django_scim.api.permissions.HasScope",
                "tests.api.hosts.ReadOnlyOnSundays",
            ]
        }

        response = scim.post("/Users", user("barbara"))

        assert assert_scim_error(response, 403) == "this project is read-only on Sundays"
        assert ProvisioningEvent.objects.get().detail == "this project is read-only on Sundays"


class TestTokensForSomeResourceTypes:
    """A scope such as ``users`` limits a token to that resource type."""

    @pytest.fixture
    def scim(self, connection):
        return ScimClient(connection, "read", "write", "users")

    def test_tokens_for_some_resource_types_read_and_write_resources_of_that_type(self, scim):
        created = scim.post("/Users", user("barbara"))

        assert created.status_code == 201
        assert scim.get(f"/Users/{created.json()['id']}").status_code == 200

    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_tokens_for_some_resource_types_neither_read_nor_write_others(self, scim, method):
        response = scim.request(method, "/Groups", group("Guides") if method == "POST" else None)

        assert (response.status_code, Group.objects.exists()) == (403, False)

    def test_tokens_for_some_resource_types_find_no_others_at_the_root(self, scim):
        UserFactory.create()
        GroupFactory.create()

        resources = scim.get("/").json()["Resources"]

        assert [each["meta"]["resourceType"] for each in resources] == ["User"]

    def test_tokens_for_some_resource_types_have_their_bulk_operations_refused_one_by_one(self, scim):
        operations = [
            {"method": "POST", "path": "/Groups", "bulkId": "g", "data": group("Guides")},
            {"method": "POST", "path": "/Users", "bulkId": "u", "data": user("barbara")},
        ]

        response = scim.post("/Bulk", {"schemas": [], "Operations": operations})

        assert [each["status"] for each in response.json()["Operations"]] == ["403", "201"]
        assert not Group.objects.exists()

    def test_tokens_for_some_resource_types_find_nothing_at_the_root_if_that_type_is_not_served(
        self, scim, settings
    ):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": None}}

        assert scim.get("/").status_code == 403


def test_a_token_for_the_history_alone_reads_no_resources(connection):
    scim = ScimClient(connection, "history")

    assert [scim.get(path).status_code for path in ("/Users", "/", "/Groups")] == [403, 403, 403]
