"""Counts requests by the second in which they were meant to be sent, and writes each second once it is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from telic.worlds.load.record import Row, SecondLine, quantile


@dataclass(slots=True)
class _Operation:
    good: int = 0
    bad: int = 0
    latency: list[float] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class _Second:
    operations: dict[str, _Operation] = field(default_factory=dict)
    lags: list[float] = field(default_factory=list)
    sent: int = 0
    open: int = 0


class Ledger:
    """Seconds that are not yet decided.

    Parameters
    ----------
    first
        The first second of the run [s since the Unix epoch].
    write
        Gets each decided second, in order.
    """

    def __init__(self, first: int, write: Callable[[SecondLine], None]) -> None:
        self._next, self._write = first, write
        self._seconds: dict[int, _Second] = {}
        self.in_flight = 0

    def sent(self, second: int, lag: float | None) -> None:
        """Note a request meant for `second`; `lag` is how much later than meant it was handed over [s].

        What a user asks right after an answer was meant for just then and has no lag: None.
        """
        entry = self._seconds.get(second)
        if entry is None:
            entry = self._seconds[second] = _Second()
        entry.sent += 1
        entry.open += 1
        self.in_flight += 1
        if lag is not None:
            entry.lags.append(lag)

    def decided(self, second: int, operation: str, latency: float, reason: str) -> None:
        """Note what became of a request meant for `second`; no `reason` is good."""
        entry = self._seconds[second]
        entry.open -= 1
        self.in_flight -= 1
        counts = entry.operations.get(operation)
        if counts is None:
            counts = entry.operations[operation] = _Operation()
        counts.latency.append(round(latency, 5))
        if reason:
            counts.bad += 1
            counts.reasons[reason] += 1
        else:
            counts.good += 1

    def flush(self, now: float) -> None:
        """Write every second that has ended by `now` [s since the Unix epoch] and is decided, in order."""
        while self._next + 1 <= now:
            entry = self._seconds.get(self._next)
            if entry is not None and entry.open:
                return
            self._write(self._line(self._next, self._seconds.pop(self._next, _Second())))
            self._next += 1

    def close(self) -> int:
        """Write all that is left, without what nobody decided; return how many requests [1] that are."""
        last = max(self._seconds, default=self._next - 1)
        undecided = sum(each.open for each in self._seconds.values())
        for second in range(self._next, last + 1):
            entry = self._seconds.pop(second, _Second())
            entry.sent -= entry.open
            self._write(self._line(second, entry))
        self._next = last + 1
        self.in_flight = 0
        return undecided

    def _line(self, second: int, entry: _Second) -> SecondLine:
        rows = {name: Row(each.good, each.bad, each.latency, dict(each.reasons)) for name, each in _sorted(entry)}
        lags = sorted(entry.lags) or [0.0]
        return SecondLine(
            second, rows, round(quantile(lags, 0.5), 6), round(quantile(lags, 0.99), 6), entry.sent, self.in_flight
        )


def _sorted(entry: _Second) -> Iterator[tuple[str, _Operation]]:
    return iter(sorted(entry.operations.items()))
