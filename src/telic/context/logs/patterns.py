"""The patterns that a miner has seen, with their counts, their groups and the templates that they make."""

from __future__ import annotations

import numpy as np

from telic.context.logs.clustered import Clustered
from telic.context.logs.held import Ids
from telic.context.logs.masking import MARK, Batch, plain
from telic.context.logs.masking import pattern as pattern_of
from telic.context.logs.template import raw_tokens
from telic.context.logs.tokens import tokens

KNOWN = 65_536
"""Shapes, and as many plain ones, whose patterns are remembered for speed."""
_OVERFLOW = 3 * MARK
"""The pattern of what is no longer told apart."""


class Patterns(Clustered):
    """Distinct patterns as lines bring them; see `telic.context.logs.miner`."""

    def meet_all(self, batch: Batch) -> Ids:
        """Count the lines of `batch` and return the number of the pattern of each, shape ``(n,)``."""
        known = self._shapes
        if len(known) >= KNOWN:
            known.clear()
        unknown = [each for each in dict.fromkeys(batch.shapes) if each not in known]
        if unknown:
            for shape, alike in zip(unknown, plain(b"\n".join(unknown)).split(b"\n"), strict=True):
                known[shape] = self._meet(alike)
        found = np.array(list(map(known.__getitem__, batch.shapes)), np.int64)
        self.counts += np.bincount(found, minlength=len(self.counts))
        self._examples.learn(found, batch.hashes, batch.lines)
        return found

    def meet_one(self, batch: Batch) -> int:
        """Count the one line of `batch` and return the number of its pattern."""
        number = self._meet(plain(batch.shapes[0]))
        self.counts[number] += 1
        self._examples.add(number, int(batch.hashes[0]), batch.lines[0])
        return number

    @property
    def dropped(self) -> int:
        """Lines whose templates were not told apart for lack of room."""
        number = self.number.get(_OVERFLOW)
        return 0 if number is None else int(self.counts[number])

    def _meet(self, shape: bytes) -> int:
        number = self._known.get(shape)
        if number is None:
            number = self._meet_pattern(pattern_of(shape))
            if len(self._known) >= KNOWN:
                self._known.clear()
            self._known[shape] = number
        return number

    def _meet_pattern(self, pattern: str) -> int:
        number = self.number.get(pattern)
        if number is not None:
            return number
        row = tokens(pattern, self.limits.tokens)
        group = self._groups[len(row)]
        like = group.match(row)
        if like is not None and like in group.folded:
            return group.rows[like][0]
        if like is None and self.full:
            return self._overflow()
        number = self.insert(pattern, row)
        if like is not None:
            self.template[number] = self.template[group.rows[like][0]]
        else:
            self._begin(group, row, number)
        return number

    def _overflow(self) -> int:
        number = self.number.get(_OVERFLOW)
        if number is None:
            number = self.insert(_OVERFLOW, (_OVERFLOW,))
            self._begin(self._groups[1], (_OVERFLOW,), number)
        return number

    def match(self, shape: bytes) -> int | None:
        """Return the template of the pattern of a plain `shape`, or None."""
        pattern = pattern_of(shape)
        number = self.number.get(pattern)
        if number is None:
            row = tokens(pattern, self.limits.tokens)
            group = self._groups.get(len(row))
            like = group.match(row) if group else None
            if group is None or like is None:
                return None
            number = group.rows[like][0]
        return int(self.template[number])

    def values(self, shape: bytes, line: str) -> tuple[int, list[str]] | None:
        """Return the template of a clean `line`, whose plain shape is `shape`, and its values, or None."""
        identity = self.match(shape)
        if identity is None:
            return None
        raw = raw_tokens(pattern_of(shape), line, self.limits.tokens)
        live = [number for number in self.number.values() if self.template[number] == identity]
        return identity, self._rendered(identity, len(raw), live).values(raw)
