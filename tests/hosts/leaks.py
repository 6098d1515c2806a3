"""Nothing of one tenant can be seen, counted, found, referred to or changed from another.

The tests of each host with tenants, whose :class:`Models` say how its users belong to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from django_scim.models import Connection, ProvisioningEvent
from tests.conftest import ROOT, ScimClient
from tests.factories import ConnectionFactory
from tests.messages import BULK_REQUEST
from tests.representations import ENTERPRISE, group, user


@dataclass(frozen=True)
class Models:
    """The models of a host with tenants.

    :param user: What a User is.
    :param login: The look-up of its name.
    :param belonging: What leads from it to its tenants.
    """

    user: Any
    login: str
    belonging: str
    team: Any
    office: Any
    organisation: Any

    @property
    def organisations(self) -> dict[Any, str]:
        """What leads from the rows of each model to the organisation that they belong to."""
        return {
            self.user: self.belonging,
            self.team: "organisation",
            self.team.people.through: "team__organisation",
            self.office: "organisation",
        }

    def named(self, login: str) -> Any:
        """Return the user of a name."""
        return self.user.objects.get(**{self.login: login})


@pytest.fixture
def foreign_user(there: ScimClient) -> str:
    """The id of a user of the other organisation."""
    document = {**user("bjensen", externalId="e-1", title="Spy"), ENTERPRISE: {"department": "Berlin"}}
    created = there.post("/Users", document)
    assert created.status_code == 201, created.content
    return str(created.json()["id"])


@pytest.fixture
def foreign_group(there: ScimClient, foreign_user: str) -> str:
    """The id of a group of the other organisation."""
    created = there.post("/Groups", group("Guides", members=[{"value": foreign_user}]))
    return str(created.json()["id"])


@pytest.fixture
def own_group(here: ScimClient) -> str:
    """The id of a group of the own organisation."""
    return str(here.post("/Groups", group("Drivers")).json()["id"])


@pytest.fixture
def connection(models: Models, here: ScimClient, foreign_group: str) -> Iterator[Connection]:
    """The connection of one organisation, which has to leave what the other has as it is."""
    before = rows_of(models, "There")
    yield here.connection
    assert rows_of(models, "There") == before


def rows_of(models: Models, *names: str) -> list[Any]:
    """Return the rows of organisations."""
    return [
        list(model._default_manager.filter(**{f"{path}__name__in": names}).order_by("pk").values())
        for model, path in models.organisations.items()
    ]


def everything(models: Models) -> list[Any]:
    """Return all rows of the project."""
    return rows_of(models, "Here", "There")


def test_a_resource_that_a_connection_makes_belongs_to_its_tenant(models, here, there):
    here.post("/Users", user("bjensen"))

    made = models.user.objects.values_list(f"{models.belonging}__name", flat=True)
    assert list(made) == ["Here"]


def test_the_names_of_one_tenant_are_free_in_another(here, foreign_user, foreign_group):
    assert here.post("/Users", user("bjensen")).status_code == 201
    assert here.post("/Groups", group("Guides")).status_code == 201
    assert here.post("/Users", user("BJENSEN")).status_code == 409


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("kind", ["Users", "Groups"])
def test_no_route_leads_to_what_is_foreign(models, here, foreign_user, foreign_group, method, kind):
    before = everything(models)
    identifier = foreign_user if kind == "Users" else foreign_group
    bodies = {
        "PUT": user("x") if kind == "Users" else group("x"),
        "PATCH": {"Operations": [{"op": "replace", "path": "displayName", "value": "x"}]},
    }
    response = here.request(method, f"/{kind}/{identifier}", bodies.get(method))

    assert response.status_code == 404, response.content
    assert everything(models) == before


@pytest.mark.parametrize("path", ["/Users", "/Groups", "/", "/Users/.search", "/Groups/.search", "/.search"])
@pytest.mark.parametrize("expression", [None, "id pr", "meta.resourceType pr", "displayName pr or id pr"])
def test_no_resource_of_another_tenant_is_listed_or_counted(
    here, foreign_user, foreign_group, path, expression
):
    query = {} if expression is None else {"filter": expression}
    is_search = path.endswith(".search")
    response = here.post(path, query) if is_search else here.get(path, query)

    assert response.status_code == 200, response.content
    assert response.json()["totalResults"] == 0
    cursor = {**query, "cursor": ""}
    by_cursor = here.post(path, cursor) if is_search else here.get(path, cursor)
    assert (by_cursor.json()["Resources"], by_cursor.json()["totalResults"]) == ([], 0)


@pytest.mark.parametrize(
    "expression",
    [
        'userName eq "bjensen"',
        'externalId eq "e-1"',
        'title eq "Spy"',
        'id eq "{user}"',
        'groups.value eq "{group}"',
        f'{ENTERPRISE}:department eq "Berlin"',
    ],
)
def test_no_filter_tells_of_foreign_users(here, foreign_user, foreign_group, expression):
    here.post("/Users", user("own"))
    asked = expression.format(user=foreign_user, group=foreign_group)

    assert here.get("/Users", {"filter": asked}).json()["totalResults"] == 0


def test_no_foreign_user_can_be_a_member(models, here, own_group, foreign_user):
    before = everything(models)
    value = [{"value": foreign_user}]
    operations = [
        {"op": "add", "path": "members", "value": value},
        {"op": "replace", "path": "members", "value": value},
        {"op": "add", "value": {"members": value}},
    ]
    for operation in operations:
        assert here.patch(f"/Groups/{own_group}", operation).status_code == 400
    assert here.put(f"/Groups/{own_group}", group("Drivers", members=value)).status_code == 400
    assert here.post("/Groups", group("New", members=value)).status_code == 400
    assert everything(models) == before


def test_a_foreign_manager_is_kept_as_one_who_does_not_exist(here, foreign_user):
    for name, manager in (("one", foreign_user), ("two", "nobody")):
        response = here.post("/Users", {**user(name), ENTERPRISE: {"manager": {"value": manager}}})

        assert response.status_code == 201
        assert response.json()[ENTERPRISE]["manager"] == {"value": manager}


def test_no_foreign_user_can_be_a_manager(models, here, foreign_user, settings):
    settings.DJANGO_SCIM = {**settings.DJANGO_SCIM, "UNKNOWN_REFERENCES": "forbid"}
    document = {**user("own"), ENTERPRISE: {"manager": {"value": foreign_user}}}

    assert here.post("/Users", document).status_code == 400
    assert models.user.objects.filter(**{f"{models.belonging}__name": "Here"}).count() == 0


def test_no_bulk_operation_reaches_what_is_foreign(models, here, own_group, foreign_user, foreign_group):
    before = everything(models)
    patch = {"Operations": [{"op": "add", "path": "members", "value": [{"value": foreign_user}]}]}
    operations = [
        {"method": "DELETE", "path": f"/Users/{foreign_user}"},
        {"method": "PUT", "path": f"/Users/{foreign_user}", "data": user("x")},
        {"method": "PATCH", "path": f"/Groups/{foreign_group}", "data": patch},
        {"method": "PATCH", "path": f"/Groups/{own_group}", "data": patch},
    ]
    response = here.post("/Bulk", {"schemas": [BULK_REQUEST], "Operations": operations})

    statuses = [operation["status"] for operation in response.json()["Operations"]]
    assert statuses == ["404", "404", "404", "400"]
    assert everything(models) == before


def test_rows_that_resources_share_are_shared_within_a_tenant(models, here, there, foreign_user):
    here.post("/Users", {**user("own"), ENTERPRISE: {"department": "Berlin"}})
    here.post("/Users", {**user("other"), ENTERPRISE: {"department": "Berlin"}})

    assert list(models.office.objects.order_by("pk").values_list("organisation__name", "name")) == [
        ("There", "Berlin"),
        ("Here", "Berlin"),
    ]


def test_a_foreign_member_that_the_project_added_is_neither_shown_nor_removed(
    models, here, own_group, foreign_user
):
    team = models.team.objects.get(name="Drivers")
    team.people.add(models.named("bjensen"))

    assert not here.get(f"/Groups/{own_group}").json().get("members")
    here.put(f"/Groups/{own_group}", group("Drivers", members=[]))
    assert team.people.count() == 1


@pytest.fixture
def entangled(models, here, there, foreign_user, foreign_group, own_group) -> dict[str, Any]:
    """Users and groups of both organisations that the project has put together: what each sees of its own."""
    for name in ("zoe", "anna"):
        assert here.post("/Users", user(name)).status_code == 201
    zoe, foreign = models.named("zoe"), models.named("bjensen")
    models.team.objects.get(name="Guides").people.add(zoe)
    models.team.objects.get(name="Drivers").people.add(foreign)
    zoe.manager = foreign
    zoe.save()
    return {"user": foreign_user, "group": foreign_group}


SEEN_BY_NOBODY = {
    "/Users": [
        'groups.value eq "{group}"',
        'groups.display eq "Guides"',
        'groups[value eq "{group}"]',
        "groups pr",
        f'{ENTERPRISE}:manager.value eq "{{user}}"',
        f'{ENTERPRISE}:manager.displayName eq "bjensen"',
    ],
    "/Groups": [
        'members.value eq "{user}"',
        'members.display eq "bjensen"',
        'members[display sw "b"]',
        "members pr",
    ],
}
"""Filters that find only what belongs to both organisations."""


@pytest.mark.parametrize(
    ("path", "expression"), [(path, each) for path, found in SEEN_BY_NOBODY.items() for each in found]
)
def test_no_filter_tells_of_what_is_foreign_behind_a_relation(here, entangled, path, expression):
    found = here.get(path, {"filter": expression.format(**entangled)})

    assert (found.status_code, found.json().get("totalResults")) == (200, 0), found.content
    turned = here.get(path, {"filter": f"not ({expression.format(**entangled)})"}).json()
    assert turned["totalResults"] == here.get(path).json()["totalResults"]


@pytest.mark.parametrize(
    ("path", "attribute"),
    [
        ("/Users", "groups.display"),
        ("/Users", "groups.value"),
        ("/Users", f"{ENTERPRISE}:manager.displayName"),
        ("/Users", f"{ENTERPRISE}:manager.value"),
        ("/Groups", "members.display"),
        ("/Groups", "members.value"),
    ],
)
@pytest.mark.parametrize("direction", ["ascending", "descending"])
def test_no_order_tells_of_what_is_foreign_behind_a_relation(
    models, here, there, entangled, path, attribute, direction
):
    here.post("/Groups", group("Cooks"))

    def order() -> list[str]:
        answer = here.get(path, {"sortBy": attribute, "sortOrder": direction})
        return [each["id"] for each in answer.json().get("Resources", [answer.status_code])]

    before = order()
    models.team.objects.get(name="Guides").people.clear()
    models.team.objects.get(name="Drivers").people.clear()
    models.user.objects.update(manager=None)

    assert order() == before


def test_no_answer_shows_what_is_foreign_behind_a_relation(here, entangled):
    for path in ("/Users", "/Groups", "/"):
        text = here.get(path).content.decode()
        assert {"/Users": "zoe", "/Groups": "Drivers", "/": "zoe"}[path] in text
        for foreign in ("bjensen", "Guides", *entangled.values()):
            assert foreign not in text


@pytest.mark.parametrize("form", ["{root}/Users/{user}", "../Users/{user}", "/Users/{user}"])
def test_no_reference_leads_to_a_foreign_user(models, here, own_group, foreign_user, form):
    here.post("/Users", user("own"))
    before = everything(models)
    reference = form.format(root=f"https://testserver{ROOT}", user=foreign_user)
    operation = {"op": "add", "path": "members", "value": [{"$ref": reference}]}

    assert here.patch(f"/Groups/{own_group}", operation).status_code == 400
    both = {"op": "add", "path": "members", "value": [{"value": foreign_user, "$ref": reference}]}
    assert here.patch(f"/Groups/{own_group}", both).status_code == 400
    assert everything(models) == before


@pytest.mark.parametrize("deletes", ["/Users", "/Groups"])
def test_a_deletion_ends_the_memberships_of_its_tenant_alone(models, here, own_group, foreign_group, deletes):
    created = here.post("/Users", user("anna")).json()["id"]
    here.patch(f"/Groups/{own_group}", {"op": "add", "path": "members", "value": [{"value": created}]})
    anna, drivers = models.named("anna"), models.team.objects.get(name="Drivers")
    guides, spy = models.team.objects.get(name="Guides"), models.named("bjensen")
    anna.teams.add(guides)
    drivers.people.add(spy)

    response = here.delete(f"/Users/{created}" if deletes == "/Users" else f"/Groups/{own_group}")

    assert response.status_code == 204
    left = {
        (team.name, login)
        for team in models.team.objects.all()
        for login in team.people.values_list(models.login, flat=True)
    }
    kept = {("Guides", "bjensen"), ("Guides", "anna"), ("Drivers", "bjensen")}
    assert left == kept
    attribute, ended = ("groups", own_group) if deletes == "/Users" else ("members", created)
    event = ProvisioningEvent.objects.latest("pk")
    assert event.changes[attribute] == {"removed": [ended]}


def test_a_user_made_again_gets_no_membership_of_another_tenant_taken_away(models, here, foreign_group):
    created = here.post("/Users", user("anna")).json()["id"]
    anna = models.named("anna")
    anna.teams.add(models.team.objects.get(name="Guides"))
    here.delete(f"/Users/{created}")

    assert here.post("/Users", user("anna")).status_code == 201

    assert [team.name for team in anna.teams.all()] == ["Guides"]


def test_a_connection_without_a_tenant_sees_and_makes_nothing(db, foreign_user):
    nobody = ScimClient(ConnectionFactory.create())

    assert nobody.get("/Users").json()["totalResults"] == 0
    assert nobody.post("/Users", user("x")).status_code == 403


def test_a_tenant_of_another_model_is_no_tenant(models, db, foreign_user):
    organisation = models.organisation.objects.get(name="There")
    other = ConnectionFactory.create(
        tenant_type=ContentType.objects.get_for_model(models.office), tenant_id=str(organisation.pk)
    )

    assert ScimClient(other).get("/Users").json()["totalResults"] == 0


def test_the_history_of_each_tenant_is_its_own(here, there, foreign_user):
    here.delete(f"/Users/{foreign_user}")

    refused = ProvisioningEvent.objects.get(connection=here.connection)
    assert (refused.outcome, refused.status, refused.changes) == ("refused", 404, {})
