"""Sequences with gaps and time limits: a, later b, and later c."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from telic.errors import UsageError
from telic.opportunities.language.build import time
from telic.opportunities.language.printer import stretch
from telic.opportunities.language.tree import Link, Sequence
from telic.opportunities.model import Family, Hypothesis, Prepared
from telic.opportunities.template import Asking, apart, template
from telic.opportunities.templates.scanned import codes
from telic.opportunities.templates.tokens import Alphabet, alphabet, several
from telic.opportunities.templates.wording import BLANKS, Wording

if TYPE_CHECKING:
    from telic.opportunities.kernels.sequence_scan import Scan

_GAP: Link = ".."
GAPS = (_GAP, _GAP)


@template("gapped", example={"within": "10m"})
@dataclass(frozen=True)
class Gapped:
    """Does one event come later than another, whatever lies between, and soon enough where a limit is given?

    All ordered pairs of frequent events, an event twice among them; with k 3 also all triples of which both pairs are
    frequent. N-grams see what comes directly after; this sees what comes at all.

    Parameters
    ----------
    within
        The longest time from the first to the last, such as ``10m``; "" for none.
    k
        Events of a sequence at most, 2 or 3.
    names
        Events that are asked about in pairs at most: those that most groups have.
    triples
        The same for triples, of which there are many more.
    mapping
        What an event counts as, by name; several events can become one.
    ignore
        Events that are left out as if they had not happened.

    References
    ----------
    Agrawal and Srikant, "Mining sequential patterns" (1995); with gaps and windows: Srikant and Agrawal (1996).
    """

    within: str = ""
    k: int = 2
    names: int = 300
    triples: int = 40
    mapping: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "ignore", several(self.ignore))
        if self.k not in (2, 3):
            raise UsageError(f"gapped: {self.k} events are not 2 or 3", hint="k: 2")
        if self.within:
            time(self.within)

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield all pairs, then all triples, with enough groups."""
        yield from self._of(2, prepared, asking)
        if self.k == 3:
            yield from self._of(3, prepared, asking)

    @apart
    def _of(self, length: int, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        called = "gapped" if length == 2 else "gapped (triples)"
        most = self.names if length == 2 else self.triples
        tokens = alphabet(prepared, asking, called, most=most, mapping=self.mapping, ignore=self.ignore)
        limit = time(self.within) if self.within else None
        wording = Wording("gapped", prepared, asking, tokens)
        question = Sequence(BLANKS[:length], GAPS[: length - 1], limit)
        params = {"within": stretch(limit)} if limit is not None else {}

        def describe(code: int) -> Hypothesis:
            first, last = divmod(code, tokens.size)
            blanks = (first, last) if length == 2 else (*divmod(first, tokens.size), last)
            return wording.hypothesis(question, blanks, params)

        scan = self._scan(length, prepared, asking, tokens)
        yield from codes("gapped", scan, scan.counts(), asking, describe)

    def _scan(self, length: int, prepared: Prepared, asking: Asking, tokens: Alphabet) -> Scan:
        from telic.opportunities.kernels import sequence_pairs
        from telic.opportunities.kernels.sequence_scan import Scan

        limit = time(self.within) if self.within else -1
        pairs = Scan(
            prepared, "pairs", sequence_pairs.LATER, tokens.table, tokens.size, limit=limit, threads=asking.threads
        )
        if length == 2:
            return pairs
        (counts,) = asking.whole.added(pairs.counts())
        return replace(pairs, shape="triples", frequent=counts >= max(1, asking.least))
