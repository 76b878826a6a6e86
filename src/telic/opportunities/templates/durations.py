"""How long: a whole group, in a state, from one event to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from telic.errors import UsageError
from telic.opportunities.language.algebra import Compare, Duration
from telic.opportunities.language.build import time
from telic.opportunities.language.printer import stretch
from telic.opportunities.language.tree import Between, Dwell, Span
from telic.opportunities.model import Family, Hypothesis, Ints, Prepared
from telic.opportunities.template import Asking, apart, template
from telic.opportunities.templates.cohorts import cohorts
from telic.opportunities.templates.scanned import cuts, steps
from telic.opportunities.templates.tokens import Alphabet, alphabet, several
from telic.opportunities.templates.wording import A, B, Wording

LADDER = (
    *("1ms", "3ms", "10ms", "30ms", "100ms", "300ms", "1s", "2s", "5s", "10s", "20s", "30s", "1m", "2m", "5m", "10m"),
    *("20m", "30m", "1h", "2h", "4h", "8h", "12h", "1d", "2d", "4d", "1w", "2w", "4w", "8w", "26w"),
)
"""Times that people name."""


@template("durations", example={"shares": (0.5, 0.1)})
@dataclass(frozen=True)
class Durations:
    """Does a group last long, stay long in a state, or take long from one event to another?

    Three families. Time in a state is the time from each such event to the next one, in all (rebuffering, waiting). The
    cuts are round times; which of them is chosen by the times alone, before any outcome is looked at.

    Parameters
    ----------
    shares
        About which shares of the groups lie above the cuts [1].
    names
        Events that are asked about at most: those that most groups have.
    pairs
        The same for times from one event to another, of which there are as many as pairs.

    References
    ----------
    "Surfacing Opportunities for Improvement", section 3: stateful attributes, time spent in a state.
    """

    shares: tuple[float, ...] = (0.5, 0.25, 0.1)
    names: int = 1000
    pairs: int = 25

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", several(self.shares))
        if not self.shares or not all(0 < each < 1 for each in self.shares):
            raise UsageError(f"durations: shares {self.shares} are not between 0 and 1", hint="such as (0.5, 0.1)")

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield the whole group's time, then times in states, then times between events."""
        ladder = np.array([time(each) for each in LADDER], dtype=np.int64)
        yield from self._whole(prepared, asking, ladder)
        tokens = alphabet(prepared, asking, "durations", most=self.names)
        yield from self._states(prepared, asking, ladder, tokens)
        few = alphabet(prepared, asking, "durations (pairs)", most=self.pairs)
        yield from self._between(prepared, asking, ladder, few)

    @apart
    def _whole(self, prepared: Prepared, asking: Asking, ladder: Ints) -> Iterator[Family]:
        at, offsets = np.asarray(prepared.at), np.asarray(prepared.offsets)
        level = np.searchsorted(ladder, at[offsets[1:] - 1] - at[offsets[:-1]], side="left")
        above = np.array([np.count_nonzero(level > step) for step in range(len(ladder))], dtype=np.int64)
        (above,) = asking.whole.added(above)
        size = np.array([asking.whole.groups(prepared)])
        chosen = np.flatnonzero(cuts(above[None, :], size, self.shares)[0])
        none: Ints = np.zeros(0, np.int64)
        nobody = Alphabet((), (), np.zeros(0, np.int32), none, none)
        wording = Wording("durations", prepared, asking, nobody)

        def describe(row: int) -> Hypothesis:
            question = Compare(">", Span(prepared.grouping), Duration(int(ladder[chosen[row]])))
            return wording.hypothesis(question, (), {"longer than": LADDER[chosen[row]]})

        groups = [np.flatnonzero(level > step).astype(np.int32) for step in chosen]
        codes = np.repeat(np.arange(len(chosen), dtype=np.int32), [len(each) for each in groups])
        if len(chosen):
            marked = np.concatenate(groups)
            yield from cohorts("durations", codes, len(chosen), describe, prepared, asking, groups=marked)

    def _states(self, prepared: Prepared, asking: Asking, ladder: Ints, tokens: Alphabet) -> Iterator[Family]:
        from telic.opportunities.kernels import sequence
        from telic.opportunities.kernels.sequence_scan import Scan

        wording = Wording("durations", prepared, asking, tokens)
        questions = [Compare(">", Dwell(A), Duration(int(each))) for each in ladder]

        def describe(token: int, step: int) -> Hypothesis:
            return wording.hypothesis(questions[step], (token,), {"longer than": LADDER[step], "in": "state"})

        scan = Scan(
            prepared, "singles", sequence.DWELL, tokens.table, tokens.size, ladder=ladder, threads=asking.threads
        )
        yield from steps("durations", scan, scan.counts(), asking, describe, shares=self.shares)

    def _between(self, prepared: Prepared, asking: Asking, ladder: Ints, tokens: Alphabet) -> Iterator[Family]:
        from telic.opportunities.kernels import sequence_pairs
        from telic.opportunities.kernels.sequence_scan import Scan

        wording = Wording("durations", prepared, asking, tokens)
        questions = [Compare(">", Between(A, B), Duration(int(each))) for each in ladder]

        def describe(pair: int, step: int) -> Hypothesis:
            params = {"longer than": stretch(int(ladder[step])), "in": "between"}
            return wording.hypothesis(questions[step], divmod(pair, tokens.size), params)

        scan = Scan(
            prepared, "pairs", sequence_pairs.TOOK, tokens.table, tokens.size, ladder=ladder, threads=asking.threads
        )
        yield from steps("durations", scan, scan.counts(), asking, describe, shares=self.shares)
