"""The course of an association over time: does it grow, and since when is it there?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from scipy import special

from telic.opportunities.experts.case import WEEK, Case, expert
from telic.opportunities.model import Floats, Value
from telic.opportunities.statistics.codes import sums


def by_time(case: Case, bins: int) -> tuple[Floats, Floats, Floats]:
    """Return observed and expected harm of members by bin of time, and when each bin is [weeks from the first]."""
    start = case.study.design.start
    low, high = int(start.min()), int(start.max()) + 1
    share = (start[case.members] - low) / (high - low)  # the last may round to 1
    bin = np.minimum((share * bins).astype(np.int32), bins - 1)
    observed = sums(bin, case.harm[case.members], bins)
    expected = sums(bin, case.expected[case.members], bins)
    return observed, expected, (np.arange(bins) + 0.5) * (high - low) / bins / WEEK


@expert("trend", example={})
@dataclass(frozen=True)
class Trend:
    """A log-linear trend of members' harm over what is expected of others like them at that time.

    Parameters
    ----------
    bins
        Of time.
    alpha
        Level at which a trend is called one.
    """

    bins: int = 14
    alpha: float = 0.01

    def __call__(self, case: Case) -> Mapping[str, Value]:
        """Say whether it rises or falls, and how many times a week."""
        observed, expected, time = by_time(case, self.bins)
        if observed.sum() < 20 or not case.study.outcome.binary:
            return {}
        slope, error = _slope(observed, expected, time)
        z = slope / error / math.sqrt(max(float(case.tallies.of("deff")[case.row]), 1.0)) if error > 0 else 0.0
        p = float(2 * special.ndtr(-abs(z)))
        word = "steady" if p > self.alpha else "rising" if slope > 0 else "falling"
        return {"trend": word, "trend_times_a_week": round(math.exp(min(slope, 50)), 3), "trend_p": p}


def _slope(observed: Floats, expected: Floats, time: Floats) -> tuple[float, float]:
    """Return slope and standard error of ``log(observed / expected)`` by a Poisson regression (Newton's method)."""
    centered = time - time.mean()
    slope = 0.0
    for _ in range(25):
        tilted = expected * np.exp(np.clip(slope * centered, -30, 30))
        mean = tilted * (observed.sum() / max(float(tilted.sum()), 1e-12))
        middle = float((mean * centered).sum() / mean.sum())
        information = float((mean * (centered - middle) ** 2).sum())
        if information <= 1e-12:
            return 0.0, 0.0
        step = float(((observed - mean) * centered).sum()) / information
        slope += float(np.clip(step, -2, 2))
        if abs(step) < 1e-9:
            break
    return slope, 1 / math.sqrt(information)


@expert("change_point", example={})
@dataclass(frozen=True)
class ChangePoint:
    """The one moment that best parts members' harm into before and after, where chance hardly does as well.

    Parameters
    ----------
    bins
        Of time; the moment is exact to one of them.
    draws
        Of harm spread as expected, against which the best likelihood ratio is held.

    References
    ----------
    Worsley (1986), Confidence regions and tests for a change-point, Biometrika 73(1), section 2.
    """

    bins: int = 42
    draws: int = 299
    alpha: float = 0.01

    def __call__(self, case: Case) -> Mapping[str, Value]:
        """Say since when, and how many times as much harm there is over what is expected since."""
        observed, expected, _ = by_time(case, self.bins)
        if not case.study.outcome.binary or observed.sum() < 20 or expected.sum() <= 0:
            return {}
        deff = max(float(case.tallies.of("deff")[case.row]), 1.0)
        best, at = _best_split(observed[None, :] / deff, expected)
        random = np.random.default_rng([case.seed, 17])
        total = max(round(observed.sum() / deff), 1)
        drawn = random.multinomial(total, expected / expected.sum(), size=self.draws).astype(np.float64)
        reached, _ = _best_split(drawn, expected)
        p = (1 + int((reached >= best[0]).sum())) / (self.draws + 1)
        if p > self.alpha:
            return {"changed": "no"}
        split = int(at[0]) + 1
        start = case.study.design.start
        moment = int(start.min()) + (int(start.max()) - int(start.min())) * split // self.bins
        before = observed[:split].sum() / max(float(expected[:split].sum()), 1e-9)
        after = observed[split:].sum() / max(float(expected[split:].sum()), 1e-9)
        return {
            "changed": datetime.fromtimestamp(moment / 1e9, UTC).strftime("%Y-%m-%d %H:%M"),
            "changed_times": round(float(after / before), 3) if before > 0 else "from none",
        }


def _best_split(observed: Floats, expected: Floats) -> tuple[Floats, Floats]:
    """Return the largest likelihood ratio of two rates over one, and after which bin, for each row of `observed`."""
    reached, weight = np.cumsum(observed, axis=1)[:, :-1], np.cumsum(expected)[:-1]
    total, whole = observed.sum(axis=1, keepdims=True), float(expected.sum())
    rest, left = total - reached, whole - weight
    fits = (weight > 0.02 * whole) & (left > 0.02 * whole)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = special.xlogy(reached, reached / weight) + special.xlogy(rest, rest / left)
    ratio = np.where(fits, ratio - special.xlogy(total, total / whole), -np.inf)
    return ratio.max(axis=1), ratio.argmax(axis=1).astype(np.float64)
