"""What a PATCH leaves behind is what scim2-models makes of the same resource in memory; so are its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from typing import Any

import pytest
from django.core.exceptions import ValidationError as HostValidationError
from django.core.validators import validate_email
from django.db import transaction
from hypothesis import given, note
from hypothesis import strategies as st
from pydantic import ValidationError
from scim2_models import Context, Error, PatchOp, SCIMException
from scim2_models.path import CompareOperator, Comparison

from django_scim.dialects.canonical import canonical_operations
from django_scim.dialects.registry import request_policy
from django_scim.operations.members import selection_of
from django_scim.schema.entries import distinct
from tests import strategies
from tests.factories import GroupFactory, UserFactory
from tests.messages import PATCH_OP
from tests.operations.patch_operations import add, remove, replace
from tests.operations.strategies import operations
from tests.query.badges import BadgedUserAdapter
from tests.representations import id_of, path_of

Json = dict[str, Any]
RESOURCE: Any = BadgedUserAdapter.resource

ABOUT_A_VALUE = {"type", "primary"}
"""What an entry may say of a value that it has not."""


@pytest.fixture
def badges(settings):
    """A host whose users have an extension with every type of attribute."""
    settings.DJANGO_SCIM = {"RESOURCES": {"User": {"adapter": "tests.query.badges.BadgedUserAdapter"}}}


def canonical(document: Json) -> Json:
    """Return a resource as scim2-models writes it, less what the server assigns."""
    resource: Json = RESOURCE.model_validate(document).model_dump()
    resource.pop("meta", None)
    resource["schemas"].sort()
    return resource


def patched(current: Json, requested: list[Json]) -> Json | str | None:
    """Return what scim2-models makes of a resource, or the scimType of a refusal.

    The request is read in the dialect of the connection first, as the server reads it.
    """
    body = {"schemas": [PATCH_OP], "Operations": canonical_operations(RESOURCE, requested)}
    if not body["Operations"]:
        return canonical(current)
    resource = RESOURCE.model_validate(current)
    try:
        patch = PatchOp[RESOURCE].model_validate(
            body, scim_ctx=Context.RESOURCE_PATCH_REQUEST, scim_policy=request_policy()
        )
        for makes, some in groupby(patch.operations or [], creates):
            message = PatchOp[RESOURCE].model_construct(operations=list(some))
            message.patch(resource, scim_policy=request_policy(creates=makes))
    except ValidationError as error:
        return Error.from_validation_errors(error)[0].scim_type
    except SCIMException as error:
        return error.scim_type
    after = settled(canonical(current), canonical(resource.model_dump()))
    is_stored = is_accepted(address_of(after)) and fits(after)
    return after if is_stored else "invalidValue"


def creates(operation: Any) -> bool:
    """Whether an operation makes the value that its path describes: an ``add``, and any with one ``eq``."""
    node = selection_of(operation)
    return operation.op == "add" or (isinstance(node, Comparison) and node.op is CompareOperator.eq)


def settled(before: Json, after: Json) -> Json:
    """Return a resource without entries that have no value, and without the second of two that are the same.

    scim2-models keeps what says something of a value that is not there.
    """
    found: Json = {}
    for name, value in after.items():
        if isinstance(value, dict):
            value = settled(before.get(name, {}), value)
        elif isinstance(value, list):
            entries = [each for each in value if not isinstance(each, dict) or each.keys() - ABOUT_A_VALUE]
            entries = [each for each in entries if name != "emails" or each.get("value")]
            value = entries if entries == before.get(name) else distinct(entries)
        if value != []:
            found[name] = value
    return found


def address_of(user: Json) -> str | None:
    """Return the address that the host has a column for: the primary one, or else the first."""
    addresses = [email for email in user.get("emails", ()) if "value" in email]
    addresses.sort(key=lambda email: not email.get("primary"))
    return addresses[0]["value"] if addresses else None


def is_accepted(address: str | None) -> bool:
    """Whether the host's own validator takes an address: the filter of a path may describe any."""
    try:
        validate_email(address or "b@example.com")
    except HostValidationError:
        return False
    return True


def fits(value: Any) -> bool:
    """Whether the server can hold all numbers of a value: those of 64 bits."""
    if isinstance(value, dict | list):
        return all(fits(item) for item in (value.values() if isinstance(value, dict) else value))
    return not isinstance(value, int) or -(2**63) <= value < 2**63


@contextmanager
def undone() -> Iterator[None]:
    """Take back what an example did to the database."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@strategies.PROFILE
@given(user=strategies.users(), data=st.data())
def test_a_user_becomes_what_scim2_models_makes_of_it(scim, badges, user, data):
    with undone():
        created = scim.post("/Users", user)
        assert created.status_code == 201, created.content.decode()
        path = f"/Users/{created.json()['id']}"
        for _ in range(3):
            current = scim.get(path).json()
            requested = data.draw(operations(current))
            wanted = patched(current, requested)

            response = scim.patch(path, *requested)

            note(f"{current}\n{requested}\n{response.content.decode()}")
            found = scim.get(path).json()
            if isinstance(wanted, dict):
                assert response.status_code == 200
                assert response.json() == found
                assert canonical(found) == wanted
            else:
                assert (response.status_code, response.json().get("scimType")) == (400, wanted)
                assert found == current


# Members


class Set:
    """The members of a group as a set of ids: what they have to be after each operation."""

    def __init__(self, members: set[str], known: set[str]) -> None:
        self.members = set(members)
        self.known = known

    def apply(self, requested: list[Json]) -> str | None:
        """Apply operations in their order; return the scimType of the first that is refused."""
        for operation in requested:
            named = [value["value"] for value in operation.get("value") or []]
            is_whole = "[" not in operation.get("path", "members")
            selected = self.members if is_whole else self.select(operation["path"])
            if operation["op"] == "remove":
                is_named = is_whole and operation.get("value") is not None
                self.members -= set(named) if is_named else selected
                continue
            if not is_whole and not selected:
                return "noTarget"
            if not set(named) <= self.known:
                return "invalidValue"
            self.members = (
                self.members if operation["op"] == "add" and is_whole else self.members - selected
            ) | set(named)
        return None

    def select(self, path: str) -> set[str]:
        """Return the members that a path selects: those that it names, or all others."""
        named = {part for part in path.split('"') if part in self.known}
        return self.members - named if "not" in path else self.members & named


@st.composite
def changes(draw: st.DrawFn, ids: list[str]) -> Json:
    """An operation on members."""
    some = draw(st.lists(st.sampled_from(ids), max_size=4))
    values = [{"value": identifier} for identifier in some]
    condition = " or ".join(f'value eq "{identifier}"' for identifier in some or ids[:1])
    negated = f"members[not ({condition})]"
    selected = f"members[{condition}]"
    return draw(
        st.sampled_from(
            [
                add("members", values),
                add("members", values),
                replace("members", values),
                remove("members", values),
                remove("members"),
                remove(selected),
                remove(negated),
                replace(selected, values),
            ]
        )
    )


@strategies.PROFILE
@given(data=st.data())
def test_the_members_of_a_group_are_a_set(scim, settings, data):
    settings.DJANGO_SCIM = {"NESTED_GROUPS": "forbid"}
    with undone():
        *rows, gone = UserFactory.create_batch(6)
        group = GroupFactory.create()
        scim.delete(path_of(gone))
        known = {id_of(row) for row in rows}
        ids = [id_of(row) for row in rows] * 3 + [id_of(gone), id_of(group)]
        model = Set(set(), known)
        for _ in range(4):
            requested = data.draw(st.lists(changes(ids), min_size=1, max_size=4))
            trial = Set(model.members, known)
            refused = trial.apply(requested)

            response = scim.patch(path_of(group), *requested)

            note(f"{requested}\n{response.content.decode()}")
            if refused is None:
                assert response.status_code == 204
                model = trial
            else:
                assert (response.status_code, response.json()["scimType"]) == (400, refused)
            found = scim.get(path_of(group)).json().get("members", [])
            assert sorted(member["value"] for member in found) == sorted(model.members)
