"""The e-mail domains of a connection: no write puts an address outside of them into an account."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from hypothesis import given
from hypothesis import strategies as st

from django_scim.operations.domains import addresses, canonical_domain, domain_of
from tests.conftest import ROOT, ScimClient
from tests.factories import ConnectionFactory, UserFactory, managed
from tests.messages import BULK_REQUEST
from tests.operations.patch_operations import add, replace
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db

OUTSIDE = [
    "eve@evil.test",
    "eve@sub.example.com",
    "eve@example.com.evil.test",
    "eve@evilexample.com",
    "eve@example.com@evil.test",
    "eve@evil.test@example.com",
    '"eve@evil.test"@example.com',
    '"eve"@example.com',
    "eve@evil.test (eve@example.com)",
    "<eve@evil.test>eve@example.com",
    "eve@evil.test,eve@example.com",
    "eve@evil.test eve@example.com",
    "eve@evil.test\u00a0eve@example.com",
    "eve@example.com..",
    "eve@.example.com",
    "eve@",
    "@example.com",
    "eve\uff20evil.test",
    "eve@ex\u0430mple.com",  # A Cyrillic letter.
    "eve@strasse.example",
]
"""What is no plain address of a domain of the connection."""

INSIDE = [
    "eve@example.com",
    "Eve@EXAMPLE.com",
    "eve@example.com.",
    "eve+news@example.com",
    "eve@xn--mnchen-3ya.example",
    "eve@XN--MNCHEN-3YA.example",
    "eve@münchen.example",
    "eve@MÜNCHEN.example",
    "eve@straße.example",
    "eve@xn--strae-oqa.example",
    "eve",
]


@pytest.fixture
def connection():
    """An identity provider that is limited to some domains."""
    return ConnectionFactory.create(domains=["Example.com", "münchen.example", "straße.example"])


@pytest.fixture
def account(connection) -> User:
    """An account from before the limit."""
    return managed(connection, UserFactory.create(username="old@evil.test", email="old@evil.test"))


def work(address):
    return {"value": address, "type": "work"}


def refuses(response, attribute, domain=""):
    """Whether an answer refuses a domain of an attribute."""
    error = response.json()
    is_named = f"'{attribute}'" in error["detail"] and domain in error["detail"]
    return (response.status_code, error["scimType"], is_named) == (400, "invalidValue", True)


# What is outside


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_user_name_that_is_an_address_outside_of_the_domains_is_refused(scim, name):
    assert refuses(scim.post("/Users", user(name)), "userName")
    assert not User.objects.exists()


@pytest.mark.parametrize("name", INSIDE)
def test_a_user_name_of_the_domains_or_without_one_is_taken(scim, name):
    assert scim.post("/Users", user(name)).status_code == 201


@pytest.mark.parametrize("address", ["eve@evil.test", "eve@sub.example.com"])
def test_an_address_outside_of_the_domains_is_refused_with_its_domain(scim, address):
    response = scim.post("/Users", user("eve", emails=[work(address)]))

    assert refuses(response, "emails", address.partition("@")[2])
    assert not User.objects.exists()


def test_every_entry_of_emails_counts(scim):
    emails = [{**work("eve@example.com"), "primary": True}, {"value": "eve@evil.test", "type": "home"}]

    assert refuses(scim.post("/Users", user("eve", emails=emails)), "emails", "evil.test")


# Every write


WRITES = {
    "PUT": lambda scim, path: scim.put(path, user("old@evil.test", emails=[work("new@evil.test")])),
    "PATCH of the list": lambda scim, path: scim.patch(path, replace("emails", [work("new@evil.test")])),
    "PATCH of one value": lambda scim, path: scim.patch(
        path, replace('emails[type eq "work"].value', "new@evil.test")
    ),
    "PATCH that adds one": lambda scim, path: scim.patch(
        path, add("emails", [{"value": "new@evil.test", "type": "home"}])
    ),
    "PATCH without a path": lambda scim, path: scim.patch(
        path, replace(None, {"emails": [work("new@evil.test")]})
    ),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_no_write_adds_an_address_outside_of_the_domains(scim, account, write):
    assert refuses(write(scim, path_of(account)), "emails", "evil.test")

    account.refresh_from_db()
    assert account.email == "old@evil.test"


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_no_write_renames_an_account_out_of_the_domains(scim, account, method):
    path = path_of(account)
    renamed = {
        "PUT": lambda: scim.put(path, user("new@evil.test")),
        "PATCH": lambda: scim.patch(path, replace("userName", "new@evil.test")),
    }

    assert refuses(renamed[method](), "userName", "evil.test")


def test_the_operations_of_a_bulk_job_are_held_to_the_domains(scim, account):
    path = path_of(account)
    operations = [
        {"method": "POST", "path": "/Users", "bulkId": "1", "data": user("eve@evil.test")},
        {"method": "PUT", "path": path, "data": user("new@evil.test")},
        {
            "method": "PATCH",
            "path": path,
            "data": {"Operations": [replace("emails", [work("new@evil.test")])]},
        },
        {"method": "POST", "path": "/Users", "bulkId": "2", "data": user("eve@example.com")},
    ]

    response = scim.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations})

    results = response.json()["Operations"]
    assert [result["status"] for result in results] == ["400", "400", "400", "201"]
    assert "evil.test" in results[0]["response"]["detail"]


def test_somebody_who_is_hired_again_is_held_to_the_domains(connection):
    scim = ScimClient(connection)
    payload = user("eve", externalId="4", emails=[work("eve@example.com")])
    path = scim.post("/Users", payload).headers["Location"].partition(ROOT)[2]
    scim.delete(path)
    connection.domains = ["example.org"]
    connection.save()

    assert refuses(scim.post("/Users", payload), "emails", "example.com")


# What is left alone


def test_an_address_that_a_write_leaves_alone_is_no_error(scim, account):
    path = path_of(account)
    document = scim.get(path).json()

    assert scim.patch(path, replace("title", "Guide")).status_code == 200
    assert scim.put(path, {**document, "title": "Boss"}).status_code == 200
    assert scim.patch(path, add("emails", [{"value": "new@example.com"}])).status_code == 200


def test_a_connection_without_domains_writes_any_address():
    scim = ScimClient(ConnectionFactory.create())

    assert scim.post("/Users", user("eve@evil.test", emails=[work("eve@evil.test")])).status_code == 201


def test_only_the_attributes_that_the_adapter_names_are_held_to_the_domains(scim):
    assert scim.post("/Users", user("eve", nickName="eve@evil.test")).status_code == 201


# Domains


@pytest.mark.parametrize(
    "spelling", ["MÜNCHEN.example.", "mu\u0308nchen.example", "\uff4dünchen\u3002example"]
)
def test_a_domain_is_the_same_in_every_spelling(spelling):
    assert canonical_domain(spelling) == "xn--mnchen-3ya.example"


LABELS = st.text(st.characters(categories=["Ll", "Lo", "Nd"]), min_size=1, max_size=20)


@given(LABELS)
def test_a_domain_and_its_form_in_the_dns_are_the_same(label):
    dns = canonical_domain(f"{label}.example")

    assert dns.isascii()
    assert canonical_domain(dns) == canonical_domain(dns.upper()) == canonical_domain(f"{dns}.") == dns


@given(st.text(max_size=40))
def test_the_domain_of_an_address_is_what_follows_its_only_at_sign(text):
    for address in addresses(f"{text}@example.com"):
        assert domain_of(address) in (None, "example.com")
        assert ("@" in text) <= (domain_of(address) is None)


@given(st.text())
def test_any_text_has_a_canonical_domain(text):
    assert canonical_domain(canonical_domain(text)) == canonical_domain(text)
