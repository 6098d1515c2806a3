"""What runs apart from the suite names files of it, which move."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.__main__ import TESTS as ON_A_CLUSTER
from tests.pooling.__main__ import TESTS as BEHIND_A_POOL

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("path", [*BEHIND_A_POOL, *ON_A_CLUSTER])
def test_what_is_run_apart_is_there(path):
    file, _, name = path.partition("::")

    assert (ROOT / file).exists()
    assert not name or f"def {name}(" in (ROOT / file).read_text("utf-8")
