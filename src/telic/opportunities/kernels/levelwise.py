"""Frequent k-grams of all lengths, level by level: a gram is in no more groups than the shorter one it begins with.

Source: Agrawal and Srikant, Fast algorithms for mining association rules, VLDB 1994, section 2.1 (support is
anti-monotone, so that pruning is exact), here for contiguous sequences; Savasere, Omiecinski and Navathe, An efficient
algorithm for mining association rules, VLDB 1995, section 2 (what is frequent is frequent in some part).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from telic.opportunities.kernels import hashed, levels
from telic.opportunities.kernels.compiled import ranges, side_by_side
from telic.opportunities.kernels.tokens import Tokens
from telic.opportunities.model import Codes, Incidence, Ints

G = TypeVar("G")
Map = tuple[hashed.Keys, hashed.Counts]
Make = Callable[[Codes, Ints, Callable[[], Incidence]], G]
TABLE_MAX = 1 << 20  # entries up to which a table has a place for every key [1]
_DENSE: hashed.Keys = np.zeros(0, np.int64)
_NOTHING: hashed.Counts = np.zeros((0, 2), np.int32)


@dataclass
class Run:
    """Some groups, mined by one thread: where frequent grams begin in them, and counts of longer ones.

    Parameters
    ----------
    positions, ids
        Where a frequent gram begins, and which.
    live
        How many there are.
    table
        Counts of grams one longer, by key.
    """

    first: int
    last: int
    positions: npt.NDArray[np.uint32]
    ids: Codes
    live: int
    table: Map


@dataclass(frozen=True)
class Level:
    """Frequent grams of one length.

    Parameters
    ----------
    grams : shape (H, k)
        As ranks of tokens.
    supports : shape (H,)
        Groups that have them.
    by_run : shape (H, runs)
        The same, by run.
    keys : shape (H,)
        Number of the gram one shorter times the number of frequent tokens, plus the last token.
    """

    grams: Codes
    supports: Ints
    by_run: Ints
    keys: Ints


def mine(given: Tokens, longest: int, *, least: int, threads: int, make: Make[G]) -> list[G]:
    """Return what `make` makes of the k-grams of each length up to `longest` that at least `least` groups have."""
    runs = ranges(given.offsets, threads) or [(0, 0)]
    ones = _ones(given, runs, least, threads)
    ranks = np.full(max(len(given.labels), 1), -1, np.int32)
    ranks[ones.grams[:, 0]] = np.arange(len(ones.grams), dtype=np.int32)
    found = [Level(np.arange(len(ones.grams), dtype=np.int32)[:, None], ones.supports, ones.by_run, ones.keys)]
    if longest > 1 and len(ranks):
        found.extend(_longer(given, runs, ranks, found[0], longest, least, threads))
    tree = _Tree(given, ranks, found, runs, threads)
    tokens = ones.grams[:, 0]
    return [
        make(tokens[level.grams], level.supports, lambda length=number + 1: tree.incidence(length))  # type: ignore[misc]
        for number, level in enumerate(found)
    ]


def _ones(given: Tokens, runs: Sequence[tuple[int, int]], least: int, threads: int) -> Level:
    def count(run: tuple[int, int]) -> Codes:
        table = np.zeros((max(len(given.labels), 1), 2), np.int32)
        levels.count_ones(given.codes, given.offsets, *run, table)
        return table[:, 1]

    by_run = np.stack(side_by_side(count, runs, threads), axis=1).astype(np.int64)
    supports = by_run.sum(axis=1)
    chosen = np.flatnonzero(supports >= least)
    return Level(chosen.astype(np.int32)[:, None], supports[chosen], by_run[chosen], chosen)


def _longer(
    given: Tokens, runs: Sequence[tuple[int, int]], ranks: Codes, ones: Level, longest: int, least: int, threads: int
) -> list[Level]:
    width = len(ones.grams)

    def begin(bounds: tuple[int, int]) -> Run:
        size = int(given.offsets[bounds[1]] - given.offsets[bounds[0]])
        run = Run(*bounds, np.empty(size, np.uint32), np.empty(size, np.int32), 0, _room(width, width))
        state = np.asarray([0, 0, run.first, 0], np.int64)
        while levels.seed(
            given.codes, ranks, given.offsets, run.last, width, *run.table, state, run.positions, run.ids
        ):
            run.table = hashed.grown(*run.table)
        run.live = int(state[levels.TO])
        return run

    mined, found, level = side_by_side(begin, runs, threads), list[Level](), ones
    for k in range(2, longest + 1):
        level = _frequent(level, [run.table for run in mined], width, least)
        found.append(level)
        table = _map(level.keys, len(found[-2].grams) if k > 2 else width, width)
        if k < longest:
            go = partial(_step, given, ranks, width, k, table, len(level.grams))
            side_by_side(go, mined, threads)
    return found


def _step(given: Tokens, ranks: Codes, width: int, k: int, table: Map, size: int, run: Run) -> None:
    run.table = _room(size, width)
    state = np.asarray([0, 0, run.first, 0], np.int64)
    while levels.step(
        given.codes, ranks, given.offsets, k, width, run.live, *table, *run.table, state, run.positions, run.ids
    ):
        run.table = hashed.grown(*run.table)
    run.live = int(state[levels.TO])


def _room(grams: int, width: int) -> Map:
    """Return a table for counts of what some grams and a token make."""
    if grams * width <= TABLE_MAX:
        return _DENSE, np.zeros((max(grams * width, 1), 2), np.int32)
    return hashed.empty(1 << 12)


def _map(keys: Ints, grams: int, width: int) -> Map:
    if grams * width > TABLE_MAX:
        return hashed.numbered(keys)
    numbers = np.full((max(grams * width, 1), 2), -1, np.int32)
    numbers[keys, 1] = np.arange(len(keys), dtype=np.int32)
    return _DENSE, numbers


def _frequent(shorter: Level, tables: Sequence[Map], width: int, least: int) -> Level:
    """Return the grams that enough groups have, from each run's counts."""
    if not len(tables[0][0]):
        by_run = np.stack([counts[:, 1] for _, counts in tables], axis=1)
        keys: Ints = np.flatnonzero(by_run.sum(axis=1, dtype=np.int64) >= least).astype(np.int64, copy=False)
        by_run = by_run[keys].astype(np.int64)
    else:
        share = -(-least // len(tables))  # whatever is frequent in all is so in the groups of one run
        every = np.unique(np.concatenate([own[counts[:, 1] >= share] for own, counts in tables]))
        by_run = np.stack([hashed.counted(every, *table) for table in tables], axis=1)
        enough = by_run.sum(axis=1) >= least
        keys, by_run = every[enough], by_run[enough]
    grams = np.concatenate([shorter.grams[keys // width], (keys % width)[:, None].astype(np.int32)], axis=1)
    supports: Ints = by_run.sum(axis=1, dtype=np.int64)
    return Level(grams, supports, np.asarray(by_run, np.int64), keys)


class _Tree:
    """All frequent grams as a tree in one table, from which the groups of any length are listed."""

    def __init__(
        self, given: Tokens, ranks: Codes, found: Sequence[Level], runs: Sequence[tuple[int, int]], threads: int
    ) -> None:
        self._given, self._ranks, self._found, self._runs, self._threads = given, ranks, found, runs, threads
        self._map: Map | None = None
        self._bases = np.cumsum([0, *(len(level.grams) for level in found)])

    def _table(self) -> Map:
        if self._map is None:
            width = len(self._found[0].grams)
            shorter = zip(self._found[1:], self._bases, strict=False)
            keys = [level.keys + base * width for level, base in shorter]
            self._map = hashed.numbered(np.concatenate([*keys, np.zeros(0, np.int64)]), width)
        return self._map

    def incidence(self, k: int) -> Incidence:
        """Return the groups of each gram of length `k`."""
        level, given = self._found[k - 1], self._given
        indptr = np.concatenate([[0], np.cumsum(level.supports)]).astype(np.int64)
        groups = np.empty(int(indptr[-1]), np.int32)
        before = np.cumsum(level.by_run, axis=1) - level.by_run
        width, table, base = len(self._found[0].grams), self._table(), int(self._bases[k - 1])

        def one(number: int) -> None:
            cursor = np.zeros((len(level.grams), 2), np.int64)
            cursor[:, 1] = indptr[:-1] + before[:, number]
            levels.fill(
                given.codes, self._ranks, given.offsets, *self._runs[number], k, width, *table, base, cursor, groups
            )

        side_by_side(one, range(len(self._runs)), self._threads)
        return Incidence(indptr, groups)
