"""The template miner: streaming, bounded, with stable ids; its templates depend on what was seen, not on the order.

State is the set of distinct patterns (masked lines) with their counts, and templates are a function of that set:
rows of one length are clustered (`tree`), a group is clustered again when it has grown by a quarter, and clusters of
equal template join across lengths. So joining two miners gives the same templates whatever the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from telic.context.logs import state
from telic.context.logs.limits import Limits
from telic.context.logs.masking import Batch, Cleaned, decoded, plain, ready
from telic.context.logs.patterns import Patterns
from telic.context.logs.template import Template, TemplateId
from telic.context.logs.variables import Value, kind_of

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
    [('job <*> done in <*> ms', 9)]
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
    def patterns(self) -> int:
        """Distinct patterns held."""
        return len(self._patterns.number)

    @property
    def dropped(self) -> int:
        """Lines counted under the template ``<*>`` because the miner was full."""
        return self._patterns.dropped

    def add(self, line: str | bytes) -> TemplateId:
        """Mine one line and return its template as known now."""
        patterns = self._patterns
        number = patterns.meet_one(ready([decoded(line, self.cleaned)], self.limits.line, self.cleaned))
        patterns.settle(1)
        return patterns.names.now(int(patterns.template[number]))

    def add_many(self, lines: Sequence[str | bytes] | Any) -> Ids:
        """Mine `lines` and return the template of each, shape ``(n,)``, as known after the last of them.

        Parameters
        ----------
        lines
            Strings (or bytes), a pyarrow array, a chunked array or a column of one; null counts as an empty line.
        """
        texts = _texts(lines, self.cleaned)
        if not texts:
            return np.empty(0, np.int64)
        patterns = self._patterns
        ids = np.empty(len(texts), np.int64)
        for start in range(0, len(texts), BATCH):
            batch = texts[start : start + BATCH]
            numbers = patterns.meet_all(ready(batch, self.limits.line, self.cleaned))
            patterns.settle(len(batch))
            ids[start : start + BATCH] = patterns.template[numbers]
        return patterns.names.resolve(ids)

    def match(self, line: str | bytes) -> TemplateId | None:
        """Return the template that `line` falls under, or None, and learn nothing."""
        return self._patterns.match(plain(self._ready(line).shapes[0]))

    def values(self, line: str | bytes) -> tuple[TemplateId, list[Value]] | None:
        """Return the template of `line` and its values in order, or None; learns nothing."""
        one = self._ready(line)
        found = self._patterns.values(plain(one.shapes[0]), one.lines[0])
        return None if found is None else (found[0], [Value(kind_of(each), each) for each in found[1]])

    def _ready(self, line: str | bytes) -> Batch:
        return ready([decoded(line, Cleaned())], self.limits.line, Cleaned())

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
        joined._restore(self._state())
        other.refine()
        joined._patterns.absorb(other._patterns.seen(), keep_ids=False)
        joined._patterns.settle()
        for name in Cleaned.__dataclass_fields__:
            setattr(joined.cleaned, name, getattr(self.cleaned, name) + getattr(other.cleaned, name))
        return joined

    def save(self, path: Path) -> None:
        """Write the miner to the file `path`, whole or not at all."""
        state.write(self._state(), path)

    @classmethod
    def load(cls, path: Path) -> Miner:
        """Return the miner in the file `path`; its ids mean what they meant.

        Raises
        ------
        InvalidRecord
            When the file is not a miner's.
        """
        kept = state.read(path)
        miner = cls(kept.limits)
        miner._restore(kept)
        return miner

    def _state(self) -> state.State:
        self.refine()
        patterns = self._patterns
        cleaned = Cleaned(**asdict(self.cleaned))
        became, seen = list(patterns.names.became), list(patterns.seen())
        return state.State(state.VERSION, self.limits, cleaned, became, seen)

    def _restore(self, kept: state.State) -> None:
        self.cleaned = kept.cleaned
        self._patterns.names.became = list(kept.became)
        self._patterns.absorb(kept.patterns, keep_ids=True)
        self._patterns.settle()


def _texts(lines: Sequence[str | bytes] | Any, counts: Cleaned) -> list[str]:
    if hasattr(lines, "to_pylist"):
        lines = lines.to_pylist()
    found: Iterable[str | bytes | None] = lines
    if set(map(type, lines)) <= {str}:
        return list(lines)
    return ["" if each is None else decoded(each, counts) for each in found]
