"""OTLP bodies in the shape of a hotel's services, made before the clock runs."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, SeverityNumber
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import Span

SERVICES = ("gateway", "search", "geo", "rate", "hotel", "booking", "payment", "user")
SPANS, LOGS, METRICS = 7.7, 2.5, 18  # spans and logs a request, data points a service and export
EVERY = 0.5  # between two exports of a service [s]


@dataclass(frozen=True)
class Body:
    """One request to the receiver."""

    path: str
    data: bytes
    rows: int


def exports(
    rate: float, seconds: float, *, start: float | None = None, seed: int = 1, every: float = EVERY
) -> list[list[Body]]:
    """Return what all services send: per export time, the bodies of every service.

    Parameters
    ----------
    rate
        Requests of users [1/s].
    seconds
        How much to make [s].
    start
        Time of the first span [s since the Unix epoch]; now by default.
    seed
        Of ids and latencies.
    every
        Between two exports of a service [s].
    """
    random_ = random.Random(seed)
    first = time.time() if start is None else start
    rounds = []
    for index in range(round(seconds / every)):
        at = round((first + index * every) * 1e9)
        traces = [random_.randbytes(16) for _ in range(max(1, round(rate * every)))]
        bodies: list[Body] = []
        for number, service in enumerate(SERVICES):
            spans = round(len(traces) * SPANS / len(SERVICES))
            logs = round(len(traces) * LOGS / len(SERVICES))
            bodies.append(_traces(service, number, spans, traces, at, every, random_))
            bodies.append(_logs(service, logs, traces, at, every, random_))
            bodies.append(_metrics(service, at, random_))
        rounds.append(bodies)
    return rounds


def _resource(service: str) -> Resource:
    return Resource(
        attributes=[
            *map(
                _pair,
                ("service.namespace", "service.name", "service.version", "service.instance.id"),
                ("hotel", service, "1", f"{service}-1"),
            ),
            _pair("telic.config.revision", 3),
        ]
    )


def _traces(
    service: str, number: int, count: int, traces: list[bytes], at: int, every: float, random_: random.Random
) -> Body:
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add(resource=_resource(service))
    of_scope = of_resource.scope_spans.add()
    of_scope.scope.name = "telic.runtime"
    callee = SERVICES[(number + 1) % len(SERVICES)]
    for index in range(count):
        start = at + random_.randrange(round(every * 1e9))
        duration = int(random_.lognormvariate(1.0, 0.8) * 1e6)
        kind = (Span.SPAN_KIND_SERVER, Span.SPAN_KIND_CLIENT, Span.SPAN_KIND_CLIENT)[index % 3]
        span = of_scope.spans.add(
            trace_id=traces[index % len(traces)],
            span_id=random_.randbytes(8),
            parent_span_id=random_.randbytes(8),
            kind=kind,
            start_time_unix_nano=start,
            end_time_unix_nano=start + duration,
        )
        if index % 3 == 0:
            span.name = f"op-{index % 4}"
            said = {"http.request.method": "POST", "url.path": "/search", "http.route": "/search"}
            span.attributes.extend(map(_pair, said, said.values()))
            span.attributes.append(_pair("http.response.status_code", 200))
        elif index % 3 == 1:
            span.name = "nearby"
            said = {"peer.service": callee, "server.address": "127.0.0.1", "http.request.method": "POST"}
            span.attributes.extend(map(_pair, said, said.values()))
            span.attributes.extend([_pair("server.port", 21000), _pair("http.response.status_code", 200)])
        else:
            span.name = "rates.by_hotel"
            said = {
                "db.system.name": "postgresql",
                "peer.service": "postgres",
                "db.query.summary": "rates.by_hotel",
                "db.query.text": "SELECT code, price FROM rate.rates WHERE hotel_id = ANY($1) AND day = $2",
            }
            span.attributes.extend(map(_pair, said, said.values()))
    return Body("/v1/traces", request.SerializeToString(), count)


def _logs(service: str, count: int, traces: list[bytes], at: int, every: float, random_: random.Random) -> Body:
    request = ExportLogsServiceRequest()
    of_scope = request.resource_logs.add(resource=_resource(service)).scope_logs.add()
    of_scope.scope.name = "telic.runtime"
    for index in range(count):
        of_scope.log_records.append(
            LogRecord(
                time_unix_nano=at + random_.randrange(round(every * 1e9)),
                severity_number=SeverityNumber.SEVERITY_NUMBER_INFO,
                severity_text="INFO",
                body=AnyValue(string_value=f"answered {index} hotels near {random_.random():.3f}"),
                attributes=[_pair("operation", "search"), _pair("code.function", "search")],
                trace_id=traces[index % len(traces)],
                span_id=random_.randbytes(8),
            )
        )
    return Body("/v1/logs", request.SerializeToString(), count)


def _metrics(service: str, at: int, random_: random.Random) -> Body:
    request = ExportMetricsServiceRequest()
    of_scope = request.resource_metrics.add(resource=_resource(service)).scope_metrics.add()
    of_scope.scope.name = "telic.runtime"
    for index in range(METRICS):
        metric = Metric(name=("process.memory.usage", "telic.event_loop.lag", "telic.admission.active")[index % 3])
        if index % 2:
            point = metric.gauge.data_points.add(time_unix_nano=at, as_double=random_.random())
            point.attributes.append(_pair("state", str(index)))
        else:
            metric.name = "http.server.request.duration"
            histogram = metric.histogram.data_points.add(time_unix_nano=at, count=30, sum=0.3)
            histogram.explicit_bounds.extend([0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0])
            histogram.bucket_counts.extend([10, 10, 5, 5, 0, 0, 0, 0, 0])
            histogram.attributes.extend([_pair("http.route", f"/op-{index}"), _pair("http.response.status_code", 200)])
        of_scope.metrics.append(metric)
    return Body("/v1/metrics", request.SerializeToString(), METRICS)


def _pair(key: str, value: str | int) -> KeyValue:
    said = AnyValue(string_value=value) if isinstance(value, str) else AnyValue(int_value=value)
    return KeyValue(key=key, value=said)
