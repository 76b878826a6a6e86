"""The servers of SMD and ASD: many metrics of one machine, and when it was in trouble."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.metrics import ranges
from benchmarks.metrics.ranges import Scores
from telic.context.metrics import Bank, Joint

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

QUANTILE = 0.995  # of the scores of the training part, the same for every detector and machine
SETTLING = 0.25  # [1] of the training part, in which detectors that learn on-line are not asked
GAP = 10  # samples between alarms that belong to one range
_KEPT = 0.95  # [1] of the variance that the principal components keep
_FLAT = 1e-3  # least standard deviation of a metric; all lie between 0 and 1


@dataclass(frozen=True)
class Machine:
    """One server: metrics of the training part and of the test part, and what of the latter was trouble."""

    name: str
    train: Floats  # (T, D)
    test: Floats
    trouble: Bools


Detector = Callable[[Sequence[Machine]], list[Floats]]  # a score of each sample, training part first


def load(folder: Path, sets: Sequence[str]) -> list[Machine]:
    """Read all machines there are of some sets (``asd``, ``smd``)."""
    machines = []
    for path in sorted(path for name in sets for path in (folder / name).glob("*.npz")):
        with np.load(path) as arrays:
            train, test, label = (np.asarray(arrays[key]) for key in ("train", "test", "test_label"))
        machines.append(Machine(path.stem, train.astype(np.float64), test.astype(np.float64), label.astype(bool)))
    return machines


def telic(machines: Sequence[Machine]) -> list[Floats]:
    """The joint strength of the metrics' surprises, learned on-line from one sample after the other."""
    length = max(len(each.train) + len(each.test) for each in machines)
    widths = [each.train.shape[1] for each in machines]
    values = np.full((length, sum(widths)), np.nan)
    for each, end, width in zip(machines, np.cumsum(widths), widths, strict=True):
        values[: len(each.train) + len(each.test), end - width : end] = np.concatenate([each.train, each.test])
    bank, joint = Bank(sum(widths)), Joint(np.repeat(np.arange(len(machines)), widths))
    strength = np.array([joint.strength(bank.step(row)) for row in values])
    return [strength[: len(each.train) + len(each.test), column] for column, each in enumerate(machines)]


def max_z(machines: Sequence[Machine]) -> list[Floats]:
    """The largest distance from the training part's mean, in its standard deviations."""
    return [np.abs(_standard(each)).max(axis=1) for each in machines]


def principal_components(machines: Sequence[Machine]) -> list[Floats]:
    """The squared distance from the plane of the training part's principal components."""
    scores = []
    for each in machines:
        values = _standard(each)
        _, strength, axes = np.linalg.svd(values[: len(each.train)], full_matrices=False)
        kept = int(np.searchsorted(np.cumsum(strength**2) / np.sum(strength**2), _KEPT)) + 1
        rest = values - values @ axes[:kept].T @ axes[:kept]
        scores.append(np.asarray((rest**2).sum(axis=1)))
    return scores


DETECTORS: Final[dict[str, Detector]] = {"telic": telic, "max |z|": max_z, "PCA reconstruction": principal_components}


def alarms(machine: Machine, scores: Floats) -> Bools:
    """Return the alarms in the test part; the threshold comes from the training part alone."""
    size = len(machine.train)
    threshold = np.quantile(np.nan_to_num(scores[int(SETTLING * size) : size]), QUANTILE)
    return np.asarray(np.nan_to_num(scores[size:]) > threshold)


def evaluate(machine: Machine, alarmed: Bools) -> Scores:
    """Score the alarms of one machine, those near one another joined."""
    return ranges.score(machine.trouble, ranges.join(alarmed, GAP))


def at_random(machine: Machine, alarmed: Bools, draws: int = 20) -> float:
    """Return the mean F1 of as many alarms at random places."""
    draw = np.random.default_rng(7)
    rate = float(alarmed.mean())
    return float(np.mean([evaluate(machine, draw.random(len(alarmed)) < rate).f1 for _ in range(draws)]))


def _standard(machine: Machine) -> Floats:
    mean, deviation = machine.train.mean(axis=0), np.maximum(machine.train.std(axis=0), _FLAT)
    return np.asarray((np.concatenate([machine.train, machine.test]) - mean) / deviation)
