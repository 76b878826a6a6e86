"""Histograms, counters and gauges; all points are deltas over one export interval."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1 import metrics_pb2

from telic.runtime.telemetry import wire

BOUNDS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0)  # [s]
_DELTA = metrics_pb2.AGGREGATION_TEMPORALITY_DELTA


class Series:
    """One histogram of durations with its attributes; only the export thread touches the counts."""

    __slots__ = ("_fixed", "buckets", "count", "high", "low", "name", "total")

    def __init__(self, name: str, attributes: Mapping[str, str | int]) -> None:
        self.name = name
        pairs = [KeyValue(key=key, value=_value(value)) for key, value in attributes.items()]
        fixed = metrics_pb2.HistogramDataPoint(attributes=pairs, explicit_bounds=BOUNDS)
        self._fixed = fixed.SerializeToString()
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.count, self.total = 0, 0.0
        self.low, self.high = float("inf"), 0.0

    def add(self, seconds: float) -> None:
        """Count one duration [s]."""
        self.buckets[bisect_left(BOUNDS, seconds)] += 1
        self.count += 1
        self.total += seconds
        if seconds < self.low:
            self.low = seconds
        if seconds > self.high:
            self.high = seconds

    def take(self, start: int, end: int) -> bytes:
        """Serialise what was counted since the last time as a data point, and begin anew."""
        head = wire.histogram_point_head(start, end, self.count, self.total, self.buckets, self.low, self.high)
        self.buckets = [0] * (len(BOUNDS) + 1)
        self.count, self.total = 0, 0.0
        self.low, self.high = float("inf"), 0.0
        return head + self._fixed


class Counter:
    """A number that only grows; added to on the event loop, or read at every export."""

    __slots__ = ("_fixed", "_fixed_point", "_read", "_sent", "value")

    def __init__(
        self,
        name: str,
        unit: str = "1",
        attributes: Mapping[str, str | int] | None = None,
        read: Callable[[], float] | None = None,
    ) -> None:
        self.value: float = 0
        self._sent: float = 0
        self._read = read
        pairs = [KeyValue(key=key, value=_value(value)) for key, value in (attributes or {}).items()]
        self._fixed_point = metrics_pb2.NumberDataPoint(attributes=pairs).SerializeToString()
        kind = metrics_pb2.Sum(aggregation_temporality=_DELTA, is_monotonic=True)
        self._fixed = metrics_pb2.Metric(name=name, unit=unit, sum=kind).SerializeToString()

    def add(self, amount: float = 1) -> None:
        """Count `amount` in the counter's unit."""
        self.value += amount

    def take(self, start: int, end: int) -> bytes:
        """Serialise what was added since the last time as a metric; nothing for nothing."""
        value = self.value if self._read is None else self._read()
        added, self._sent = value - self._sent, value
        if not added:
            return b""
        point = wire.number_point_head(start, end, added) + self._fixed_point
        return self._fixed + wire.delimited(7, wire.delimited(1, point))


class Gauge:
    """A value read at every export."""

    __slots__ = ("_fixed", "_read")

    def __init__(self, name: str, unit: str, read: Callable[[], float]) -> None:
        self._read = read
        self._fixed = metrics_pb2.Metric(name=name, unit=unit).SerializeToString()

    def take(self, start: int, end: int) -> bytes:
        """Serialise the value now as a metric."""
        point = wire.number_point_head(start, end, self._read())
        return self._fixed + wire.delimited(5, wire.delimited(1, point))


class Metrics:
    """Every instrument of one process."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, tuple[tuple[str, str | int], ...]], Series] = {}
        self.counters: list[Counter] = []
        self.gauges: list[Gauge] = []

    def series(self, name: str, attributes: Mapping[str, str | int]) -> Series:
        """Return the histogram `name` with these attributes; the same one for the same attributes."""
        key = (name, tuple(attributes.items()))
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = Series(name, attributes)
        return found

    def counter(
        self,
        name: str,
        unit: str = "1",
        attributes: Mapping[str, str | int] | None = None,
        read: Callable[[], float] | None = None,
    ) -> Counter:
        """Register a counter; with `read` it follows a total that is kept elsewhere."""
        made = Counter(name, unit, attributes, read)
        self.counters.append(made)
        return made

    def gauge(self, name: str, unit: str, read: Callable[[], float]) -> None:
        """Register a gauge that `read` gives the value of."""
        self.gauges.append(Gauge(name, unit, read))

    def take(self, start: int, end: int) -> bytes:
        """Serialise the interval's points as ``metrics`` fields of a ScopeMetrics; times in ns."""
        histograms: dict[str, list[bytes]] = {}
        for each in list(self._series.values()):
            if each.count:
                histograms.setdefault(each.name, []).append(wire.delimited(1, each.take(start, end)))
        parts = [_histogram(name, b"".join(points)) for name, points in histograms.items()]
        parts += [each.take(start, end) for each in self.gauges]
        parts += [each.take(start, end) for each in self.counters]
        return b"".join(wire.delimited(2, part) for part in parts if part)


def _histogram(name: str, points: bytes) -> bytes:
    empty = metrics_pb2.Histogram(aggregation_temporality=_DELTA).SerializeToString()
    return metrics_pb2.Metric(name=name, unit="s").SerializeToString() + wire.delimited(9, points + empty)


def _value(value: str | int) -> AnyValue:
    return AnyValue(int_value=value) if isinstance(value, int) else AnyValue(string_value=value)
