"""What a large group does not have scim2-models look at one by one is what it would have made of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scim2_models import Context, SCIMException

from django_scim.history.events import Attempt
from django_scim.models import Operation
from django_scim.operations import payloads
from django_scim.resources.registry import registry
from django_scim.resources.resource import Caller

TEXT = st.text(min_size=1, max_size=5)
PLAIN = st.fixed_dictionaries({"value": TEXT}, optional={"display": TEXT})
ODD: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(["value", "Value", "display", "type", "$ref", "primary", "x"]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.just("User") | st.just([]),
)
MEMBERS = st.lists(PLAIN, max_size=6) | st.lists(PLAIN | ODD | st.text(max_size=3), max_size=6)


def outcome(members):
    payload = {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
        "displayName": "Engineers",
        "members": members,
    }
    groups = registry().by_name["Group"]
    attempt = Attempt(Operation.CREATE, connection=None, token=None, request_id="", resource_type="Group")
    try:
        return payloads.validated(groups, payload, Context.RESOURCE_CREATION_REQUEST, Caller(None), attempt)
    except SCIMException as error:
        return error.status, error.scim_type, error.detail


@given(MEMBERS)
def test_plain_members_are_read_as_scim2_models_reads_each(members):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(payloads, "plain_members", lambda *_: {})
        expected = outcome(members)

    assert outcome(members) == expected
