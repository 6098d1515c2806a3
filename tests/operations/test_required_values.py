"""A column that has to have a value of its own is not left empty: for the first account as for the second."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db.models.signals import pre_save

from django_scim.mappings import PrimaryValue
from tests.assertions import assert_scim_error
from tests.hosts.small.models import Subscriber
from tests.operations.patch_operations import remove, replace
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db

ADDRESS = [{"value": "ada@example.com", "primary": True, "type": "work"}]

REQUIRED = "emails (column email): a value is required"


def serve(settings, **attributes):
    """Serve subscribers."""
    options = {"model": "small.Subscriber", "attributes": {"nickName": "nick", **attributes}}
    settings.DJANGO_SCIM = {"RESOURCES": {"User": options, "Group": None}}


@pytest.fixture
def subscribers(settings):
    """Serve subscribers, of whom each has to have an address."""
    serve(settings)


@pytest.fixture
def follower(settings):
    """Serve subscribers whose address is their name where a client sends none."""
    serve(settings, emails=PrimaryValue("email", type="work", fallback="userName"))


def test_an_account_without_the_value_is_refused_from_the_first_on(scim, subscribers):
    for name in ("first", "second"):
        response = scim.post("/Users", user(name))

        assert_scim_error(response, 400, "invalidValue")
        assert response.json()["detail"] == REQUIRED
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(
    "emails", [[], [{"type": "work"}], [{"value": ""}]], ids=["none", "type alone", "empty"]
)
def test_an_empty_value_is_none(scim, subscribers, emails):
    response = scim.post("/Users", user("ada", emails=emails))

    assert_scim_error(response, 400, "invalidValue")
    assert not Subscriber.objects.exists()


def test_an_account_beside_one_that_the_project_left_empty_is_refused_for_its_own_want(scim, subscribers):
    Subscriber.objects.create(username="old")

    response = scim.post("/Users", user("new"))

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"] == REQUIRED


def test_a_put_and_a_patch_that_take_the_value_are_refused_as_the_post_is(scim, subscribers):
    scim.post("/Users", user("ada", emails=ADDRESS))
    row = Subscriber.objects.get()

    for response in (
        scim.put(path_of(row), user("ada")),
        scim.patch(path_of(row), remove("emails")),
        scim.patch(path_of(row), replace("emails", [])),
    ):
        assert_scim_error(response, 400, "invalidValue")
        assert response.json()["detail"] == REQUIRED
    assert Subscriber.objects.get().email == "ada@example.com"


def test_a_column_that_several_rows_may_leave_empty_is_left_empty(scim, subscribers):
    for number in range(2):
        emails = [{"value": f"ada{number}@example.com"}]
        assert scim.post("/Users", user(f"ada{number}", emails=emails)).status_code == 201


def test_the_project_may_fill_the_column_itself(scim, subscribers):
    def fill(instance, **kwargs):
        instance.email = instance.email or f"{instance.username}@example.com"

    pre_save.connect(fill, sender=Subscriber)
    try:
        created = scim.post("/Users", user("ada"))
        replaced = scim.put(path_of(Subscriber.objects.get()), user("ada"))
    finally:
        pre_save.disconnect(fill, sender=Subscriber)

    for response in (created, replaced):
        assert response.json()["emails"][0]["value"] == "ada@example.com"


# A fallback


def test_the_user_name_is_the_address_of_who_has_none(scim, follower):
    response = scim.post("/Users", user("ada@example.com"))

    assert response.status_code == 201
    assert response.json()["emails"] == ADDRESS
    assert Subscriber.objects.get().email == "ada@example.com"


def test_an_address_of_its_own_is_the_address(scim, follower):
    response = scim.post("/Users", user("boss@example.com", emails=ADDRESS))

    assert response.json()["emails"] == ADDRESS


def test_an_address_that_is_the_user_name_follows_it(scim, follower):
    scim.post("/Users", user("ada@example.com"))
    row = Subscriber.objects.get()

    renamed = scim.patch(path_of(row), replace("userName", "ada@example.org"))
    again = scim.put(path_of(row), user("ada@example.net"))
    own = scim.put(path_of(row), user("ada@example.net", emails=ADDRESS))
    kept = scim.patch(path_of(row), replace("userName", "ada@example.org"))

    addresses = [response.json()["emails"][0]["value"] for response in (renamed, again, own, kept)]
    assert addresses == ["ada@example.org", "ada@example.net", "ada@example.com", "ada@example.com"]


def test_a_user_name_that_is_no_address_is_refused_as_one(scim, follower):
    response = scim.post("/Users", user("ada"))

    assert_scim_error(response, 400, "invalidValue")
    assert response.json()["detail"] == "emails (column email): Enter a valid email address."


@pytest.mark.parametrize("fallback", ["phoneNumbers", "name", "nothing", "password", "active"])
def test_a_fallback_that_is_no_text_is_an_error(settings, fallback):
    serve(settings, emails=PrimaryValue("email", fallback=fallback))

    messages = [message for message in run_checks() if message.id == "django_scim.E016"]

    assert [f"fallback '{fallback}'" in message.msg for message in messages] == [True]
