"""Instruments of a simulated instance: what an export took of them, and rows of it when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from telic.runtime.telemetry.metrics import BOUNDS, Counter, Metrics, Series

Labels = tuple[tuple[str, str | int], ...]


class Instrument(NamedTuple):
    """What all points of one instrument have in common."""

    kind: str  # histogram, gauge or sum
    name: str
    unit: str
    labels: Labels = ()

    def example(self) -> bytes:
        """Return one point as the live recorder writes it; of a histogram one whose extremes are `LOW` and `HIGH`."""
        metrics = Metrics()
        if self.kind == "histogram":
            series = metrics.series(self.name, dict(self.labels))
            series.add(LOW)
            series.add(HIGH)
        elif self.kind == "gauge":
            metrics.gauge(self.name, self.unit, lambda: 1.0)
        else:
            metrics.counter(self.name, self.unit, dict(self.labels)).add(1.0)
        return metrics.take(1, 2)


LOW, HIGH = 0.25, 0.5  # extremes of an example [s]
EXTREMES = f'"min":{LOW},"max":{HIGH}'  # and what the store's text says of them


class Numbers(NamedTuple):
    """What one export read of gauges and counters."""

    gauges: list[float]  # in the order of `SimulatedMetrics.gauges_read`
    counters: list[tuple[int, float]]  # place in `SimulatedMetrics.counted`, and what was added since the last time


class Point(NamedTuple):
    """What is a data point's own."""

    instrument: Instrument
    value: float | None
    counted: int | None = None
    total: float | None = None  # [s]
    buckets: str = ""  # JSON
    extremes: str = ""  # members of a JSON object


class SimulatedMetrics(Metrics):
    """Every instrument of one simulated instance; points become rows later, if ever."""

    def __init__(self) -> None:
        super().__init__()
        self._gauges: list[tuple[Instrument, Callable[[], float]]] = []
        self._counted: list[tuple[Instrument, Counter, Callable[[], float] | None]] = []
        self._sent: list[float] = []
        self._histograms: dict[Series, Instrument] = {}

    def counter(
        self,
        name: str,
        unit: str = "1",
        attributes: Mapping[str, str | int] | None = None,
        read: Callable[[], float] | None = None,
    ) -> Counter:
        """Register a counter; with `read` it follows a total that is kept elsewhere."""
        made = super().counter(name, unit, attributes, read)
        labels = tuple((attributes or {}).items())
        self._counted.append((Instrument("sum", name, unit, labels), made, read))
        self._sent.append(0)
        return made

    def gauge(self, name: str, unit: str, read: Callable[[], float]) -> None:
        """Register a gauge that `read` gives the value of."""
        super().gauge(name, unit, read)
        self._gauges.append((Instrument("gauge", name, unit), read))

    def numbers(self) -> Numbers:
        """Read gauges and counters now; counters to which nothing was added are left out."""
        changed, sent = [], self._sent
        for index, (_, counter, read) in enumerate(self._counted):
            value = counter.value if read is None else read()
            if value != sent[index]:
                changed.append((index, value - sent[index]))
                sent[index] = value
        return Numbers([read() for _, read in self._gauges], changed)

    def points(self, numbers: Numbers) -> Iterator[Point]:
        """Yield an export's points in the live order; what histograms counted since the last time is taken out.

        Durations must have been added to the histograms for this export and none after it.
        """
        for (name, labels), series in list(self._series.items()):
            if series.count:
                yield self._histogram(name, labels, series)
        for (instrument, _), value in zip(self._gauges, numbers.gauges, strict=False):
            yield Point(instrument, float(value))
        for index, added in numbers.counters:
            yield Point(self._counted[index][0], float(added))

    def _histogram(self, name: str, labels: Labels, series: Series) -> Point:
        instrument = self._histograms.get(series)
        if instrument is None:
            instrument = self._histograms[series] = Instrument("histogram", name, "s", labels)
        extremes = encode({"min": series.low, "max": series.high})[1:-1].decode()
        point = Point(instrument, None, series.count, series.total, encode(series.buckets).decode(), extremes)
        series.buckets = [0] * (len(BOUNDS) + 1)
        series.count, series.total = 0, 0.0
        series.low, series.high = float("inf"), 0.0
        return point


encode = msgspec.json.encode
