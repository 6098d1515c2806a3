"""What the project and its database refuse is an error with the project's text, and nothing is written."""

from __future__ import annotations

from functools import partial

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection as database
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save

from django_scim.mappings import Rows
from django_scim.models import Outcome, ProvisioningEvent
from django_scim.schema import ENTERPRISE
from tests.assertions import assert_scim_error
from tests.factories import GroupFactory, UserFactory, managed
from tests.hosts.small.models import Flight, Person, Pilot, Telephone, Worker
from tests.messages import BULK_REQUEST
from tests.operations.bulk_operations import delete, patch, post, put
from tests.operations.patch_operations import add, replace
from tests.operations.responses import last_event, stored
from tests.representations import group, member, path_of, user

pytestmark = pytest.mark.django_db

REFUSALS = {
    "a value": (ValidationError("not on a Sunday"), 400, "invalidValue", "not on a Sunday"),
    "a value of a column": (
        ValidationError({"username": "no such person"}),
        400,
        "invalidValue",
        "userName (column username): no such person",
    ),
    "a value of a column that nothing maps": (
        ValidationError({"badge": "too old"}),
        400,
        "invalidValue",
        "column badge: too old",
    ),
    "several values": (
        ValidationError({"username": "taken", "first_name": ["too short", "too plain"]}),
        400,
        "invalidValue",
        "userName (column username): taken; name.givenName (column first_name): too short too plain",
    ),
    "a value that another row has": (
        ValidationError({"email": ValidationError("there is one already", code="unique")}),
        409,
        "uniqueness",
        "emails (column email): there is one already",
    ),
    "values that another row has together": (
        ValidationError("there is one already", code="unique_together"),
        409,
        "uniqueness",
        "there is one already",
    ),
    "a value, and one that another row has": (
        ValidationError([ValidationError("taken", code="unique"), ValidationError("wrong", code="invalid")]),
        400,
        "invalidValue",
        "taken wrong",
    ),
    "the write": (PermissionDenied("only on weekdays"), 403, None, "only on weekdays"),
    "the write, without a word": (PermissionDenied(), 403, None, "the project does not allow this"),
}


SAME = "the project has another row with a value that it takes for the same"


@pytest.fixture
def on():
    """Connect receivers of the project."""
    connected = []

    def connect(signal, sender, exception):
        def refuse(**kwargs):
            raise exception

        signal.connect(refuse, sender=sender, weak=False)
        connected.append(partial(signal.disconnect, refuse, sender=sender))

    yield connect
    for disconnect in connected:
        disconnect()


@pytest.fixture
def pilots(settings):
    """A project whose database watches its columns; a deleted pilot's row is deleted."""
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            "User": {
                "model": "small.Pilot",
                "delete": "hard",
                "attributes": {
                    "title": "licence",
                    "nickName": "callsign",
                    f"{ENTERPRISE}:division": "base",
                    f"{ENTERPRISE}:employeeNumber": "number",
                },
            },
            "Group": None,
        }
    }


def pilot(name, **attributes):
    """Return the body of a pilot; ``base`` and ``number`` are in the extension."""
    enterprise = {
        name: attributes.pop(key)
        for key, name in (("base", "division"), ("number", "employeeNumber"))
        if key in attributes
    }
    return user(name, **attributes, **({ENTERPRISE: enterprise} if enterprise else {}))


# The project's own code


@pytest.fixture
def full_clean():
    """Let the project clean each account before it is saved, as many ``save()`` methods do."""

    def clean(instance, **kwargs):
        instance.full_clean()

    pre_save.connect(clean, sender=User)
    yield
    pre_save.disconnect(clean, sender=User)


def test_what_full_clean_refuses_is_an_error_with_its_text_and_the_name_of_the_attribute(scim, full_clean):
    UserFactory.create(username="taken", password="!")
    row = managed(scim.connection, UserFactory.create(password="!"))
    before = stored()

    for response in (
        scim.post("/Users", user("not a name!")),
        scim.put(path_of(row), user("not a name!")),
        scim.patch(path_of(row), replace("userName", "not a name!")),
    ):
        assert_scim_error(response, 400, "invalidValue")
        assert response.json()["detail"].startswith("userName (column username): Enter a valid username")
    assert_scim_error(scim.patch(path_of(row), replace("userName", "taken")), 409, "uniqueness")
    assert stored() == before
    assert scim.post("/Users", user("a-name")).status_code == 201


@pytest.mark.parametrize("signal", [pre_save, post_save], ids=["before", "after"])
@pytest.mark.parametrize(("exception", "status", "kind", "detail"), REFUSALS.values(), ids=REFUSALS)
def test_what_the_project_refuses_while_it_saves_is_an_error_with_its_text(
    scim, on, signal, exception, status, kind, detail
):
    row = UserFactory.create()
    on(signal, User, exception)
    before = stored()

    for response in (
        scim.post("/Users", user("new")),
        scim.put(path_of(row), user("other")),
        scim.patch(path_of(row), replace("name.givenName", "Babs"), replace("title", "Guide")),
        scim.delete(path_of(row)),
    ):
        assert_scim_error(response, status, kind)
        assert response.json()["detail"] == detail
    assert stored() == before
    assert {event.outcome for event in ProvisioningEvent.objects.all()} == {Outcome.REFUSED}
    assert last_event().detail == detail


def test_a_member_that_the_project_refuses_is_an_error_with_its_text(scim, on):
    row, joins = GroupFactory.create(), UserFactory.create()
    on(m2m_changed, User.groups.through, ValidationError("the team is full"))
    before = stored()

    for response in (
        scim.patch(path_of(row), add("members", [member(joins)])),
        scim.put(path_of(row), group("Guides", members=[member(joins)])),
        scim.post("/Groups", group("New", members=[member(joins)])),
    ):
        assert_scim_error(response, 400, "invalidValue")
        assert response.json()["detail"] == "the team is full"
    assert stored() == before


def test_a_value_that_a_row_of_its_own_cannot_have_is_named_by_its_attribute(scim, settings, on):
    numbers = Rows("telephones", value="number")
    attributes = {"phoneNumbers": numbers, "title": "badge"}
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"model": "small.Worker", "attributes": attributes}, "Group": None}
    }
    on(pre_save, Telephone, ValidationError({"number": "out of order"}))

    response = scim.post("/Users", user("bjensen", phoneNumbers=[{"value": "tel:112"}]))

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"] == "phoneNumbers (column number): out of order"
    assert not Worker.objects.exists()


LONG = "x" * 60

BESIDE = {
    "a number that is none": (
        {ENTERPRISE: {"costCenter": "abc"}},
        f"{ENTERPRISE}:costCenter (column number): \u201cabc\u201d value must be an integer.",
    ),
    "text of a row of its own": (
        {"title": LONG},
        "title (column title): Ensure this value has at most 20 characters (it has 60).",
    ),
    "text of a row that others share": (
        {ENTERPRISE: {"department": LONG}},
        f"{ENTERPRISE}:department (column name): Ensure this value has at most 50 characters (it has 60).",
    ),
    "text of the row's own": (
        {"name": {"familyName": LONG}},
        "name.familyName (column surname): Ensure this value has at most 50 characters (it has 60).",
    ),
    "text of a row to which the key leads": (
        {"nickName": LONG},
        "nickName (column place): Ensure this value has at most 50 characters (it has 60).",
    ),
    "a name that somebody has": (
        {"userName": "Taken"},
        "another resource has the same userName (column login)",
    ),
}


@pytest.mark.parametrize(("attributes", "detail"), BESIDE.values(), ids=BESIDE)
def test_a_value_that_a_column_refuses_is_named_by_the_attribute_and_the_column(
    scim, settings, attributes, detail
):
    attributes_of_person = {
        "title": "profile__title",
        "nickName": "desk__place",
        f"{ENTERPRISE}:department": "profile__department__name",
        f"{ENTERPRISE}:costCenter": "profile__number",
    }
    options = {"model": "small.Person", "attributes": attributes_of_person}
    settings.DJANGO_SCIM = {"RESOURCES": {"User": options, "Group": None}}
    row, _ = (Person.objects.create(login=login) for login in ("bjensen", "taken"))
    body = {**user("new"), **attributes}
    changed = {name: value for name, value in {**user("bjensen"), **attributes}.items() if name != "schemas"}

    for response in (
        scim.post("/Users", body),
        scim.put(path_of(row), {**user("bjensen"), **attributes}),
        scim.patch(path_of(row), replace(None, changed)),
    ):
        assert response.status_code in (400, 409)
        assert response.json()["detail"] == detail


@pytest.mark.parametrize(
    ("number", "detail"),
    [
        (
            {"value": "1" * 30},
            "phoneNumbers (column number): Ensure this value has at most 20 characters (it has 30).",
        ),
        (
            {"value": "1" * 30, "type": "work"},
            "phoneNumbers (column number): Ensure this value has at most 20 characters (it has 30).; "
            "phoneNumbers (column kind): Ensure this value has at most 1 character (it has 4).",
        ),
    ],
    ids=["one column", "two columns"],
)
def test_a_value_that_a_row_beside_refuses_is_named_by_the_attribute_and_the_column(
    scim, settings, number, detail
):
    numbers = Rows("telephones", value="number", type="kind")
    settings.DJANGO_SCIM = {
        "RESOURCES": {
            "User": {"model": "small.Worker", "attributes": {"phoneNumbers": numbers}},
            "Group": None,
        }
    }
    row = Worker.objects.create(username="bjensen")

    for response in (
        scim.post("/Users", user("new", phoneNumbers=[number])),
        scim.put(path_of(row), user("bjensen", phoneNumbers=[number])),
        scim.patch(path_of(row), add("phoneNumbers", [number])),
    ):
        assert_scim_error(response, 400, "invalidValue")
        assert response.json()["detail"] == detail


def test_a_deletion_that_the_project_refuses_is_an_error_with_its_text(scim, settings, on):
    settings.DJANGO_SCIM = {"RESOURCES": {"Group": {"delete": "hard"}}}
    row = GroupFactory.create()
    on(pre_delete, Group, PermissionDenied("groups are for ever"))

    response = scim.delete(path_of(row))

    assert_scim_error(response, 403)
    assert response.json()["detail"] == "groups are for ever"
    assert Group.objects.exists()


def test_the_operations_of_a_bulk_job_have_the_texts_of_the_project(scim, on):
    row = UserFactory.create()
    on(pre_save, User, ValidationError({"username": "no such person"}))
    operations = [
        post("/Users", "1", user("new")),
        put(path_of(row), user("other")),
        patch(path_of(row), replace("name.givenName", "Babs")),
        delete(path_of(row)),
    ]

    response = scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations})

    answers = [result["response"] for result in response.json()["Operations"]]
    assert {answer["status"] for answer in answers} == {"400"}
    assert {answer["detail"] for answer in answers} == {"userName (column username): no such person"}


def test_resources_that_are_made_together_have_the_texts_of_the_project(scim, on):
    on(pre_save, Group, PermissionDenied("no groups any more"))
    operations = [
        post("/Groups", "1", group("One", members=[{"value": "bulkId:2", "type": "Group"}])),
        post("/Groups", "2", group("Two", members=[{"value": "bulkId:1", "type": "Group"}])),
    ]

    response = scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations})

    details = [result["response"]["detail"] for result in response.json()["Operations"]]
    assert "no groups any more" in details


# Constraints of the database


@pytest.mark.parametrize(
    ("attributes", "status", "kind", "detail"),
    [
        ({"title": "forged"}, 400, "invalidValue", "This licence is not genuine."),
        (
            {"base": "Moon"},
            400,
            "invalidValue",
            f"{ENTERPRISE}:division (column base): the project does not allow this value",
        ),
        (
            {"base": "Oslo", "number": "7"},
            409,
            "uniqueness",
            "Somebody else has this number at the base.",
        ),
    ],
    ids=["check with a text", "check", "unique with a text"],
)
def test_a_constraint_of_the_database_is_an_error_with_its_text(
    scim, pilots, attributes, status, kind, detail
):
    row = Pilot.objects.create(username="iceman")
    Pilot.objects.create(username="maverick", callsign="Maverick", base="Oslo", number=7)
    before = list(Pilot.objects.order_by("pk").values())
    operations = [replace(None, {k: v for k, v in pilot("goose", **attributes).items() if k != "schemas"})]

    for response in (
        scim.post("/Users", pilot("goose", **attributes)),
        scim.put(path_of(row), pilot("goose", **attributes)),
        scim.patch(path_of(row), *operations),
    ):
        assert_scim_error(response, status, kind)
        assert response.json()["detail"] == detail
    assert list(Pilot.objects.order_by("pk").values()) == before


def test_a_unique_column_that_the_project_fills_itself_is_named(scim, pilots):
    Pilot.objects.create(username="maverick", slug="pilot")

    def fill(instance, **kwargs):
        instance.slug = "pilot"

    pre_save.connect(fill, sender=Pilot)
    try:
        response = scim.post("/Users", pilot("goose"))
    finally:
        pre_save.disconnect(fill, sender=Pilot)

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"] == f"column slug: {SAME}"


def test_a_unique_column_that_no_attribute_holds_is_refused_by_the_project_as_by_its_database(scim, on):
    on(pre_save, User, ValidationError({"slug": ValidationError("there is one already", code="unique")}))

    response = scim.post("/Users", user("new"))

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"] == "column slug: there is one already"


@pytest.mark.skipif(database.vendor != "mysql", reason="the other databases compare by code point")
@pytest.mark.parametrize(
    ("taken", "sent"),
    [("ada", "\u00e1da"), ("a\U0001f680", "a\U0001f6f8"), ("resume", "r\u00e9sum\u00e9")],
    ids=["accent", "emoji", "accents"],
)
def test_a_value_that_a_coarser_collation_takes_for_another_is_no_conflict(scim, pilots, taken, sent):
    Pilot.objects.create(username=taken, callsign=taken)
    row = Pilot.objects.create(username="iceman")

    for response, name in (
        (scim.post("/Users", user(sent)), "userName (column username)"),
        (scim.post("/Users", user("goose", nickName=sent)), "nickName (column callsign)"),
        (scim.put(path_of(row), user(sent)), "userName (column username)"),
        (scim.patch(path_of(row), replace("nickName", sent)), "nickName (column callsign)"),
    ):
        assert_scim_error(response, 400, "invalidValue")
        assert response.json()["detail"] == f"{name}: {SAME}"
    assert not scim.get("/Users", {"filter": f'userName eq "{sent}"'}).json()["totalResults"]


def test_a_column_that_has_to_have_a_value_is_named(scim, settings):
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"model": "small.Citizen"}, "Group": None}}

    response = scim.post("/Users", user("bjensen"))

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"] == "column birthday: a value is required"


@pytest.mark.django_db(transaction=True)
def test_a_trigger_of_the_project_is_an_error_with_its_text(scim):
    row = UserFactory.create(first_name="Barbara")
    with database.cursor() as cursor:
        for statement in TRIGGERS[database.vendor]:
            cursor.execute(statement)
    try:
        response = scim.patch(path_of(row), replace("name.givenName", "Babs"))
    finally:
        with database.cursor() as cursor:
            cursor.execute(DROP[database.vendor])

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"] == "names are for ever"


TRIGGERS = {
    "sqlite": [
        "CREATE TRIGGER keep_names BEFORE UPDATE OF first_name ON auth_user "
        "BEGIN SELECT RAISE(ABORT, 'names are for ever'); END"
    ],
    "mysql": [
        "CREATE TRIGGER keep_names BEFORE UPDATE ON auth_user FOR EACH ROW "
        "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'names are for ever'"
    ],
    "postgresql": [
        "CREATE FUNCTION keep_names() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'names are for ever'; END $$",
        "CREATE TRIGGER keep_names BEFORE UPDATE ON auth_user FOR EACH ROW EXECUTE FUNCTION keep_names()",
    ],
}

DROP = {
    "sqlite": "DROP TRIGGER keep_names",
    "mysql": "DROP TRIGGER keep_names",
    "postgresql": "DROP FUNCTION keep_names CASCADE",
}


# Rows that refer to the resource


@pytest.mark.parametrize("relation", ["pilot", "copilot"], ids=["protected", "restricted"])
def test_a_row_that_others_refer_to_names_their_kind_and_nothing_of_them(scim, pilots, relation):
    other, row = (Pilot.objects.create(username=name) for name in ("maverick", "goose"))
    Flight.objects.create(**{"pilot": other, "copilot": None, relation: row})

    response = scim.delete(path_of(row))

    assert_scim_error(response, 409)
    assert response.json()["detail"] == "other rows of the project refer to the resource: logged flights"
    assert Pilot.objects.count() == 2
