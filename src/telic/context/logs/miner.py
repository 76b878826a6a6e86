"""The template miner: streaming, bounded, with stable ids; its templates depend on what was seen, not on the order.

State is the set of distinct patterns (masked lines) with their counts, and templates are a function of that set:
rows of one length are clustered (`tree`), a group is clustered again when it has grown by a quarter, and clusters of
equal template join across lengths. So joining two miners gives the same templates whatever the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telic.context.logs.masking import Cleaned, decoded, shapes
from telic.context.logs.patterns import Limits, Patterns
from telic.context.logs.template import Template, TemplateId

Ids = NDArray[np.int64]
BATCH = 8192
"""Lines between two looks at whether templates need refining."""


class Miner:
    """Mines log templates from lines as they arrive.

    Parameters
    ----------
    limits
        What it holds at most.

    Examples
    --------
    >>> miner = Miner()
    >>> ids = miner.add_many([f"job {n} done in {n * 3} ms" for n in range(9)])
    >>> [(each.text, each.count) for each in miner.templates()]
    [('job <*> done in <*>', 9)]
    >>> bool(miner.add("job 77 done in 12 ms") == ids[0])
    True
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.cleaned = Cleaned()
        self._patterns = Patterns(self.limits)

    @property
    def lines(self) -> int:
        """Lines mined."""
        return int(self._patterns.counts.sum())

    @property
    def dropped(self) -> int:
        """Lines counted under the template ``<*>`` because the miner was full."""
        return self._patterns.dropped

    def add(self, line: str | bytes) -> TemplateId:
        """Mine one line and return its template as known now."""
        patterns = self._patterns
        text = decoded(line)
        number = patterns.meet(shapes([text], self.limits.line, self.cleaned)[0])
        patterns.counts[number] += 1
        patterns.learn_example(number, text)
        patterns.settle(1)
        return patterns.names.now(int(patterns.template[number]))

    def add_many(self, lines: Sequence[str | bytes] | Any) -> Ids:
        """Mine `lines` and return the template of each, shape ``(n,)``, as known after the last of them.

        Parameters
        ----------
        lines
            Strings (or bytes), a pyarrow array, a chunked array or a column of one; null counts as an empty line.
        """
        texts = _texts(lines)
        if not texts:
            return np.empty(0, np.int64)
        patterns = self._patterns
        ids = np.empty(len(texts), np.int64)
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            numbers = patterns.meet_all(shapes(batch, self.limits.line, self.cleaned), batch)
            patterns.settle(len(batch))
            ids[start : start + BATCH] = patterns.template[numbers]
        return patterns.names.resolve(ids)

    def match(self, line: str | bytes) -> TemplateId | None:
        """Return the template that `line` falls under, or None, and learn nothing."""
        return self._patterns.match(shapes([decoded(line)], self.limits.line, Cleaned())[0])

    def resolve(self, ids: Ids | Sequence[int]) -> Ids:
        """Return what templates handed out earlier have become: two that were joined have one id."""
        return self._patterns.names.resolve(np.asarray(ids, np.int64))

    def refine(self) -> None:
        """Bring the templates up to date with every line seen; `templates` and `merge` do it by themselves."""
        self._patterns.settle()

    def templates(self) -> list[Template]:
        """Return the templates by id, up to date with every line seen."""
        self.refine()
        return self._patterns.templates()

    def merge(self, other: Miner) -> Miner:
        """Return a miner that has seen what both have; ids of this one stay valid through `resolve`.

        The templates are the same whichever of the two is asked, as long as neither was full.
        """
        joined = Miner(self.limits)
        for each in (self, other):
            each.refine()
            joined._patterns.absorb(each._patterns, keep_ids=each is self)
        joined._patterns.settle()
        joined.cleaned = Cleaned(
            *(getattr(self.cleaned, name) + getattr(other.cleaned, name) for name in Cleaned.__dataclass_fields__)
        )
        return joined


def _texts(lines: Sequence[str | bytes] | Any) -> list[str]:
    if hasattr(lines, "to_pylist"):
        lines = lines.to_pylist()
    found: Iterable[str | bytes | None] = lines
    if all(type(each) is str for each in lines):
        return list(lines)
    return ["" if each is None else decoded(each) for each in found]
