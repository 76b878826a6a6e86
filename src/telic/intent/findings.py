"""What is wrong in an intent, where, and what to write instead; all of it at once."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from telic.errors import InvalidIntent
from telic.intent.source import Item


@dataclass(frozen=True, order=True)
class Finding:
    """One broken rule; lines and columns start at 1."""

    line: int
    column: int
    path: str  # functional.operations[F3].hold
    message: str
    hint: str = ""

    @property
    def id(self) -> str:
        """The nearest id above the place (F3), or ""."""
        labels = re.findall(r"\[([A-Za-z]\w*)\]", self.path)
        return labels[-1] if labels else ""

    def __str__(self) -> str:
        where = f"{self.line}:{self.column}: " + (f"{self.path}: " if self.path else "")
        return where + self.message + (f" ({self.hint})" if self.hint else "")


class Findings:
    """Collects findings about one file and raises them together."""

    def __init__(self, file: str) -> None:
        self.file = file
        self._found: dict[Finding, None] = {}

    def add(self, item: Item, message: str, hint: str = "") -> None:
        """Note that `item` breaks a rule."""
        self._found[Finding(item.line, item.column, item.path, message, hint)] = None

    def __len__(self) -> int:
        return len(self._found)

    def raise_if_any(self) -> None:
        """Raise `InvalidIntent` with every finding, in the order of the file."""
        if not self._found:
            return
        found = sorted(self._found)
        count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
        lines = "".join(f"\n  {self.file}:{each}" for each in found)
        raise InvalidIntent(
            f"{self.file}: {count}{lines}",
            hint="correct the places named; docs/reference/intent.md describes every key",
            file=self.file,
            findings=[{**asdict(each), "id": each.id} for each in found],
        )
