"""What a reader wants to see of a finding besides its numbers: its course over time and what happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Codes, Family, Finding, Floats, Ints, Outcome, Prepared
from telic.opportunities.record import Bin, Detail, Story

BINS = 30  # stretches of time at most [1]
LENGTHS = (1, 10, 60, 300, 900, 3600, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 2_419_200)  # of a bin [s]
STORIES = 3  # groups told of each finding [1]
EVENTS = 40  # events told of each group [1]
_SECOND = 1_000_000_000  # [ns]


@dataclass(frozen=True)
class Details:
    """Looks up what findings do not carry themselves.

    Parameters
    ----------
    families
        Those that the judge was given, in their order.
    """

    prepared: Prepared
    outcomes: Sequence[Outcome]
    families: Sequence[Family]

    def of(self, finding: Finding) -> Detail:
        """Return the course and the stories of a finding; empty where its place is not known."""
        family, row = finding.place
        if family < 0:
            return Detail()
        members = self.families[family].members(np.array([row], dtype=np.int64)).groups
        outcome = next(each for each in self.outcomes if each.name == finding.outcome)
        return Detail(self.course(members, outcome), self.stories(members, outcome, finding.examples))

    def course(self, members: Codes, outcome: Outcome) -> tuple[Bin, ...]:
        """Return the outcome of members and of all others, by when groups began."""
        first, length, bins = self._calendar
        size = int(bins.max()) + 1 if len(bins) else 0
        if size < 2:
            return ()
        known = ~np.isnan(outcome.values)
        mine = np.zeros(self.prepared.size, dtype=bool)
        mine[members] = True
        sums = [_sums(bins, known & chosen, outcome.values, size) for chosen in (mine, ~mine)]
        (ours, our_sum), (theirs, their_sum) = sums
        with np.errstate(invalid="ignore", divide="ignore"):
            our_mean, their_mean = our_sum / ours, their_sum / theirs
        return tuple(
            Bin(
                first + length * each,
                int(ours[each]),
                float(our_mean[each]),
                int(theirs[each]),
                float(their_mean[each]),
            )
            for each in range(size)
        )

    def stories(self, members: Codes, outcome: Outcome, examples: Sequence[str]) -> tuple[Story, ...]:
        """Return what happened in the examples of a finding, or in its first harmed members."""
        values = outcome.values[members]
        center = 0.5 if outcome.binary else float(np.nanmedian(outcome.values))
        harmed = members[(values > center) if outcome.harm > 0 else (values < center)]
        wanted = set(examples)
        told = [int(each) for each in harmed if str(self.prepared.groups[int(each)]) in wanted] if wanted else []
        return tuple(self.story(each) for each in (told or [int(each) for each in harmed])[:STORIES])

    def story(self, group: int) -> Story:
        """Return what happened in a group."""
        first, end = int(self.prepared.offsets[group]), int(self.prepared.offsets[group + 1])
        last = min(end, first + EVENTS)
        labels = self.prepared.names.labels
        events = tuple(str(labels[int(code)]) for code in self.prepared.names.codes[first:last])
        after = (self.prepared.at[first:last] - self.prepared.at[first]) / _SECOND
        return Story(str(self.prepared.groups[group]), events, tuple(float(each) for each in after), end - last)

    @cached_property
    def _calendar(self) -> tuple[float, float, Ints]:
        """When the first bin begins [s], how long each is [s], and the bin of each group, shape (G,)."""
        begin = np.asarray(self.prepared.at)[np.asarray(self.prepared.offsets[:-1])]
        if not len(begin):
            return 0.0, 1.0, np.zeros(0, dtype=np.int64)
        low, high = int(begin.min()), int(begin.max())
        fitting = (each for each in LENGTHS if (high // _SECOND) // each - (low // _SECOND) // each < BINS)
        length = next(fitting, max(LENGTHS[-1], -(-(high - low) // (_SECOND * (BINS - 1)))))
        first = low // _SECOND // length
        return float(first * length), float(length), begin // _SECOND // length - first


def _sums(bins: Ints, chosen: npt.NDArray[np.bool_], values: Floats, size: int) -> tuple[Floats, Floats]:
    where = np.flatnonzero(chosen)
    counts = np.bincount(bins[where], minlength=size).astype(np.float64)
    return counts, np.bincount(bins[where], weights=values[where], minlength=size).astype(np.float64)
