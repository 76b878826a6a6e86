"""All contiguous k-grams of events that enough groups have, exactly: a family of hypotheses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from telic.errors import UsageError
from telic.opportunities.kernels import incidence, levelwise
from telic.opportunities.kernels.compiled import THREADS, ranges, side_by_side
from telic.opportunities.kernels.dense import count_grams, fill_grams
from telic.opportunities.kernels.tokens import Tokens, tokens
from telic.opportunities.model import Codes, Floats, Hypothesis, Incidence, Ints, Prepared

LONGEST = 8
TABLE_BITS = (
    21  # of a table with a place for every gram: 16 MB a thread, beyond a core's cache it is no longer fast [1]
)
_NOBODY: Floats = np.zeros(0, np.float64)


class Grams:
    """Contiguous k-grams of tokens; row ``h`` is ``grams[h]``.

    Parameters
    ----------
    grams : shape (H, k)
        Tokens, in lexical order of their codes.
    supports : shape (H,)
        Groups that have the gram at least once.
    labels
        What tokens are called.
    grouping
        What a group is called.
    fill
        Returns who has which gram.
    known
        Values whose totals were counted on the way, and the totals.
    """

    template = "ngrams"

    def __init__(
        self,
        grams: Codes,
        supports: Ints,
        labels: Sequence[str],
        grouping: str,
        fill: Callable[[], Incidence],
        known: tuple[Floats, Floats] | None = None,
    ) -> None:
        self.grams, self.labels, self.k = grams, labels, grams.shape[1]
        self._supports, self._grouping, self._fill, self._known = supports, grouping, fill, known

    def __len__(self) -> int:
        return len(self.grams)

    def events(self, row: int) -> tuple[str, ...]:
        """Return the tokens of a gram by name."""
        return tuple(self.labels[token] for token in self.grams[row])

    def hypothesis(self, row: int) -> Hypothesis:
        """Return the hypothesis of a row."""
        events = self.events(row)
        said = " > ".join(events)
        return Hypothesis(
            f"{self.template}:{said}", self.template, {"events": events}, f"{self._grouping}s with {said}"
        )

    def support(self) -> Ints:
        """Return the number of groups of each gram."""
        return self._supports

    def totals(self, values: Floats) -> Floats:
        """Return the sum of `values` over the groups of each gram."""
        if self._known is not None and self._known[0] is values:
            return self._known[1]
        return incidence.totals(self._incidence, values)

    def members(self, rows: Ints) -> Incidence:
        """Return the groups of some grams, in the order of `rows`."""
        return incidence.rows(self._incidence, rows)

    def at(self, grams: Codes) -> Grams:
        """Return certain grams in a certain order, those that nobody has too; each has to be of this length."""
        rows = {gram: row for row, gram in enumerate(map(bytes, self.grams))}
        place = np.array([rows.get(gram, -1) for gram in map(bytes, np.ascontiguousarray(grams))], np.int64)
        supports = np.where(place >= 0, self._supports[place], 0) if len(self) else np.zeros(len(place), np.int64)

        def fill() -> Incidence:
            indptr = np.concatenate([[0], np.cumsum(supports)]).astype(np.int64)
            return Incidence(indptr, self.members(place[place >= 0]).groups)

        return Grams(grams, supports, self.labels, self._grouping, fill)

    @cached_property
    def _incidence(self) -> Incidence:
        return self._fill()


def mine(
    prepared: Prepared,
    k: int,
    *,
    least: int,
    keep: npt.NDArray[np.bool_] | None = None,
    mapping: Codes | None = None,
    labels: Sequence[str] | None = None,
    values: Floats | None = None,
    threads: int = THREADS,
) -> Grams:
    """Return all k-grams that at least `least` groups have, exactly.

    Parameters
    ----------
    k
        1 to 8.
    keep, mapping, labels
        Filter and mapping of names, as of `tokens.tokens`.
    values : shape (G,)
        Values whose totals are wanted first: counted in the same pass where that can be.

    Raises
    ------
    UsageError
        `k` or `least` is out of range.
    """
    _check(k, least)
    given = tokens(prepared, keep=keep, mapping=mapping, labels=labels)
    bits = max(1, (len(given.labels) - 1).bit_length())
    if bits * k <= TABLE_BITS:
        return _dense(given, prepared.grouping, k, bits, least, values, threads)
    return levelwise.mine(given, k, least=least, threads=threads, make=_maker(given, prepared.grouping))[-1]


def mine_all(
    prepared: Prepared,
    *,
    longest: int = LONGEST,
    least: int,
    keep: npt.NDArray[np.bool_] | None = None,
    mapping: Codes | None = None,
    labels: Sequence[str] | None = None,
    threads: int = THREADS,
) -> list[Grams]:
    """Return the k-grams of each length from 1 to `longest` that at least `least` groups have, exactly."""
    _check(longest, least)
    given = tokens(prepared, keep=keep, mapping=mapping, labels=labels)
    return levelwise.mine(given, longest, least=least, threads=threads, make=_maker(given, prepared.grouping))


def _maker(given: Tokens, grouping: str) -> Callable[[Codes, Ints, Callable[[], Incidence]], Grams]:
    return lambda grams, supports, fill: Grams(grams, supports, given.labels, grouping, fill)


def _check(k: int, least: int) -> None:
    if not 1 <= k <= LONGEST:
        raise UsageError(f"grams of length {k}", hint=f"1 to {LONGEST}")
    if least < 1:
        raise UsageError(f"a least support of {least}", hint="1 or more")


def _dense(given: Tokens, grouping: str, k: int, bits: int, least: int, values: Floats | None, threads: int) -> Grams:
    size, runs = 1 << (bits * k), ranges(given.offsets, threads)
    weights = _NOBODY if values is None else np.ascontiguousarray(values, np.float64)

    def count(run: tuple[int, int]) -> tuple[npt.NDArray[np.int32], Floats]:
        table, sums = np.zeros((size, 2), np.int32), np.zeros(size if len(weights) else 0)
        count_grams(given.codes, given.offsets, *run, k, bits, table, weights, sums)
        return table, sums

    counted = side_by_side(count, runs, threads)
    each = [table[:, 1] for table, _ in counted]
    all_of: Ints = np.stack(each or [np.zeros(size, np.int32)]).sum(axis=0, dtype=np.int64)
    codes: Ints = np.flatnonzero(all_of >= least).astype(np.int64, copy=False)
    supports = all_of[codes]
    shifts = np.arange(k - 1, -1, -1, dtype=np.int64) * bits
    grams = ((codes[:, None] >> shifts) & ((1 << bits) - 1)).astype(np.int32)
    known = None if values is None else (values, sum((sums for _, sums in counted), np.zeros(size))[codes])
    by_run = [counts[codes].astype(np.int64) for counts in each]

    def fill() -> Incidence:
        return _fill(given, k, bits, codes, supports, runs, by_run, threads)

    return Grams(grams, supports, given.labels, grouping, fill, known)


def _fill(
    given: Tokens,
    k: int,
    bits: int,
    codes: Ints,
    supports: Ints,
    runs: Sequence[tuple[int, int]],
    by_run: Sequence[Ints],
    threads: int,
) -> Incidence:
    rows = np.full(1 << (bits * k), -1, np.int32)
    rows[codes] = np.arange(len(codes), dtype=np.int32)
    indptr = np.concatenate([[0], np.cumsum(supports)]).astype(np.int64)
    groups = np.empty(int(indptr[-1]), np.int32)

    def one(number: int) -> None:
        cursor = np.zeros((len(codes), 2), np.int64)
        cursor[:, 1] = indptr[:-1] + sum(by_run[:number], np.zeros(len(codes), np.int64))
        fill_grams(given.codes, given.offsets, *runs[number], k, bits, rows, cursor, groups)

    side_by_side(one, range(len(runs)), threads)
    return Incidence(indptr, groups)
