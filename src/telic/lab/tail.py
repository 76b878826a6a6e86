"""Follow a file of JSON lines that another process writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


class Tail:
    """Reads what is new; an unfinished last line waits for the next time.

    Parameters
    ----------
    path
        The file; it may not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._offset = path, 0

    def read(self) -> list[Mapping[str, object]]:
        """Return the complete lines since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as source:
            source.seek(self._offset)
            fresh = source.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._offset += len(whole)
        return [json.loads(line) for line in whole.splitlines()]
