"""What is wrong in an intent, where, and what to write instead; all of it at once."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import asdict, dataclass

from telic.errors import InvalidIntent
from telic.intent.source import Item
from telic.registry import near_names

SHOWN = 50
"""Findings that a message shows [1]; the error's context has all."""

LISTED = 12
"""Names that a hint lists [1]."""


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

    def under(self, *paths: str) -> bool:
        """Whether anything was found at one of these paths or below."""
        found = tuple(each.path for each in self._found)
        return any(each == path or each.startswith((f"{path}.", f"{path}[")) for path in paths for each in found)

    def __len__(self) -> int:
        return len(self._found)

    def error(self) -> InvalidIntent:
        """Return one error with every finding, in the order of the file; a long list is shown in part."""
        found = sorted(self._found)
        count = "1 finding" if len(found) == 1 else f"{len(found)} findings"
        lines = [f"{self.file}:{each}" for each in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(f"and {len(found) - SHOWN} more")
        return InvalidIntent(
            "\n  ".join([f"{self.file}: {count}", *lines]),
            hint="correct the places named; docs/reference/intent.md describes every key",
            file=self.file,
            findings=[{**asdict(each), "id": each.id} for each in found],
        )

    def raise_if_any(self) -> None:
        """Raise `InvalidIntent` where anything was found."""
        if self._found:
            raise self.error()


def near(name: str, known: Collection[str]) -> str:
    """Say which known names look like `name`; of many that do not, show some.

    Examples
    --------
    >>> near("resreve", ["reserve", "create"])
    'did you mean reserve?'
    """
    hint = near_names(name, known)
    if hint.startswith("known:") and len(known) > LISTED:
        return f"none of the {len(known)} names looks like it; known: {', '.join(sorted(known)[:LISTED])}, ..."
    return hint if known else "there is none"
