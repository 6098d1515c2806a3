"""What the work of one request may cost: dear work is refused before it is done."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from django_scim.allowance import Allowance, CostExceeded
from django_scim.conf import get_settings
from django_scim.models import Outcome, ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.factories import GroupFactory, UserFactory
from tests.messages import BULK_REQUEST
from tests.operations.patch_operations import add, remove, replace
from tests.operations.responses import stored
from tests.representations import ENTERPRISE, member, path_of, user

DETAIL = "the work of one request may cost 100 (MAX_REQUEST_COST): ask for less at once"


@pytest.fixture
def little(settings):
    """An allowance of a few writes."""
    settings.DJANGO_SCIM = {"MAX_REQUEST_COST": 100}


def emails(count):
    """Return so many addresses."""
    return [{"value": f"{number}@example.com"} for number in range(count)]


def job(*operations):
    """Return a bulk job."""
    return {"schemas": [BULK_REQUEST], "Operations": list(operations)}


def patch_of(row, *operations):
    """Return an operation of a bulk job."""
    return {"method": "PATCH", "path": path_of(row), "data": {"Operations": list(operations)}}


def post_of(name, **attributes):
    """Return an operation of a bulk job that makes a user."""
    return {"method": "POST", "path": "/Users", "bulkId": name, "data": user(name, **attributes)}


@pytest.mark.usefixtures("little")
class TestRequests:
    def refused(self, response):
        """Assert that a request was refused for what it costs, and has changed nothing."""
        assert_scim_error(response, 413)
        assert response.json()["detail"] == DETAIL

    def test_a_password_that_costs_too_much_is_refused(self, scim):
        before = stored()

        self.refused(scim.post("/Users", user("ada", password="correct horse battery")))

        assert stored() == before

    def test_many_operations_of_a_patch_are_refused(self, scim):
        row = UserFactory.create()
        before = stored()

        self.refused(scim.patch(path_of(row), *[replace("title", f"{number}") for number in range(250)]))

        assert stored() == before

    def test_many_value_paths_on_many_values_are_refused(self, scim):
        row = UserFactory.create()
        assert scim.patch(path_of(row), replace("emails", emails(50))).status_code == 200
        paths = [replace(f'emails[value eq "{number}@example.com"].display', "x") for number in range(45)]
        before = stored()

        self.refused(scim.patch(path_of(row), *paths))

        assert stored() == before
        assert scim.patch(path_of(row), *paths[:5]).status_code == 200

    def test_values_that_are_added_one_by_one_count_with_those_before(self, scim):
        row = UserFactory.create()

        self.refused(scim.patch(path_of(row), *[add("emails", [each]) for each in emails(150)]))

        assert scim.patch(path_of(row), add("emails", emails(150))).status_code == 200

    def test_a_filter_of_members_is_refused_before_it_is_asked(self, scim, django_assert_max_num_queries):
        row = GroupFactory.create()
        filters = [remove(f'members[display co "{number}"]') for number in range(3)]
        scim.get(path_of(row))

        with django_assert_max_num_queries(8):
            self.refused(scim.patch(path_of(row), *filters))

    def test_members_that_are_removed_by_value_are_no_filter(self, scim):
        row, present = GroupFactory.create(), UserFactory.create_batch(30)
        scim.patch(path_of(row), add("members", [member(each) for each in present]))
        removals = [remove(f'members[value eq "{member(each)["value"]}"]') for each in present]

        assert scim.patch(path_of(row), *removals).status_code in (200, 204)
        assert not row.user_set.exists()

    def test_many_members_are_refused(self, scim):
        row = GroupFactory.create()
        before = stored()

        self.refused(scim.patch(path_of(row), add("members", [{"value": f"{n}"} for n in range(4000)])))

        assert stored() == before

    def test_a_large_resource_costs_what_it_weighs(self, scim):
        row = UserFactory.create()
        assert scim.patch(path_of(row), replace("nickName", "x" * 30_000)).status_code == 200

        self.refused(scim.patch(path_of(row), replace("nickName", "y" * 60_000)))

        assert scim.get(path_of(row)).json()["nickName"] == "x" * 30_000

    def test_a_small_request_is_not_refused_whatever_came_before_it(self, scim):
        row = UserFactory.create()

        for number in range(30):
            assert scim.patch(path_of(row), replace("title", f"{number}")).status_code == 200


@pytest.mark.usefixtures("little")
class TestBulkJobs:
    def test_a_job_does_what_it_may_cost_and_says_what_is_not_done(self, scim):
        names = [f"user{number}" for number in range(30)]

        response = scim.post("/Bulk", job(*map(post_of, names)))

        statuses = [operation["status"] for operation in response.json()["Operations"]]
        done = statuses.count("201")
        assert response.status_code == 200
        assert 0 < done < 30
        assert statuses == ["201"] * done + ["413"] * (30 - done)
        refused = response.json()["Operations"][done:]
        assert {operation["response"]["detail"] for operation in refused} == {DETAIL}
        assert set(User.objects.values_list("username", flat=True)) == set(names[:done])

    def test_the_history_has_the_first_operation_that_is_not_done(self, scim):
        scim.post("/Bulk", job(*(post_of(f"user{number}") for number in range(30))))

        refused = ProvisioningEvent.objects.filter(outcome=Outcome.REFUSED)
        assert [(event.status, event.detail) for event in refused] == [(413, DETAIL)]

    def test_nothing_is_done_after_what_is_too_dear(self, scim):
        dear = post_of("ada", password="correct horse battery")

        response = scim.post("/Bulk", job(post_of("bob"), dear, post_of("eve")))

        assert [operation["status"] for operation in response.json()["Operations"]] == ["201", "413", "413"]
        assert list(User.objects.values_list("username", flat=True)) == ["bob"]

    def test_a_job_with_too_many_changes_is_refused_before_it_begins(self, scim):
        rows = UserFactory.create_batch(5)
        changes = [replace("title", f"{number}") for number in range(50)]
        before = stored()

        response = scim.post("/Bulk", job(*(patch_of(row, *changes) for row in rows)))

        assert_scim_error(response, 413)
        assert stored() == before

    def test_a_job_ends_with_the_time_that_it_may_take(self, scim, monkeypatch, settings):
        settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "BULK_TRANSACTION_SIZE": 1}
        times = iter([0.0, *[0.21] * 10])
        monkeypatch.setattr("time.thread_time", lambda: next(times))

        response = scim.post("/Bulk", job(*(post_of(f"user{number}") for number in range(4))))

        assert [operation["status"] for operation in response.json()["Operations"]] == ["201"] + ["413"] * 3

    def test_resources_in_a_circle_are_made_all_or_none(self, scim):
        circle = [
            {
                "method": "POST",
                "path": "/Users",
                "bulkId": name,
                "data": user(name, nickName="x" * 40_000)
                | {ENTERPRISE: {"manager": {"value": f"bulkId:{other}"}}},
            }
            for name, other in (("ada", "bob"), ("bob", "ada"))
        ]

        response = scim.post("/Bulk", job(*circle))

        assert {operation["status"] for operation in response.json()["Operations"]} <= {"413", "409"}
        assert not User.objects.exists()


class TestSettings:
    def test_any_cost_is_allowed_without_a_limit(self, scim, settings):
        settings.DJANGO_SCIM = {"MAX_REQUEST_COST": None}

        response = scim.post("/Bulk", job(*(post_of(f"u{n}", password="a horse 77x") for n in range(20))))

        assert {operation["status"] for operation in response.json()["Operations"]} == {"201"}

    def test_by_default_a_job_has_room_for_all_the_accounts_that_it_may_have(self, scim, settings):
        cost, number = get_settings().MAX_REQUEST_COST, get_settings().MAX_BULK_OPERATIONS // 10
        assert cost is not None
        settings.DJANGO_SCIM = {"MAX_REQUEST_COST": cost // 10}

        response = scim.post("/Bulk", job(*(post_of(f"user{index}") for index in range(number))))

        assert {operation["status"] for operation in response.json()["Operations"]} == {"201"}


class TestAllowance:
    def test_an_allowance_refuses_what_is_more_and_counts_what_is_not(self):
        found = Allowance(10)
        found.charge(3, 3)

        with pytest.raises(CostExceeded):
            found.charge(2)

        assert found.spent == 9

    def test_work_that_is_tried_again_counts_once(self):
        found = Allowance(10)
        work = found.counted_once(lambda: found.charge(6))

        assert [work(), work(), work()] == [None] * 3
        assert found.spent == 6
