"""Counts, Wilson and bootstrap intervals, Brier score and reliability of confidences."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.diagnosis.cases import Case, Truth

_NORMAL = 1.96  # of 95 % [1]


@dataclass(frozen=True)
class Guess:
    """What one way of diagnosing said about one case."""

    entities: tuple[str, ...]  # the likeliest first; none: it abstained
    mechanism: str = ""
    signal: str = ""
    change: str = ""
    confidences: tuple[float, ...] = field(default=())


@dataclass(frozen=True)
class Scored:
    """A guess beside the truth."""

    case: Case
    truth: Truth
    guess: Guess

    def top(self, k: int) -> bool:
        """Whether the entity is among the first `k`; nothing said is right where nothing was wrong."""
        if self.truth.negative:
            return not self.guess.entities
        return any(each == self.truth.entity or each in self.truth.aliases for each in self.guess.entities[:k])

    @property
    def inner(self) -> bool:
        """Whether entity and mechanism or signal are right."""
        same = plain(self.guess.mechanism) == plain(self.truth.mechanism) != ""
        return self.top(1) and (same or (self.guess.signal == self.truth.signal != ""))

    @property
    def change_right(self) -> bool:
        """Whether the culprit change, or that there is none, is right."""
        return bool(self.guess.entities) and self.guess.change == self.truth.change


def plain(name: str) -> str:
    """Return a mechanism's name without regard to how its words are joined."""
    return name.lower().replace("_", "-").replace(" ", "-")


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (E. B. Wilson, 1927).

    Examples
    --------
    >>> [round(each, 2) for each in wilson(16, 17)]
    [0.73, 0.99]
    """
    if not count:
        return 0.0, 1.0
    share, square = right / count, _NORMAL**2 / count
    middle = (share + square / 2) / (1 + square)
    half = _NORMAL * math.sqrt(share * (1 - share) / count + square / (4 * count)) / (1 + square)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def share(hits: Sequence[bool]) -> float:
    """Return the share of hits; NaN of none."""
    return sum(hits) / len(hits) if hits else math.nan


def macro(found: Sequence[Scored], k: int) -> float:
    """Return the mean over distinct causes (entities) of the share of cases in which it is among the first `k`."""
    by_cause: dict[str, list[bool]] = {}
    for each in found:
        if not each.truth.negative:
            by_cause.setdefault(each.truth.entity, []).append(each.top(k))
    return sum(share(hits) for hits in by_cause.values()) / len(by_cause) if by_cause else math.nan


def bootstrap(found: Sequence[Scored], k: int, *, rounds: int = 1000, seed: int = 1) -> tuple[float, float]:
    """Return the 95 % interval of `macro`, cases drawn again within each cause."""
    by_cause: dict[str, list[Scored]] = {}
    for each in found:
        if not each.truth.negative:
            by_cause.setdefault(each.truth.entity, []).append(each)
    draw = random.Random(seed)
    values = sorted(macro([draw.choice(group) for group in by_cause.values() for _ in group], k) for _ in range(rounds))
    return (values[int(0.025 * rounds)], values[int(0.975 * rounds)]) if by_cause else (0.0, 1.0)


def brier(found: Sequence[Scored]) -> float:
    """Return the mean squared error of the first hypothesis's confidence [1]; saying nothing is a confidence of 0."""
    errors = [(_confidence(each) - float(not each.truth.negative and each.top(1))) ** 2 for each in found]
    return sum(errors) / len(errors) if errors else math.nan


def reliability(found: Sequence[Scored], bins: int = 5) -> list[dict[str, float]]:
    """Return for each bin of confidence how many cases fell into it and how many of them were right."""
    rows = []
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [each for each in found if low <= _confidence(each) < high or (high == 1.0 == _confidence(each))]
        if inside:
            rows.append(
                {
                    "from": low,
                    "to": high,
                    "cases": float(len(inside)),
                    "confidence": sum(_confidence(each) for each in inside) / len(inside),
                    "right": share([not each.truth.negative and each.top(1) for each in inside]),
                }
            )
    return rows


def _confidence(each: Scored) -> float:
    return each.guess.confidences[0] if each.guess.confidences else 0.0
