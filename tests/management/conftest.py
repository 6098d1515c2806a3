"""What the tests of the commands share with those of indexes."""

from __future__ import annotations

from tests.indexes.conftest import clean_indexes

__all__ = ["clean_indexes"]
