"""Patterns as a miner keeps them: their texts, rows, counts, examples and groups, under one number each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from telic.context.logs.examples import Examples
from telic.context.logs.groups import Group
from telic.context.logs.limits import Limits
from telic.context.logs.names import Names
from telic.context.logs.state import Seen
from telic.context.logs.tokens import Row, tokens
from telic.context.logs.tree import Context

Ids = NDArray[np.int64]


class Held:
    """Distinct patterns, numbered, and what is known of each."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.counts: Ids = np.zeros(64, np.int64)
        self.template: Ids = np.full(64, -1, np.int64)
        self.number: dict[str, int] = {}
        self.names = Names()
        self.full = False
        self._text: list[str] = []
        self._row: list[Row] = []
        self._free: list[int] = []
        self._shapes: dict[bytes, int] = {}
        self._known: dict[bytes, int] = {}
        self._examples = Examples()
        self._groups: dict[int, Group] = defaultdict(Group)
        self._grown: set[int] = set()
        self._contexts: Counter[Context] = Counter()
        self._forms: dict[int, dict[int, tuple[str, tuple[int, ...]]]] = defaultdict(dict)

    def insert(self, pattern: str, row: Row) -> int:
        """Return the number of a new pattern, which has no template yet."""
        if self._free:
            number = self._free.pop()
            self._text[number], self._row[number], self.template[number] = pattern, row, -1
        else:
            number = len(self._text)
            self._text.append(pattern)
            self._row.append(row)
        if number >= len(self.counts):
            self.counts = np.concatenate([self.counts, np.zeros_like(self.counts)])
            self.template = np.concatenate([self.template, np.full_like(self.template, -1)])
        self.number[pattern] = number
        self._examples.forget(number)
        self._groups[len(row)].insert(row, number)
        self._grown.add(len(row))
        return number

    def seen(self) -> Iterator[Seen]:
        """Yield everything seen, by pattern."""
        for pattern, number in sorted(self.number.items()):
            row = self._row[number]
            yield Seen(
                pattern,
                int(self.counts[number]),
                int(self.template[number]),
                self._examples.of(number),
                self._groups[len(row)].folded.get(row),
            )

    def absorb(self, seen: Iterable[Seen], keep_ids: bool) -> None:
        """Take in what another has `seen`; with `keep_ids`, the ids too, which self must not have given out."""
        for each in seen:
            row = tokens(each.pattern, self.limits.tokens)
            number = self.number.get(each.pattern)
            if number is None:
                number = self.insert(each.pattern, row)
                self.template[number] = each.template if keep_ids else -1
            self.counts[number] += each.count
            for hashed, line in each.examples.items():
                self._examples.add(number, hashed, line)
            if each.folded is not None:
                folded = self._groups[len(row)].folded
                columns = {*each.folded, *folded.get(row, ())}
                folded[row] = tuple(sorted(column for column in columns if 0 <= column < len(row)))
