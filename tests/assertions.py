"""What every answer of a kind has in common."""

from __future__ import annotations

from typing import Any

from scim2_models import Error

from tests.conftest import SCIM
from tests.messages import ERROR


def assert_scim_error(response: Any, status: int, scim_type: str | None = None) -> str:
    """Check that a response is an error as RFC 7644 section 3.12 has it; return its detail."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == SCIM
    body = response.json()
    assert body["status"] == str(status)
    error = Error.model_validate(body)
    assert error.schemas == [ERROR]
    assert error.scim_type == scim_type
    assert error.detail
    return error.detail
