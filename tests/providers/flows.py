"""The flows of the providers, by the names of their files."""

from __future__ import annotations

import json
from pathlib import Path

FLOWS = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("*.json")
}
