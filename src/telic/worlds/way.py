"""One direction of a link, in any world: whether messages pass, and how late each one is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

RETRY = 0.2  # until TCP sends a lost message again; doubled each time [s]: Linux's least retransmission timeout
_RETRIES = 6  # of one message, after which it arrives [1]


class Way:
    """What one direction does to messages.

    Attributes
    ----------
    clear
        Messages pass at once.
    drop
        Nothing passes.
    delay, jitter, loss, rate
        As in `telic.model.weather.Weather`.
    """

    __slots__ = ("_chance", "_free", "clear", "delay", "drop", "jitter", "loss", "rate")

    def __init__(self, chance: Callable[[], float]) -> None:
        self._chance, self._free = chance, 0.0
        self.set()

    def set(
        self, *, delay: float = 0.0, jitter: float = 0.0, drop: bool = False, loss: float = 0.0, rate: float = 0.0
    ) -> None:
        """Change all of it from now on."""
        self.delay, self.jitter, self.drop, self.loss, self.rate = delay, jitter, drop, loss, rate
        self.clear = not (delay or jitter or drop or loss or rate)

    def hold(self, size: int, now: float) -> float:
        """Return how late a message of `size` [bytes] is that sets out at `now` [s]."""
        late = self.delay
        if self.jitter:
            late = max(0.0, late + self.jitter * (2 * self._chance() - 1))
        if self.loss:
            retry = RETRY
            for _ in range(_RETRIES):
                if self._chance() >= self.loss:
                    break
                late += retry
                retry *= 2
        if self.rate:
            self._free = max(self._free, now) + size / self.rate
            late += self._free - now
        return late


def corrupted(data: bytes) -> bytes:
    r"""Return `data` with another last byte.

    Examples
    --------
    >>> corrupted(b"{}")
    b'{\x82'
    """
    return data[:-1] + bytes([(data[-1] + 5) % 256]) if data else data


class Timer(Protocol):
    """What `Timers.call_later` returns."""

    def cancel(self) -> None:
        """Do not call."""
        ...


class Timers(Protocol):
    """The part of an event loop that spells need."""

    def call_later(self, delay: float, callback: Callable[[], object], /) -> Timer:
        """Call back after `delay` [s]."""
        ...


class Spells:
    """Turns something off and on: on for a `share` [1] of every `every` [s]; it is on at the beginning."""

    def __init__(
        self, loop: Timers, every: float, share: float, on: Callable[[], object], off: Callable[[], object]
    ) -> None:
        self._loop, self._every, self._share, self._on, self._off = loop, every, share, on, off
        self._timer = loop.call_later(every * share, self._pass)

    def end(self) -> None:
        """Leave it as it is now."""
        self._timer.cancel()

    def _pass(self) -> None:
        self._off()
        self._timer = self._loop.call_later(self._every * (1 - self._share), self._begin)

    def _begin(self) -> None:
        self._on()
        self._timer = self._loop.call_later(self._every * self._share, self._pass)
