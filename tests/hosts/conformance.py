"""The conformance suite ``scim2-tester`` against a host project: import all of this module."""

from __future__ import annotations

from tests.api.test_conformance import results, test_every_check_passes

__all__ = ["results", "test_every_check_passes"]
