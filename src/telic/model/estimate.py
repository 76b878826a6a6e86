"""A number that was estimated, with how sure it is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A share or a mean with its 95 % interval.

    Attributes
    ----------
    value
        None where nothing was counted; the interval is then all that can be said.
    hits, trials
        What a share was counted from; 0 of 0 for anything else.
    """

    value: float | None
    low: float
    high: float
    hits: int = 0
    trials: int = 0
