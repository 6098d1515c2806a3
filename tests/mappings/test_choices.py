"""``Choices``: names for what a column holds, which read, write, filter and sort all know."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks

from django_scim.mappings import Choices, Column, Convert, DefaultValue, PrimaryValue, Rows
from tests.hosts.small.models import Worker
from tests.mappings.workers import attribute, found, names, refusal, serve
from tests.representations import path_of, user

KINDS = Choices({"Employee": "e", "Contractor": "C", "Intern": "i"})


@pytest.fixture
def kinds(settings):
    """Serve workers whose userType is one letter."""
    serve(settings, userType=Column("kind", convert=KINDS))


@pytest.fixture
def workers(db):
    """One of each kind, one of none, and one of a kind that has no name."""
    for name, kind in [
        ("anna", "e"),
        ("bert", "C"),
        ("cleo", "i"),
        ("dora", ""),
        ("emil", "x"),
        ("fred", "E"),
    ]:
        Worker.objects.create(username=name, kind=kind)


def test_a_name_goes_in_and_comes_out_and_the_column_has_what_it_stands_for(scim, kinds):
    created = scim.post("/Users", user("anna", userType="Employee")).json()
    worker = Worker.objects.get()
    assert (created["userType"], worker.kind) == ("Employee", "e")

    scim.patch(path_of(worker), {"op": "replace", "path": "userType", "value": "contractor"})
    worker.refresh_from_db()
    assert worker.kind == "C"

    assert scim.put(path_of(worker), user("anna", userType="Intern")).json()["userType"] == "Intern"
    worker.refresh_from_db()
    assert worker.kind == "i"

    assert "userType" not in scim.put(path_of(worker), user("anna")).json()
    worker.refresh_from_db()
    assert worker.kind == ""


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_name_that_is_not_there_is_refused_by_the_name_of_the_attribute(scim, kinds, method):
    path = path_of(Worker.objects.create(username="anna"))
    if method == "POST":
        response = scim.post("/Users", user("bert", userType="Boss"))
    elif method == "PUT":
        response = scim.put(path, user("anna", userType="Boss"))
    else:
        response = scim.patch(path, {"op": "add", "path": "userType", "value": "Boss"})

    detail = "userType (column kind): 'Boss' is none of: Employee, Contractor, Intern"
    assert refusal(response) == (400, "invalidValue", detail)


def test_a_stored_value_without_a_name_is_not_told_and_not_touched(scim, kinds):
    worker = Worker.objects.create(username="emil", kind="x")

    assert "userType" not in scim.get(path_of(worker)).json()
    assert scim.put(path_of(worker), user("emil")).status_code == 200
    worker.refresh_from_db()
    assert worker.kind == "x"


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('userType eq "employee"', ["anna"]),
        ('userType eq "e"', []),
        ('userType ne "Employee"', ["bert", "cleo", "dora", "emil", "fred"]),
        ('userType co "NT"', ["bert", "cleo"]),
        ('userType sw "con"', ["bert"]),
        ('userType ew "e"', ["anna"]),
        ('userType gt "Employee"', ["cleo"]),
        ('userType le "Employee"', ["anna", "bert"]),
        ("userType pr", ["anna", "bert", "cleo"]),
        ("not (userType pr)", ["dora", "emil", "fred"]),
        ("userType eq null", ["dora", "emil", "fred"]),
        ('not (userType co "t")', ["anna", "dora", "emil", "fred"]),
    ],
)
def test_a_filter_is_of_the_names(scim, kinds, workers, condition, expected):
    assert found(scim, condition) == expected


def test_a_sort_is_by_the_names_and_what_has_none_comes_last(scim, kinds, workers):
    ascending = names(scim, sortBy="userType")
    assert ascending[:3] == ["bert", "anna", "cleo"]
    assert set(ascending[3:]) == {"dora", "emil", "fred"}
    assert names(scim, sortBy="userType", sortOrder="descending")[3:] == ["cleo", "anna", "bert"]


def test_pages_by_cursor_follow_the_order_of_the_names(scim, kinds, workers):
    seen, query = [], {"sortBy": "userType", "count": "2", "cursor": ""}
    while True:
        page = scim.get("/Users", query).json()
        seen += [resource["userName"] for resource in page["Resources"]]
        if "nextCursor" not in page:
            break
        query["cursor"] = page["nextCursor"]

    assert seen == names(scim, sortBy="userType")


def test_the_schema_has_the_names(scim, kinds):
    assert attribute(scim, "userType")["canonicalValues"] == ["Employee", "Contractor", "Intern"]


def test_names_may_be_truth_values_and_stand_for_several_stored_ones(scim, settings):
    status = Choices({True: "active", False: ("left", "locked")})
    serve(settings, active=Column("status", convert=status))
    locked = Worker.objects.create(username="anna", status="locked")
    here = Worker.objects.create(username="bert")

    assert scim.get(path_of(locked)).json()["active"] is False
    assert found(scim, "active eq false") == ["anna"]
    assert found(scim, "active eq true") == ["bert"]
    scim.put(path_of(locked), user("anna", active=False))
    scim.delete(path_of(here))
    locked.refresh_from_db()
    here.refresh_from_db()
    assert (locked.status, here.status) == ("locked", "left")
    assert run_checks(tags=["django_scim"]) == []


def test_a_column_of_numbers_has_names_too(scim, settings):
    serve(settings, userType=Column("grade", convert=Choices({"Junior": 1, "Senior": 2})))
    scim.post("/Users", user("anna", userType="Senior"))
    scim.post("/Users", user("bert", userType="Junior"))

    assert Worker.objects.get(username="anna").grade == 2
    assert found(scim, 'userType sw "sen"') == ["anna"]
    assert names(scim, sortBy="userType") == ["bert", "anna"]


@pytest.mark.parametrize("mapping", [PrimaryValue, DefaultValue])
def test_the_value_of_a_list_may_be_a_name(scim, settings, mapping):
    serve(settings, roles=mapping("kind", convert=KINDS))
    anna = Worker.objects.create(username="anna", kind="e")
    Worker.objects.create(username="bert", kind="C")

    assert scim.get(path_of(anna)).json()["roles"] == [{"value": "Employee", "primary": True}]
    assert found(scim, 'roles.value eq "employee"') == ["anna"]
    assert found(scim, 'roles[value sw "con" and primary eq true]') == ["bert"]
    assert names(scim, sortBy="roles.value") == ["bert", "anna"]


def test_a_primary_value_is_written_as_what_it_stands_for(scim, settings):
    serve(settings, roles=PrimaryValue("kind", convert=KINDS))
    roles = [{"value": "Intern", "primary": True}, {"value": "Guide"}]

    assert scim.post("/Users", user("anna", roles=roles)).json()["roles"] == roles
    assert Worker.objects.get().kind == "i"
    response = scim.post("/Users", user("bert", roles=[{"value": "Boss"}]))
    assert refusal(response)[:2] == (400, "invalidValue")


def test_a_column_of_rows_may_hold_names(scim, settings):
    kinds = Choices({"work": "W", "home": "H"})
    serve(settings, phoneNumbers=Rows("telephones", value="number", type="kind", convert={"type": kinds}))
    numbers = [{"value": "1", "type": "work"}, {"value": "2", "type": "home"}]
    scim.post("/Users", user("anna", phoneNumbers=numbers))
    scim.post("/Users", user("bert", phoneNumbers=numbers[1:]))
    anna = Worker.objects.get(username="anna")

    assert [phone.kind for phone in anna.telephones.all()] == ["W", "H"]
    assert scim.get(path_of(anna)).json()["phoneNumbers"] == numbers
    assert found(scim, 'phoneNumbers[type eq "WORK" and value eq "1"]') == ["anna"]
    assert found(scim, 'phoneNumbers.type ne "work"') == ["bert"]
    response = scim.patch(
        path_of(anna), {"op": "add", "path": 'phoneNumbers[value eq "1"].type', "value": "x"}
    )
    assert refusal(response) == (
        400,
        "invalidValue",
        "phoneNumbers.type (column kind): 'x' is none of: work, home",
    )


def test_a_part_without_a_column_goes_with_the_value_as_the_row_has_it(scim, settings):
    digits = Convert(read=str, write=lambda text: text.replace("-", ""))
    serve(settings, phoneNumbers=Rows("telephones", value="number", convert={"value": digits}))
    scim.post("/Users", user("anna", phoneNumbers=[{"value": "5-5-5", "display": "Desk"}]))
    anna = Worker.objects.get()

    assert scim.get(path_of(anna)).json()["phoneNumbers"] == [{"value": "555", "display": "Desk"}]
    answer = scim.get("/Users", {"filter": 'phoneNumbers.display eq "desk"'})
    assert refusal(answer)[:2] == (400, "invalidFilter")
    assert found(scim, "phoneNumbers pr") == ["anna"]
    assert scim.get("/Users", {"sortBy": "phoneNumbers.display"}).status_code == 400


def test_a_part_without_a_column_goes_with_a_value_that_the_column_names_otherwise(scim, settings):
    kinds = Choices({"work": "W", "home": "H"})
    rows = Rows("telephones", match="type", value="number", type="kind", convert={"type": kinds})
    serve(settings, phoneNumbers=rows)
    numbers = [{"value": "1", "type": "work"}, {"value": "2", "type": "home", "display": "Babs"}]
    scim.post("/Users", user("anna", phoneNumbers=numbers))

    assert scim.get(path_of(Worker.objects.get())).json()["phoneNumbers"] == numbers
    assert found(scim, 'phoneNumbers[value eq "2" and display eq "babs"]') == ["anna"]
    assert found(scim, 'phoneNumbers[value eq "1" and display eq "babs"]') == []


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        (Column("kind", convert=Choices({"A": "a", "B": "a"})), "'a' has two names"),
        (Column("kind", convert=Choices({"A": "a", "a": "b"})), "'a' is there twice in another spelling"),
        (Column("kind", convert=Choices({"A": ""})), "an empty column has no value, so 'A' cannot be ''"),
        (Column("grade", convert=Choices({"A": "x"})), "the column cannot hold 'x'"),
        (Column("kind", convert=Choices({1: "x"})), "1 is no value of the attribute"),
        (Column("site_language", convert=Choices({"A": "x"})), "'x' is none of the choices of the column"),
        (Column("kind", convert={"A": "x"}), "{'A': 'x'} is no instance of Choices, Convert or Locale"),  # type: ignore[arg-type]
    ],
)
def test_a_system_check_reports_names_that_cannot_be(settings, mapping, reason):
    serve(settings, userType=mapping)
    (message,) = [message for message in run_checks(tags=["django_scim"]) if message.id == "django_scim.E012"]

    assert message.msg.endswith(f", and converts it wrongly: {reason}.")
    assert "'userType'" in message.msg


@pytest.mark.parametrize(
    ("sub", "reason"),
    [("display", "'display' has no column"), ("primary", "'primary' needs a column of its own")],
)
def test_a_system_check_reports_what_rows_cannot_convert(settings, sub, reason):
    rows = Rows("telephones", value="number", convert={sub: Choices({True: "p"})})
    serve(settings, phoneNumbers=rows)
    (message,) = [message for message in run_checks(tags=["django_scim"]) if message.id == "django_scim.E012"]

    assert message.msg.endswith(f"{reason}.")
