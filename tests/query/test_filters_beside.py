"""Filters and orders on the tables beside that of the resource.

The model is ``Person``; ``PersonAdapter`` maps the title, the number and the phone to the profile
(one-to-one), the division to a department (foreign key), the department to the department of the profile
(foreign key behind one-to-one), and the manager to another person.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import ScimClient
from tests.hosts.small.models import Department, Person, Profile
from tests.reading import Reader
from tests.representations import ENTERPRISE, id_of, path_of

pytestmark = pytest.mark.usefixtures("people")


@pytest.fixture
def people(settings: Any, db: None) -> dict[str, Person]:
    """A boss with a profile, a guide whom the boss manages, and a loner who has no profile."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.hosts.small.adapters.PersonAdapter"}}}
    tours, desk = Department.objects.create(name="Tours"), Department.objects.create(name="Desk")
    boss = Person.objects.create(login="boss", surname="B", home=desk)
    guide = Person.objects.create(login="guide", surname="", home=tours)
    loner = Person.objects.create(login="loner", is_active=False)
    Profile.objects.create(person=boss, title="Vice President", number=99, phone="555-1", department=desk)
    Profile.objects.create(person=guide, title="", number=701984, department=tours, manager=boss)
    return {"boss": boss, "guide": guide, "loner": loner}


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('title eq "vice president"', ["boss"]),
        ('title ne "vice president"', ["guide", "loner"]),
        ('not (title eq "vice president")', ["guide", "loner"]),
        ('not (title sw "vice")', ["guide", "loner"]),
        ("title pr", ["boss"]),
        ("not (title pr)", ["guide", "loner"]),
        ("title eq null", ["guide", "loner"]),
        (f'{ENTERPRISE}:department eq "TOURS"', ["guide"]),
        (f'{ENTERPRISE}:department ne "tours"', ["boss", "loner"]),
        (f"{ENTERPRISE}:department eq null", ["loner"]),
        (f'{ENTERPRISE}:division co "esk"', ["boss"]),
        (f'{ENTERPRISE}:division eq "Tours" and title eq null', ["guide"]),
        (f'{ENTERPRISE}:division eq "Tours" or title pr', ["boss", "guide"]),
        (f'not ({ENTERPRISE}:division eq "Tours" or title pr)', ["loner"]),
        # An integer column, for an attribute that is a string.
        (f'{ENTERPRISE}:employeeNumber eq "701984"', ["guide"]),
        (f'{ENTERPRISE}:employeeNumber sw "70"', ["guide"]),
        (f'{ENTERPRISE}:employeeNumber lt "8"', ["guide"]),
        (f'{ENTERPRISE}:employeeNumber ne "99"', ["guide", "loner"]),
        (f'{ENTERPRISE}:employeeNumber eq "x"', []),
        (f"{ENTERPRISE}:employeeNumber eq null", ["loner"]),
        ('phoneNumbers eq "555-1"', ["boss"]),
        ('phoneNumbers ne "555-1"', ["guide", "loner"]),
        ("phoneNumbers[primary eq true]", ["boss"]),
        ('not (phoneNumbers[value sw "555"])', ["guide", "loner"]),
        ("phoneNumbers eq null", ["guide", "loner"]),
    ],
)
def test_a_filter_compares_a_column_beside_the_resource(users: Reader, filter, found):
    assert users.names(filter) == found


def test_a_resource_without_the_row_beside_it_has_no_value_to_sort_by(users: Reader):
    assert users.names(sortBy="title") == ["boss", "guide", "loner"]
    assert users.names(sortBy="title", sortOrder="descending") == ["guide", "loner", "boss"]
    assert users.names(sortBy=f"{ENTERPRISE}:department") == ["boss", "guide", "loner"]
    assert users.names(sortBy=f"{ENTERPRISE}:employeeNumber") == ["guide", "boss", "loner"]
    assert users.names(sortBy="phoneNumbers", sortOrder="descending") == ["guide", "loner", "boss"]


def test_a_filter_compares_a_reference_by_the_resource_that_it_leads_to(users: Reader, people):
    boss = id_of(people["boss"])

    assert users.names(f'{ENTERPRISE}:manager.value eq "{boss}"') == ["guide"]
    assert users.names(f'{ENTERPRISE}:manager eq "{boss}"') == ["guide"]
    assert users.names(f'{ENTERPRISE}:manager.value eq "{boss.upper()}"') == []
    assert users.names(f'{ENTERPRISE}:manager.value ne "{boss}"') == ["boss", "loner"]
    assert users.names(f'{ENTERPRISE}:manager.displayName sw "BO"') == ["guide"]
    assert users.names(f'not ({ENTERPRISE}:manager.displayName sw "BO")') == ["boss", "loner"]
    assert users.names(f"{ENTERPRISE}:manager pr") == ["guide"]
    assert users.names(f"{ENTERPRISE}:manager.$ref pr") == ["guide"]
    assert users.names(f"{ENTERPRISE}:manager eq null") == ["boss", "loner"]
    assert users.names(f"{ENTERPRISE}:manager ne null") == ["guide"]
    assert users.refusal(filter=f'{ENTERPRISE}:manager.value sw "a"') == "invalidFilter"


def test_resources_can_be_sorted_by_a_reference(users: Reader, people):
    people["loner"].profile = Profile(person=people["loner"], manager=people["guide"])
    people["loner"].profile.save()

    assert users.names(sortBy=f"{ENTERPRISE}:manager.displayName") == ["guide", "loner", "boss"]
    assert users.names(sortBy=f"{ENTERPRISE}:manager.value") == ["guide", "loner", "boss"]


def test_a_filter_takes_a_reference_to_a_deleted_resource_for_none(scim: ScimClient, users: Reader, people):
    boss = people["boss"]
    scim.delete(path_of(boss))

    (guide, loner) = users.page()["Resources"]

    assert "manager" not in guide[ENTERPRISE]
    assert loner["userName"] == "loner"
    assert users.names(f'{ENTERPRISE}:manager.value eq "{id_of(boss)}"') == []
    assert users.names(f'{ENTERPRISE}:manager.displayName eq "boss"') == []
    assert users.names(f"{ENTERPRISE}:manager pr") == []
    assert users.names(f"{ENTERPRISE}:manager eq null") == ["guide", "loner"]
