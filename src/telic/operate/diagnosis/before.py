"""The time before an onset: it does not change, so each question about it is asked once an incident."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

from telic.model import Window
from telic.operate.diagnosis.asking import Asking
from telic.tools.evidence import Page

T = TypeVar("T")


@dataclass(frozen=True)
class _Kept:
    """What came of one question."""

    answer: object
    evidence: Mapping[str, str]  # topic to evidence id
    pages: Sequence[Page]


class Before:
    """Answers about one window that is over.

    Parameters
    ----------
    window
        The time; everything of it has arrived.
    """

    def __init__(self, window: Window) -> None:
        self.window = window
        self._kept: dict[str, _Kept] = {}

    def ask(self, asking: Asking, name: str, question: Callable[[Asking], T]) -> T:
        """Return what `question` gave when it was asked first under `name`; `asking` gets its pages and evidence.

        Where nothing of it was answered it is asked again.
        """
        if not (name in self._kept and self._kept[name].evidence):
            before = Asking(asking.notebook, self.window, {}, asking.missing)
            first = asking.notebook.size
            answer = question(before)
            self._kept[name] = _Kept(answer, before.evidence, asking.notebook.since(first))
        kept = self._kept[name]
        asking.notebook.adopt(kept.pages)
        asking.evidence.update({f"{topic} before": identity for topic, identity in kept.evidence.items()})
        return cast(T, kept.answer)
