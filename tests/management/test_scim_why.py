"""scim_why says on the command line what the page of a person says."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.factories import UserFactory
from tests.representations import path_of, user

pytestmark = pytest.mark.django_db


def why(*arguments):
    """Return what the command prints."""
    out = StringIO()
    call_command("scim_why", *arguments, stdout=out, no_color=True)
    return out.getvalue()


def test_scim_why_says_who_has_locked_an_account_and_what_to_do(scim):
    account = UserFactory.create(username="anna", last_name="Schmidt")
    scim.patch(path_of(account), {"op": "replace", "path": "active", "value": False})

    text = why("schmidt")

    assert f"anna is locked: {scim.connection} deactivated it on" in text
    assert f"Request: PATCH {path_of(account)}" in text
    assert "- Assign the person again" in text


def test_scim_why_prints_json_for_programs(scim):
    account = UserFactory.create(username="anna")
    scim.patch(path_of(account), {"op": "replace", "path": "active", "value": False})

    (entry,) = json.loads(why("anna", "--json"))

    assert entry["status"] == "inactive"
    assert entry["cause"]["by"] == str(scim.connection)
    assert entry["cause"]["effect"] == "deactivated"


def test_scim_why_explains_each_who_is_found_up_to_a_number():
    UserFactory.create_batch(25, last_name="Schmidt")

    assert why("Schmidt").count("is active") == 20
    assert "There are more" in why("Schmidt")


def test_scim_why_says_of_whom_nobody_could_make_that_it_was_refused(scim):
    scim.post("/Users", user("anna", emails="nonsense"))

    with pytest.raises(CommandError, match=r"anna is not there: .* refused with 400"):
        why("anna")


def test_scim_why_says_that_nobody_is_found():
    with pytest.raises(CommandError, match="Nobody is found by 'zoe'"):
        why("zoe")
