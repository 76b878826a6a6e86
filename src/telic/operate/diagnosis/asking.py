"""Questions about one window of telemetry: each answer is evidence, and one that does not come is named as missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from telic.errors import TelicError
from telic.model import Row, Store, Window
from telic.tools.evidence import Notebook

T = TypeVar("T")


@dataclass
class Asking:
    """Questions about one window."""

    notebook: Notebook
    window: Window
    evidence: dict[str, str] = field(default_factory=dict)  # topic to evidence id
    missing: list[str] = field(default_factory=list)

    @property
    def bounds(self) -> tuple[int, int]:
        """Start and end of the window [ns since the Unix epoch]."""
        return round(self.window.start * 1e9), round(self.window.end * 1e9)

    def ask(self, topic: str, says: str, question: Callable[[Store, Window], Sequence[T]]) -> Sequence[T]:
        """Return the answer to `question`, which becomes the evidence for `topic`; empty where none comes."""
        try:
            found = question(self.notebook.about(says, self.window), self.window)
        except TelicError as error:
            self.missing.append(f"{says}: {error}")
            return []
        self.evidence[topic] = self.notebook.last
        return found

    def rows(self, topic: str, says: str, sql: str) -> Sequence[Row]:
        """Return the rows of a query that takes the window's bounds."""
        return self.ask(topic, says, lambda store, window: store.query(sql, self.bounds))
