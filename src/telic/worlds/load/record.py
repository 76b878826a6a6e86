"""What users got, second by second: the file that the generator writes and everybody else reads."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from telic.model import Tally

LATE = "late"
"""The reason of an answer that was right but took longer than the objective allows."""


@dataclass(frozen=True)
class Row:
    """One operation in one second."""

    good: int
    bad: int
    latency: Sequence[float] = ()  # of every request, from its intended start [s]
    reasons: Mapping[str, int] = field(default_factory=dict)  # of the bad ones


@dataclass(frozen=True)
class SecondLine:
    """All requests that users meant to send in one second; a line of the record."""

    second: int  # [s since the Unix epoch]
    operations: Mapping[str, Row]
    lag_p50: float = 0.0  # how much later than meant requests were handed over [s]
    lag_p99: float = 0.0
    sent: int = 0
    in_flight: int = 0  # when the line was written


@dataclass(frozen=True)
class Summary:
    """A record in a few numbers."""

    seconds: int
    requests: int
    rate: float  # [requests/s]
    good: float  # [1]
    correct: float  # right answers, in time or not [1]
    p50: float  # [s]
    p99: float  # [s]
    lag_p99: float  # worst second's [s]
    reasons: Mapping[str, int]

    def __str__(self) -> str:
        why = ", ".join(
            f"{reason} {count}" for reason, count in sorted(self.reasons.items(), key=lambda each: -each[1])
        )
        return (
            f"{self.requests} requests in {self.seconds} s ({self.rate:.0f}/s): {self.good:.2%} good, "
            f"{self.correct:.2%} correct, p50 {self.p50 * 1000:.1f} ms, p99 {self.p99 * 1000:.1f} ms, "
            f"send lag p99 {self.lag_p99 * 1000:.1f} ms" + (f"; bad: {why}" if why else "")
        )


@dataclass(frozen=True)
class Record:
    """A whole record, or what there is of it so far."""

    seconds: tuple[SecondLine, ...]

    def tallies(self) -> list[Tally]:
        """Return good and bad requests by second and operation."""
        return [
            Tally(each.second, operation, row.good, row.bad, row.reasons.get(LATE, 0))
            for each in self.seconds
            for operation, row in each.operations.items()
        ]

    def since(self, start: float, end: float = math.inf) -> Record:
        """Return the part from `start` to before `end` [s since the Unix epoch]."""
        return Record(tuple(each for each in self.seconds if start <= each.second < end))

    def percentiles(self, *shares: float, operation: str = "") -> tuple[float, ...]:
        """Return latencies [s] that the given shares [1] of requests do not exceed; NaN without requests.

        A request that nobody answered counts with the time after which it was given up.
        """
        latencies = sorted(value for row in self._rows(operation) for value in row.latency)
        return tuple(quantile(latencies, each) for each in shares)

    def total(self, operation: str = "") -> int:
        """Return how many requests were decided [1]."""
        return sum(row.good + row.bad for row in self._rows(operation))

    def good(self, operation: str = "") -> float:
        """Return the share of requests that were answered right and in time [1]; NaN without requests."""
        return _share(sum(row.good for row in self._rows(operation)), self.total(operation))

    def correct(self, operation: str = "") -> float:
        """Return the share of requests that were answered right, in time or not [1]; NaN without requests."""
        right = sum(row.good + row.reasons.get(LATE, 0) for row in self._rows(operation))
        return _share(right, self.total(operation))

    def reasons(self, operation: str = "") -> dict[str, int]:
        """Return why requests were bad, and how many of them."""
        found: Counter[str] = Counter()
        for row in self._rows(operation):
            found.update(row.reasons)
        return dict(found)

    def lag(self) -> float:
        """Return the worst second's p99 of the send lag [s]."""
        return max((each.lag_p99 for each in self.seconds), default=0.0)

    def summary(self) -> Summary:
        """Return the record in a few numbers."""
        p50, p99 = self.percentiles(0.5, 0.99)
        total, seconds = self.total(), len(self.seconds)
        return Summary(
            seconds, total, total / max(seconds, 1), self.good(), self.correct(), p50, p99, self.lag(), self.reasons()
        )

    def _rows(self, operation: str) -> Iterator[Row]:
        for each in self.seconds:
            for name, row in each.operations.items():
                if not operation or name == operation:
                    yield row


def read(path: Path | str) -> Record:
    """Read a record; a partial last line, as a crash leaves it, is ignored, and a missing file is empty."""
    file = Path(path)
    return Record(tuple(_lines(file.read_bytes()))) if file.exists() else Record(())


class Growing:
    """A record that is still written; each second is decoded once.

    Parameters
    ----------
    path
        The file; it may not exist yet.
    """

    def __init__(self, path: Path | str) -> None:
        self._path, self._offset = Path(path), 0
        self._seconds: list[SecondLine] = []

    def fresh(self) -> list[SecondLine]:
        """Return the seconds that were written since the last call of anything here."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as source:
            source.seek(self._offset)
            data = source.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        found = list(_lines(whole))
        self._seconds += found
        return found

    def record(self) -> Record:
        """Return everything so far."""
        self.fresh()
        return Record(tuple(self._seconds))


def follow(
    path: Path | str, *, until: Callable[[], bool], poll: float = 0.2, sleep: Callable[[float], None] = time.sleep
) -> Iterator[SecondLine]:
    """Return seconds as they are written, for live views, until `until` is true and nothing new is there.

    Parameters
    ----------
    poll
        How often to look [s].
    """
    growing = Growing(path)
    while True:
        last = until()
        yield from growing.fresh()
        if last:
            return
        sleep(poll)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` [1] of the values do not exceed; NaN without values.

    Examples
    --------
    >>> quantile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else math.nan


def encode(line: SecondLine) -> bytes:
    """Return a second as a line of the file."""
    return _ENCODER.encode(line) + b"\n"


def _lines(data: bytes) -> Iterator[SecondLine]:
    whole = data[: data.rfind(b"\n") + 1]
    return (_DECODER.decode(line) for line in whole.splitlines() if line.strip())


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(SecondLine)
