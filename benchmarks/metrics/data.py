"""Where the recorded data lies."""

from __future__ import annotations

import os
from pathlib import Path


def folder(name: str) -> Path:
    """Return the folder of a data set: under ``TELIC_DATA``, else beside the project."""
    root = os.environ.get("TELIC_DATA")
    base = Path(root) if root else Path(__file__).resolve().parents[3] / "shared" / "data"
    return base / name
