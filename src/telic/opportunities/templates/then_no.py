"""A then no B: what usually follows does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from telic.errors import UsageError
from telic.opportunities.language.build import time
from telic.opportunities.language.printer import stretch
from telic.opportunities.language.tree import ThenNo as Pattern
from telic.opportunities.model import Codes, Family, Floats, Hypothesis, Incidence, Ints, Prepared
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.scanned import Describe, enough
from telic.opportunities.templates.tokens import alphabet, several
from telic.opportunities.templates.wording import A, B, Wording

if TYPE_CHECKING:
    from telic.opportunities.kernels.sequence_scan import Scan


@template("then-no", example={"within": "10m"})
@dataclass(frozen=True)
class ThenNo:
    """Does something happen that its usual follower does not follow?

    Pairs of frequent events of which the second mostly follows each time the first happens; the hypothesis is the
    groups in which once it does not. A checkout without a payment page, a request without an answer. What the end of
    the data has cut off counts as not followed.

    Parameters
    ----------
    within
        How soon it has to follow, such as ``10m``; "" for by the end of the group.
    usual
        Share of the groups with the first event in which it is followed, each time, at least [1].
    names
        Events that are asked about at most: those that most groups have.
    mapping
        What an event counts as, by name.
    ignore
        Events that are left out as if they had not happened.
    """

    within: str = ""
    usual: float = 0.5
    names: int = 300
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", several(self.ignore))
        if not 0 <= self.usual < 1:
            raise UsageError(f"then-no: usual {self.usual} is no share below 1", hint="such as 0.5")
        if self.within:
            time(self.within)

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield the pairs of which the second usually follows."""
        from telic.opportunities.kernels import sequence, sequence_pairs
        from telic.opportunities.kernels.sequence_scan import Scan

        tokens = alphabet(prepared, asking, "then-no", most=self.names, mapping=self.mapping, ignore=self.ignore)
        limit = time(self.within) if self.within else None
        wording = Wording("then-no", prepared, asking, tokens)
        question = Pattern(A, B, limit)
        params = {"within": stretch(limit)} if limit is not None else {}

        def describe(code: int) -> Hypothesis:
            return wording.hypothesis(question, divmod(code, tokens.size), params)

        present = Scan(prepared, "singles", sequence.PRESENT, tokens.table, tokens.size, threads=asking.threads)
        ns = -1 if limit is None else limit
        followed = Scan(
            prepared, "pairs", sequence_pairs.ALWAYS, tokens.table, tokens.size, limit=ns, threads=asking.threads
        )
        here = followed.counts()
        (always,) = asking.whole.added(here)
        having = np.repeat(tokens.supports, tokens.size)
        usual = (always >= self.usual * having) & (always > 0)
        size = asking.whole.groups(prepared)
        kept = enough("then-no", np.where(usual, having - always, 0), size, asking, describe)
        if len(kept):
            supports = (np.repeat(tokens.here, tokens.size) - here)[kept]
            yield Lacking(present, followed, kept, supports, lambda row: describe(int(kept[row])))


@dataclass(frozen=True)
class Lacking:
    """Groups that have a token and not the pair that begins with it.

    Parameters
    ----------
    present, followed
        Scans of tokens, and of pairs of which the second always follows the first.
    kept : shape (H,)
        The pair of each row.
    """

    present: Scan
    followed: Scan
    kept: Ints
    supports: Ints
    describe: Describe
    template: str = "then-no"

    def __len__(self) -> int:
        return len(self.kept)

    def hypothesis(self, row: int) -> Hypothesis:
        """Return the hypothesis of a row."""
        return self.describe(row)

    def support(self) -> Ints:
        """Return the number of groups of each hypothesis, shape (H,)."""
        return self.supports

    def totals(self, values: Floats) -> Floats:
        """Return the sum of `values` over the members of each hypothesis, shape (H,)."""
        size = self.present.size
        everybody = np.arange(size, dtype=np.int32)[None, :]
        having = self.present.sums(values, everybody, size)[self.kept // size]
        return having - self.followed.sums(values, self._rows(self.kept), len(self))

    def members(self, rows: Ints) -> Incidence:
        """Return the members of some rows, in the order of `rows`."""
        wanted, back = np.unique(self.kept[np.asarray(rows, dtype=np.int64)], return_inverse=True)
        firsts, place = np.unique(wanted // self.present.size, return_inverse=True)
        table = np.full((1, self.present.width), -1, dtype=np.int32)
        table[0, firsts] = np.arange(len(firsts))
        ones = np.ones(self.present.prepared.size)
        many = self.present.sums(ones, table, len(firsts)).astype(np.int64)
        having = self.present.members(table, many)
        pairs = self._rows(wanted)
        followed = self.followed.members(pairs, self.followed.sums(ones, pairs, len(wanted)).astype(np.int64))
        left = [
            np.setdiff1d(_row(having, int(first)), _row(followed, pair), assume_unique=True)
            for pair, first in enumerate(place)
        ]
        parts = [left[each] for each in back]
        indptr = np.concatenate([[0], np.cumsum([len(each) for each in parts])]).astype(np.int64)
        return Incidence(indptr, np.concatenate(parts) if parts else np.zeros(0, np.int32))

    def _rows(self, pairs: Ints) -> Codes:
        table = np.full((1, self.followed.width), -1, dtype=np.int32)
        table[0, pairs] = np.arange(len(pairs))
        return table


def _row(incidence: Incidence, row: int) -> Codes:
    return incidence.groups[incidence.indptr[row] : incidence.indptr[row + 1]]
