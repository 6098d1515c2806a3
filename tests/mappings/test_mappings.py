"""Mappings to the tables beside that of the resource, driven by requests.

The model is ``Person``; ``PersonAdapter`` maps the title, the phone and the number to its profile (one-to-one
from the other side), the locale to its desk (one-to-one from its own), the division to a department (foreign
key), the department to the department of its profile (foreign key behind one-to-one), and the manager to
another person.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.hosts.small.models import Department, Desk, Person, Profile
from tests.representations import ENTERPRISE, id_of, path_of, user

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def people(settings):
    """Serve people."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}}


@pytest.fixture
def bjensen(db):
    """A person that the project has made, without anything beside its row."""
    return Person.objects.create(login="bjensen", surname="Jensen")


def replace(path: str, value: Any) -> dict[str, Any]:
    """Return the PATCH operation that sets an attribute."""
    return {"op": "replace", "path": path, "value": value}


def found(scim: Any, condition: str) -> list[str]:
    """Return the user names that a filter finds."""
    response = scim.get("/Users", {"filter": condition, "sortBy": "userName"})
    assert response.status_code == 200, response.json()
    return [resource["userName"] for resource in response.json()["Resources"]]


# One-to-one, from the other side


def test_a_row_beside_the_resource_is_made_when_there_is_a_value_for_it(scim):
    created = scim.post(
        "/Users", user("bjensen", title="Tour Guide", **{ENTERPRISE: {"employeeNumber": "701"}})
    )

    assert created.status_code == 201
    profile = Profile.objects.get()
    assert (profile.person.login, profile.title, profile.number) == ("bjensen", "Tour Guide", 701)
    assert created.json()["title"] == "Tour Guide"
    assert created.json()[ENTERPRISE]["employeeNumber"] == "701"


def test_no_row_is_made_beside_a_resource_that_has_no_value_for_it(scim):
    scim.post("/Users", user("bjensen"))

    assert not Profile.objects.exists()
    assert not Desk.objects.exists()


def test_a_resource_without_the_row_beside_it_has_no_value(scim, bjensen):
    document = scim.get(path_of(bjensen)).json()

    assert "title" not in document
    assert ENTERPRISE not in document
    assert found(scim, "title pr") == []
    assert found(scim, 'title ne "Tour Guide"') == ["bjensen"]
    assert found(scim, "not (title pr)") == ["bjensen"]


def test_a_row_beside_the_resource_is_changed_and_not_made_twice(scim, bjensen):
    profile = Profile.objects.create(person=bjensen, title="Guide", number=701)
    response = scim.patch(path_of(bjensen), replace("title", "Head Guide"))

    assert response.json()["title"] == "Head Guide"
    profile.refresh_from_db()
    assert (profile.title, profile.number) == ("Head Guide", 701)
    assert Profile.objects.count() == 1


def test_several_attributes_of_one_row_beside_the_resource_are_written_at_once(scim, bjensen):
    scim.patch(
        path_of(bjensen),
        replace("title", "Guide"),
        replace(f"{ENTERPRISE}:employeeNumber", "701"),
        replace(f"{ENTERPRISE}:department", "Tours"),
    )

    profile = Profile.objects.get()
    assert (profile.title, profile.number, str(profile.department)) == ("Guide", 701, "Tours")


@pytest.mark.parametrize("operation", [{"op": "remove", "path": "title"}, replace("title", None)])
def test_clearing_the_value_of_a_row_beside_the_resource_keeps_the_row(scim, bjensen, operation):
    Profile.objects.create(person=bjensen, title="Guide", number=701)
    response = scim.patch(path_of(bjensen), operation)

    assert response.status_code == 200
    assert "title" not in response.json()
    profile = Profile.objects.get()
    assert (profile.title, profile.number) == ("", 701)


def test_a_put_clears_columns_beside_the_resource_that_it_leaves_out(scim, bjensen):
    Profile.objects.create(
        person=bjensen, title="Guide", number=701, department=Department.objects.create(name="Tours")
    )
    document = scim.put(path_of(bjensen), user("bjensen")).json()

    profile = Profile.objects.get()
    assert (profile.title, profile.number, profile.department) == ("", None, None)
    assert "title" not in document
    assert ENTERPRISE not in document


def test_columns_beside_the_resource_are_filtered_and_sorted(scim):
    for login, title, number in [("a", "Guide", 3), ("b", "driver", 20), ("c", "Cook", None)]:
        person = Person.objects.create(login=login)
        Profile.objects.create(person=person, title=title, number=number)
    Person.objects.create(login="d")

    assert found(scim, 'title eq "DRIVER"') == ["b"]
    assert found(scim, f'{ENTERPRISE}:employeeNumber eq "20"') == ["b"]
    assert found(scim, f"{ENTERPRISE}:employeeNumber pr") == ["a", "b"]
    ordered = scim.get("/Users", {"sortBy": "title"}).json()["Resources"]
    assert [resource["userName"] for resource in ordered] == ["c", "b", "a", "d"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("title", "x" * 21),
        (f"{ENTERPRISE}:employeeNumber", "seven"),
        (f"{ENTERPRISE}:employeeNumber", "9" * 30),
    ],
    ids=["too long", "no number", "too large"],
)
def test_a_value_that_the_column_beside_cannot_hold_is_refused_whole(scim, bjensen, path, value):
    response = scim.patch(path_of(bjensen), replace("active", False), replace(path, value))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    bjensen.refresh_from_db()
    assert bjensen.is_active
    assert not Profile.objects.exists()


def test_a_page_of_people_takes_the_same_queries_however_many_there_are(scim, django_assert_max_num_queries):
    def make(number: int) -> None:
        manager = Person.objects.first()
        person = Person.objects.create(login=f"user{number:03}", desk=Desk.objects.create(place="en-GB"))
        department = Department.objects.create(name=f"Department {number}")
        Profile.objects.create(person=person, title="Guide", department=department, manager=manager)

    make(1)
    scim.get("/Users")
    with django_assert_max_num_queries(50) as few:
        scim.get("/Users")
    for number in range(2, 12):
        make(number)
    with django_assert_max_num_queries(50) as many:
        assert scim.get("/Users").json()["totalResults"] == 11
    # The one person had no manager to be looked up.
    assert len(many) <= len(few) + 1


# One-to-one, from the row itself


def test_a_row_that_the_resource_has_the_key_of_is_made_and_changed(scim):
    created = scim.post("/Users", user("bjensen", locale="en-US")).json()
    assert Person.objects.get().desk == Desk.objects.get(place="en-US")

    scim.patch(f"/Users/{created['id']}", replace("locale", "de-DE"))
    assert [desk.place for desk in Desk.objects.all()] == ["de-DE"]
    assert Person.objects.get().desk == Desk.objects.get()


# Foreign key


def test_a_foreign_key_is_pointed_at_the_row_that_has_the_value(scim, bjensen):
    tours, sales = Department.objects.create(name="Tours"), Department.objects.create(name="Sales")
    Profile.objects.create(person=bjensen, department=tours)
    response = scim.patch(path_of(bjensen), replace(f"{ENTERPRISE}:department", "Sales"))

    assert response.json()[ENTERPRISE]["department"] == "Sales"
    assert Profile.objects.get().department == sales


def test_a_shared_row_is_never_renamed(scim, bjensen):
    tours = Department.objects.create(name="Tours")
    other = Person.objects.create(login="jsmith", home=tours)
    bjensen.home = tours
    bjensen.save()
    scim.patch(path_of(bjensen), replace(f"{ENTERPRISE}:division", "Excursions"))

    tours.refresh_from_db()
    other.refresh_from_db()
    assert tours.name == "Tours"
    assert other.home == tours


def test_a_shared_row_is_made_if_there_is_none_with_the_value(scim):
    scim.post("/Users", user("bjensen", **{ENTERPRISE: {"department": "Tours", "division": "Tours"}}))

    assert [department.name for department in Department.objects.all()] == ["Tours"]
    assert Person.objects.get().home == Department.objects.get() == Profile.objects.get().department


def test_the_oldest_of_several_shared_rows_with_the_value_is_taken(scim, bjensen):
    """Nothing keeps a project from having two departments of one name."""
    first = Department.objects.create(name="Tours")
    Department.objects.create(name="Tours")
    response = scim.patch(path_of(bjensen), replace(f"{ENTERPRISE}:department", "Tours"))

    assert response.status_code == 200
    assert Profile.objects.get().department == first
    assert Department.objects.count() == 2


@pytest.mark.parametrize("operation", [{"op": "remove", "path": f"{ENTERPRISE}:department"}])
def test_clearing_the_value_of_a_shared_row_clears_the_key_and_keeps_the_row(scim, bjensen, operation):
    Profile.objects.create(person=bjensen, department=Department.objects.create(name="Tours"))
    response = scim.patch(path_of(bjensen), operation)

    assert ENTERPRISE not in response.json()
    assert Profile.objects.get().department is None
    assert Department.objects.count() == 1


@pytest.mark.parametrize("attribute", ["department", "division"])
def test_a_shared_row_that_could_not_hold_the_value_is_not_made(scim, bjensen, attribute):
    response = scim.patch(path_of(bjensen), replace(f"{ENTERPRISE}:{attribute}", "x" * 51))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert not Department.objects.exists()


def test_columns_behind_a_foreign_key_are_filtered(scim):
    tours = Department.objects.create(name="Tours")
    Profile.objects.create(person=Person.objects.create(login="a"), department=tours)
    Profile.objects.create(person=Person.objects.create(login="b"))
    Person.objects.create(login="c", home=tours)

    assert found(scim, f'{ENTERPRISE}:department eq "tours"') == ["a"]
    assert found(scim, f'{ENTERPRISE}:department ne "tours"') == ["b", "c"]
    assert found(scim, f'{ENTERPRISE}:division sw "to" or {ENTERPRISE}:department pr') == ["a", "c"]


# Reference


def test_a_reference_names_another_resource(scim, bjensen):
    boss = Person.objects.create(login="boss", surname="Smith")
    response = scim.patch(path_of(bjensen), replace(f"{ENTERPRISE}:manager", {"value": id_of(boss)}))

    manager = response.json()[ENTERPRISE]["manager"]
    assert manager["value"] == id_of(boss)
    assert manager["$ref"].endswith(path_of(boss))
    assert manager["displayName"] == "boss"
    assert Profile.objects.get().manager == boss


def test_a_reference_is_written_by_its_value_alone(scim, bjensen):
    boss = Person.objects.create(login="boss")
    response = scim.patch(path_of(bjensen), replace(f"{ENTERPRISE}:manager.value", id_of(boss)))

    assert response.status_code == 200
    assert Profile.objects.get().manager == boss


def test_a_reference_can_be_removed(scim, bjensen):
    Profile.objects.create(person=bjensen, manager=Person.objects.create(login="boss"))
    response = scim.patch(path_of(bjensen), {"op": "remove", "path": f"{ENTERPRISE}:manager"})

    assert response.status_code == 200
    assert Profile.objects.get().manager is None


@pytest.mark.parametrize("identifier", ["nobody", "67fbf7bb-a602-8000-8000-00000000ffff"])
def test_a_reference_to_what_is_not_there_is_refused_where_it_is_not_kept(
    scim, settings, bjensen, identifier
):
    settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "UNKNOWN_REFERENCES": "forbid"}
    response = scim.patch(path_of(bjensen), replace(f"{ENTERPRISE}:manager", {"value": identifier}))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert not Profile.objects.exists()


def test_references_are_filtered_by_the_id_and_by_the_name(scim, bjensen):
    boss = Person.objects.create(login="boss")
    Profile.objects.create(person=bjensen, manager=boss)

    assert found(scim, f'{ENTERPRISE}:manager.value eq "{id_of(boss)}"') == ["bjensen"]
    assert found(scim, f'{ENTERPRISE}:manager.value ne "{id_of(boss)}"') == ["boss"]
    assert found(scim, f'{ENTERPRISE}:manager.displayName eq "Boss"') == ["bjensen"]
    assert found(scim, f"{ENTERPRISE}:manager pr") == ["bjensen"]


def test_a_reference_to_a_deleted_resource_is_not_shown(scim, bjensen):
    boss = Person.objects.create(login="boss")
    Profile.objects.create(person=bjensen, manager=boss, title="Guide")
    assert scim.delete(path_of(boss)).status_code == 204

    document = scim.get(path_of(bjensen)).json()
    assert document["title"] == "Guide"
    assert ENTERPRISE not in document


# PrimaryValue, across a relation


def test_the_primary_value_is_in_the_column_and_the_other_values_are_stored(scim):
    phones = [
        {"value": "555-1111", "type": "home"},
        {"value": "555-2222", "type": "work", "primary": True},
    ]
    created = scim.post("/Users", user("bjensen", phoneNumbers=phones)).json()

    assert Profile.objects.get().phone == "555-2222"
    assert created["phoneNumbers"] == phones


def test_a_primary_value_that_the_project_changes_shows_in_its_place(scim):
    home = {"value": "555-1111", "type": "home"}
    work: dict[str, Any] = {"value": "555-2222", "type": "work", "primary": True}
    created = scim.post("/Users", user("bjensen", phoneNumbers=[home, work])).json()
    Profile.objects.update(phone="555-3333")

    shown = scim.get(f"/Users/{created['id']}").json()["phoneNumbers"]
    assert shown == [home, {**work, "value": "555-3333"}]
    assert found(scim, 'phoneNumbers[type eq "work" and value eq "555-3333"]') == ["bjensen"]
    assert found(scim, 'phoneNumbers.value eq "555-2222"') == []


def test_removing_all_values_empties_the_column_of_the_primary_one(scim):
    created = scim.post("/Users", user("bjensen", phoneNumbers=[{"value": "555-1111"}])).json()
    response = scim.patch(f"/Users/{created['id']}", {"op": "remove", "path": "phoneNumbers"})

    assert "phoneNumbers" not in response.json()
    assert Profile.objects.get().phone == ""


# Computed


def test_a_computed_value_is_worked_out_from_the_row(scim, bjensen):
    assert scim.get(path_of(bjensen)).json()["name"]["formatted"] == "bjensen Jensen"


def test_a_computed_value_cannot_be_written(scim, bjensen):
    response = scim.put(path_of(bjensen), user("bjensen", name={"formatted": "X", "familyName": "Smith"}))

    assert response.json()["name"] == {"formatted": "bjensen Smith", "familyName": "Smith"}


def test_the_schema_says_of_a_computed_value_that_it_is_read_only(scim):
    schema = scim.get("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User").json()
    (name,) = [attribute for attribute in schema["attributes"] if attribute["name"] == "name"]
    mutability = {part["name"]: part["mutability"] for part in name["subAttributes"]}

    assert (mutability["formatted"], mutability["familyName"]) == ("readOnly", "readWrite")


def test_a_computed_value_without_an_expression_cannot_be_filtered(scim):
    response = scim.get("/Users", {"filter": 'name.formatted co "Jensen"'})

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidFilter")


# Stored


def test_sub_attributes_that_have_no_column_are_stored_beside_it(scim):
    name = {"familyName": "Jensen", "givenName": "Barbara", "honorificPrefix": "Ms."}
    created = scim.post("/Users", user("bjensen", name=name)).json()

    assert Person.objects.get().surname == "Jensen"
    assert created["name"] == {**name, "formatted": "bjensen Jensen"}
    assert found(scim, 'name.givenName eq "barbara" and name.familyName eq "jensen"') == ["bjensen"]


# Versions


@pytest.mark.parametrize(
    ("model", "column"), [(Profile, "title"), (Department, "name"), (Desk, "place")], ids=str
)
def test_the_version_changes_with_a_row_beside_the_resource(scim, bjensen, model, column):
    department = Department.objects.create(name="Tours")
    Profile.objects.create(person=bjensen, title="Guide", department=department)
    bjensen.desk = Desk.objects.create(place="en-US")
    bjensen.save()
    before = scim.get(path_of(bjensen))
    model.objects.update(**{column: "Other"})

    assert scim.get(path_of(bjensen)).headers["ETag"] != before.headers["ETag"]
    changed = scim.patch(path_of(bjensen), replace("active", False), **{"If-Match": before.headers["ETag"]})
    assert changed.status_code == 412
