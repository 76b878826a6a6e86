"""Precision and recall of ranges, not of points, and with nothing adjusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Range = tuple[int, int]  # first sample, and the one after the last

EXISTENCE = 0.5  # [1] weight in recall of finding a range at all; the rest is for how much of it


@dataclass(frozen=True)
class Scores:
    """How well alarmed ranges match the real ones."""

    precision: float
    recall: float
    ranges: int  # alarmed
    point_f1: float  # of single samples, for comparison

    @property
    def f1(self) -> float:
        """Harmonic mean of the range-based precision and recall."""
        return _harmonic(self.precision, self.recall)


def score(real: Bools, alarmed: Bools) -> Scores:
    """Compare two marks of the same samples.

    Recall is half for finding a range and half for the share of it that is covered, precision is the share of an
    alarmed range that is real; what is covered in pieces is divided by their number; all places in a range count the
    same.

    References
    ----------
    .. [1] N. Tatbul et al., "Precision and Recall for Time Series", NeurIPS 2018, section 4: alpha = 0.5 for recall and
       0 for precision, delta flat, gamma = 1 / x.
    """
    true, said = ranges(real), ranges(alarmed)
    hits = int((real & alarmed).sum())
    points = _harmonic(hits / max(int(alarmed.sum()), 1), hits / max(int(real.sum()), 1))
    return Scores(_mean(said, true, 0.0), _mean(true, said, EXISTENCE), len(said), points)


def ranges(mark: Bools) -> list[Range]:
    """Return the runs of marked samples."""
    edges = np.diff(np.concatenate([[0], mark.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(edges == 1).tolist(), np.flatnonzero(edges == -1).tolist(), strict=True))


def join(mark: Bools, gap: int) -> Bools:
    """Return the mark with pauses of at most `gap` samples between runs marked too."""
    joined = mark.copy()
    runs = ranges(mark)
    for (_, end), (first, _) in pairwise(runs):
        if first - end <= gap:
            joined[end:first] = True
    return joined


def _mean(of: Sequence[Range], by: Sequence[Range], existence: float) -> float:
    """Return the mean over ranges of how well others cover each; 0 where there is none."""
    if not of or not by:
        return 0.0
    first, end = np.array(by).T
    total = 0.0
    for begin, stop in of:
        overlap = np.clip(np.minimum(end, stop) - np.maximum(first, begin), 0, None)
        pieces = int((overlap > 0).sum())
        if pieces:
            total += existence + (1 - existence) * float(overlap.sum()) / (stop - begin) / pieces
    return total / len(of)


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other > 0 else 0.0
