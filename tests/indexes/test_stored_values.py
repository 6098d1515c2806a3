"""What no column holds is found by an index too: of PostgreSQL's documents, or of digests elsewhere."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from django_scim.indexes.stored_values import write_values
from django_scim.models import Record, StoredValue
from tests.factories import UserFactory
from tests.indexes.plans import analyze, plan_of
from tests.operations.bulk_operations import post, run, statuses
from tests.operations.patch_operations import remove, replace
from tests.representations import ENTERPRISE, path_of, user

IS_POSTGRESQL = connection.vendor == "postgresql"

elsewhere = pytest.mark.skipif(IS_POSTGRESQL, reason="PostgreSQL has an index on documents")

pytestmark = pytest.mark.django_db


def person(name, **attributes):
    """Return a User with all that is looked up and that Django's model has no column for."""
    own = {
        "displayName": f"Dr. {name}",
        "emails": [
            {"value": f"{name}@example.com", "primary": True},
            {"value": f"{name}@home.example", "type": "home"},
        ],
        ENTERPRISE: {"manager": {"value": f"boss of {name}"}},
    }
    return user(name, **{**own, **attributes})


LOOK_UPS = [
    'displayName eq "DR. {name}"',
    'emails eq "{name}@HOME.example"',
    'emails.value eq "{name}@home.example"',
    'emails[type eq "home" and value eq "{name}@home.example"]',
    'emails[type eq "home"].value eq "{name}@home.example"',
    f'{ENTERPRISE}:manager.value eq "boss of {{name}}"',
]


def names(scim, filter):
    """Return the names of the users that a filter finds."""
    return [each["userName"] for each in scim.get("/Users", {"filter": filter}).json()["Resources"]]


@pytest.fixture
def people(scim):
    """Three people, one alone and two together."""
    assert scim.post("/Users", person("ada")).status_code == 201
    assert (
        statuses(run(scim, *(post("/Users", name, person(name)) for name in ("bob", "cleo")))) == ["201"] * 2
    )
    return {row.username: row for row in User.objects.all()}


@pytest.mark.parametrize("name", ["ada", "bob", "cleo"])
@pytest.mark.parametrize("filter", LOOK_UPS)
def test_a_look_up_by_a_stored_value_finds_who_has_it(scim, people, filter, name):
    assert names(scim, filter.format(name=name)) == [name]


@pytest.mark.parametrize("filter", LOOK_UPS)
def test_a_stored_value_that_nobody_has_is_not_found(scim, people, filter):
    assert names(scim, filter.format(name="dan")) == []


def test_everybody_else_is_found_by_a_filter_that_is_negated(scim, people):
    assert names(scim, 'not (displayName eq "Dr. ada")') == ["bob", "cleo"]
    assert names(scim, 'displayName ne "Dr. ada"') == ["bob", "cleo"]
    assert names(scim, 'not (emails[type eq "home" and value eq "ada@home.example"])') == ["bob", "cleo"]


@pytest.mark.parametrize(
    ("path", "new", "filter"),
    [
        ("displayName", "Prof. Ada", 'displayName eq "{value}"'),
        ("emails", [{"value": "new@example.com"}, {"value": "new@home.example"}], 'emails eq "{value}"'),
        (f"{ENTERPRISE}:manager", {"value": "another"}, f'{ENTERPRISE}:manager.value eq "{{value}}"'),
    ],
)
def test_a_changed_value_is_found_at_once_and_the_former_is_not(scim, people, path, new, filter):
    former = {
        "displayName": "Dr. ada",
        "emails": "ada@home.example",
        f"{ENTERPRISE}:manager": "boss of ada",
    }[path]
    found = new[1]["value"] if isinstance(new, list) else new["value"] if isinstance(new, dict) else new

    scim.patch(path_of(people["ada"]), replace(path, new))

    assert names(scim, filter.format(value=found)) == ["ada"]
    assert names(scim, filter.format(value=former)) == []


@elsewhere
def test_a_change_leaves_no_digest_of_the_former_value(scim, people):
    own = StoredValue.objects.filter(record__integer_key=people["ada"].pk)
    before = set(own.values_list("digest", flat=True))

    scim.patch(path_of(people["ada"]), replace("displayName", "Prof. Ada"))
    assert len(before & set(own.values_list("digest", flat=True))) == len(before) - 1
    scim.patch(path_of(people["ada"]), remove("displayName"))
    scim.patch(path_of(people["ada"]), remove("emails"))

    assert own.count() == 1


@elsewhere
def test_a_change_of_what_nobody_looks_up_leaves_the_digests_alone(scim, people):
    before = list(StoredValue.objects.order_by("pk").values())

    scim.patch(path_of(people["ada"]), replace("title", "Countess"))

    assert list(StoredValue.objects.order_by("pk").values()) == before


def test_who_is_hired_again_is_found_by_the_new_values(scim):
    (first,) = run(scim, post("/Users", "ada", person("ada", externalId="1")))
    scim.delete(f"/Users/{first['location'].rpartition('/')[2]}")

    scim.post("/Users", person("ada", externalId="1", displayName="Prof. Ada"))

    assert names(scim, 'displayName eq "prof. ada"') == ["ada"]
    assert names(scim, 'displayName eq "Dr. ada"') == []


@pytest.mark.skipif(not IS_POSTGRESQL, reason="the others have no index on documents")
def test_postgresql_keeps_no_digests(scim, people):
    assert not StoredValue.objects.exists()


@elsewhere
def test_the_command_writes_anew_what_a_moved_database_lacks(scim, people):
    before = sorted(StoredValue.objects.values_list("record", "digest"))
    StoredValue.objects.all().delete()
    assert names(scim, 'displayName eq "Dr. ada"') == []

    out = StringIO()
    call_command("scim_createindexes", "--values", "--dry-run", stdout=out)
    assert not StoredValue.objects.exists()
    write_values("default")

    assert sorted(StoredValue.objects.values_list("record", "digest")) == before
    assert names(scim, 'displayName eq "Dr. ada"') == ["ada"]


@elsewhere
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("filter", LOOK_UPS)
def test_a_look_up_by_a_stored_value_reads_the_index_of_digests(scim, people, filter):
    crowd = User.objects.bulk_create(UserFactory.build(username=f"u{number}") for number in range(1500))
    records = Record.objects.bulk_create(
        Record(resource_type="User", integer_key=row.pk, comparable={"displayName": row.username})
        for row in crowd
    )
    StoredValue.objects.bulk_create(StoredValue(record=each, digest=f"{each.pk:064}") for each in records)
    analyze(User, Record, StoredValue)

    assert "scim_stored_value_digest" in plan_of(scim, "/Users", filter.format(name="ada"))
