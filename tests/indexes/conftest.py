"""What the tests of indexes share."""

from __future__ import annotations

import pytest

from tests.indexes.plans import indexes_dropped


@pytest.fixture
def clean_indexes(transactional_db):
    """A database whose indexes are those of before, once the test is over."""
    with indexes_dropped():
        yield
