"""A permission, a throttle and a deprovisioning function that a host has written, through the endpoints."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.checks import run_checks

from django_scim.models import ProvisioningEvent
from django_scim.operations.staff import Deactivate
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.extension import classes
from tests.factories import ConnectionFactory, UserFactory
from tests.messages import SEARCH_REQUEST
from tests.operations.acting_staff import by_alice
from tests.operations.patch_operations import replace
from tests.representations import group, path_of, user

HERE = "tests.extension.classes"
HAS_SCOPE = "django_scim.api.permissions.HasScope"
THROTTLES = ["django_scim.api.throttling.ConnectionThrottle", f"{HERE}.TwoForAll"]


class TestAPermission:
    @pytest.fixture
    def audited(self, db, settings):
        settings.DJANGO_SCIM = {"PERMISSION_CLASSES": [HAS_SCOPE, f"{HERE}.FrozenForAudit"]}
        return ScimClient(ConnectionFactory.create(name="Audited"))

    def test_knows_the_connection(self, audited, scim):
        response = audited.post("/Users", user("bjensen"))

        assert assert_scim_error(response, 403) == "nothing may be changed during the audit"
        assert ProvisioningEvent.objects.get().detail == "nothing may be changed during the audit"
        assert scim.post("/Users", user("bjensen")).status_code == 201

    def test_tells_a_query_in_a_body_from_a_write(self, audited):
        request = {"schemas": [SEARCH_REQUEST]}

        assert audited.post("/Users/.search", request).status_code == 200
        assert audited.post("/Bulk", {"schemas": [], "Operations": []}).status_code == 403

    def test_knows_the_resource_type(self, scim, settings):
        settings.DJANGO_SCIM = {"PERMISSION_CLASSES": [HAS_SCOPE, f"{HERE}.NoGroups"]}

        assert assert_scim_error(scim.post("/Groups", group()), 403) == "groups are ours"
        assert scim.post("/Users", user()).status_code == 201


class TestAThrottle:
    @pytest.fixture(autouse=True)
    def limited(self, settings, shared_cache):
        settings.DJANGO_SCIM = {"THROTTLE_CLASSES": THROTTLES}
        yield
        cache.clear()

    def test_counts_what_it_likes(self, scim):
        other = ScimClient(ConnectionFactory.create())
        assert scim.post("/Users", user("a")).status_code == 201
        assert other.post("/Users", user("b")).status_code == 201

        response = other.post("/Users", user("c"))

        assert_scim_error(response, 429)
        assert int(response["Retry-After"]) > 0
        assert not User.objects.filter(username="c").exists()

    def test_leaves_alone_what_it_does_not_count(self, scim):
        assert [scim.get("/Users").status_code for _ in range(3)] == [200, 200, 200]

    def test_counts_a_bulk_job_as_one_request(self, scim):
        operations = [
            {"method": "POST", "path": "/Users", "bulkId": name, "data": user(name)} for name in "abcd"
        ]

        assert scim.post("/Bulk", {"schemas": [], "Operations": operations}).status_code == 200


class TestADeprovisioningFunction:
    @pytest.fixture(autouse=True)
    def named(self, settings):
        settings.DJANGO_SCIM = {"DEPROVISIONING": [f"{HERE}.note_leaver"]}
        classes.left.clear()

    def test_is_told_the_connection_that_asked(self, scim):
        scim.patch(path_of(UserFactory.create(username="bjensen")), replace("active", False))

        assert classes.left == [("bjensen", scim.connection.name)]

    def test_is_told_none_of_an_account_that_no_connection_has(self, db):
        by_alice(Deactivate, UserFactory.create(username="bjensen"))

        assert classes.left == [("bjensen", None)]


def test_the_system_checks_have_nothing_to_say(settings, shared_cache):
    settings.DJANGO_SCIM = {
        "PERMISSION_CLASSES": [HAS_SCOPE, f"{HERE}.FrozenForAudit", f"{HERE}.NoGroups"],
        "THROTTLE_CLASSES": THROTTLES,
        "DEPROVISIONING": [f"{HERE}.note_leaver"],
    }

    assert run_checks(tags=["django_scim"]) == []
