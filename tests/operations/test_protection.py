"""What SCIM may only read, and what the project cannot be without."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.checks import run_checks
from django.db import connection as database

from django_scim.adapters.users import UserAdapter
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory
from tests.operations.patch_operations import DEACTIVATE
from tests.representations import group, member, path_of, user


class OpenUserAdapter(UserAdapter):
    """Lets SCIM change superusers."""

    def protected(self, instance):
        return False


class TestRowsThatTheProjectProtects:
    @pytest.fixture(autouse=True)
    def protect(self, settings):
        settings.DJANGO_SCIM = {
            "RESOURCES": {
                "User": {"protect": {"username__startswith": "service-"}},
                "Group": {"protect": {"permissions__isnull": False}},
            }
        }

    @pytest.fixture
    def powerful(self):
        """A group that gives a permission."""
        row = GroupFactory.create(name="Powerful")
        row.permissions.add(Permission.objects.get(codename="delete_user"))
        return row

    def test_rows_that_the_project_protects_can_be_read(self, scim, powerful):
        assert scim.get(path_of(powerful)).json()["displayName"] == "Powerful"

    def test_rows_that_the_project_protects_cannot_be_changed(self, scim, powerful):
        row = UserFactory.create()
        join = {"op": "add", "path": "members", "value": [member(row)]}

        answers = [
            scim.patch(path_of(powerful), join),
            scim.put(path_of(powerful), group("Powerful", members=[member(row)])),
            scim.delete(path_of(powerful)),
        ]

        assert [answer.status_code for answer in answers] == [403] * 3
        assert not powerful.user_set.exists()

    def test_rows_that_the_project_protects_cannot_be_made(self, scim):
        response = scim.post("/Users", user("service-backup"))

        assert (response.status_code, User.objects.exists()) == (403, False)

    def test_rows_that_the_project_protects_cannot_be_made_of_others(self, scim):
        row = UserFactory.create(username="barbara")

        response = scim.patch(path_of(row), {"op": "replace", "path": "userName", "value": "service-b"})

        row.refresh_from_db()
        assert (response.status_code, row.username) == (403, "barbara")

    def test_rows_that_the_project_protects_are_told_from_others(self, scim):
        assert scim.post("/Users", user("barbara")).status_code == 201
        assert scim.patch(path_of(User.objects.get()), DEACTIVATE).status_code == 200

    @pytest.mark.parametrize("protect", [{"nothing": 1}, {"pk": "x"}])
    def test_rows_that_the_project_protects_are_checked_to_be_looked_up_by_what_there_is(
        self, settings, protect
    ):
        settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"protect": protect}}}

        assert [error.id for error in run_checks(tags=["django_scim"])] == ["django_scim.E011"]


class TestTheLastAdministrator:
    @pytest.fixture(autouse=True)
    def open(self, settings):
        settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": f"{__name__}.OpenUserAdapter"}}}

    @pytest.fixture
    def admin(self, db):
        return UserFactory.create(username="root", is_superuser=True)

    @pytest.mark.parametrize("others", [{}, {"is_superuser": True, "is_active": False}, {"is_staff": True}])
    @pytest.mark.parametrize("way", ["PATCH", "PUT", "DELETE"])
    def test_the_last_administrator_cannot_be_locked_or_deleted(self, scim, admin, way, others):
        if others:
            UserFactory.create(**others)
        payload = {"PATCH": {"Operations": [DEACTIVATE]}, "PUT": user("root", active=False)}.get(way)

        response = scim.request(way, path_of(admin), payload)

        admin.refresh_from_db()
        assert (response.status_code, admin.is_active) == (403, True)
        assert "last active administrator" in response.json()["detail"]

    def test_the_last_administrator_can_be_changed_otherwise(self, scim, admin):
        change = {"op": "replace", "path": "name.givenName", "value": "Root"}

        assert scim.patch(path_of(admin), change).status_code == 200

    def test_the_last_administrator_is_none_while_there_is_another(self, scim, admin):
        UserFactory.create(is_superuser=True)

        assert scim.patch(path_of(admin), DEACTIVATE).status_code == 200

    @pytest.mark.django_db(transaction=True)
    def test_the_last_administrator_is_left_of_two_that_are_locked_at_the_same_time(self):
        connection = ConnectionFactory.create()
        admins = UserFactory.create_batch(2, is_superuser=True)
        start = Barrier(2)
        answers = []

        def lock(row):
            client = ScimClient(connection)
            start.wait()
            answers.append(client.patch(path_of(row), DEACTIVATE).status_code)
            database.close()

        threads = [Thread(target=lock, args=(row,)) for row in admins]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(answers) == [200, 403]
        assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def test_the_stock_adapter_changes_no_superuser_at_all(scim):
    rows = UserFactory.create_batch(2, is_superuser=True)

    assert [scim.patch(path_of(row), DEACTIVATE).status_code for row in rows] == [403, 403]
    assert not Group.objects.exists()
