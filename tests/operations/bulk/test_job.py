"""Bulk jobs (RFC 7644 section 3.7): each operation is for itself, with a result and an event of its own."""

from __future__ import annotations

import time

import orjson
import pytest
from django.contrib.auth.models import Group, User
from django.db import connections
from django.db.models.signals import post_save

from django_scim.models import Operation, Outcome, ProvisioningEvent
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import GroupFactory, UserFactory
from tests.messages import BULK_REQUEST, PATCH_OP
from tests.operations.bulk_operations import (
    bulk,
    delete,
    id_in,
    managed_user,
    patch,
    post,
    put,
    results_of,
    run,
    statuses,
)
from tests.operations.examples import FULL_USER
from tests.operations.patch_operations import add, replace
from tests.operations.responses import stored, without_meta
from tests.operations.simultaneous import at_once
from tests.representations import group, id_of, member, path_of, user

USERS = "https://testserver/scim/v2/Users"
GROUPS = "https://testserver/scim/v2/Groups"


def events():
    """Return what the history says of each operation, in the order in which they were done."""
    return list(ProvisioningEvent.objects.order_by("pk").values_list("operation", "outcome", "status"))


# One request, many operations


def test_a_job_does_any_mix_of_methods_and_resource_types(scim):
    changed, replaced, gone = UserFactory.create_batch(3)
    team = GroupFactory.create()

    results = run(
        scim,
        post("/Users", "new", FULL_USER),
        patch(path_of(team), add("members", [member(changed)])),
        patch(path_of(changed), replace("title", "Guide")),
        put(path_of(replaced), user("renamed")),
        delete(path_of(gone)),
        post("/Groups", "team", group("New team", members=[member(changed)])),
        delete(path_of(team)),
    )

    assert statuses(results) == ["201", "200", "200", "200", "204", "201", "204"]
    assert without_meta(scim.get(f"/Users/{id_in(results[0])}").json()) == FULL_USER
    assert scim.get(path_of(changed)).json()["title"] == "Guide"
    assert scim.get(path_of(replaced)).json()["userName"] == "renamed"
    assert scim.get(path_of(gone)).status_code == 404
    assert scim.get(path_of(team)).status_code == 404
    assert list(changed.groups.all()) == [Group.objects.get(name="New team")]


def test_a_result_says_which_operation_it_belongs_to_and_where_the_resource_is(scim):
    row = UserFactory.create()

    created, modified, deleted = run(
        scim,
        post("/Users", "new", user()),
        patch(path_of(row), replace("title", "Guide")),
        delete(path_of(row)),
    )

    version = scim.get(f"/Users/{id_in(created)}")["ETag"]
    assert created == {
        "method": "POST",
        "bulkId": "new",
        "version": version,
        "location": f"{USERS}/{id_in(created)}",
        "status": "201",
    }
    assert modified["method"] == "PATCH"
    assert modified["location"] == f"{USERS}/{id_of(row)}"
    assert modified["version"].startswith('W/"')
    assert deleted == {"method": "DELETE", "location": f"{USERS}/{id_of(row)}", "status": "204"}


def test_the_version_in_a_result_is_that_of_the_resource(scim):
    row, team = UserFactory.create(), GroupFactory.create()

    results = run(
        scim,
        patch(path_of(row), replace("title", "Guide")),
        put(path_of(team), group("Renamed", members=[member(row)])),
    )

    assert results[0]["version"] == scim.get(path_of(row))["ETag"]
    assert results[1]["version"] == scim.get(path_of(team))["ETag"]


def test_the_results_are_in_the_order_of_the_operations_whatever_the_order_of_the_work(scim):
    results = run(
        scim,
        post("/Groups", "a", group("A", members=[{"value": "bulkId:c"}])),
        post("/Users", "b", user("b")),
        post("/Users", "c", user("c")),
    )

    assert [result["bulkId"] for result in results] == ["a", "b", "c"]


def test_an_operation_that_is_not_a_creation_may_have_a_bulk_id_to_find_its_result_by(scim):
    row = UserFactory.create()

    (result,) = run(scim, {**delete(path_of(row)), "bulkId": "gone"})

    assert result["bulkId"] == "gone"


def test_a_bulk_id_of_a_deletion_does_not_stand_in_the_way_of_a_creation_with_the_same(scim):
    row = UserFactory.create()

    results = run(
        scim,
        {**delete(path_of(row)), "bulkId": "x"},
        post("/Users", "x", user()),
        patch("/Users/bulkId:x", replace("title", "Guide")),
    )

    assert statuses(results) == ["204", "201", "200"]


def test_a_job_without_operations_has_no_results(scim):
    assert run(scim) == []


@pytest.mark.parametrize(
    "path",
    ["/Users", "Users", "/Users/", "users", USERS],
    ids=["with a slash", "without", "with two", "in another case", "absolute"],
)
def test_the_path_of_a_creation_names_its_endpoint(scim, path):
    (result,) = run(scim, post(path, "x", user()))

    assert result["status"] == "201"


def test_the_path_of_a_modification_may_be_an_absolute_url(scim):
    row = UserFactory.create()

    (result,) = run(scim, patch(f"{USERS}/{id_of(row)}", replace("title", "Guide")))

    assert result["status"] == "200"
    assert result["location"] == f"{USERS}/{id_of(row)}"


def test_the_path_is_decoded_as_that_of_a_single_request_is(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"id_field": "username"}}}
    row = UserFactory.create(username="barbara jensen+1@example.com")

    (result,) = run(scim, patch("/Users/barbara%20jensen+1%40example.com", replace("title", "Guide")))

    assert result["status"] == "200"
    assert scim.get("/Users/barbara%20jensen+1@example.com").json()["title"] == "Guide"
    assert row.username in result["location"]


def test_the_method_and_the_names_of_members_may_be_in_any_case(scim):
    operation = {"METHOD": "post", "PATH": "/Users", "bulkid": "x", "Data": user()}

    response = scim.post("/Bulk", {"schemas": [BULK_REQUEST], "operations": [operation]})

    (result,) = results_of(response)
    assert (result["method"], result["bulkId"], result["status"]) == ("POST", "x", "201")


def test_a_message_without_schemas_is_a_bulk_request_all_the_same(scim):
    response = scim.post("/Bulk", {"Operations": [post("/Users", "x", user())]})

    assert statuses(results_of(response)) == ["201"]


def test_dialects_of_identity_providers_are_understood_inside_a_bulk_request_too(scim):
    row, team = UserFactory.create(), GroupFactory.create()
    team.user_set.add(row)

    results = run(
        scim,
        post("/Users", "x", {"userName": "x", "active": "True", "emails": {"value": "x@example.com"}}),
        patch(path_of(row), {"op": "Replace", "value": {"name.familyName": "Smith", "active": "False"}}),
        {
            "method": "PATCH",
            "path": path_of(team),
            "data": [{"op": "Remove", "path": "members", "value": [member(row)]}],
        },
        {
            "method": "PATCH",
            "path": path_of(team),
            "data": {"op": "replace", "path": "displayName", "value": "T"},
        },
    )

    assert statuses(results) == ["201", "200", "200", "200"]
    row.refresh_from_db()
    assert (row.last_name, row.is_active) == ("Smith", False)
    assert not team.user_set.exists()


# Each operation is all or nothing by itself


def test_an_operation_that_fails_leaves_the_other_operations_alone(scim):
    row = UserFactory.create(username="taken")

    results = run(
        scim,
        post("/Users", "a", user("a")),
        post("/Users", "b", user("TAKEN")),
        patch(path_of(row), replace("title", "Guide"), replace("emails[type eq", "x")),
        post("/Users", "c", user("c")),
    )

    assert statuses(results) == ["201", "409", "400", "201"]
    assert set(User.objects.values_list("username", flat=True)) == {"taken", "a", "c"}
    assert "title" not in scim.get(path_of(row)).json()


def test_the_error_of_an_operation_is_that_of_a_single_request(scim):
    UserFactory.create(username="taken")

    (result,) = run(scim, post("/Users", "x", user("taken")))

    assert result == {
        "method": "POST",
        "bulkId": "x",
        "status": "409",
        "response": scim.post("/Users", user("taken")).json(),
    }


def test_the_result_of_a_failed_operation_has_a_location_unless_it_is_a_creation(scim):
    results = run(
        scim,
        post("/Users", "x", {}),
        put("/Users/nobody", user()),
        patch("/Planets/earth", replace("title", "Guide")),
        delete("/Groups/nobody"),
    )

    assert [result.get("location") for result in results] == [
        None,
        f"{USERS}/nobody",
        "https://testserver/scim/v2/Planets/earth",
        f"{GROUPS}/nobody",
    ]


def test_an_operation_sees_what_those_before_it_have_done(scim):
    row = UserFactory.create(username="bjensen")

    results = run(
        scim,
        patch(path_of(row), replace("userName", "renamed")),
        post("/Users", "x", user("bjensen")),
        delete(path_of(row)),
        patch(path_of(row), replace("title", "Guide")),
        post("/Users", "y", user("renamed")),
    )

    assert statuses(results) == ["200", "201", "204", "404", "201"]


def test_an_exception_of_the_host_fails_its_operation_alone(scim, caplog):
    scim.client.raise_request_exception = False

    def refuse_mondays(instance, **kwargs):
        if instance.username == "monday":
            raise ZeroDivisionError("the password of the database is swordfish")

    post_save.connect(refuse_mondays, sender=User)
    try:
        results = run(scim, *[post("/Users", day, user(day)) for day in ("sunday", "monday", "tuesday")])
    finally:
        post_save.disconnect(refuse_mondays, sender=User)

    assert statuses(results) == ["201", "500", "201"]
    assert "swordfish" not in str(results)
    assert "swordfish" in caplog.text
    assert set(User.objects.values_list("username", flat=True)) == {"sunday", "tuesday"}
    assert events() == [("create", "success", 201), ("create", "refused", 500), ("create", "success", 201)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_atomic", [True, False], ids=["ATOMIC_REQUESTS on", "ATOMIC_REQUESTS off"])
def test_operations_before_an_exception_are_kept_whatever_the_project_does_with_its_requests(
    scim, monkeypatch, is_atomic, caplog
):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", is_atomic)
    scim.client.raise_request_exception = False
    UserFactory.create(username="taken")

    def fail(instance, **kwargs):
        if instance.username == "c":
            raise ZeroDivisionError

    post_save.connect(fail, sender=User)
    try:
        results = run(scim, *[post("/Users", name, user(name)) for name in ("a", "taken", "c", "d")])
    finally:
        post_save.disconnect(fail, sender=User)

    assert statuses(results) == ["201", "409", "500", "201"]
    assert set(User.objects.values_list("username", flat=True)) == {"taken", "a", "d"}
    assert [outcome for _, outcome, _ in events()] == ["success", "refused", "refused", "success"]


def test_protected_rows_are_protected_from_bulk_jobs_too(scim):
    root = UserFactory.create(is_superuser=True)

    results = run(scim, patch(path_of(root), replace("active", False)), delete(path_of(root)))

    assert statuses(results) == ["403", "403"]
    root.refresh_from_db()
    assert root.is_active


# Versions


def test_an_operation_on_the_version_that_the_client_has_seen_is_done(scim):
    changed, replaced, gone = UserFactory.create_batch(3)
    seen = {row: scim.get(path_of(row))["ETag"] for row in (changed, replaced, gone)}

    results = run(
        scim,
        patch(path_of(changed), replace("title", "Guide"), version=seen[changed]),
        put(path_of(replaced), user("renamed"), version=seen[replaced]),
        delete(path_of(gone), version=seen[gone]),
    )

    assert statuses(results) == ["200", "200", "204"]


def test_an_operation_on_another_version_is_refused(scim):
    rows = UserFactory.create_batch(3)
    seen = [scim.get(path_of(row))["ETag"] for row in rows]
    User.objects.update(first_name="Changed")

    results = run(
        scim,
        patch(path_of(rows[0]), replace("title", "Guide"), version=seen[0]),
        put(path_of(rows[1]), user("renamed"), version=seen[1]),
        delete(path_of(rows[2]), version=seen[2]),
    )

    assert statuses(results) == ["412", "412", "412"]
    assert all("version" not in result for result in results)
    assert not User.objects.filter(is_active=False).exists()


def test_the_version_of_a_precondition_is_that_after_the_operations_before(scim):
    row = UserFactory.create()
    seen = scim.get(path_of(row))["ETag"]

    results = run(
        scim,
        patch(path_of(row), replace("title", "Guide"), version=seen),
        patch(path_of(row), replace("title", "Senior Guide"), version=seen),
    )

    assert statuses(results) == ["200", "412"]


# failOnErrors


def test_a_job_without_fail_on_errors_tries_everything(scim):
    operations = [delete(f"/Users/nobody{number}") for number in range(5)]

    assert statuses(run(scim, *operations, post("/Users", "x", user()))) == [*["404"] * 5, "201"]


@pytest.mark.parametrize("accepted", [1, 2, 3])
def test_the_job_stops_after_as_many_errors_as_the_client_accepts(scim, accepted):
    operations = [
        part
        for number in range(5)
        for part in (post("/Users", f"x{number}", user(f"x{number}")), delete(f"/Users/nobody{number}"))
    ]

    results = run(scim, *operations, failOnErrors=accepted)

    assert statuses(results) == ["201", "404"] * accepted
    assert User.objects.count() == accepted
    assert ProvisioningEvent.objects.count() == 2 * accepted


def test_a_job_with_fewer_errors_than_the_client_accepts_runs_to_its_end(scim):
    results = run(scim, delete("/Users/nobody"), post("/Users", "x", user()), failOnErrors=2)

    assert statuses(results) == ["404", "201"]


def test_operations_that_cannot_be_read_are_errors_too(scim):
    results = run(scim, post("/Planets", "x", user()), post("/Users", "y", user()), failOnErrors=1)

    assert statuses(results) == ["404"]
    assert not User.objects.exists()


def test_an_operation_that_waits_for_a_later_one_is_not_tried_if_the_job_stops_before(scim):
    results = run(
        scim,
        post("/Groups", "a", group("A", members=[{"value": "bulkId:c"}])),
        delete("/Users/nobody"),
        post("/Users", "c", user("c")),
        failOnErrors=1,
    )

    assert [(result["method"], result["status"]) for result in results] == [("DELETE", "404")]
    assert not Group.objects.exists()


@pytest.mark.parametrize("value", [0, -1, 1.5, "many", [], {}, "1.5"])
def test_fail_on_errors_that_is_no_number_of_errors_is_refused(scim, value):
    response = scim.post("/Bulk", bulk(post("/Users", "x", user()), failOnErrors=value))

    assert_scim_error(response, 400, "invalidValue")
    assert not User.objects.exists()


def test_fail_on_errors_may_be_null(scim):
    assert statuses(run(scim, post("/Users", "x", user()), failOnErrors=None)) == ["201"]


# Limits


def test_a_job_of_as_many_operations_as_the_server_announces_is_done(scim, settings):
    settings.DJANGO_SCIM = {"MAX_BULK_OPERATIONS": 3}
    limit = scim.get("/ServiceProviderConfig").json()["bulk"]["maxOperations"]

    results = run(scim, *[post("/Users", f"x{number}", user(f"x{number}")) for number in range(limit)])

    assert statuses(results) == ["201"] * 3


def test_more_operations_than_the_server_announces_are_refused_as_a_whole(scim, settings):
    settings.DJANGO_SCIM = {"MAX_BULK_OPERATIONS": 3}

    response = scim.post("/Bulk", bulk(*[post("/Users", f"x{n}", user(f"x{n}")) for n in range(4)]))

    assert_scim_error(response, 413)
    assert "3" in response.json()["detail"]
    assert not User.objects.exists()
    assert not ProvisioningEvent.objects.exists()


def test_far_too_many_operations_are_refused_before_any_is_looked_at(scim, django_assert_max_num_queries):
    body = orjson.dumps(bulk(*[delete(f"/Users/{number}") for number in range(100_000)]))

    started = time.process_time()
    with django_assert_max_num_queries(2):  # The token, and that it was used.
        response = scim.post("/Bulk", body)

    assert_scim_error(response, 413)
    assert time.process_time() - started < 2


def test_a_job_larger_than_the_server_announces_is_refused_before_it_is_parsed(scim, settings):
    settings.DJANGO_SCIM = {"MAX_PAYLOAD_SIZE": 1000}
    limit = scim.get("/ServiceProviderConfig").json()["bulk"]["maxPayloadSize"]

    response = scim.post("/Bulk", b"{" * (limit + 1))

    assert_scim_error(response, 413)
    assert "1000" in response.json()["detail"]


def test_a_job_as_large_as_the_server_announces_is_read(scim, settings):
    settings.DJANGO_SCIM = {"MAX_PAYLOAD_SIZE": 1000}
    body = orjson.dumps(bulk(post("/Users", "x", user())))

    assert statuses(results_of(scim.post("/Bulk", body + b" " * (1000 - len(body))))) == ["201"]


# What cannot be read


@pytest.mark.parametrize(
    "body",
    [{}, {"Operations": None}, {"Operations": {}}, {"Operations": "x"}, {"Operations": 1}],
    ids=["none", "null", "an object", "a string", "a number"],
)
def test_a_job_without_a_list_of_operations_is_refused(scim, body):
    assert_scim_error(scim.post("/Bulk", {"schemas": [BULK_REQUEST], **body}), 400, "invalidSyntax")


@pytest.mark.parametrize("schemas", [[PATCH_OP], "x", [1], {}])
def test_a_job_with_the_schema_of_another_message_is_refused(scim, schemas):
    response = scim.post("/Bulk", {"schemas": schemas, "Operations": [post("/Users", "x", user())]})

    assert response.status_code == 400
    assert not User.objects.exists()


@pytest.mark.parametrize("item", [None, 5, "POST", [], [{}], True], ids=repr)
def test_an_operation_that_is_no_object_fails_alone(scim, item):
    response = scim.post("/Bulk", bulk(item, post("/Users", "x", user())))

    wrong, right = response.json()["Operations"]
    assert (wrong["status"], wrong["response"]["scimType"]) == ("400", "invalidSyntax")
    assert right["status"] == "201"


@pytest.mark.parametrize("method", [None, "", "TRACE", "GET", 5, [], {}], ids=repr)
def test_an_operation_without_a_method_of_its_own_fails_alone(scim, method):
    wrong = {**post("/Users", "x", user()), "method": method}

    results = scim.post("/Bulk", bulk(wrong, post("/Users", "y", user("y")))).json()["Operations"]

    assert statuses(results) == ["400", "201"]
    assert results[0]["bulkId"] == "x"
    assert results[0]["response"]["scimType"] in ("invalidValue", "invalidSyntax")


@pytest.mark.parametrize("bulk_id", [None, "", 5, [], {"value": "x"}, True], ids=repr)
def test_a_creation_without_a_bulk_id_fails(scim, bulk_id):
    results = scim.post("/Bulk", bulk(post("/Users", bulk_id, user()))).json()["Operations"]

    assert statuses(results) == ["400"]
    assert not User.objects.exists()


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("data", [None, 5, "x", [], [5], True, {}], ids=repr)
def test_an_operation_whose_data_is_wrong_fails(scim, method, data):
    row = UserFactory.create(first_name="Barbara")
    path = "/Users" if method == "POST" else path_of(row)
    before = stored()

    (result,) = run(scim, {"method": method, "path": path, "bulkId": "x", "data": data})

    if method == "PATCH" and data in ([], {}):
        # A client that compares before it writes may find nothing to change.
        assert result["status"] in ("200", "400")
    else:
        assert result["status"] == "400"
        assert result["response"]["scimType"] in ("invalidValue", "invalidSyntax")
    assert stored() == before


def test_the_data_of_a_deletion_is_ignored(scim):
    row = UserFactory.create()

    (result,) = run(scim, {**delete(path_of(row)), "data": {"value": "bulkId:nobody"}})

    assert result["status"] == "204"


@pytest.mark.parametrize(
    "path",
    [
        "/Planets",
        "/Users/x",
        "/",
        "/Me",
        "/Bulk",
        "/Schemas",
        "/ServiceProviderConfig",
        "//",
        "/Users?x=y",
    ],
)
def test_an_operation_creates_nothing_but_at_the_endpoint_of_a_resource_type(scim, path):
    (result,) = run(scim, post(path, "x", user()))

    assert result["status"] == "404"
    assert not User.objects.exists()


@pytest.mark.parametrize("path", [None, "", 5, [], {}], ids=repr)
def test_an_operation_without_a_path_fails(scim, path):
    (result,) = run(scim, post(path, "x", user()))

    assert result["status"] == "400"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/Users",
        "/Users/",
        "/Users/nobody",
        "/Users/x/y",
        "/Planets/earth",
        "/Users/%00",
        "/Users/%ff",
        "/Users/é",
    ],
)
def test_an_operation_writes_nothing_where_there_is_no_resource(scim, method, path):
    UserFactory.create()
    before = stored()
    data = {"PUT": user(), "PATCH": {"Operations": [replace("title", "x")]}}.get(method)

    (result,) = run(scim, {"method": method, "path": path, "data": data})

    assert result["status"] == "404"
    assert stored() == before


def test_an_operation_on_a_user_by_the_id_of_a_group_fails(scim):
    team = GroupFactory.create()

    (result,) = run(scim, delete(f"/Users/{id_of(team)}"))

    assert result["status"] == "404"


@pytest.mark.parametrize("version", [5, [], {}, True], ids=repr)
def test_a_version_of_an_operation_that_is_no_string_is_refused(scim, version):
    row = UserFactory.create()

    (result,) = run(scim, {**delete(path_of(row)), "version": version})

    assert result["status"] == "400"
    row.refresh_from_db()
    assert row.is_active


@pytest.mark.parametrize("version", ["", "x", 'W/"', '"', "é", '"nothing", "of it"'], ids=repr)
def test_an_operation_on_a_version_that_the_resource_never_had_is_refused(scim, version):
    row = UserFactory.create()

    (result,) = run(scim, {**delete(path_of(row)), "version": version})

    assert result["status"] == "412"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b'{"Operations": [}'])
def test_a_job_that_is_no_json_object_is_refused(scim, body):
    assert scim.post("/Bulk", body).status_code == 400


def test_a_bulk_id_of_any_text_comes_back(scim):
    for bulk_id in ("a b", 'a"b', "a/b", "bulkId:x", "é🚀", "x" * 10_000, "../../etc"):
        (result,) = run(
            scim, post("/Users", bulk_id, user(f"user{len(bulk_id)}{bulk_id[:3]}".replace("/", "")))
        )
        assert result["bulkId"] == bulk_id


# The history


def test_each_operation_is_an_event_with_the_same_request_id(scim):
    row = UserFactory.create()

    scim.request(
        "POST",
        "/Bulk",
        bulk(
            post("/Users", "x", user("new")),
            patch(path_of(row), replace("title", "Guide")),
            put(path_of(row), user("renamed")),
            delete(path_of(row)),
        ),
        **{"X-Request-ID": "7f3c"},
    )

    assert events() == [
        (Operation.CREATE, Outcome.SUCCESS, 201),
        (Operation.MODIFY, Outcome.SUCCESS, 200),
        (Operation.REPLACE, Outcome.SUCCESS, 200),
        (Operation.DELETE, Outcome.SUCCESS, 204),
    ]
    assert set(ProvisioningEvent.objects.values_list("request_id", flat=True)) == {"7f3c"}
    modified = ProvisioningEvent.objects.get(operation=Operation.MODIFY)
    assert modified.resource_type == "User"
    assert modified.resource_id == id_of(row)
    assert modified.changes == {"title": {"after": "Guide"}}
    assert modified.connection == scim.connection
    assert modified.token == scim.stored


def test_two_bulk_requests_have_two_request_ids(scim):
    for name in ("a", "b"):
        run(scim, post("/Users", "x", user(f"{name}1")), post("/Users", "y", user(f"{name}2")))

    identifiers = ProvisioningEvent.objects.order_by("pk").values_list("request_id", flat=True)
    first, second, third, fourth = identifiers
    assert first == second
    assert third == fourth
    assert first != third


def test_an_operation_that_is_refused_is_an_event_with_the_reason(scim):
    row = UserFactory.create(username="taken")

    scim.post(
        "/Bulk",
        bulk(
            post("/Users", "x", user("taken")),
            patch(path_of(row), replace("userName", "")),
            delete("/Groups/nobody"),
            {"method": "POST", "path": "/Users", "data": user("nameless")},
            put("/Planets/earth", {"displayName": "Earth"}),
            "no operation at all",
        ),
    )

    found = ProvisioningEvent.objects.order_by("pk")
    assert [(event.operation, event.outcome, event.status, event.scim_type) for event in found] == [
        ("create", "refused", 409, "uniqueness"),
        ("modify", "refused", 400, "mutability"),
        ("delete", "refused", 404, ""),
        ("create", "refused", 400, "invalidValue"),
        ("replace", "refused", 404, ""),
    ]
    assert [event.resource_type for event in found] == ["User", "User", "Group", "User", ""]
    assert [event.resource_id for event in found] == ["", id_of(row), "nobody", "", "earth"]
    assert [event.display for event in found] == ["taken", "", "", "nameless", "Earth"]
    assert len({event.request_id for event in found}) == 1


def test_the_events_of_operations_on_new_resources_have_their_ids(scim):
    results = run(scim, post("/Users", "x", user()), patch("/Users/bulkId:x", replace("title", "Guide")))

    found = ProvisioningEvent.objects.order_by("pk")
    assert [event.resource_id for event in found] == [id_in(result) for result in results]


# Who may


def test_a_token_that_may_read_may_not_send_bulk_jobs(connection):
    reader = ScimClient(connection, "read")

    assert_scim_error(reader.post("/Bulk", bulk(post("/Users", "x", user()))), 403)

    assert not User.objects.exists()
    assert not ProvisioningEvent.objects.exists()


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_bulk_jobs_are_posted_and_nothing_else(scim, method):
    assert_scim_error(scim.request(method, "/Bulk", bulk()), 405)


# Two at once


@pytest.mark.django_db(transaction=True)
def test_two_jobs_over_the_same_resources_in_opposite_orders_are_both_done(scim):
    scim.client.raise_request_exception = False
    rows, teams = UserFactory.create_batch(6), GroupFactory.create_batch(3)
    operations = [patch(path_of(row), replace("title", "{}")) for row in rows]
    operations += [patch(path_of(team), add("members", [member(row) for row in rows])) for team in teams]

    for title in ("Guide", "Senior Guide"):
        body = orjson.loads(orjson.dumps(operations).replace(b"{}", title.encode()))
        one, two = at_once(
            lambda: scim.post("/Bulk", bulk(*body)),  # noqa: B023 - the threads end here
            lambda: scim.post("/Bulk", bulk(*reversed(body))),  # noqa: B023
        )

        assert statuses(results_of(one)) == statuses(results_of(two)) == ["200"] * 9
    assert all(scim.get(path_of(row)).json()["title"] == "Senior Guide" for row in rows)
    assert all(set(team.user_set.all()) == set(rows) for team in teams)


@pytest.mark.django_db(transaction=True)
def test_two_jobs_that_create_the_same_users_create_each_user_once(scim):
    scim.client.raise_request_exception = False
    operations = [post("/Users", f"x{number}", user(f"x{number}")) for number in range(6)]

    one, two = at_once(
        lambda: scim.post("/Bulk", bulk(*operations)),
        lambda: scim.post("/Bulk", bulk(*reversed(operations))),
    )

    pairs = zip(statuses(results_of(one)), reversed(statuses(results_of(two))), strict=True)
    assert all(sorted(pair) == ["201", "409"] for pair in pairs)
    assert User.objects.count() == 6


@pytest.mark.django_db(transaction=True)
def test_two_jobs_that_create_the_same_circle_make_it_once(scim):
    scim.client.raise_request_exception = False
    circle = [post("/Users", n, managed_user(n, f"bulkId:{m}")) for n, m in ("ab", "bc", "ca")]

    for _ in range(3):
        User.objects.all().delete()
        one, two = at_once(
            lambda: scim.post("/Bulk", bulk(*circle)),
            lambda: scim.post("/Bulk", bulk(*reversed(circle))),
        )

        found = sorted([set(statuses(results_of(one))), set(statuses(results_of(two)))], key=len)
        assert found in ([{"201"}, {"409"}], [{"409"}, {"201"}])
        assert User.objects.count() == 3
