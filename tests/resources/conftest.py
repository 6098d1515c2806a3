"""What the tests of projections share with those of queries."""

from __future__ import annotations

from tests.reading import badges, users

__all__ = ["badges", "users"]
