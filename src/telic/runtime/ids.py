"""Identifiers that nobody else has: sortable by time, 20 characters."""

from __future__ import annotations

import random

from telic.clock import Clock

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32


class TimeOrderedIds:
    """9 characters of milliseconds since the epoch, 11 of chance (55 bits)."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._bits = clock, random.SystemRandom().getrandbits

    def new(self, prefix: str = "") -> str:
        """Return `prefix` and 20 characters."""
        number = int(self._clock.time() * 1000) << 55 | self._bits(55)
        return prefix + "".join(_DIGITS[number >> shift & 31] for shift in range(95, -5, -5))
