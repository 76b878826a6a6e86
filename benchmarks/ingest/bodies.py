"""Export requests by the million: one of each kind is encoded, then its ids, times and values are overwritten."""

from __future__ import annotations

import functools
import random
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

THINGS = 512  # in one request, the official SDKs' default batch [1]
SERVICES, OPERATIONS = 20, 24
PATHS = {"spans": "/v1/traces", "logs": "/v1/logs", "metrics": "/v1/metrics"}
_MARK = "@@@@@@"  # six digits go here
_ID = 0xA5  # two bytes of this and the number of the thing stand where an id goes


@dataclass(frozen=True)
class Template:
    """One encoded request and where it is overwritten.

    Attributes
    ----------
    data
        The request.
    ids, starts, ends, doubles, digits
        Where ids, times, numbers and six digits stand; int64[n, size] of places.
    """

    table: str
    data: np.ndarray[Any, np.dtype[np.uint8]]
    ids: np.ndarray[Any, np.dtype[np.int64]]
    starts: np.ndarray[Any, np.dtype[np.int64]]
    ends: np.ndarray[Any, np.dtype[np.int64]]
    doubles: np.ndarray[Any, np.dtype[np.int64]]
    digits: np.ndarray[Any, np.dtype[np.int64]]

    def body(self, source: np.random.Generator, *, at_ns: int | None = None, every_ns: int = 2_000) -> bytes:
        """Return a request whose ids, values and times nobody has seen; things start `every_ns` [ns] apart."""
        data = self.data.copy()
        count = len(self.starts)
        start = (time.time_ns() if at_ns is None else at_ns) + np.arange(count, dtype=np.int64) * every_ns
        data[self.ids] = source.integers(1, 256, self.ids.shape, np.uint8)
        data[self.starts] = start.view(np.uint8).reshape(count, 8)
        if len(self.ends):
            took = source.lognormal(15.0, 1.0, count).astype(np.int64)
            data[self.ends] = (start + took).view(np.uint8).reshape(count, 8)
        if len(self.doubles):
            data[self.doubles] = source.random(len(self.doubles)).view(np.uint8).reshape(-1, 8)
        data[self.digits] = source.integers(48, 58, self.digits.shape, np.uint8)
        return data.tobytes()


@functools.cache
def templates(table: str, *, things: int = THINGS) -> tuple[Template, ...]:
    """Return one request of every service for `table`: spans with ten attributes, logs with four, points with three."""
    return tuple(_template(table, service, things) for service in range(SERVICES))


def _template(table: str, service: int, things: int) -> Template:
    random_ = random.Random(service)
    makers = {"spans": _spans, "logs": _logs, "metrics": _points}
    start, end, value = (0x5A5A5A5A00000000, 0x5B5B5B5B00000000, 1.2345e-300)
    request = makers[table](service, things, random_, start, end, value)
    data = request.SerializeToString()
    return Template(
        table,
        np.frombuffer(data, np.uint8),
        _places(data, [bytes([_ID]) * 4], 8),
        _places(data, [(start + each).to_bytes(8, "little") for each in range(things)], 8),
        _places(data, [(end + each).to_bytes(8, "little") for each in range(things)], 8),
        _places(data, [np.float64(value).tobytes()], 8),
        _places(data, [_MARK.encode()], 6),
    )


def _places(data: bytes, marks: list[bytes], size: int) -> Any:
    found = []
    for mark in marks:
        at = data.find(mark)
        while at >= 0:
            found.append(at)
            at = data.find(mark, at + size)
    return np.array(found, np.int64).reshape(-1, 1) + np.arange(size)


def _resource(resource: Any, service: int) -> None:
    for key, value in {
        "service.namespace": "shop",
        "service.name": f"svc-{service}",
        "service.version": "1.4.2",
        "service.instance.id": f"svc-{service}-1",
        "telemetry.sdk.language": "python",
        "telemetry.sdk.name": "opentelemetry",
        "telemetry.sdk.version": "1.45.2",
    }.items():
        resource.attributes.add(key=key).value.string_value = value


def _say(pairs: Any, said: dict[str, str | int | float | bool]) -> None:
    for key, value in said.items():
        kind = {str: "string_value", bool: "bool_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(pairs.add(key=key).value, kind, value)


def _spans(service: int, things: int, random_: random.Random, start: int, end: int, value: float) -> Any:
    request: Any = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    _resource(of_resource.resource, service)
    scope = of_resource.scope_spans.add()
    scope.scope.name, scope.scope.version = "shop.instrumentation", "0.66b2"
    mark = bytes([_ID])
    for index in range(things):
        operation = random_.randrange(OPERATIONS)
        span = scope.spans.add(
            trace_id=mark * 16,
            span_id=mark * 8,
            parent_span_id=mark * 8,
            name=f"GET /api/v1/items/op-{operation}",
            kind=(2, 3, 3, 1)[index % 4],
            start_time_unix_nano=start + index,
            end_time_unix_nano=end + index,
        )
        said: dict[str, str | int | float | bool] = {
            "http.request.method": "GET",
            "http.route": f"/api/v1/items/op-{operation}",
            "url.path": f"/api/v1/items/{_MARK}",
            "http.response.status_code": 500 if index % 97 == 0 else 200,
            "server.address": f"10.0.3.{random_.randrange(40)}",
            "server.port": 8080,
            "user.id": f"u-{_MARK}",
            "thread.id": random_.randrange(64),
            "app.cache.hit": index % 3 == 0,
            "app.queue.wait": value if index % 2 else 0.25,
        }
        _say(span.attributes, said)
        if index % 97 == 0:
            span.status.code = 2
            event = span.events.add(name="exception", time_unix_nano=time.time_ns())
            _say(event.attributes, {"exception.type": "TimeoutError", "exception.message": f"item {_MARK}"})
    return request


def _logs(service: int, things: int, random_: random.Random, start: int, end: int, value: float) -> Any:
    request: Any = ExportLogsServiceRequest()
    of_resource = request.resource_logs.add()
    _resource(of_resource.resource, service)
    scope = of_resource.scope_logs.add()
    scope.scope.name = "shop.items"
    mark = bytes([_ID])
    for index in range(things):
        record = scope.log_records.add(
            time_unix_nano=start + index,
            severity_number=(9, 9, 9, 13)[index % 4],
            severity_text=("INFO", "INFO", "INFO", "WARN")[index % 4],
            trace_id=mark * 16,
            span_id=mark * 8,
        )
        record.body.string_value = f"served item {_MARK} to user u-{_MARK} after {random_.randrange(90)} tries"
        said: dict[str, str | int | float | bool] = {
            "code.file.path": "/srv/shop/items.py",
            "code.function.name": "serve",
            "code.line.number": random_.randrange(400),
            "item.id": f"i-{_MARK}",
        }
        _say(record.attributes, said)
    return request


def _points(service: int, things: int, random_: random.Random, start: int, end: int, value: float) -> Any:
    request: Any = ExportMetricsServiceRequest()
    of_resource = request.resource_metrics.add()
    _resource(of_resource.resource, service)
    scope = of_resource.scope_metrics.add()
    scope.scope.name = "shop.metrics"
    for index in range(things):
        metric = scope.metrics.add()
        said: dict[str, str | int | float | bool] = {
            "http.route": f"/api/v1/items/op-{random_.randrange(OPERATIONS)}",
            "http.request.method": "GET",
            "http.response.status_code": 200,
        }
        match index % 4:
            case 0:
                metric.name, metric.unit = "http.server.request.duration", "s"
                metric.histogram.aggregation_temporality = 2
                histogram = metric.histogram.data_points.add(time_unix_nano=start + index, count=30, sum=value)
                histogram.explicit_bounds.extend([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0])
                histogram.bucket_counts.extend([10, 10, 5, 5, 0, 0, 0, 0, 0])
                _say(histogram.attributes, said)
            case 1:
                metric.name, metric.unit = "process.memory.usage", "By"
                point = metric.gauge.data_points.add(time_unix_nano=start + index, as_double=value)
                _say(point.attributes, said)
            case 2:
                metric.name, metric.unit = "app.items.served", "1"
                metric.sum.aggregation_temporality, metric.sum.is_monotonic = 2, True
                point = metric.sum.data_points.add(time_unix_nano=start + index, as_int=index)
                _say(point.attributes, said)
            case _:
                metric.name, metric.unit = "app.queue.depth", "1"
                point = metric.gauge.data_points.add(time_unix_nano=start + index, as_int=random_.randrange(50))
                _say(point.attributes, said)
    return request
