"""Two runs side by side: what is new, what is gone, what got worse or better."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

from telic.errors import UsageError
from telic.opportunities import figures
from telic.opportunities.model import Effect, Finding
from telic.opportunities.record import Kpi, Run, key_of

What = Literal["new", "worse", "same", "better", "gone"]
_SIGNIFICANT = 0.05  # of a change between two runs, after Holm [1]
_WIDTH = 2 * NormalDist().inv_cdf(0.975)  # of a 95 % interval in standard errors [1]


@dataclass(frozen=True)
class Change:
    """One finding in two runs.

    Parameters
    ----------
    key
        Of the finding in the later run, or in the earlier one where it is gone.
    p
        That the adjusted ratio did not change; NaN where only one run has it.
    why
        What the two runs can say about it.
    """

    what: What
    key: str
    before: Finding | None
    after: Finding | None
    p: float
    why: str


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side."""

    before: str
    after: str
    kpis: tuple[tuple[Kpi, Kpi], ...]
    changes: tuple[Change, ...]

    def of(self, what: What) -> tuple[Change, ...]:
        """Return the changes of one kind, by rank."""
        return tuple(each for each in self.changes if each.what == what)


def compare(before: Run, after: Run) -> Comparison:
    """Compare two runs that asked for the same KPIs.

    A finding is the same in both where the question is the same, or where one run tells it as an overlap of another
    finding. Whether its ratio changed is tested on the logarithms, corrected for their number (Holm 1979, A simple
    sequentially rejective multiple test procedure).

    Raises
    ------
    UsageError
        The runs have no KPI in common.
    """
    kpis = tuple((one, other) for one in before.kpis for other in after.kpis if one.name == other.name)
    if not kpis:
        names = [", ".join(each.name for each in run.kpis) for run in (before, after)]
        raise UsageError(
            f"the runs have no KPI in common: {names[0]} against {names[1]}", hint="run both with the same --kpi"
        )
    shared = {one.name for one, _ in kpis}
    pairs = list(_pairs(before, after, shared))
    taken = {key_of(one) for one, _ in pairs}
    changes = _kept(pairs)
    matched = {key_of(other) for _, other in pairs}
    for each in _of(after, shared):
        if key_of(each) not in matched:
            changes.append(Change("new", key_of(each), None, each, math.nan, _absent(each, before, "before")))
    for each in _of(before, shared):
        if key_of(each) not in taken:
            changes.append(Change("gone", key_of(each), each, None, math.nan, _absent(each, after, "any more")))
    order = ("new", "worse", "same", "better", "gone")
    return Comparison(before.id, after.id, kpis, tuple(sorted(changes, key=lambda each: order.index(each.what))))


def told(change: Change) -> str:
    """Return a change as a line."""
    finding = change.after or change.before
    who = finding.hypothesis.words if finding else ""
    return f"{change.what}: {who} ({finding.outcome if finding else ''}); {change.why}"


def _of(run: Run, shared: set[str]) -> Iterator[Finding]:
    return (each for each in run.surfaced.findings if each.outcome in shared)


def _pairs(before: Run, after: Run, shared: set[str]) -> Iterator[tuple[Finding, Finding]]:
    """Yield findings of both runs that are the same; each is in one pair at most."""
    earlier = {(each.outcome, each.hypothesis.id): each for each in _of(before, shared)}
    also = {(each.outcome, other.id): each for each in _of(before, shared) for other in each.alike}
    left = {key_of(each) for each in earlier.values()}
    later = list(_of(after, shared))
    for exact in (True, False):  # the same question first, then overlaps
        for each in list(later):
            found = _partner(each, earlier, also, exact=exact)
            if found is not None and key_of(found) in left:
                left.discard(key_of(found))
                later.remove(each)
                yield found, each


def _partner(
    each: Finding,
    earlier: Mapping[tuple[str, str], Finding],
    also: Mapping[tuple[str, str], Finding],
    *,
    exact: bool,
) -> Finding | None:
    place = (each.outcome, each.hypothesis.id)
    if exact or place in also:
        return earlier.get(place) if exact else also[place]
    told_as = [(each.outcome, other.id) for other in each.alike]
    return next((earlier[other] for other in told_as if other in earlier), None)


def _kept(pairs: list[tuple[Finding, Finding]]) -> list[Change]:
    tested = [_same(one.adjusted, other.adjusted) for one, other in pairs]
    significant = _holm(tested)
    changes = []
    for (one, other), p, changed in zip(pairs, tested, significant, strict=True):
        what: What = "same"
        if changed:
            what = "worse" if other.adjusted.ratio > one.adjusted.ratio else "better"
        renamed = "" if one.hypothesis.id == other.hypothesis.id else f"; was told as {one.hypothesis.words}"
        why = (
            f"{one.adjusted.ratio:.3g} to {other.adjusted.ratio:.3g} times (p {figures.small(p)}), "
            f"{figures.share(one.share)} to {figures.share(other.share)}{renamed}"
        )
        changes.append(Change(what, key_of(other), one, other, p, why))
    return changes


def _same(one: Effect, other: Effect) -> float:
    """Return the probability of a difference this large between two ratios that are the same."""
    errors = [_error(each) for each in (one, other)]
    spread = math.hypot(*errors)
    if not (one.ratio > 0 and other.ratio > 0) or not math.isfinite(spread) or spread == 0:
        return math.nan
    distance = abs(math.log(other.ratio) - math.log(one.ratio)) / spread
    return 2 * (1 - NormalDist().cdf(distance))


def _error(effect: Effect) -> float:
    if effect.low > 0 and math.isfinite(effect.high) and math.isfinite(effect.ratio):
        return (math.log(effect.high) - math.log(effect.low)) / _WIDTH
    return math.nan


def _holm(values: list[float]) -> list[bool]:
    asked = sorted((p, index) for index, p in enumerate(values) if not math.isnan(p))
    passed = [False] * len(values)
    for rank, (p, index) in enumerate(asked):
        if p > _SIGNIFICANT / (len(asked) - rank):
            break
        passed[index] = True
    return passed


def _absent(finding: Finding, other: Run, when: str) -> str:
    if finding.hypothesis.template not in other.surfaced.asked:
        return f"template {finding.hypothesis.template} was not asked {when}"
    return f"did not pass {when}" if when == "before" else f"does not pass {when}"
