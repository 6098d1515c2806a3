"""Queries as identity providers write them (RFC 7644 section 3.4.2)."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group, User

from tests.factories import GroupFactory, UserFactory, managed
from tests.messages import LIST_RESPONSE, SEARCH_REQUEST
from tests.representations import ENTERPRISE, USER, group, id_of, path_of, user

MANAGER = "26118915-6090-4610-87e4-49d8ca9f808d"


@pytest.fixture
def barbara(scim) -> User:
    row = managed(scim.connection, UserFactory.create(username="bjensen@example.com"))
    body = {
        "schemas": [USER],
        "userName": row.username,
        "externalId": "701984",
        "displayName": "Babs Jensen",
        "emails": [
            {"value": "bjensen@example.com", "type": "work", "primary": True},
            {"value": "babs@jensen.org", "type": "home"},
        ],
        ENTERPRISE: {"manager": {"value": MANAGER}},
    }
    assert scim.put(path_of(row), body).status_code == 200
    UserFactory.create(username="sue@example.com", email="sue@example.com", is_active=False)
    return row


@pytest.fixture
def guides(barbara) -> Group:
    found = GroupFactory.create(name="Tour Guides")
    found.user_set.add(barbara)
    GroupFactory.create(name="Drivers")
    return found


def names(response) -> list[str]:
    """Return who was found."""
    assert response.status_code == 200, response.json()
    body = response.json()
    assert body["totalResults"] == body["itemsPerPage"] == len(body["Resources"])
    return [found.get("userName") or found["displayName"] for found in body["Resources"]]


@pytest.mark.parametrize(
    "template",
    [
        'userName eq "bjensen@example.com"',
        'userName Eq "bjensen@example.com"',
        'userName EQ "BJENSEN@example.com"',
        'USERNAME eq "bjensen@example.com"',
        'userName  eq  "bjensen@example.com"',
        'userName eq"bjensen@example.com"',
        "userName eq bjensen@example.com",
        f'{USER}:userName eq "bjensen@example.com"',
        'emails[type eq "work"].value eq "bjensen@example.com"',
        'emails[type eq "work"].value Eq "bjensen@example.com"',
        'emails[type eq "work" and value eq "bjensen@example.com"]',
        'emails[type eq "home"].value eq "babs@jensen.org"',
        'emails eq "bjensen@example.com"',
        'emails eq "babs@jensen.org"',
        'emails.value eq "babs@jensen.org"',
        "emails[type eq work].value eq bjensen@example.com",
        'emails[primary eq "True"].value eq "bjensen@example.com"',
        'externalId eq "701984"',
        "externalId eq 701984",
        'displayName eq "babs jensen"',
        'id eq "{id}"',
        "id eq {id}",
        f'manager eq "{MANAGER}"',
        f"manager eq {MANAGER}",
        f'manager.value eq "{MANAGER}"',
        f'{ENTERPRISE}:manager eq "{MANAGER}"',
        f'{ENTERPRISE}:manager.value eq "{MANAGER}"',
        f'id eq "{{id}}" and manager eq "{MANAGER}"',
        f"id eq {{id}} AND manager eq {MANAGER}",
        f"manager eq {MANAGER} and id eq {{id}}",
        "manager pr",
        "active eq true",
        'active eq "true"',
        'active eq "True"',
        "active eq True",
        'not (active eq "False")',
        'meta.lastModified gt "2011-05-13T04:42:34Z" and displayName pr',
    ],
)
def test_a_filter_as_clients_write_it_finds_the_user(scim, barbara, template):
    response = scim.get("/Users", {"filter": template.replace("{id}", id_of(barbara))})

    assert names(response) == ["bjensen@example.com"]


@pytest.mark.parametrize(
    "template",
    [
        'displayName eq "Tour Guides"',
        'displayName Eq "tour guides"',
        'members.value eq "{member}"',
        'members eq "{member}"',
        "members eq {member}",
        'members[value eq "{member}"]',
        'id eq "{id}" and members eq "{member}"',
        "id eq {id} and members eq {member}",
        "members eq {member} and id eq {id}",
    ],
)
def test_a_filter_as_clients_write_it_finds_the_group(scim, barbara, guides, template):
    text = template.replace("{id}", id_of(guides)).replace("{member}", id_of(barbara))

    assert names(scim.get("/Groups", {"filter": text, "excludedAttributes": "members"})) == ["Tour Guides"]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("/Users", 'userName eq "nobody@example.com"'),
        ("/Users", "userName eq nobody"),
        ("/Users", 'id eq "nobody"'),
        ("/Users", 'externalId eq "00aa"'),
        ("/Users", "externalId eq 00042"),
        ("/Users", 'emails[type eq "home"].value eq "bjensen@example.com"'),
        ("/Users", 'manager eq "nobody"'),
        ("/Groups", 'displayName eq "Nobody"'),
        ("/Groups", 'members eq "nobody"'),
        ("/Groups", "id eq 1 and members eq 2"),
    ],
)
def test_a_filter_without_a_match_answers_with_an_empty_list(scim, guides, path, text):
    response = scim.get(path, {"filter": text})

    assert response.status_code == 200, response.json()
    assert response.json() == {
        "schemas": [LIST_RESPONSE],
        "totalResults": 0,
        "itemsPerPage": 0,
        "startIndex": 1,
        "Resources": [],
    }


@pytest.mark.parametrize(
    "text",
    [
        "userName eq",
        'userName eq "bjensen',
        "userName eq 'bjensen@example.com'",
        "userName eq bjensen bjensen",
        'emails[type eq "work".value eq "x"',
        "name eq Barbara",
        'active gt "true"',
        "active eq perhaps",
        '"userName" eq "x"',
        'userName = "x"',
        "[[[",
    ],
)
def test_a_text_that_is_no_filter_is_refused(scim, barbara, text):
    response = scim.get("/Users", {"filter": text})

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidFilter")


def test_a_value_of_a_filter_with_quotation_marks_stays_as_it_is(scim):
    scim.post("/Groups", group('true eq 5 "quoted" [x] (y) \\'))

    response = scim.get("/Groups", {"filter": r'displayName eq "true eq 5 \"quoted\" [x] (y) \\"'})

    assert response.json()["totalResults"] == 1


# The address


@pytest.mark.parametrize(
    "query",
    [
        "filter=userName+eq+%22b%2Bj%40example.com%22",
        "filter=userName%20eq%20%22b%2Bj@example.com%22",
        "filter=userName%20eq%20%22b%2bj%40example.com%22&",
        "filter=userName+eq+b%2Bj%40example.com",
        "filter=userName%20eq%20%22b%2Bj%40example.com%22&startIndex=1&count=100",
    ],
)
def test_the_query_is_decoded_once_as_forms_are(scim, query):
    UserFactory.create(username="b+j@example.com")
    UserFactory.create(username="b j@example.com")

    response = scim.request("GET", f"/Users?{query}")

    assert names(response) == ["b+j@example.com"]


def test_a_plus_in_a_query_that_is_not_encoded_is_a_space(scim):
    UserFactory.create(username="b+j@example.com")
    group_name = "Tour Guides"
    GroupFactory.create(name=group_name)

    assert names(scim.request("GET", '/Groups?filter=displayName+eq+"Tour+Guides"')) == [group_name]
    assert names(scim.request("GET", '/Users?filter=userName eq "b+j@example.com"')) == []


def test_a_percent_sign_in_a_query_is_not_decoded_twice(scim):
    GroupFactory.create(name="100%25")

    query = quote('displayName eq "100%25"')

    assert names(scim.request("GET", f"/Groups?filter={query}")) == ["100%25"]


@pytest.mark.parametrize("path", ["/Users?", "/Users/?", "/Users?&", "/Users?aadOptscim062020"])
def test_a_query_without_parameters_lists_everyone(scim, barbara, path):
    assert len(names(scim.request("GET", path))) == 2


def test_a_bare_question_mark_is_no_part_of_the_address(scim, barbara):
    document = scim.request("GET", f"{path_of(barbara)}?").json()

    assert document["meta"]["location"].endswith(path_of(barbara))
    assert scim.request("PUT", f"{path_of(barbara)}?", document).status_code == 200


@pytest.mark.parametrize(
    "path", ["/Users/1", "/Users/nobody@example.com", "/Users/%00", "/Users/..%2f", "/Users/ä"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_an_id_of_another_form_is_not_found(scim, barbara, method, path):
    bodies = {"PUT": {"schemas": [USER], "userName": "x"}, "PATCH": [{"op": "remove", "path": "title"}]}

    response = scim.request(method, path, bodies.get(method))

    assert response.status_code == 404
    assert response.json()["status"] == "404"


# Pages


@pytest.mark.parametrize(
    ("query", "start", "count"),
    [
        ("startIndex=0", 1, 2),
        ("startIndex=-5", 1, 2),
        ("count=0", 1, 0),
        ("startIndex=1&count=0", 1, 0),
        ("startIndex=3", 3, 0),
        ("startIndex=1000&count=100", 1000, 0),
        ("startIndex=2&count=1", 2, 1),
        ("count=-1", 1, 0),
    ],
)
def test_a_page_has_the_numbers_that_clients_count_with(scim, barbara, query, start, count):
    body = scim.request("GET", f"/Users?{query}").json()

    numbers = [body["totalResults"], body["startIndex"], body["itemsPerPage"], len(body["Resources"])]
    assert numbers == [2, start, count, count]
    assert all(type(number) is int for number in numbers)


# Other parameters


@pytest.mark.parametrize(
    "query",
    [
        "count=",
        "filter=",
        "sortBy=",
        "startIndex=",
        "sortOrder=",
        "filter=%20",
        "attributes=",
        "excludedAttributes=",
        "filter=&sortBy=&sortOrder=&startIndex=&count=",
    ],
)
def test_an_empty_parameter_is_none(scim, barbara, query):
    response = scim.request("GET", f"/Users?{query}")

    assert response.status_code == 200, response.json()
    assert response.json() == scim.get("/Users").json()


def test_an_empty_parameter_in_a_body_is_none(scim, barbara):
    body = {"schemas": [SEARCH_REQUEST], "filter": "", "sortBy": "", "count": "", "startIndex": None}

    assert scim.post("/Users/.search", body).json() == scim.get("/Users").json()


def test_an_attribute_of_an_extension_may_be_asked_for_by_its_name(scim, barbara):
    response = scim.get(path_of(barbara), {"attributes": "userName, manager"})

    assert response.json().keys() == {"schemas", "id", "userName", ENTERPRISE}


def test_a_query_in_a_body_is_read_in_the_same_way(scim, barbara):
    body = {
        "schemas": [SEARCH_REQUEST],
        "filter": f"manager eq {MANAGER}",
        "attributes": ["manager", "userName"],
        "sortBy": "department",
    }

    response = scim.post("/Users/.search", body)

    assert names(response) == ["bjensen@example.com"]
    assert ENTERPRISE in response.json()["Resources"][0]


def test_a_query_of_the_root_finds_attributes_of_any_resource_type(scim, barbara, guides):
    assert names(scim.get("/", {"filter": f"manager eq {MANAGER} or displayName eq Drivers"})) == [
        "bjensen@example.com",
        "Drivers",
    ]


def test_inactive_users_are_listed_read_and_found(scim, barbara):
    sue = User.objects.get(username="sue@example.com")

    assert "sue@example.com" in names(scim.get("/Users"))
    assert names(scim.get("/Users", {"filter": 'active eq "False"'})) == ["sue@example.com"]
    assert names(scim.get("/Users", {"filter": 'userName eq "sue@example.com"'})) == ["sue@example.com"]
    assert scim.get(path_of(sue)).json()["active"] is False


@pytest.mark.parametrize("prefix", ["", f"{ENTERPRISE}:", f"{ENTERPRISE}."])
@pytest.mark.parametrize("address", ["/Users", "/"])
def test_a_number_compares_with_a_string_attribute_however_the_attribute_is_named(scim, prefix, address):
    scim.post("/Users", user("barbara", **{ENTERPRISE: {"employeeNumber": "42"}}))
    scim.post("/Users", user("babs", **{ENTERPRISE: {"employeeNumber": "421"}}))

    (found,) = scim.get(address, {"filter": f"{prefix}employeeNumber eq 42"}).json()["Resources"]

    assert found["userName"] == "barbara"
