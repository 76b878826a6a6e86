"""One surprise for many metrics of one thing, which depend on one another in ways nobody has written down."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from telic.context.metrics.configuration import FROZEN, Configuration
from telic.context.metrics.tails import Tails
from telic.errors import UsageError

Floats = NDArray[np.float64]


class Joint:
    """Joins the surprises of the series of a bank by group (a machine, a service), on-line.

    The strength of a group is the square of the sum of the square roots of its surprises: between their maximum,
    which one noisy metric decides, and their sum, to which a whole machine in trouble and one mad metric are the same.
    Since the metrics of a group move together, how probable such a strength is is not derived but learned from the
    group's own past, as for a single series.

    Parameters
    ----------
    groups : shape (S,)
        The number of the group of each series, from 0.
    configuration
        The constants.
    """

    def __init__(self, groups: ArrayLike, configuration: Configuration = FROZEN) -> None:
        self._groups = np.asarray(groups, dtype=np.int64)
        if self._groups.ndim != 1 or not len(self._groups) or self._groups.min() < 0:
            raise UsageError("groups are one number from 0 for each series", hint="for example [0, 0, 0, 1, 1]")
        self.groups = int(self._groups.max()) + 1
        self._tails = Tails((self.groups,), configuration)
        self._cap = configuration.cap

    def strength(self, surprises: Floats) -> Floats:
        """Return how strongly each group deviates [nats], 0 where nothing does, NaN where no series has a sample."""
        there = np.isfinite(surprises)
        roots = np.sqrt(np.where(there, surprises, 0.0))
        total = np.bincount(self._groups, weights=roots, minlength=self.groups) ** 2
        return np.where(np.bincount(self._groups[there], minlength=self.groups) > 0, total, np.nan)

    def step(self, surprises: Floats) -> Floats:
        """Return the surprise of each group [nats], from 0 to the cap; NaN where no series has a sample."""
        strength = self.strength(surprises)
        there = np.isfinite(strength)
        surprise = self._tails.step(np.where(there, strength, 0.0), there)
        return np.where(there, np.minimum(surprise, self._cap), np.nan)
