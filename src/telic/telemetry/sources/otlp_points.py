"""The numbers of data points in OTLP/JSON, as the receiver keeps those of protobuf."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint

from telic.telemetry.otlp.metrics import explicit_buckets
from telic.telemetry.sources.rows import Row

Json = dict[str, Any]
KINDS: Mapping[str, str] = MappingProxyType(
    {
        **{"gauge": "gauge", "sum": "sum", "histogram": "histogram"},
        **{"exponentialHistogram": "exponential_histogram", "summary": "summary"},
    }
)  # member of a metric to the kind of its rows


def numbers(kind: str, point: Json) -> Row:
    """Return the columns of a point that hold numbers; `kind` is a value of `KINDS`."""
    if kind in ("gauge", "sum"):
        value = point.get("asDouble", point.get("asInt"))
        return {"value": None if value is None else number(value)}
    bounds, buckets = _LISTS[kind](point)
    return {
        "count": whole(point.get("count")),
        "sum": None if point.get("sum") is None else number(point["sum"]),
        "bounds": msgspec.json.encode(bounds).decode(),
        "buckets": msgspec.json.encode(buckets).decode(),
    }


def extremes(kind: str, point: Json) -> Json:
    """Return what else a histogram says of itself: its smallest and largest value, the scale of its buckets."""
    if kind not in ("histogram", "exponential_histogram"):
        return {}
    found = {name: number(point[name]) for name in ("min", "max") if point.get(name) is not None}
    return {**found, "scale": whole(point.get("scale"))} if kind == "exponential_histogram" else found


def number(value: object) -> float:
    """Return a number that JSON has as number or text ("NaN"); not a number for what is none.

    Examples
    --------
    >>> number("0.5"), number(2), number(None)
    (0.5, 2.0, nan)
    """
    try:
        return float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return math.nan


def whole(value: object) -> int:
    """Return a whole number that JSON has as text or number; 0 for what is none.

    Examples
    --------
    >>> whole("1706678909209712000"), whole(None), whole("x")
    (1706678909209712000, 0, 0)
    """
    try:
        return int(value) if isinstance(value, int | str) else 0
    except ValueError:
        return 0


def _explicit(point: Json) -> tuple[list[float], list[int]]:
    bounds, counts = point.get("explicitBounds"), point.get("bucketCounts")
    return [number(each) for each in _values(bounds)], [whole(each) for each in _values(counts)]


def _exponential(point: Json) -> tuple[list[float], list[int]]:
    """Return the buckets with explicit bounds; none where they are out of range."""
    try:
        return explicit_buckets(
            ExponentialHistogramDataPoint(
                scale=whole(point.get("scale")),
                zero_count=whole(point.get("zeroCount")),
                zero_threshold=number(point.get("zeroThreshold", 0.0)),
                positive=_side(point.get("positive")),
                negative=_side(point.get("negative")),
            )
        )
    except (OverflowError, ValueError):
        return [], []


def _side(said: object) -> ExponentialHistogramDataPoint.Buckets:
    found = said if isinstance(said, dict) else {}
    counts = [whole(each) for each in _values(found.get("bucketCounts"))]
    return ExponentialHistogramDataPoint.Buckets(offset=whole(found.get("offset")), bucket_counts=counts)


def _quantiles(point: Json) -> tuple[list[float], list[float]]:
    said = [each for each in _values(point.get("quantileValues")) if isinstance(each, dict)]
    return [number(each.get("quantile", 0.0)) for each in said], [number(each.get("value", 0.0)) for each in said]


def _values(said: object) -> list[Any]:
    return said if isinstance(said, list) else []


_LISTS: dict[str, Any] = {"histogram": _explicit, "exponential_histogram": _exponential, "summary": _quantiles}
