"""A few lines of each pattern: a sample that is the same whatever the order in which the lines came."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Hashes = NDArray[np.uint32]

MOST, LENGTH = 8, 512
"""Lines kept of a pattern, and characters of each."""
_ANY = 1 << 32


class Examples:
    """Of each pattern the lines with the smallest hashes: a uniform sample of its distinct lines that can be joined.

    References
    ----------
    .. [1] E. Cohen, H. Kaplan, "Summarizing data using bottom-k sketches", PODC 2007.
    """

    def __init__(self) -> None:
        self._held: dict[int, dict[int, str]] = {}
        self._bound: Ids = np.full(64, _ANY, np.int64)

    def of(self, number: int) -> dict[int, str]:
        """Return the lines kept of pattern `number`, by hash."""
        return self._held.get(number, {})

    def learn(self, numbers: Ids, hashes: Hashes, lines: Sequence[str]) -> None:
        """Look at `lines`, whose patterns are `numbers`."""
        self._room(int(numbers.max()) + 1)
        telling = np.flatnonzero(hashes < self._bound[numbers])
        keys, first = np.unique((numbers[telling] << 32) | hashes[telling].astype(np.int64), return_index=True)
        owner = keys >> 32
        begins = np.flatnonzero(np.diff(owner, prepend=-1))
        rank = np.arange(len(keys)) - np.repeat(begins, np.diff(begins, append=len(keys)))
        for at in np.flatnonzero(rank < MOST).tolist():
            self.add(int(owner[at]), int(keys[at]) & (_ANY - 1), lines[int(telling[first[at]])])

    def add(self, number: int, hashed: int, line: str) -> None:
        """Look at one line."""
        self._room(number + 1)
        if hashed >= self._bound[number]:
            return
        held = self._held.setdefault(number, {})
        held[hashed] = line[:LENGTH]
        if len(held) > MOST:
            del held[max(held)]
        if len(held) == MOST:
            self._bound[number] = max(held)

    def forget(self, number: int) -> None:
        """Keep nothing of pattern `number`."""
        self._held.pop(number, None)
        if number < len(self._bound):
            self._bound[number] = _ANY

    def join(self, numbers: Iterable[int], into: int) -> None:
        """Let the lines of patterns `numbers` be lines of pattern `into`."""
        for number in numbers:
            for hashed, line in self._held.pop(number, {}).items() if number != into else ():
                self.add(into, hashed, line)

    def _room(self, numbers: int) -> None:
        if numbers > len(self._bound):
            more = np.full(max(numbers, 2 * len(self._bound)) - len(self._bound), _ANY, np.int64)
            self._bound = np.concatenate([self._bound, more])
