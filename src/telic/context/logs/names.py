"""Ids of templates that stay while templates are refined, joined and divided."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telic.context.logs.tokens import Row


@dataclass(frozen=True)
class Named:
    """A cluster before it has an id.

    Parameters
    ----------
    key
        Its template as a row; clusters of equal key are one template.
    lines
        Lines under it.
    before
        Lines of it by the id they had; ids of patterns never named are left out.
    """

    key: Row
    lines: int
    before: Counter[int]


class Names:
    """Gives each key an id; a new key inherits the id that most of its lines had, if no other key has it."""

    def __init__(self) -> None:
        self._users: Counter[Row] = Counter()
        self._id_of: dict[Row, int] = {}
        self._live: set[int] = set()
        self.became: list[int] = []

    def of(self, key: Row) -> int:
        """Return the id of `key`, a new one when it has none, and count one more cluster under it."""
        self._users[key] += 1
        return self._id_of[key] if key in self._id_of else self._give(key, self._new())

    def rename(self, before: Iterable[Row], made: Sequence[Named]) -> list[int]:
        """Return the id of each of `made`, which take the place of clusters with the keys `before`."""
        before = list(before)
        self._users.subtract(before)
        self._users.update(each.key for each in made)
        for key in set(before):
            if self._users[key] <= 0:
                del self._users[key]
                self._live.discard(self._id_of.pop(key))
        for each in sorted(made, key=lambda each: (-each.lines, each.key)):
            if each.key not in self._id_of:
                heirs = [old for old in each.before if old not in self._live]
                best = max(heirs, key=lambda old: (each.before[old], -old), default=None)
                self._give(each.key, self._new() if best is None else best)
        self._follow(made)
        return [self._id_of[each.key] for each in made]

    def _follow(self, made: Sequence[Named]) -> None:
        moved: dict[int, Counter[int]] = defaultdict(Counter)
        for each in made:
            for old, lines in each.before.items():
                if old not in self._live:
                    moved[old][self._id_of[each.key]] += lines
        for old, heirs in moved.items():
            self.became[old] = max(heirs, key=lambda heir: (heirs[heir], -heir))

    def _give(self, key: Row, identity: int) -> int:
        self._id_of[key] = identity
        self._live.add(identity)
        self.became[identity] = identity
        return identity

    def _new(self) -> int:
        self.became.append(len(self.became))
        return len(self.became) - 1

    def now(self, identity: int) -> int:
        """Return what one id has become."""
        while self.became[identity] != identity:
            identity = self.became[identity]
        return identity

    def resolve(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what `ids` have become."""
        became = np.array(self.became, np.int64)
        while not np.array_equal(following := became[ids], ids):
            ids = following
        return ids
