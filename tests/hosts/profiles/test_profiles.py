"""Attributes in a one-to-one profile, and behind its foreign keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db.models.signals import post_save

from tests.conftest import ScimClient
from tests.factories import UserFactory
from tests.hosts.conformance import *  # noqa: F403 - the same checks for every host
from tests.hosts.profiles.models import Department, Profile
from tests.representations import ENTERPRISE, USER, id_of, path_of, user


def employee(user_name: str = "bjensen", **attributes: Any) -> dict[str, Any]:
    """Return a user with an enterprise extension."""
    document = user(user_name, title="Tour Guide")
    return {**document, ENTERPRISE: attributes}


def declared(scim: ScimClient, schema: str) -> list[dict[str, Any]]:
    """Return the attributes of a schema."""
    attributes: list[dict[str, Any]] = scim.get(f"/Schemas/{schema}").json()["attributes"]
    return attributes


@pytest.fixture
def boss(db: None) -> User:
    """Somebody who may be a manager."""
    return UserFactory.create(username="boss")


def test_a_profile_is_made_with_its_user(scim):
    scim.post("/Users", employee(department="Tours"))

    profile = Profile.objects.get()
    assert (profile.user.username, profile.title, str(profile.department)) == (
        "bjensen",
        "Tour Guide",
        "Tours",
    )


def test_a_user_without_attributes_of_a_profile_gets_none(scim):
    scim.post("/Users", user("bjensen"))

    assert not Profile.objects.exists()


def test_a_department_is_looked_up_before_it_is_made(scim):
    for name in ("one", "two"):
        scim.post("/Users", employee(name, department="Tours"))

    assert Department.objects.count() == 1


def test_another_department_does_not_rename_the_first(scim):
    created = scim.post("/Users", employee(department="Tours")).json()
    path = f"{ENTERPRISE}:department"
    scim.patch(f"/Users/{created['id']}", {"op": "replace", "path": path, "value": "Rides"})

    assert {str(department) for department in Department.objects.all()} == {"Tours", "Rides"}
    assert str(Profile.objects.get().department) == "Rides"


def test_a_manager_has_an_address_and_a_name(scim, boss):
    created = scim.post("/Users", employee(manager={"value": id_of(boss)})).json()

    manager = created[ENTERPRISE]["manager"]
    assert manager["value"] == id_of(boss)
    assert manager["$ref"].endswith(path_of(boss))
    assert manager["displayName"]
    assert Profile.objects.get().manager == boss


def test_a_manager_who_does_not_exist_is_kept_beside_the_column(scim):
    response = scim.post("/Users", employee(manager={"value": "nobody"}))

    assert response.json()[ENTERPRISE]["manager"] == {"value": "nobody"}
    assert Profile.objects.get().manager is None


def test_a_manager_who_does_not_exist_is_refused_where_the_project_wants_it(scim, settings):
    settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "UNKNOWN_REFERENCES": "forbid"}

    response = scim.post("/Users", employee(manager={"value": "nobody"}))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert not User.objects.exists()


def test_the_name_of_a_manager_is_the_server_s_to_give(scim, boss):
    (manager,) = [part for part in declared(scim, ENTERPRISE) if part["name"] == "manager"]
    assert {part["name"]: part["mutability"] for part in manager["subAttributes"]} == {
        "value": "readWrite",
        "$ref": "readWrite",
        "displayName": "readOnly",
    }

    sent = {"value": id_of(boss), "displayName": "The Chief"}
    created = scim.post("/Users", employee(manager=sent)).json()
    assert created[ENTERPRISE]["manager"]["displayName"] == "boss"


def test_the_choices_of_a_column_are_the_canonical_values_of_its_attribute(scim):
    (language,) = [part for part in declared(scim, USER) if part["name"] == "preferredLanguage"]
    assert language["canonicalValues"] == ["en", "fr"]

    accepted = scim.post("/Users", user("bjensen", preferredLanguage="fr"))
    refused = scim.post("/Users", user("babs", preferredLanguage="tlh"))
    assert accepted.json()["preferredLanguage"] == "fr"
    assert (refused.status_code, refused.json()["scimType"]) == (400, "invalidValue")
    assert Profile.objects.get().language == "fr"


@pytest.mark.parametrize(
    "expression",
    [
        'title eq "tour guide"',
        'phoneNumbers.value eq "555-1234"',
        f'{ENTERPRISE}:department sw "tour"',
        f'{ENTERPRISE}:manager.value eq "{{boss}}"',
        f"{ENTERPRISE}:manager pr",
    ],
)
def test_each_attribute_of_a_profile_can_be_filtered(scim, boss, expression):
    document = employee(department="Tours", manager={"value": id_of(boss)})
    scim.post("/Users", {**document, "phoneNumbers": [{"value": "555-1234", "type": "work"}]})

    found = scim.get("/Users", {"filter": expression.format(boss=id_of(boss))}).json()
    assert [resource["userName"] for resource in found["Resources"]] == ["bjensen"]


def test_users_can_be_sorted_by_attributes_of_a_profile(scim):
    for name, department in (("a", "Zoo"), ("b", "Aquarium"), ("c", None)):
        scim.post("/Users", employee(name, department=department))

    found = scim.get("/Users", {"sortBy": f"{ENTERPRISE}:department"}).json()
    assert [resource["userName"] for resource in found["Resources"]] == ["b", "a", "c"]


def test_a_change_of_a_profile_by_the_project_is_a_new_version(scim):
    path = f"/Users/{scim.post('/Users', employee()).json()['id']}"
    before = scim.get(path).json()["meta"]
    profile = Profile.objects.get()
    profile.title = "Director"
    profile.save()

    after = scim.get(path).json()["meta"]
    assert after["version"] != before["version"]
    assert after["lastModified"] > before["lastModified"]


def test_a_list_of_users_with_profiles_takes_the_same_queries_for_any_number(
    scim, django_assert_num_queries, boss
):
    def create(names):
        for name in names:
            scim.post("/Users", employee(name, department="Tours", manager={"value": id_of(boss)}))

    create(["one"])
    scim.get("/Users")
    with django_assert_num_queries(4):
        scim.get("/Users")
    create(["two", "three", "four"])
    with django_assert_num_queries(4):
        scim.get("/Users")


def test_a_profile_that_the_project_makes_for_each_new_user_is_that_of_somebody_hired_again(scim):
    def make(sender, instance, created, **kwargs):
        if created:
            Profile.objects.create(user=instance, phone="555-0")

    post_save.connect(make, sender=User)
    try:
        made = scim.post("/Users", user("dora", externalId="4"))
        profile = Profile.objects.get()
        scim.delete(f"/Users/{made.json()['id']}")
        assert scim.post("/Users", user("dora", externalId="4")).status_code == 201
    finally:
        post_save.disconnect(make, sender=User)

    assert Profile.objects.get() == profile
    assert Profile.objects.get().user == User.objects.get()
