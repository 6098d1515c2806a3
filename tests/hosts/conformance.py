"""The conformance suite ``scim2-tester`` against a host project: import all of this module.

A host whose models do not take just any value overrides ``values``; one whose connections need something that
others do not, such as a tenant, overrides ``connection``. Every check runs, of every resource type.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.utils import timezone
from scim2_models import BaseModel, Mutability, Path
from scim2_tester.checkers import patch_add, patch_replace
from scim2_tester.filling import get_random_example_value
from scim2_tester.utils import fields_equality

from django_scim.models import Connection
from django_scim.resources.registry import registry
from tests.conformance import PASSED, checked, readable
from tests.conftest import ScimClient

__all__ = ["adapted_suite", "test_every_check_passes_and_none_is_left_out", "values"]

Values = dict[str, Callable[[], Any]]
"""What makes the values of attributes, by names such as ``User.userName`` and ``Emails.type``."""


@pytest.fixture
def values() -> Values:
    """Values that the host takes, for the attributes of which it does not take every value."""
    return {}


@pytest.fixture
def adapted_suite(monkeypatch: pytest.MonkeyPatch, values: Values) -> None:
    """Tell ``scim2-tester``, which has no options for it, what to send and what to expect.

    - It draws text at random, and takes nothing but the canonical values of ``/Schemas`` as examples. A user
      name that has to be an email address cannot be said in a schema. It sends such text for a time, too.
    - After a PATCH it expects what it has sent and nothing else. What is ``readOnly`` is the server's to give
      (RFC 7643 section 7), such as the name of a manager, and what is added to a list comes to what was there
      (RFC 7644 section 3.5.2.1).
    """

    def example(path: Path[Any]) -> Any:
        return host_value(values, path) or get_random_example_value(path)

    monkeypatch.setattr("scim2_tester.filling.get_random_example_value", example)
    monkeypatch.setattr(patch_add, "fields_equality", has_added)
    monkeypatch.setattr(patch_replace, "fields_equality", has_replaced)


def host_value(values: Values, path: Path[Any]) -> Any:
    """Return a value of ``values``, or a time where one is wanted; else none."""
    binding = path.resolve()
    if binding is None:
        return None
    model = binding.target_model
    name, _, _ = model.__name__.partition("[")
    make = values.get(f"{name}.{model.model_fields[binding.target_field_name].serialization_alias}")
    if make is None and binding.target_type is datetime:
        make = timezone.now
    return None if make is None else make()


def has_added(expected: Any, actual: Any) -> bool:
    """Whether an answer has what was added, of a list beside other values."""
    if isinstance(expected, list) and isinstance(actual, list):
        return all(any(has_replaced(value, other) for other in actual) for value in expected)
    return has_replaced(expected, actual)


def has_replaced(expected: Any, actual: Any) -> bool:
    """Whether an answer is what was sent, and nothing more that a client could write."""
    return fields_equality(expected, as_sent(expected, actual))


def as_sent(expected: Any, actual: Any) -> Any:
    """Return an answer without the read-only attributes that no client sends."""
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [as_sent(*pair) for pair in zip(expected, actual, strict=True)]
    if not isinstance(actual, BaseModel) or type(expected) is not type(actual):
        return actual
    parts: dict[str, Any] = {}
    for name in type(actual).model_fields:
        sent = getattr(expected, name)
        is_given = sent is None and actual.get_field_annotation(name, Mutability) is Mutability.read_only
        parts[name] = None if is_given else as_sent(sent, getattr(actual, name))
    return actual.model_copy(update=parts)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("adapted_suite")
def test_every_check_passes_and_none_is_left_out(live_server, connection: Connection):
    # The suite deletes all that it makes, which would pause the connection.
    connection.deprovisioning_limit = 1000
    connection.save()

    results = checked(live_server.url, ScimClient(connection).token)

    assert {result.resource_type for result in results} == {None, *registry().by_name}
    failed = [result for result in results if result.status not in PASSED]
    assert not failed, readable(failed)
