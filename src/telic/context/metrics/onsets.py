"""When a level changed, and how sure that is: the likelihood of every place in a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_DROP = 3.68  # [nats] below the best place: (1 - exp(-x))**2 = 0.95 of [2]
_TINY = 1e-12
_SHORTEST = 8  # samples that can be divided further


@dataclass(frozen=True)
class Onset:
    """A change of level: the first sample after it, the places it may be at (95 %), the levels, the evidence."""

    index: int
    low: int
    high: int
    before: float
    after: float
    evidence: float  # [nats] over no change, what was paid for looking at every place taken off


def locate(values: ArrayLike) -> Onset | None:
    """Find the place where one change of level explains the values best.

    Parameters
    ----------
    values : shape (T,)
        In order of time, none missing.

    Returns
    -------
    Onset or None
        None where no change is more likely than one: two levels must pay half the logarithm of T for each of their
        three parameters.

    References
    ----------
    .. [1] D. V. Hinkley, "Inference about the change-point in a sequence of random variables", Biometrika 57 (1970).

    Examples
    --------
    >>> found = locate([1.0, 1.2, 0.9, 1.1, 1.0, 1.1, 5.0, 5.2, 4.9, 5.1])
    >>> found.index, found.low, found.high
    (6, 6, 6)
    """
    data = np.asarray(values, dtype=np.float64)
    length = len(data)
    if length < 3 or np.ptp(data) == 0:
        return None
    unit = (data - data.mean()) / np.ptp(data)
    size = np.arange(1, length)
    left = np.cumsum(unit)[:-1]
    right = unit.sum() - left
    total = float(unit @ unit)
    rest = np.maximum(total - left**2 / size - right**2 / (length - size), 0.0) + _TINY * length
    likelihood = -0.5 * length * np.log(rest)
    best = int(np.argmax(likelihood))
    evidence = float(likelihood[best]) + 0.5 * length * np.log(total + _TINY * length) - 1.5 * np.log(length)
    if evidence <= 0:
        return None
    near = np.flatnonzero(likelihood >= likelihood[best] - _DROP)
    index = best + 1
    return Onset(
        index,
        int(near[0]) + 1,
        int(near[-1]) + 1,
        float(data[:index].mean()),
        float(data[index:].mean()),
        float(evidence),
    )


def change_points(values: ArrayLike, *, evidence: float = 5.0) -> list[Onset]:
    """Find all changes of level, by dividing where the evidence is greatest until there is too little of it.

    Parameters
    ----------
    values : shape (T,)
        In order of time; missing ones are NaN and keep their places.
    evidence
        The least [nats] for a change.

    Returns
    -------
    list of Onset
        In order of time; indices are those of `values`.
    """
    data = np.asarray(values, dtype=np.float64)
    places = np.flatnonzero(np.isfinite(data))
    known = data[places]
    found: list[Onset] = []
    parts = [(0, len(known))]
    while parts:
        first, end = parts.pop()
        onset = locate(known[first:end]) if end - first >= _SHORTEST else None
        if onset is None or onset.evidence < evidence:
            continue
        at = [int(places[first + place]) for place in (onset.index, onset.low, onset.high)]
        found.append(Onset(at[0], at[1], at[2], onset.before, onset.after, onset.evidence))
        parts += [(first, first + onset.index), (first + onset.index, end)]
    return sorted(found, key=lambda each: each.index)
