"""Operators and logic of RFC 7644 section 3.4.2.2, on attributes that columns of the host hold."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User

from django_scim.models import Record
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, UserFactory
from tests.query.badges import BADGE
from tests.reading import Reader
from tests.representations import ENTERPRISE, GROUP, USER, id_of, path_of, user


@pytest.fixture
def people(db) -> dict[str, User]:
    """Three accounts that no SCIM client has touched; the last has a name and nothing else."""
    barbara = {"first_name": "Barbara", "last_name": "Jensen", "email": "bjensen@example.com"}
    john = {"first_name": "John", "last_name": "Smith", "email": "JSmith@Example.org", "is_active": False}
    mandy = {"first_name": "", "last_name": "", "email": ""}
    return {
        "bjensen": UserFactory.create(username="bjensen", **barbara),
        "JSmith": UserFactory.create(username="JSmith", **john),
        "mmiller": UserFactory.create(username="mmiller", **mandy),
    }


# Operators


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('userName eq "jsmith"', ["JSmith"]),
        ('userName ne "jsmith"', ["bjensen", "mmiller"]),
        ('userName co "JEN"', ["bjensen"]),
        ('userName sw "J"', ["JSmith"]),
        ('userName ew "ER"', ["mmiller"]),
        ('userName gt "JSMITH"', ["mmiller"]),
        ('userName ge "JSMITH"', ["JSmith", "mmiller"]),
        ('userName lt "JSMITH"', ["bjensen"]),
        ('userName le "JSMITH"', ["bjensen", "JSmith"]),
        ("userName pr", ["bjensen", "JSmith", "mmiller"]),
        ('name.givenName eq "BARBARA"', ["bjensen"]),
        ('name.familyName sw "s"', ["JSmith"]),
        ('name.familyName co "e"', ["bjensen"]),
        ('name.givenName ge "john"', ["JSmith"]),
        ("active eq true", ["bjensen", "mmiller"]),
        ("active eq false", ["JSmith"]),
        ("active ne true", ["JSmith"]),
        ("active pr", ["bjensen", "JSmith", "mmiller"]),
    ],
)
def test_each_operator_of_a_filter_compares_a_column(users: Reader, people, filter, found):
    assert users.names(filter) == found


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ("name.givenName pr", ["bjensen", "JSmith"]),
        ("name pr", ["bjensen", "JSmith"]),
        ("name.givenName eq null", ["mmiller"]),
        ("name.givenName ne null", ["bjensen", "JSmith"]),
        ("name eq null", ["mmiller"]),
        ("name ne null", ["bjensen", "JSmith"]),
        ("emails pr", ["bjensen", "JSmith"]),
        ("emails eq null", ["mmiller"]),
        ("emails.value ne null", ["bjensen", "JSmith"]),
        ("title pr", []),
        ("title eq null", ["bjensen", "JSmith", "mmiller"]),
        ('name.givenName eq ""', []),
        ("name.givenName gt null", []),
        ("name.givenName co null", []),
    ],
)
def test_an_empty_column_is_no_value_to_a_filter(users: Reader, people, filter, found):
    assert users.names(filter) == found


@pytest.mark.parametrize(
    "filter",
    [
        'name.givenName ne "Barbara"',
        'not (name.givenName eq "Barbara")',
        'not (name.givenName sw "Barb")',
        'not (name.givenName lt "C")',
        'not (emails co "bjensen")',
        'emails ne "bjensen@example.com"',
        'not (emails[value eq "BJENSEN@example.com"])',
    ],
)
def test_an_attribute_without_a_value_is_not_equal_to_one(users: Reader, people, filter):
    assert users.names(filter) == ["JSmith", "mmiller"]


@pytest.mark.parametrize(
    "filter",
    [
        'USERNAME EQ "jsmith"',
        'username Eq "jsmith"',
        'NAME.GIVENNAME eq "john"',
        f'{USER}:userName eq "jsmith"',
        f'{USER.upper()}:username eq "jsmith"',
        f'{USER}:name.givenName eq "john"',
        f'{USER}:emails[VALUE eq "jsmith@example.org"]',
        'userName eq "jsmith" AND NOT (active EQ TRUE)',
        '  userName   eq\t"jsmith"\r\n',
        'not(userName ne "jsmith")',
        r'userName eq "\u006Asmith"',
    ],
)
def test_attribute_names_and_operators_have_no_case_and_a_schema_may_qualify_names(
    users: Reader, people, filter
):
    assert users.names(filter) == ["JSmith"]


@pytest.mark.parametrize("value", ["true", "True", "TRUE", '"true"', '"True"'])
def test_a_boolean_in_a_filter_may_be_written_as_clients_write_it(users: Reader, people, value):
    assert users.names(f"active eq {value}") == ["bjensen", "mmiller"]


# Logic


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('userName eq "bjensen" and active eq true', ["bjensen"]),
        ('userName eq "bjensen" and active eq false', []),
        ('userName eq "bjensen" or active eq false', ["bjensen", "JSmith"]),
        # "and" binds tighter than "or".
        ('userName eq "bjensen" or userName eq "mmiller" and active eq false', ["bjensen"]),
        ('(userName eq "bjensen" or userName eq "mmiller") and active eq false', []),
        ('active eq false and userName eq "bjensen" or userName eq "mmiller"', ["mmiller"]),
        # "not" binds tighter than both.
        ('not (userName eq "bjensen") and active eq true', ["mmiller"]),
        ('not (userName eq "bjensen" and active eq true)', ["JSmith", "mmiller"]),
        ('not (userName eq "bjensen" or active eq false)', ["mmiller"]),
        ('not (not (userName eq "bjensen"))', ["bjensen"]),
        ('((((userName eq "bjensen"))))', ["bjensen"]),
        ('userName sw "b" or userName sw "j" or userName sw "m"', ["bjensen", "JSmith", "mmiller"]),
        ('userName sw "b" and userName co "jen" and userName ew "sen"', ["bjensen"]),
    ],
)
def test_logical_operators_have_the_precedence_of_the_rfc(users: Reader, people, filter, found):
    assert users.names(filter) == found


def test_a_filter_without_a_hit_answers_with_an_empty_list(users: Reader, people):
    page = users.page(filter='userName eq "nobody"')

    assert page["totalResults"] == 0
    assert page["Resources"] == []


# Values in a column and beside it


@pytest.fixture
def two_addresses(users: Reader, people) -> None:
    """A user whose primary address is in a column, and whose other one is not."""
    work = {"value": "barbara@work.example", "type": "work", "primary": True}
    home = {"value": "babs@home.example", "type": "home"}
    users.post(user("barbara", emails=[home, work]))


@pytest.mark.usefixtures("two_addresses")
@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('emails eq "barbara@work.example"', ["barbara"]),
        ('emails.value eq "BABS@home.example"', ["barbara"]),
        ('emails co "home.example"', ["barbara"]),
        ('emails[value ew "example"]', ["barbara"]),
        # An address that no client has sent is one of work.
        ('emails.type eq "work"', ["bjensen", "JSmith", "barbara"]),
        ('emails[type eq "work"]', ["bjensen", "JSmith", "barbara"]),
        ('emails[type eq "WORK" and value ew "example.org"]', ["JSmith"]),
        ('emails[type co "or" and value ew "example.org"]', ["JSmith"]),
        ('emails[type eq "work"].value eq "jsmith@example.org"', ["JSmith"]),
        ('emails[type eq "work" and value sw "barbara"]', ["barbara"]),
        ('emails[type eq "home" and value sw "babs"]', ["barbara"]),
        # One value has to meet the whole of a value path, but not of two comparisons.
        ('emails[type eq "home" and value sw "barbara"]', []),
        ('emails.type eq "home" and emails.value sw "barbara"', ["barbara"]),
        ('emails[type eq "home" or value sw "barbara"]', ["barbara"]),
        ('emails[not (type eq "home") and value co "home"]', []),
        ('emails[not (type eq "work") and value co "home"]', ["barbara"]),
        ("emails[primary eq true and type pr]", ["bjensen", "JSmith", "barbara"]),
        ('emails[primary eq true and type eq "home"]', []),
        ('emails[type ne "work" and value co "work.example"]', []),
        # Microsoft Entra ID writes a value path like this.
        ('emails[type eq "work"].value eq "barbara@work.example"', ["barbara"]),
        ('emails[type eq "home"].value eq "barbara@work.example"', []),
        ('emails[type eq "home"].value pr', ["barbara"]),
    ],
)
def test_a_value_path_looks_at_one_value_at_a_time(users: Reader, filter, found):
    assert users.names(filter) == found


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("filter", ["emails.primary eq true", "emails[primary eq true]", "emails.primary pr"])
def test_the_address_of_an_account_that_no_client_has_touched_is_the_primary_one(users: Reader, filter):
    assert users.names(filter) == ["bjensen", "JSmith"]


def test_a_filter_finds_an_address_that_the_host_changed_and_not_the_old_one(users: Reader, two_addresses):
    User.objects.filter(username="barbara").update(email="new@work.example")

    assert users.names('emails eq "new@work.example"') == ["barbara"]
    assert users.names('emails[type eq "work" and value sw "new"]') == ["barbara"]
    assert users.names('emails eq "barbara@work.example"') == []


# The attributes that every resource has


def test_a_filter_by_id_finds_the_resource_and_has_case(users: Reader, people):
    identifier = id_of(people["JSmith"])

    assert users.names(f'id eq "{identifier}"') == ["JSmith"]
    assert users.names(f'id ne "{identifier}"') == ["bjensen", "mmiller"]
    assert users.names(f'id eq "{identifier.upper()}"') == []
    assert users.names("id pr") == ["bjensen", "JSmith", "mmiller"]


def test_a_filter_by_the_id_of_another_resource_type_finds_nothing(users: Reader, groups: Reader, people):
    identifier = groups.post({"schemas": [GROUP], "displayName": "Guides"})["id"]

    assert users.names(f'id eq "{identifier}"') == []
    assert groups.names(f'id eq "{identifier}"') == ["Guides"]


def test_an_external_id_has_case_and_belongs_to_the_connection(users: Reader):
    users.post(user("barbara", externalId="Ext-1"))
    users.post(user("john"))
    others = Reader(ScimClient(ConnectionFactory.create()), "/Users", "userName")

    assert users.names('externalId eq "Ext-1"') == ["barbara"]
    assert users.names('externalId eq "ext-1"') == []
    assert users.names('externalId sw "Ext"') == ["barbara"]
    assert users.names('externalId co "ext"') == []
    assert users.names('externalId gt "Ext-0"') == ["barbara"]
    assert users.names("externalId pr") == ["barbara"]
    assert users.names("externalId eq null") == ["john"]
    assert users.names('externalId ne "Ext-1"') == ["john"]
    assert others.names('externalId eq "Ext-1"') == []
    assert others.names("externalId pr") == []


@pytest.mark.parametrize(
    ("filter", "found"),
    [
        ('meta.created eq "2011-05-13T04:42:34Z"', ["new"]),
        ('meta.created eq "2011-05-13T06:42:34+02:00"', ["new"]),
        ('meta.created ne "2011-05-13T04:42:34Z"', ["old"]),
        ('meta.created gt "2011-05-13T04:42:33.999999Z"', ["new"]),
        ('meta.created gt "2011-05-13T04:42:34Z"', []),
        ('meta.created lt "2011-05-13T04:42:34Z"', ["old"]),
        ('meta.created le "2011-05-13T04:42:34Z"', ["old", "new"]),
        ('meta.lastModified ge "2011-05-13"', ["new"]),
        ("meta.created pr", ["old", "new"]),
        ('meta.created gt "0001-01-01T00:00:00+23:59"', ["old", "new"]),
        ('meta.created le "0001-01-01T00:00:00+23:59"', []),
        ('meta.created lt "9999-12-31T23:59:59-23:59"', ["old", "new"]),
        ('meta.created ge "9999-12-31T23:59:59-23:59"', []),
        ('meta.created ne "9999-12-31T23:59:59-23:59"', ["old", "new"]),
        ('meta.created eq "9999-12-31T23:59:59-23:59"', []),
    ],
)
def test_times_in_a_filter_are_compared_as_moments(users: Reader, filter, found):
    UserFactory.create(username="old", date_joined=datetime(2001, 1, 1, tzinfo=UTC))
    UserFactory.create(username="new", date_joined=datetime(2011, 5, 13, 4, 42, 34, tzinfo=UTC))
    # They were there before the app was: it has seen nothing of them.
    Record.objects.all().delete()

    assert users.names(filter) == found


def test_times_in_a_filter_are_those_of_a_project_without_time_zones(users: Reader, settings):
    settings.USE_TZ = False
    settings.TIME_ZONE = "Europe/Berlin"
    UserFactory.create(username="new", date_joined=datetime(2011, 5, 13, 6, 42, 34))

    assert users.only()["meta"]["created"] == "2011-05-13T04:42:34Z"
    assert users.names('meta.created eq "2011-05-13T04:42:34Z"') == ["new"]
    assert users.names('meta.created gt "2011-05-13T04:42:34Z"') == []
    assert users.names('meta.created gt "0001-01-01T00:00:00Z"') == ["new"]
    assert users.names('meta.created lt "9999-12-31T23:59:59Z"') == ["new"]


@pytest.fixture
def issued_in_a_column(settings) -> str:
    """The path of a dateTime that a column of the host holds."""
    mapped = {f"{BADGE}:issued": "last_login"}
    settings.DJANGO_SCIM = {
        "RESOURCES": {"User": {"adapter": "tests.query.badges.BadgedUserAdapter", "attributes": mapped}}
    }
    return f"{BADGE}:issued"


@pytest.mark.parametrize("has_time_zones", [True, False])
def test_a_time_in_a_column_is_the_moment_that_was_sent(
    users: Reader, settings, issued_in_a_column, has_time_zones
):
    settings.USE_TZ = has_time_zones
    settings.TIME_ZONE = "Asia/Tokyo"
    users.post(user("one", **{BADGE: {"issued": "2011-05-13T04:42:34.5+02:00"}}))
    users.post(user("two", **{BADGE: {"issued": "2011-05-13T04:42:34Z"}}))
    users.post(user("none"))

    assert users.page()["Resources"][0][BADGE]["issued"] == "2011-05-13T02:42:34.500000Z"
    assert users.names(f'{issued_in_a_column} eq "2011-05-13T02:42:34.5Z"') == ["one"]
    assert users.names(f'{issued_in_a_column} gt "2011-05-13T03:00:00Z"') == ["two"]
    assert users.names(f'{issued_in_a_column} ne "2011-05-13T02:42:34.5Z"') == ["two", "none"]
    assert users.names(f"{issued_in_a_column} eq null") == ["none"]
    assert users.names(sortBy=issued_in_a_column, sortOrder="descending") == ["none", "two", "one"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_no_column_can_hold_is_refused(scim: ScimClient, issued_in_a_column, moment):
    response = scim.post("/Users", user("one", **{BADGE: {"issued": moment}}))

    assert response.status_code == 400
    assert response.json()["scimType"] == "invalidValue"


def test_a_change_moves_last_modified_and_not_created_for_filters(scim, users: Reader):
    row = UserFactory.create(username="old", date_joined=datetime(2001, 1, 1, tzinfo=UTC))
    scim.patch(path_of(row), {"op": "replace", "path": "title", "value": "Guide"})

    assert users.names('meta.lastModified gt "2011-01-01T00:00:00Z"') == ["old"]
    assert users.names('meta.created gt "2011-01-01T00:00:00Z"') == []


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    "filter",
    [
        'meta.resourceType eq "User"',
        'meta.resourceType sw "Us"',
        'meta.resourceType ne "user"',
        'not (meta.resourceType eq "Group")',
        'meta.resourceType ne "Group"',
        "meta pr",
        "meta.location pr",
        "meta.version pr",
        f'schemas eq "{USER}"',
        f'schemas[value eq "{USER}"]',
        "schemas pr",
        f'schemas ne "{ENTERPRISE}"',
    ],
)
def test_a_filter_by_what_all_users_have_in_common_finds_all_of_them(users: Reader, filter):
    assert users.names(filter) == ["bjensen", "JSmith", "mmiller"]
    assert users.names(f"not ({filter})") == []


def test_a_resource_is_found_by_the_schema_of_an_extension_that_it_uses(scim, users: Reader):
    users.post(user("plain"))
    extended = users.post(user("extended", **{ENTERPRISE: {"department": "Tours"}}))
    path = f"/Users/{extended['id']}"

    assert users.names(f'schemas eq "{ENTERPRISE}"') == ["extended"]
    assert users.names(f'schemas eq "{ENTERPRISE}" and not (title pr)') == ["extended"]

    scim.patch(path, {"op": "remove", "path": f"{ENTERPRISE}:department"})

    assert users.names(f'schemas eq "{ENTERPRISE}"') == []


def test_a_deleted_resource_is_found_by_no_filter(scim, users: Reader, people):
    scim.delete(path_of(people["bjensen"]))

    assert users.names('userName eq "bjensen"') == []
    assert users.names('userName ne "JSmith"') == ["mmiller"]
    assert users.page(filter='userName sw "b"')["totalResults"] == 0
