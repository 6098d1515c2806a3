"""Makes the pictures of the documentation: ``python -m tests.browser.screenshots``.

It provisions an example, opens the main pages of the admin in a headless Chromium, and writes what it sees
to ``docs/images``. Look at the pictures before they are committed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"


def main() -> int:
    """Run the one function below as a test, which has a server and a browser."""
    options = ["--ds=tests.browser.settings", "-q", "-p", "no:cacheprovider"]
    return pytest.main([*options, f"{Path(__file__).with_name('take_screenshots.py')}"])


if __name__ == "__main__":
    sys.exit(main())
