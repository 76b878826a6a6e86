"""A source of chance that costs next to nothing to make: every request has one of its own."""

from __future__ import annotations

import random
from typing import Protocol, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
_STEP, _MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1
_HALF = 2.0**-53


class SupportsLenAndGetItem(Protocol[T_co]):
    """What one can be chosen of."""

    def __len__(self) -> int: ...

    def __getitem__(self, k: int, /) -> T_co: ...


class Draws(random.Random):
    """SplitMix64 [1]_ with the methods of ``random.Random``, whose own state takes longer to fill than to use.

    Examples
    --------
    >>> Draws(7).randint(1, 6) == Draws(7).randint(1, 6)
    True

    References
    ----------
    .. [1] G. L. Steele, D. Lea and C. H. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """

    gauss_next = None

    def __init__(self, seed: int) -> None:
        self._at = seed

    def getrandbits(self, k: int, /) -> int:
        """Return `k` random bits [1]."""
        drawn = 0
        while k > 64:
            drawn, k = drawn << 64 | self._next(), k - 64
        return drawn << k | self._next() >> (64 - k)

    def random(self) -> float:
        """Return a number from 0 to below 1."""
        self._at = at = (self._at + _STEP) & _MASK  # as in `_next`, a call less
        at = (at ^ (at >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        at = (at ^ (at >> 27)) * 0x94D049BB133111EB & _MASK
        return ((at ^ (at >> 31)) >> 11) * _HALF

    def choice(self, seq: SupportsLenAndGetItem[T]) -> T:
        """Return one of `seq`."""
        return seq[self._next() * len(seq) >> 64]

    def _randbelow(self, n: int) -> int:
        return self._next() * n >> 64

    def _next(self) -> int:
        self._at = at = (self._at + _STEP) & _MASK
        at = (at ^ (at >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        at = (at ^ (at >> 27)) * 0x94D049BB133111EB & _MASK
        return at ^ (at >> 31)
