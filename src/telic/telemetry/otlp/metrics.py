"""Data points of OTLP into rows of the table ``metrics``."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    AggregationTemporality,
    ExponentialHistogramDataPoint,
    HistogramDataPoint,
    Metric,
    NumberDataPoint,
    SummaryDataPoint,
)

from telic.telemetry.columns import TableRow
from telic.telemetry.otlp.traces import LATEST
from telic.telemetry.otlp.values import Json, Origin, attributes, encode, number, origins, text_of

origin_of = origins("service.name", "service.instance.id")
_NO_VALUE = 1  # data point flag: no recorded value

Point = NumberDataPoint | HistogramDataPoint | ExponentialHistogramDataPoint | SummaryDataPoint
Numbers = tuple[float | None, int | None, float | None, str, str]  # value, count, sum, bounds, buckets


class Metrics:
    """Reads one request; `rejected` counts data points that break the format."""

    def __init__(self, message: ExportMetricsServiceRequest | None, received_ns: int) -> None:
        self._message = message or ExportMetricsServiceRequest()
        self._received = received_ns
        self.rejected = 0
        self.reason = ""

    def rows(self) -> Iterator[TableRow]:
        """Yield one row per valid data point."""
        for of_resource in self._message.resource_metrics:
            origin = origin_of(of_resource.resource.SerializeToString())
            for of_scope in of_resource.scope_metrics:
                tail = origin.tail(of_scope.scope.SerializeToString())
                for metric in of_scope.metrics:
                    yield from self.of_metric(metric, origin, tail)

    def of_metric(self, metric: Metric, origin: Origin, tail: bytes) -> Iterator[TableRow]:
        """Yield one row per valid data point of a metric; `tail` ends its attributes."""
        kind = metric.WhichOneof("data")
        for time_ns, start_ns, numbers, text in self._points(metric, tail):
            yield (
                *(time_ns, start_ns, *origin.columns),
                *(metric.name, kind, metric.unit),
                *numbers,
                *(text, self._received),
            )

    def _points(self, metric: Metric, tail: bytes) -> Iterator[tuple[int, int, Numbers, bytes]]:
        kind = metric.WhichOneof("data")
        if kind is None:
            return
        data = getattr(metric, kind)
        delta = getattr(data, "aggregation_temporality", 0) == AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
        grows: Json = {"monotonic": True} if getattr(data, "is_monotonic", False) else {}
        for point in data.data_points:
            extra: Json = {"temporality": "delta"} if delta else dict(grows)
            try:
                numbers = _numbers(point, extra)
            except (OverflowError, ValueError):
                self.rejected, self.reason = self.rejected + 1, "a bucket bound or count is out of range"
                continue
            if max(point.time_unix_nano, point.start_time_unix_nano) > LATEST:
                self.rejected, self.reason = self.rejected + 1, "a time lies beyond the year 2262"
                continue
            text = text_of(attributes(point.attributes), tail, extra)
            yield point.time_unix_nano or self._received, point.start_time_unix_nano, numbers, text


def _numbers(point: Point, extra: Json) -> Numbers:
    if isinstance(point, NumberDataPoint):
        kind = point.WhichOneof("value")
        if kind is None or point.flags & _NO_VALUE:
            return None, None, None, "", ""
        return float(getattr(point, kind)), None, None, "", ""
    if point.count > LATEST:
        raise OverflowError
    if isinstance(point, SummaryDataPoint):
        quantiles = [number(each.quantile) for each in point.quantile_values]
        return None, point.count, point.sum, _text(quantiles), _text([number(v.value) for v in point.quantile_values])
    extra.update({name: number(getattr(point, name)) for name in ("min", "max") if point.HasField(name)})
    total = point.sum if point.HasField("sum") else None
    if isinstance(point, HistogramDataPoint):
        return None, point.count, total, _text(list(point.explicit_bounds)), _text(list(point.bucket_counts))
    extra["scale"] = point.scale
    bounds, buckets = explicit_buckets(point)
    return None, point.count, total, _text(bounds), _text(buckets)


def explicit_buckets(point: ExponentialHistogramDataPoint) -> tuple[list[float], list[int]]:
    """Return an exponential histogram as ascending upper bounds and counts; the last bucket has no bound.

    A bound that no double holds becomes the largest or smallest one.
    """
    positive, negative = point.positive, point.negative
    bounds = [-_bound(point.scale, negative.offset + i) for i in reversed(range(len(negative.bucket_counts)))]
    counts = list(reversed(negative.bucket_counts))
    if point.zero_count or bounds:
        bounds.append(point.zero_threshold)
        counts.append(point.zero_count)
    elif positive.bucket_counts:
        bounds.append(_bound(point.scale, positive.offset))
        counts.append(0)
    bounds += [_bound(point.scale, positive.offset + i + 1) for i in range(len(positive.bucket_counts))]
    counts += [*positive.bucket_counts, 0]
    return bounds, counts


def _bound(scale: int, index: int) -> float:
    """Return base^index with base = 2^(2^-scale), as the data model of OpenTelemetry defines it."""
    if index == 0 or scale > 1000:
        return 1.0
    exponent = index * math.pow(2.0, -scale) if scale > -1000 else math.copysign(math.inf, index)
    if exponent >= 1024.0:
        return sys.float_info.max
    return math.pow(2.0, exponent) if exponent > -1074.0 else 0.0


def _text(values: Sequence[object]) -> str:
    return encode(values).decode()
