"""Events directly after each other: n-grams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from telic.errors import UsageError
from telic.opportunities.language.tree import Link, Selector, Sequence
from telic.opportunities.model import Exclusion, Family, Floats, Hypothesis, Incidence, Ints, Prepared
from telic.opportunities.template import Asking, apart, template
from telic.opportunities.templates.tokens import Alphabet, joined, several
from telic.opportunities.templates.wording import BLANKS, Wording

if TYPE_CHECKING:
    from telic.opportunities.kernels.ngrams import Grams

LONGEST = 8
_NEXT: Link = ">"
GRAMS = tuple(Sequence(BLANKS[:k], (_NEXT,) * (k - 1)) for k in range(1, LONGEST + 1))
"""The question of each length."""


@template("ngrams", example={"k": 3})
@dataclass(frozen=True)
class Ngrams:
    """Do certain events happen directly after each other?

    All sequences of up to k events that enough groups have, exactly: what too few groups have is left out level by
    level, since no sequence has more groups than any part of it.

    Parameters
    ----------
    k
        The longest sequence, 1 to 8.
    shortest
        The shortest one.
    mapping
        What an event counts as, by name; several events can become one (the paper's M).
    ignore
        Events that are left out as if they had not happened (the paper's F).

    References
    ----------
    "Surfacing Opportunities for Improvement", section 5.1, event patterns; level by level: Agrawal and Srikant, "Fast
    algorithms for mining association rules" (1994).
    """

    k: int = 3
    shortest: int = 1
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", several(self.ignore))
        if not 1 <= self.shortest <= self.k <= LONGEST:
            raise UsageError(
                f"ngrams: lengths from {self.shortest} to {self.k} are not within 1 to {LONGEST}", hint="k: 3"
            )

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield the sequences of each length."""
        table, labels = joined(prepared, self.mapping, self.ignore)
        names: list[list[str]] = [[] for _ in labels]
        for name, token in zip(prepared.names.labels, table.tolist(), strict=True):
            if token >= 0:
                names[token].append(name)
        ignoring = Selector(tuple(dict.fromkeys(self.ignore))) if self.ignore else None
        none: Ints = np.zeros(len(labels), np.int64)
        tokens = Alphabet(labels, tuple(map(tuple, names)), table, none, none, ignoring)
        wording = Wording("ngrams", prepared, asking, tokens)
        for grams in self._mined(prepared, asking, tokens):
            yield from self._of(grams, prepared, asking, wording)

    @apart
    def _of(self, grams: Grams, prepared: Prepared, asking: Asking, wording: Wording) -> Iterator[Family]:
        there, supports = asking.whole.united(grams.grams, grams.support())
        kept = _asked(supports, asking.whole.groups(prepared), asking)
        if there is not grams.grams:  # of several parts: the same rows in each
            grams, kept = grams.at(there[kept].astype(np.int32)), np.arange(len(kept))
        if len(kept):
            yield Rows(grams, kept, wording)

    def _mined(self, prepared: Prepared, asking: Asking, tokens: Alphabet) -> Iterator[Grams]:
        """Yield the grams of each length: in a table each where one has room for all, else level by level."""
        from telic.opportunities.kernels import ngrams

        plain = not self.mapping and not self.ignore
        given = {
            "least": asking.whole.least(asking.least),
            "mapping": None if plain else tokens.table,
            "labels": None if plain else tokens.labels,
            "threads": asking.threads,
        }
        bits = max(1, (tokens.size - 1).bit_length())
        if bits * self.k <= ngrams.TABLE_BITS:
            for length in range(self.shortest, self.k + 1):
                yield ngrams.mine(prepared, length, **given)  # type: ignore[arg-type]
        else:
            for grams in ngrams.mine_all(prepared, longest=self.k, **given):  # type: ignore[arg-type]
                if grams.k >= self.shortest:
                    yield grams


def _asked(supports: Ints, size: int, asking: Asking) -> Ints:
    """Return the rows that are asked about: those that not all groups have; of too many, those with most groups."""
    kept = np.flatnonzero((supports >= max(1, asking.least)) & (supports < size))
    if len(kept) > asking.most:
        order = kept[np.argsort(-supports[kept], kind="stable")]
        kept = np.sort(order[: asking.most])
        why = f"more than {asking.most:,} hypotheses of ngrams: those with fewest groups are not asked about"
        asking.leave_out(Exclusion("hypotheses", len(order) - asking.most, why))
    return kept


@dataclass(frozen=True)
class Rows:
    """Some of the grams of one length, said like all other hypotheses.

    Parameters
    ----------
    kept : shape (H,)
        Rows of the grams.
    """

    grams: Grams
    kept: Ints
    wording: Wording
    template: str = "ngrams"

    def __len__(self) -> int:
        return len(self.kept)

    def hypothesis(self, row: int) -> Hypothesis:
        """Return the hypothesis of a row."""
        blanks = tuple(int(token) for token in self.grams.grams[self.kept[row]])
        return self.wording.hypothesis(GRAMS[len(blanks) - 1], blanks)

    def support(self) -> Ints:
        """Return the number of groups of each hypothesis, shape (H,)."""
        return self.grams.support()[self.kept]

    def totals(self, values: Floats) -> Floats:
        """Return the sum of `values` over the members of each hypothesis, shape (H,)."""
        return self.grams.totals(values)[self.kept]

    def members(self, rows: Ints) -> Incidence:
        """Return the members of some rows, in the order of `rows`."""
        return self.grams.members(self.kept[np.asarray(rows, dtype=np.int64)])
