"""What the tests of reading share."""

from __future__ import annotations

from tests.reading import badges, groups, users

__all__ = ["badges", "groups", "users"]
