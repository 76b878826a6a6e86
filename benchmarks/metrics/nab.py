"""The Numenta Anomaly Benchmark: its files, its windows and its score, re-implemented from its description.

References
----------
.. [1] A. Lavin and S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms - the Numenta Anomaly Benchmark",
   ICMLA 2015, section III (https://arxiv.org/abs/1510.03336).
.. [2] https://github.com/numenta/NAB, `nab/sweeper.py` and `nab/runner.py`: the threshold is the one that maximises the
   sum over the whole corpus, separately for each profile; the score is 0 for a detector that never alarms and 100
   for one that alarms at the first point of every window and nowhere else.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PROBATION = 0.15  # of a file, never more than that share of 5000 points
PROBATION_CAP = 5000


@dataclass(frozen=True)
class Profile:
    """What a detection, a miss and a false alarm are worth."""

    tp: float = 1.0
    fn: float = 1.0
    fp: float = 0.11


PROFILES = {
    "standard": Profile(),
    "reward_low_FP_rate": Profile(fp=0.22),
    "reward_low_FN_rate": Profile(fn=2.0),
}


@dataclass(frozen=True)
class Series:
    """One file: its name in the corpus, times [s], values and windows as first and last index, both inside."""

    name: str
    times: Floats
    values: Floats
    windows: tuple[tuple[int, int], ...]

    @property
    def probation(self) -> int:
        """The number of points at the beginning that are not scored."""
        return probation(len(self.values))


@dataclass(frozen=True)
class Outcome:
    """What one threshold gives over a corpus, `score` on the scale of 0 to 100."""

    score: float
    threshold: float
    by_file: Mapping[str, float]  # raw, as the benchmark's own result files print them
    alarms: Mapping[str, int]  # points at or above the threshold, windows included


def probation(points: int) -> int:
    """Return how many of so many points are not scored."""
    return int(min(math.floor(PROBATION * points), PROBATION * PROBATION_CAP))


def load(folder: Path) -> list[Series]:
    """Read every data file there is under `folder` that has an entry in the labels, in the labels' order."""
    labels: dict[str, list[list[str]]] = json.loads((folder / "labels" / "combined_windows.json").read_text())
    return [
        _series(folder / "data" / name, name, spans)
        for name, spans in labels.items()
        if (folder / "data" / name).exists()
    ]


def weights(points: int, windows: Sequence[tuple[int, int]], profile: Profile) -> tuple[Floats, NDArray[np.int64]]:
    """Return what an alarm at each point is worth, and the window it lies in (-1: none).

    Parameters
    ----------
    points
        Length of the file.
    windows
        First and last index of each, in order.
    profile
        The costs.

    Returns
    -------
    shape (T,), shape (T,)
        Positive inside windows (1 at their first point, falling to the right edge), negative outside: a false alarm
        costs less right after a window.
    """
    worth, inside = np.full(points, -profile.fp), np.full(points, -1, dtype=np.int64)
    for number, (first, last) in enumerate(windows):
        at = np.arange(first, last + 1)
        width = last - first + 1
        worth[at] = _sigmoid(-(last - at + 1) / width) / _sigmoid(np.array(-1.0)) * profile.tp
        inside[at] = number
        until = windows[number + 1][0] if number + 1 < len(windows) else points
        after = np.arange(last + 1, until)
        past = (after - last) / (width - 1) if width > 1 else np.full(len(after), 3.0)
        worth[after] = np.where(past >= 3.0, -1.0, _sigmoid(past)) * profile.fp
    return worth, inside


def score_at(scores: Floats, series: Series, threshold: float, profile: Profile) -> float:
    """Return the raw score of one file when every point at or above `threshold` is an alarm."""
    worth, inside = weights(len(scores), series.windows, profile)
    alarm = (scores >= threshold) & (np.arange(len(scores)) >= series.probation)
    total = float(worth[alarm & (inside < 0)].sum())
    for number in range(len(series.windows)):
        hits = np.flatnonzero(alarm & (inside == number))
        total += float(worth[hits[0]]) if len(hits) else -profile.fn
    return total


def evaluate(
    corpus: Sequence[Series], scores: Sequence[Floats], profile: Profile, threshold: float | None = None
) -> Outcome:
    """Score a detector over a corpus.

    Parameters
    ----------
    corpus
        The files.
    scores : shape (T,) each
        The detector's score of every point, higher is stranger, any unit.
    profile
        The costs.
    threshold
        Given in advance; None chooses the one that maximises this very sum, as the benchmark does.
    """
    best = best_threshold(corpus, scores, profile) if threshold is None else threshold
    by_file = {each.name: score_at(found, each, best, profile) for each, found in zip(corpus, scores, strict=True)}
    alarms = {
        each.name: int((found[each.probation :] >= best).sum()) for each, found in zip(corpus, scores, strict=True)
    }
    return Outcome(normalised(sum(by_file.values()), corpus, profile), best, by_file, alarms)


def normalised(raw: float, corpus: Sequence[Series], profile: Profile) -> float:
    """Return a raw sum on the scale on which no alarm at all is 0 and a perfect detector 100."""
    windows = sum(len(each.windows) for each in corpus)
    null, perfect = -profile.fn * windows, profile.tp * windows
    return 100 * (raw - null) / (perfect - null) if windows else 0.0


def best_threshold(corpus: Sequence[Series], scores: Sequence[Floats], profile: Profile) -> float:
    """Return the threshold with the highest sum over all files; infinite where no alarm is best."""
    steps = [_steps(found, each, profile) for each, found in zip(corpus, scores, strict=True)]
    levels = np.concatenate([level for level, _ in steps])
    gains = np.concatenate([gain for _, gain in steps])
    order = np.argsort(-levels, kind="stable")
    total = np.cumsum(gains[order])
    levels = levels[order]
    closed = np.append(levels[1:] != levels[:-1], True)  # equal scores become alarms together
    if not len(levels) or total[closed].max() <= 0:
        return math.inf
    return float(levels[closed][np.argmax(total[closed])])


def _steps(scores: Floats, series: Series, profile: Profile) -> tuple[Floats, Floats]:
    """Return by how much the file's score changes when the threshold falls to each level."""
    worth, inside = weights(len(scores), series.windows, profile)
    scored = np.arange(len(scores)) >= series.probation
    outside = scored & (inside < 0)
    levels, gains = [scores[outside]], [worth[outside]]
    for number in range(len(series.windows)):
        at = np.flatnonzero(scored & (inside == number))
        records = at[_is_record(scores[at])][
            ::-1
        ]  # highest first: each is earlier, and worth more, than the one before
        levels.append(scores[records])
        gains.append(np.diff(worth[records], prepend=-profile.fn))
    return np.concatenate(levels), np.concatenate(gains)


def _is_record(values: Floats) -> NDArray[np.bool_]:
    before = np.concatenate([[-np.inf], np.maximum.accumulate(values)[:-1]]) if len(values) else values
    return np.asarray(values > before)


def _sigmoid(position: Floats) -> Floats:
    return np.asarray(2 / (1 + np.exp(5 * position)) - 1)


def _series(path: Path, name: str, spans: Sequence[Sequence[str]]) -> Series:
    with path.open(newline="") as lines:
        rows = list(csv.reader(lines))[1:]
    stamps = np.array([row[0][:19] for row in rows], dtype="datetime64[s]")
    edges = np.array([[each[:19] for each in span] for span in spans], dtype="datetime64[s]").reshape(-1, 2)
    first, last = np.searchsorted(stamps, edges[:, 0]), np.searchsorted(stamps, edges[:, 1], side="right") - 1
    values = np.array([float(row[1]) for row in rows])
    return Series(name, stamps.astype(np.float64), values, tuple(zip(first.tolist(), last.tolist(), strict=True)))
