"""Identifiers that nobody else has: sortable by time, 20 characters."""

from __future__ import annotations

import random
from collections.abc import Callable

from telic.clock import Clock

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]
_SHIFTS = range(90, -10, -10)


class TimeOrderedIds:
    """9 characters of milliseconds since the epoch, 11 of chance (55 bits).

    Parameters
    ----------
    bits
        Where chance comes from, such as ``random.Random(7).getrandbits``; by default from the machine.
    """

    def __init__(self, clock: Clock, bits: Callable[[int], int] | None = None) -> None:
        self._clock, self._bits = clock, bits or random.SystemRandom().getrandbits

    def new(self, prefix: str = "") -> str:
        """Return `prefix` and 20 characters."""
        number = int(self._clock.time() * 1000) << 55 | self._bits(55)
        return prefix + "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])
