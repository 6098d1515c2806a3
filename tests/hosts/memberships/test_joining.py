"""An account is in several organisations, and each connection sees and writes its own part of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db.models.signals import post_save

from django_scim.models import ProvisioningEvent
from tests.hosts.memberships.models import Account, Arrival, Membership, Organisation
from tests.representations import ENTERPRISE, group, user

BOB = user("bob", name={"givenName": "Bob"}, emails=[{"value": "bob@example.com", "primary": True}])


def replace(path: str, value: Any) -> dict[str, Any]:
    """Return an operation of a PATCH."""
    return {"op": "replace", "path": path, "value": value}


def made(response: Any, status: int = 201) -> str:
    """Return the path of a user that was made."""
    assert response.status_code == status, response.content
    return f"/Users/{response.json()['id']}"


@pytest.fixture
def theirs(there) -> str:
    """The path of a user of the other organisation."""
    return made(there.post("/Users", BOB))


@pytest.fixture
def ours(here, theirs) -> str:
    """The path of the same account, as our organisation sees it."""
    return made(here.post("/Users", user("bob", externalId="1", active=True)))


def bob() -> Account:
    """Return the account as it is now."""
    return Account.objects.get(username="bob")


def last_event() -> ProvisioningEvent:
    """Return the event that was written last."""
    return ProvisioningEvent.objects.latest("pk")


def test_an_account_that_is_new_is_made_with_its_membership(here):
    made(here.post("/Users", {**BOB, "roles": [{"value": "admin", "primary": True}]}))

    membership = Membership.objects.get()
    assert (membership.user, membership.organisation.name, membership.role) == (bob(), "Here", "admin")
    assert (bob().first_name, bob().email, bob().is_active) == ("Bob", "bob@example.com", True)
    assert not bob().has_usable_password()


def test_an_account_of_another_organisation_is_joined(here, there, theirs):
    answer = here.post("/Users", user("BOB", externalId="1"))

    assert made(answer) != theirs
    assert answer.json()["userName"] == "bob"
    assert answer.json()["emails"] == [{"value": "bob@example.com", "type": "work", "primary": True}]
    assert (Account.objects.count(), Membership.objects.count()) == (1, 2)
    assert "joined: the account was there before" in last_event().detail


def test_an_account_joins_an_organisation_once(here, ours):
    refused = here.post("/Users", user("Bob"))

    assert (refused.status_code, refused.json()["scimType"]) == (409, "uniqueness")
    assert Membership.objects.count() == 2


def test_joining_writes_nothing_to_the_account_and_the_history_says_so(here, theirs):
    before = Account.objects.values().get()

    made(
        here.post(
            "/Users",
            user("bob", name={"givenName": "Mallory"}, password="much-too-long-to-guess"),
        )
    )

    assert Account.objects.values().get() == before
    assert "left as they are, since the account is not this connection's: name.givenName, password" in (
        last_event().detail
    )


@pytest.mark.parametrize("side", ["here", "there"])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_no_organisation_alone_writes_an_account_that_several_have(here, there, theirs, ours, side, method):
    client, path = {"here": (here, ours), "there": (there, theirs)}[side]
    before = Account.objects.values().get()
    changes = {"userName": "mallory", "name": {"givenName": "Mallory"}, "password": "much-too-long-to-guess"}
    changes |= {"emails": [{"value": "mallory@example.com", "primary": True}], "title": "Guide"}
    if method == "PUT":
        answer = client.put(path, {**user("mallory"), **changes})
    else:
        answer = client.patch(path, {"op": "replace", "value": changes})

    assert answer.status_code == 200, answer.content
    assert answer.json()["userName"] == "bob"
    assert answer.json()["title"] == "Guide"
    assert Account.objects.values().get() == before
    assert last_event().changes.keys() - {"externalId"} == {"title"}
    for name in ("userName", "name.givenName", "password", "emails"):
        assert name in last_event().detail


def test_an_organisation_writes_the_accounts_that_it_alone_has(there, theirs):
    there.patch(theirs, replace("userName", "robert"), replace("name.givenName", "Robert"))

    account = Account.objects.get()
    assert (account.username, account.first_name) == ("robert", "Robert")


def test_an_organisation_writes_accounts_of_its_own_domain(here, theirs, ours):
    here.connection.domains = ["Example.com"]
    here.connection.save()

    here.patch(ours, replace("name.givenName", "Robert"))

    assert bob().first_name == "Robert"


def test_an_account_that_was_joined_is_nobodys_to_take_over_when_the_others_have_left(
    here, there, theirs, ours
):
    there.delete(theirs)

    here.patch(ours, replace("password", "much-too-long-to-guess"), replace("name.givenName", "Mallory"))

    assert (bob().first_name, bob().has_usable_password()) == ("Bob", False)


def test_an_account_of_no_organisation_is_joined_and_stays_its_owners(here):
    Account.objects.create_user("bob", "bob@example.com", "his own password")
    path = made(here.post("/Users", user("bob", password="much-too-long-to-guess")))

    here.patch(path, replace("password", "much-too-long-to-guess"))

    assert bob().check_password("his own password")


def test_what_staff_hand_over_may_be_written(here):
    from django_scim.models import Record

    Account.objects.create_user("bob", "bob@example.com")
    path = made(here.post("/Users", user("bob")))
    Record.objects.update(is_handed_over=True)

    here.patch(path, replace("name.givenName", "Robert"))

    assert bob().first_name == "Robert"


@pytest.mark.parametrize("flag", ["is_superuser", "is_staff"])
def test_an_account_with_power_is_not_joined(here, flag):
    Account.objects.create_user("admin", **{flag: True})

    refused = here.post("/Users", user("ADMIN"))

    assert refused.status_code == 403, refused.content
    assert not Membership.objects.exists()


def test_a_user_name_that_another_account_has_is_a_conflict(here, there, theirs):
    Account.objects.create_superuser("admin")
    anna = made(here.post("/Users", user("anna")))

    for name in ("Bob", "bob", "ADMIN"):
        assert here.patch(anna, replace("userName", name)).status_code == 409
    assert set(Account.objects.values_list("username", flat=True)) == {"admin", "bob", "anna"}


@pytest.mark.parametrize("end", ["deactivation", "deletion"])
def test_the_end_of_a_membership_leaves_the_others(here, there, theirs, ours, end):
    if end == "deactivation":
        assert here.patch(ours, replace("active", False)).json()["active"] is False
    else:
        assert here.delete(ours).status_code == 204

    assert bob().is_active
    assert "the account is not locked: it has other memberships" in last_event().detail
    active = dict(Membership.objects.values_list("organisation__name", "is_active"))
    assert active == {"Here": False, "There": True}
    assert there.get(theirs).json()["active"] is True


@pytest.mark.parametrize("end", ["deactivation", "deletion"])
def test_the_end_of_the_last_membership_locks_the_account(here, there, theirs, ours, end, client):
    client.force_login(bob())
    there.patch(theirs, replace("active", False))
    assert client.get("/scim/v2/Me").wsgi_request.user.is_authenticated

    if end == "deactivation":
        here.patch(ours, replace("active", False))
    else:
        here.delete(ours)

    assert not bob().is_active
    assert "the account is locked: this was its last membership" in last_event().detail
    assert not client.get("/scim/v2/Me").wsgi_request.user.is_authenticated


def test_an_account_that_was_joined_and_has_power_since_is_not_locked_with_its_last_membership(here):
    Account.objects.create_user("bob", "bob@example.com")
    path = made(here.post("/Users", user("bob", active=True)))
    Account.objects.update(is_staff=True)

    here.patch(path, replace("active", False))

    assert bob().is_active
    assert not Membership.objects.get().is_active


def test_a_membership_that_begins_again_unlocks_the_account(here, there, theirs):
    there.patch(theirs, replace("active", False))
    assert not bob().is_active

    made(here.post("/Users", user("bob", active=True)))

    assert bob().is_active
    assert there.get(theirs).json()["active"] is False


def test_an_account_that_the_project_has_locked_stays_locked(here, theirs):
    Account.objects.update(is_active=False)

    made(here.post("/Users", user("bob", active=True)))

    assert not bob().is_active
    assert "the account stays locked: the project has locked it" in last_event().detail


def test_an_account_that_is_made_inactive_is_locked(here):
    made(here.post("/Users", user("bob", active=False)))

    assert not bob().is_active


def test_a_person_who_comes_back_has_the_membership_back(here, ours):
    here.delete(ours)

    again = made(here.post("/Users", user("bob", externalId="1", active=True)))

    assert again != ours
    assert here.get(ours).status_code == 404
    assert Membership.objects.filter(is_active=True).count() == 2


def test_an_account_that_left_joins_again_under_another_external_id(here, ours):
    Membership.objects.filter(organisation__name="Here").update(role="admin")
    here.delete(ours)

    again = made(here.post("/Users", user("bob", externalId="2")))

    assert again != ours
    assert here.get(ours).status_code == 404
    membership = Membership.objects.get(organisation__name="Here")
    assert (membership.role, membership.is_active) == ("member", True)


def test_somebody_else_of_the_name_of_a_deleted_account_gets_another(here):
    path = made(here.post("/Users", user("dora", externalId="4")))
    first = Account.objects.get()
    here.delete(path)

    made(here.post("/Users", user("dora", externalId="77")))

    second = Account.objects.get(username="dora")
    assert second != first
    assert Account.objects.get(pk=first.pk).username.startswith("dora-parked-")


def test_the_name_of_an_account_that_others_have_is_never_parked(here, there, theirs, ours):
    here.delete(ours)
    anna = made(here.post("/Users", user("anna")))

    assert here.patch(anna, replace("userName", "bob")).status_code == 409
    assert bob().is_active


def test_the_name_of_a_deleted_account_is_free(here):
    here.delete(made(here.post("/Users", user("gone"))))
    anna = made(here.post("/Users", user("anna")))

    assert here.patch(anna, replace("userName", "gone")).status_code == 200


def test_the_project_is_told_of_those_who_join_and_leave(here, there, theirs, ours):
    here.patch(ours, replace("active", False))
    here.patch(ours, replace("active", True))
    here.delete(ours)

    assert list(Arrival.objects.order_by("pk").values_list("organisation__name", "is_departure")) == [
        ("There", False),
        ("Here", False),
        ("Here", True),
        ("Here", False),
        ("Here", True),
    ]


def test_a_hook_that_fails_undoes_the_write(here, monkeypatch):
    from scim2_models import InvalidValueException

    from tests.hosts.memberships import scim

    def refuse(self, obj, account):
        raise InvalidValueException(detail="no seat is left")

    monkeypatch.setattr(scim.PersonAdapter, "joined", refuse)

    assert here.post("/Users", user("bob")).status_code == 400
    assert not Account.objects.exists()
    assert not Membership.objects.exists()


def test_the_roles_of_an_organisation_are_its_own(here, there, theirs, ours):
    there.patch(theirs, replace("roles", [{"value": "admin", "primary": True}]))

    assert here.get(ours).json()["roles"][0]["value"] == "member"
    assert here.get("/Users", {"filter": 'roles.value eq "admin"'}).json()["totalResults"] == 0
    assert there.get("/Users", {"filter": 'roles.value eq "admin"'}).json()["totalResults"] == 1


def test_members_and_managers_have_the_name_of_their_account(here, ours):
    here.post("/Groups", group("Drivers", members=[{"value": ours.rpartition("/")[2]}]))
    report = {ENTERPRISE: {"manager": {"value": ours.rpartition("/")[2]}}}
    anna = made(here.post("/Users", {**user("anna"), **report}))

    (drivers,) = here.get("/Groups", {"attributes": "members.display"}).json()["Resources"]
    assert drivers["members"] == [{"display": "bob"}]
    assert here.get(anna).json()[ENTERPRISE]["manager"]["displayName"] == "bob"
    found = here.get("/Groups", {"filter": 'members.display eq "Bob"'})
    assert found.json()["totalResults"] == 1


def test_users_are_filtered_and_sorted_by_what_their_accounts_have(here, ours):
    here.post("/Users", user("anna", name={"givenName": "Anna"}))

    def names(**query):
        return [row["userName"] for row in here.get("/Users", query).json()["Resources"]]

    assert names(filter='userName eq "BOB"') == ["bob"]
    assert names(filter='emails.value eq "bob@example.com"') == ["bob"]
    assert names(filter='name.givenName sw "an"') == ["anna"]
    assert names(sortBy="userName") == ["anna", "bob"]
    assert names(sortBy="userName", sortOrder="descending") == ["bob", "anna"]


def test_a_page_of_users_takes_as_many_queries_as_one(here, django_assert_max_num_queries):
    for number in range(20):
        made(here.post("/Users", user(f"user-{number}")))

    with django_assert_max_num_queries(10):
        assert here.get("/Users").json()["totalResults"] == 20


def test_a_membership_that_the_project_made_is_adopted_by_name(here):
    account = Account.objects.create_user("bob", "bob@example.com")
    Membership.objects.create(user=account, organisation=Organisation.objects.get(name="Here"))
    (found,) = here.get("/Users", {"filter": 'userName eq "bob"'}).json()["Resources"]

    answer = here.put(f"/Users/{found['id']}", user("bob", emails=[{"value": "mallory@example.com"}]))

    assert answer.status_code == 200, answer.content
    assert bob().email == "bob@example.com"


def test_a_default_group_of_an_account_is_there_again_with_its_last_membership(here):
    everybody = Group.objects.create(name="Everybody")

    def give(sender, instance, created, **kwargs):
        if created:
            instance.groups.add(everybody)

    post_save.connect(give, sender=Account)
    try:
        path = made(here.post("/Users", {**BOB, "externalId": "1"}))
        assert here.delete(path).status_code == 204
        assert not bob().groups.exists()
        made(here.post("/Users", {**BOB, "externalId": "1"}))
    finally:
        post_save.disconnect(give, sender=Account)

    assert list(bob().groups.all()) == [everybody]
