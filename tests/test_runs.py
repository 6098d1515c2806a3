"""What runs apart from the suite names files of it, which move."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pooling.__main__ import TESTS

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("path", TESTS)
def test_what_is_run_behind_a_pool_is_there(path):
    assert (ROOT / path).exists()
