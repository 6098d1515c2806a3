"""PATCH of users (RFC 7644 section 3.5.2)."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.contrib.auth.models import User

from django_scim.models import Link, Operation, Outcome, ProvisioningEvent, Record
from tests.assertions import assert_scim_error
from tests.conftest import ScimClient
from tests.factories import ConnectionFactory, GroupFactory, UserFactory, managed
from tests.messages import PATCH_OP, patch_op
from tests.operations.badges import BADGE
from tests.operations.examples import ENTERPRISE_USER, FULL_USER, PASSWORD, READ_ONLY
from tests.operations.patch_operations import add, remove, replace
from tests.operations.responses import last_event, stored, without_meta
from tests.representations import ENTERPRISE, USER, member, path_of, user

WORK, HOME = FULL_USER["emails"]
OTHER = {"value": "other@example.com", "type": "other"}
MANAGER = ENTERPRISE_USER[ENTERPRISE]["manager"]


@pytest.fixture
def provisioned(scim):
    """The path of a user with all that RFC 7643 knows."""
    return f"/Users/{scim.post('/Users', {**ENTERPRISE_USER, 'password': PASSWORD}).json()['id']}"


@pytest.fixture
def patched(scim, provisioned):
    """Send operations, and return what the user then is; the answer and a GET have to agree."""

    def patch(*operations):
        response = scim.patch(provisioned, *operations)
        assert response.status_code == 200, response.json()
        assert scim.get(provisioned).json() == response.json()
        return without_meta(response.json())

    return patch


# add (section 3.5.2.1)


def test_add_without_a_path_adds_the_attributes_of_its_value(patched):
    after = patched(add(None, {"nickName": "Barb", "emails": [OTHER], "name": {"middleName": "J"}}))

    assert after == {
        **ENTERPRISE_USER,
        "nickName": "Barb",
        "emails": [WORK, HOME, OTHER],
        "name": {**FULL_USER["name"], "middleName": "J"},
    }


def test_add_gives_an_attribute_that_is_not_there_its_value(scim):
    path = path_of(UserFactory.create(username="bjensen"))

    assert scim.patch(path, add("title", "Guide")).json()["title"] == "Guide"
    assert scim.patch(path, add("emails", [OTHER])).json()["emails"][-1] == OTHER


def test_add_replaces_a_single_value(patched):
    assert patched(add("title", "Manager"))["title"] == "Manager"


def test_add_puts_sub_attributes_beside_those_that_are_there(patched):
    after = patched(add("name", {"givenName": "Babs", "honorificPrefix": "Dr."}))

    assert after["name"] == {**FULL_USER["name"], "givenName": "Babs", "honorificPrefix": "Dr."}
    assert User.objects.get().first_name == "Babs"


def test_add_of_a_sub_attribute_leaves_its_siblings(patched):
    assert patched(add("name.givenName", "Babs"))["name"] == {**FULL_USER["name"], "givenName": "Babs"}


def test_add_of_a_sub_attribute_makes_the_attribute(scim):
    path = path_of(UserFactory.create(first_name="", last_name=""))

    assert scim.patch(path, add("name.middleName", "Jane")).json()["name"] == {"middleName": "Jane"}


@pytest.mark.parametrize("value", [OTHER, [OTHER]], ids=["one", "a list"])
def test_add_puts_values_beside_those_that_are_there(patched, value):
    assert patched(add("emails", value))["emails"] == [WORK, HOME, OTHER]


def test_add_of_a_value_that_is_there_makes_no_second(scim, provisioned):
    before, rows = scim.get(provisioned), stored()

    response = scim.patch(provisioned, add("emails", [HOME]), add("ims", FULL_USER["ims"][0]))

    assert response.json() == before.json()
    assert response["ETag"] == before["ETag"]
    assert stored() == rows


def test_add_to_the_values_that_a_filter_selects_sets_their_sub_attribute(patched):
    after = patched(add('emails[type eq "home"].display', "Babs"))

    assert after["emails"] == [WORK, {**HOME, "display": "Babs"}]


# replace (section 3.5.2.3)


def test_replace_without_a_path_replaces_the_attributes_of_its_value(patched):
    after = patched(replace(None, {"nickName": "Barb", "emails": [OTHER], "name": {"middleName": "J"}}))

    assert after == {
        **ENTERPRISE_USER,
        "nickName": "Barb",
        "emails": [OTHER],
        "name": {**FULL_USER["name"], "middleName": "J"},
    }


def test_replace_sets_a_single_value(patched):
    assert patched(replace("title", "Manager"))["title"] == "Manager"


def test_replace_of_an_attribute_that_is_not_there_adds_it(scim):
    path = path_of(UserFactory.create())

    assert scim.patch(path, replace("title", "Manager")).json()["title"] == "Manager"


def test_replace_sets_all_values(patched):
    assert patched(replace("emails", [OTHER]))["emails"] == [OTHER]
    assert User.objects.get().email == "other@example.com"


def test_replace_of_a_complex_attribute_leaves_the_sub_attributes_that_it_does_not_name(patched):
    after = patched(replace("name", {"familyName": "Smith"}))

    assert after["name"] == {**FULL_USER["name"], "familyName": "Smith"}


def test_replace_changes_the_value_that_a_filter_selects(patched):
    after = patched(replace('emails[type eq "home"]', OTHER))

    assert after["emails"] == [WORK, {**HOME, **OTHER}]


def test_replace_changes_a_sub_attribute_of_the_value_that_a_filter_selects(patched):
    after = patched(replace('emails[type eq "work"].value', "b@example.com"))

    assert after["emails"] == [{**WORK, "value": "b@example.com"}, HOME]
    assert User.objects.get().email == "b@example.com"


def test_replace_changes_a_sub_attribute_of_every_value_that_a_filter_selects(patched):
    after = patched(replace('addresses[region eq "CA"].country', "US"))

    assert [address["country"] for address in after["addresses"]] == ["US", "US"]


@pytest.mark.parametrize(
    ("filter", "selected"),
    [
        ('type eq "HOME"', [1]),
        ('type eq "home" and value ew "jensen.org"', [1]),
        ('type eq "work" or value sw "BABS@"', [0, 1]),
        ("primary eq true", [0]),
        ("not (primary eq true)", [1]),
        ("primary pr", [0]),
        ('value co "@" and not (type eq "work")', [1]),
    ],
)
def test_a_path_filter_selects_as_a_query_does(patched, filter, selected):
    after = patched(replace(f"emails[{filter}].display", "X"))

    assert [index for index, email in enumerate(after["emails"]) if email.get("display")] == selected


@pytest.mark.parametrize("value", [None, []], ids=["null", "empty list"])
def test_replace_by_nothing_clears_an_attribute(patched, value):
    assert "phoneNumbers" not in patched(replace("phoneNumbers", value))


# remove (section 3.5.2.2)


def test_remove_clears_a_single_value(patched):
    assert patched(remove("title")) == {
        name: value for name, value in ENTERPRISE_USER.items() if name != "title"
    }


def test_remove_of_a_column_of_the_host_empties_it(patched):
    after = patched(remove("name.givenName"), remove("emails"))

    assert "givenName" not in after["name"]
    assert "emails" not in after
    row = User.objects.get()
    assert (row.first_name, row.last_name, row.email) == ("", "Jensen", "")


def test_remove_of_a_complex_attribute_removes_its_sub_attributes(patched):
    assert "name" not in patched(remove("name"))
    assert User.objects.get().last_name == ""


def test_remove_of_the_last_sub_attribute_leaves_no_attribute(scim):
    path = path_of(UserFactory.create(first_name="", last_name="Jensen"))

    assert "name" not in scim.patch(path, remove("name.familyName")).json()


def test_remove_clears_all_values(patched):
    assert "addresses" not in patched(remove("addresses"))


def test_remove_takes_away_the_value_that_a_filter_selects(patched):
    assert patched(remove('emails[type eq "home"]'))["emails"] == [WORK]


def test_remove_of_the_value_in_the_column_of_the_host_moves_the_next_one_there(patched):
    assert patched(remove('emails[type eq "work"]'))["emails"] == [HOME]
    assert User.objects.get().email == HOME["value"]


def test_remove_of_the_last_value_leaves_no_attribute(patched):
    assert "ims" not in patched(remove('ims[value eq "someaimhandle"]'))


def test_remove_takes_away_a_sub_attribute_of_the_value_that_a_filter_selects(patched):
    after = patched(remove('addresses[type eq "home"].region'))

    assert [address.get("region") for address in after["addresses"]] == ["CA", None]


def test_remove_that_selects_nothing_is_no_error(scim, provisioned):
    before = scim.get(provisioned)

    response = scim.patch(provisioned, remove('emails[type eq "other"]'), remove("photos.display"))

    assert response.json() == before.json()
    assert response["ETag"] == before["ETag"]


def test_remove_of_what_is_not_there_is_no_error(scim):
    path = path_of(UserFactory.create())

    assert scim.patch(path, remove("title"), remove(f"{ENTERPRISE}:manager")).status_code == 200


def test_remove_of_active_leaves_what_the_host_cannot_be_without_and_tells_it_no_longer(patched):
    User.objects.update(is_active=False)

    assert "active" not in patched(remove("active"))
    assert not User.objects.get().is_active


@pytest.mark.parametrize("active", [True, False])
def test_a_removed_active_is_told_again_when_it_is_given_anew(scim, provisioned, active):
    scim.patch(provisioned, remove("active"), replace("title", "Manager"))
    assert "active" not in scim.get(provisioned, {"attributes": "active"}).json()
    assert "active" not in scim.put(provisioned, user()).json()

    assert scim.patch(provisioned, replace("active", active)).json()["active"] is active
    assert User.objects.get().is_active is active


def test_a_removed_active_is_told_again_when_the_host_has_changed_it(scim, provisioned):
    scim.patch(provisioned, remove("active"))

    User.objects.update(is_active=False)

    assert scim.get(provisioned).json()["active"] is False


def test_a_removed_active_is_in_the_history(scim, provisioned):
    scim.patch(provisioned, remove("active"))

    assert ProvisioningEvent.objects.latest("pk").changes == {"active": {"before": True}}


# Paths


def test_a_path_may_begin_with_the_urn_of_the_core_schema(patched):
    after = patched(replace(f"{USER}:title", "Manager"), replace(f"{USER}:name.givenName", "Babs"))

    assert (after["title"], after["name"]["givenName"]) == ("Manager", "Babs")


def test_a_path_may_be_in_any_case(patched):
    after = patched(replace("NAME.GIVENNAME", "Babs"), replace(f"{ENTERPRISE.upper()}:DEPARTMENT", "Tours"))

    assert after["name"]["givenName"] == "Babs"
    assert after[ENTERPRISE]["department"] == "Tours"


def test_a_path_leads_into_an_extension(patched):
    after = patched(
        replace(f"{ENTERPRISE}:department", "Tours"),
        replace(f"{ENTERPRISE}:manager.value", "another"),
        remove(f"{ENTERPRISE}:costCenter"),
    )

    assert after[ENTERPRISE] == {
        "employeeNumber": "701984",
        "organization": "Universal Studios",
        "division": "Theme Park",
        "department": "Tours",
        "manager": {**MANAGER, "value": "another"},
    }


def test_a_path_may_be_the_urn_of_an_extension(patched):
    after = patched(replace(ENTERPRISE, {"department": "Tours"}))

    assert after[ENTERPRISE] == {**ENTERPRISE_USER[ENTERPRISE], "department": "Tours"}


def test_remove_of_an_extension_takes_its_schema_too(patched):
    after = patched(remove(ENTERPRISE))

    assert ENTERPRISE not in after
    assert after["schemas"] == [USER]


def test_a_value_without_a_path_may_name_attributes_by_urn(patched):
    after = patched(
        replace(
            None,
            {
                f"{ENTERPRISE}:department": "Tours",
                ENTERPRISE: {"division": "Rides"},
                f"{USER}:title": "Manager",
            },
        )
    )

    assert after["title"] == "Manager"
    assert after[ENTERPRISE] == {
        **ENTERPRISE_USER[ENTERPRISE],
        "department": "Tours",
        "division": "Rides",
    }


def test_a_value_without_a_path_may_name_sub_attributes(patched):
    after = patched(replace(None, {"name.givenName": "Babs", "active": False}))

    assert after["name"] == {**FULL_USER["name"], "givenName": "Babs"}
    assert after["active"] is False


def test_a_modification_makes_an_extension_that_is_not_there(scim):
    path = path_of(UserFactory.create())

    response = scim.patch(path, add(f"{ENTERPRISE}:department", "Tours"))

    assert response.json()[ENTERPRISE] == {"department": "Tours"}
    assert response.json()["schemas"] == [USER, ENTERPRISE]


def test_the_values_of_an_attribute_that_is_not_complex_can_be_added_and_selected(scim, badges):
    path = path_of(UserFactory.create())

    scim.patch(path, add(f"{BADGE}:floors", [1, 2, 3]), add(f"{BADGE}:floors", 2))
    assert scim.get(path).json()[BADGE] == {"floors": [1, 2, 3]}

    scim.patch(path, remove(f"{BADGE}:floors[value eq 2]"))
    assert scim.get(path).json()[BADGE] == {"floors": [1, 3]}


@pytest.mark.parametrize(
    "path",
    ["emails[", 'emails[type eq "work"', "emails[type eq]", "name..givenName", "5", "name.givenName.x", " "],
)
def test_a_path_that_cannot_be_parsed_is_an_invalid_path(scim, provisioned, path):
    before = stored()

    assert_scim_error(scim.patch(provisioned, replace(path, "X")), 400, "invalidPath")
    assert stored() == before


@pytest.mark.parametrize("operation", [add, replace], ids=["add", "replace"])
def test_a_modification_ignores_an_attribute_of_no_schema(scim, provisioned, operation):
    before = scim.get(provisioned).json()

    response = scim.patch(
        provisioned, operation("favouriteColour", "green"), operation(None, {"favouriteColour": "green"})
    )

    assert response.json() == before


@pytest.mark.parametrize("path", ['title[value eq "Guide"]', 'name[givenName eq "Barbara"]'])
def test_a_filter_on_an_attribute_with_one_value_is_refused(scim, provisioned, path):
    response = scim.patch(provisioned, replace(path, {"value": "X"}))

    assert response.status_code == 400
    assert response.json()["scimType"] in ("invalidPath", "invalidFilter")


# The primary value (RFC 7643 section 2.4)


def test_a_value_that_is_made_primary_takes_it_from_the_others(patched):
    after = patched(replace('emails[type eq "home"].primary', True))

    assert after["emails"] == [{**WORK, "primary": False}, {**HOME, "primary": True}]
    assert User.objects.get().email == HOME["value"]


def test_a_value_that_is_added_as_primary_takes_it_from_the_others(patched):
    after = patched(add("emails", [{**OTHER, "primary": True}]))

    assert [email.get("primary") for email in after["emails"]] == [False, None, True]
    assert User.objects.get().email == OTHER["value"]


def test_two_primary_values_are_refused(scim, provisioned):
    before = stored()

    response = scim.patch(provisioned, replace("emails", [{**WORK}, {**HOME, "primary": True}]))

    assert_scim_error(response, 400, "invalidValue")
    assert stored() == before


def test_the_address_that_the_host_changed_is_the_one_that_is_patched(scim, provisioned):
    User.objects.update(email="host@example.com")

    response = scim.patch(provisioned, replace('emails[value eq "host@example.com"].display', "Host"))

    assert response.json()["emails"] == [{**WORK, "value": "host@example.com", "display": "Host"}, HOME]


# What is refused


@pytest.mark.parametrize("operation", [add, replace], ids=["add", "replace"])
def test_a_path_filter_without_a_match_is_no_target(scim, provisioned, operation):
    before = stored()

    assert_scim_error(
        scim.patch(provisioned, operation('emails[type sw "oth"].value', "b@example.com")), 400, "noTarget"
    )
    assert_scim_error(scim.patch(provisioned, operation('emails[type sw "oth"]', OTHER)), 400, "noTarget")
    assert stored() == before


def test_remove_without_a_path_is_no_target(scim, provisioned):
    assert_scim_error(scim.patch(provisioned, {"op": "remove"}), 400, "noTarget")
    assert_scim_error(scim.patch(provisioned, {"op": "remove", "value": {"title": "Guide"}}), 400, "noTarget")


@pytest.mark.parametrize(
    "path", ["id", "meta", "meta.version", "groups", 'groups[value eq "x"]', "groups.value"]
)
@pytest.mark.parametrize("operation", [add, replace, remove], ids=["add", "replace", "remove"])
def test_read_only_attributes_cannot_be_modified(scim, provisioned, operation, path):
    value = READ_ONLY.get(path, "x")

    response = scim.patch(provisioned, operation(path) if operation is remove else operation(path, value))

    assert_scim_error(response, 400, "mutability")


def test_the_groups_of_a_user_cannot_be_changed_through_the_user(scim, provisioned):
    guides = GroupFactory.create()

    assert_scim_error(scim.patch(provisioned, add("groups", [member(guides)])), 400, "mutability")
    assert not guides.user_set.exists()


@pytest.mark.parametrize(
    "operation",
    [remove("userName"), replace("userName", None), replace(None, {"userName": None})],
    ids=str,
)
def test_required_attributes_cannot_be_removed(scim, provisioned, operation):
    before = stored()

    assert_scim_error(scim.patch(provisioned, operation), 400, "mutability")
    assert stored() == before


def test_immutable_attributes_can_be_added_and_not_changed(scim, badges):
    path = path_of(UserFactory.create())

    assert scim.patch(path, add(f"{BADGE}:number", "4711")).json()[BADGE] == {"number": "4711"}
    assert scim.patch(path, add(f"{BADGE}:number", "4711")).status_code == 200
    for operation in (
        add(f"{BADGE}:number", "4712"),
        replace(f"{BADGE}:number", "4712"),
        remove(f"{BADGE}:number"),
        remove(BADGE),
        replace(None, {BADGE: {"number": "4712"}}),
    ):
        assert_scim_error(scim.patch(path, operation), 400, "mutability")
    assert scim.get(path).json()[BADGE] == {"number": "4711"}


@pytest.mark.parametrize(
    "operation",
    [
        replace("active", "perhaps"),
        replace("title", {"value": "Guide"}),
        replace("title", ["Guide", "Tour Guide"]),
        replace("name", "Barbara"),
        replace("name.givenName", [["Barbara"]]),
        replace("name.givenName", "x" * 151),
        replace("emails", 5),
        replace("emails", [["b@example.com", "c@example.com"]]),
        replace("emails", [{"value": "not an address"}]),
        replace('emails[type eq "work"].value', {"value": "b@example.com"}),
        replace('emails[type eq "work"]', 5),
        replace(f"{ENTERPRISE}:manager", 26118915),
        replace("userName", "  "),
        replace("password", "2short"),
        replace("externalId", "x" * 501),
        replace(None, "Barbara"),
        replace(None, ["Barbara"]),
        add(None, None),
        {"op": "replace", "path": "title"},
        {"op": "move", "path": "title", "value": "X"},
        {"op": None, "path": "title", "value": "X"},
        {"path": "title", "value": "X"},
        {"op": "remove", "path": "emails", "value": 5},
    ],
    ids=lambda operation: str(operation)[:60],
)
def test_a_modification_with_a_wrong_value_is_refused_and_changes_nothing(scim, provisioned, operation):
    before = stored()

    assert_scim_error(scim.patch(provisioned, operation), 400, "invalidValue")
    assert stored() == before
    assert last_event().outcome == Outcome.REFUSED


@pytest.mark.parametrize("taken", ["admin", "ADMIN"])
def test_a_modification_to_the_user_name_of_another_account_is_refused(scim, provisioned, taken):
    UserFactory.create(username="Admin")
    before = stored()

    assert_scim_error(scim.patch(provisioned, replace("userName", taken)), 409, "uniqueness")
    assert stored() == before


def test_a_modification_can_change_the_case_of_a_user_name_alone(patched):
    assert patched(replace("userName", "BJensen@Example.com"))["userName"] == "BJensen@Example.com"


def test_a_superuser_cannot_be_modified(scim):
    row = UserFactory.create(is_superuser=True)
    before = stored()

    assert_scim_error(scim.patch(path_of(row), replace("active", False)), 403)
    assert stored() == before


@pytest.mark.parametrize("identifier", ["26118915-6090-4610-87e4-49d8ca9f808d", "nobody", "%00", "x" * 1000])
def test_modifying_an_unknown_id_is_not_found(scim, identifier):
    assert_scim_error(scim.patch(f"/Users/{identifier}", replace("active", False)), 404)


# Requests


def test_a_modification_needs_operations(scim, provisioned):
    assert_scim_error(scim.request("PATCH", provisioned, {}), 400, "invalidValue")
    assert_scim_error(scim.request("PATCH", provisioned), 400, "invalidSyntax")


def test_a_modification_without_operations_changes_nothing(scim, provisioned):
    before, rows = scim.get(provisioned), stored()

    response = scim.patch(provisioned)

    assert response.json() == before.json()
    assert response["ETag"] == before["ETag"]
    assert stored() == rows


@pytest.mark.parametrize("operations", [None, "replace", {}, [None], ["replace"], [[]], [{}], 5], ids=str)
def test_a_modification_by_wrong_operations_is_refused(scim, provisioned, operations):
    response = scim.request("PATCH", provisioned, {"schemas": [PATCH_OP], "Operations": operations})

    assert response.status_code == 400
    assert response.json()["scimType"] in ("invalidSyntax", "invalidValue")


def test_a_modification_by_more_operations_than_the_server_takes_is_refused(scim, provisioned, settings):
    settings.DJANGO_SCIM = {"MAX_PATCH_OPERATIONS": 3}
    before = stored()

    assert_scim_error(scim.patch(provisioned, *[replace("title", "X")] * 4), 413)
    assert stored() == before
    assert scim.patch(provisioned, *[replace("title", "X")] * 3).status_code == 200


def test_the_names_in_a_modification_may_be_in_any_case(scim, provisioned):
    response = scim.request(
        "PATCH",
        provisioned,
        {"SCHEMAS": [PATCH_OP], "operations": [{"OP": "Replace", "Path": "title", "VALUE": "X"}]},
    )

    assert response.json()["title"] == "X"


def test_the_answer_to_a_modification_has_the_attributes_that_are_asked_for(scim, provisioned):
    response = scim.request(
        "PATCH",
        f"{provisioned}?attributes=title",
        patch_op(replace("title", "X")),
    )

    assert response.status_code == 200
    assert response.json().keys() == {"schemas", "id", "title"}


def test_the_answer_to_a_modification_has_version_and_time_of_the_change(scim, provisioned):
    before = scim.get(provisioned).json()["meta"]

    response = scim.patch(provisioned, replace("title", "Manager"))

    after = response.json()["meta"]
    assert response["ETag"] == after["version"] != before["version"]
    assert after["created"] == before["created"]
    assert datetime.fromisoformat(after["lastModified"]) > datetime.fromisoformat(before["lastModified"])


# All operations or none


def test_operations_of_a_modification_apply_in_their_order(patched):
    after = patched(
        replace("title", "One"),
        remove("emails"),
        add("emails", [OTHER]),
        replace('emails[type eq "other"].type', "home"),
        add("emails", [WORK]),
        replace("title", "Two"),
    )

    assert after["title"] == "Two"
    assert after["emails"] == [{**OTHER, "type": "home"}, WORK]


@pytest.mark.parametrize(
    ("wrong", "status", "scim_type"),
    [
        (replace('emails[type sw "oth"].value', "b@example.com"), 400, "noTarget"),
        (replace("id", "x"), 400, "mutability"),
        (remove("userName"), 400, "mutability"),
        (replace("active", "perhaps"), 400, "invalidValue"),
        (replace("password", "2short"), 400, "invalidValue"),
        (replace("emails[", "x"), 400, "invalidPath"),
        (replace("userName", "admin"), 409, "uniqueness"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_operation_of_a_modification_that_fails_undoes_those_before_it(
    scim, provisioned, wrong, status, scim_type
):
    UserFactory.create(username="admin")
    before = stored()

    response = scim.patch(
        provisioned,
        replace("name.givenName", "Babs"),
        replace("title", "Manager"),
        replace("externalId", "1"),
        wrong,
        replace("active", False),
    )

    assert_scim_error(response, status, scim_type)
    assert stored() == before
    event = last_event()
    assert (event.outcome, event.status, event.scim_type) == (Outcome.REFUSED, status, scim_type)
    assert event.changes == {}


# What is saved


def test_a_modification_tells_the_host_which_fields_were_saved(scim, provisioned, saved_fields):
    scim.patch(provisioned, replace("active", False))

    assert saved_fields == [{"is_active"}]


def test_a_modification_does_not_save_a_row_that_does_not_change(scim, provisioned, saved_fields):
    scim.patch(provisioned, replace("title", "Manager"), replace("active", True))

    assert saved_fields == []


def test_an_account_of_the_host_that_does_not_change_gets_no_record(scim):
    row = UserFactory.create()
    before = scim.get(path_of(row))

    response = scim.patch(path_of(row), replace("active", True), replace("userName", row.username))

    assert response.json() == before.json()
    assert not Record.objects.exists()


def test_a_new_password_is_set_and_not_shown(scim, provisioned):
    for operation in (
        replace("password", "an0ther Pa$$word"),
        replace(None, {"password": "a third Pa$$word"}),
    ):
        assert "Pa$$word" not in scim.patch(provisioned, operation).content.decode()

    assert User.objects.get().check_password("a third Pa$$word")
    assert last_event().changes == {"password": {"after": "(redacted)"}}
    assert "Pa$$word" not in repr(list(ProvisioningEvent.objects.values()))
    assert "Pa$$word" not in repr(list(Record.objects.values()))


def test_a_password_that_is_removed_lets_nobody_sign_in(scim, provisioned):
    assert scim.patch(provisioned, remove("password")).status_code == 200

    assert not User.objects.get().has_usable_password()
    assert last_event().changes == {"password": {"before": "(redacted)"}}


@pytest.mark.parametrize("operation", [add, replace], ids=["add", "replace"])
def test_a_modification_of_all_else_keeps_the_password(scim, provisioned, operation):
    scim.patch(provisioned, operation(None, {**ENTERPRISE_USER, "title": "Manager"}))

    assert User.objects.get().check_password(PASSWORD)
    assert "password" not in last_event().changes


def test_the_external_id_belongs_to_the_connection_that_sets_it(scim, provisioned):
    other = ScimClient(ConnectionFactory.create())
    managed(other.connection, User.objects.get())

    assert (
        other.patch(provisioned, replace("externalId", "of the other")).json()["externalId"] == "of the other"
    )
    assert other.patch(provisioned, remove("externalId")).status_code == 200

    assert scim.get(provisioned).json()["externalId"] == "701984"
    assert Link.objects.count() == 1


# The history


def test_the_history_shows_both_sides_of_each_change_of_a_modification(scim, provisioned):
    scim.patch(
        provisioned,
        replace("title", "Manager"),
        remove("nickName"),
        add(f"{ENTERPRISE}:department", "Tours"),
        replace("locale", "en-US"),
    )

    event = last_event()
    assert (event.operation, event.outcome, event.status) == (Operation.MODIFY, Outcome.SUCCESS, 200)
    assert event.display == "bjensen@example.com"
    assert event.changes == {
        "title": {"before": "Tour Guide", "after": "Manager"},
        "nickName": {"before": "Babs"},
        f"{ENTERPRISE}:department": {"before": "Tour Operations", "after": "Tours"},
    }


def test_the_history_shows_a_refused_modification_once(scim, provisioned):
    response = scim.patch(provisioned, replace("title", "Manager"), replace("password", "2short"))

    event = last_event()
    assert ProvisioningEvent.objects.count() == 2
    assert (event.operation, event.outcome, event.status) == (Operation.MODIFY, Outcome.REFUSED, 400)
    assert event.scim_type == "invalidValue"
    assert event.detail == response.json()["detail"]
    assert event.resource_id == provisioned.removeprefix("/Users/")
    assert "2short" not in event.detail


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": 'emails[type eq "work"].display', "value": True},
        {"op": "add", "path": "emails", "value": 5},
        {"op": "add", "value": {"emails": [{"value": True}]}},
        {"op": "replace", "path": "name.givenName", "value": {"a": 1}},
        {"op": "add", "path": "name", "value": {"givenName": 3.5}},
    ],
    ids=repr,
)
def test_a_value_of_a_wrong_type_is_refused_in_words_of_scim(scim, operation):
    response = scim.patch(path_of(UserFactory.create()), operation)

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert not re.search("pydantic|validation error|type=", response.json()["detail"])


@pytest.mark.parametrize(
    ("path", "attribute"),
    [
        ("nickName", "nickName"),
        ("name.givenName", "givenName"),
        (f"{ENTERPRISE}:employeeNumber", "employeeNumber"),
        ('x509Certificates[type eq "work"].value', "value"),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_with_the_name_that_the_schema_has(scim, path, attribute):
    response = scim.patch(path_of(UserFactory.create()), replace(path, 7.5))

    assert (response.status_code, response.json()["scimType"]) == (400, "invalidValue")
    assert response.json()["detail"].endswith(f": {attribute}")
