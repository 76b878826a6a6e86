"""What the metrics of an SDK with its defaults look like in the store: one export a minute, without a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, HistogramDataPoint

from telic.model import Window
from telic.telemetry.columns import chunk_of
from telic.telemetry.otlp.metrics import Metrics
from telic.telemetry.sources import write
from telic.telemetry.sources.card import SCHEMAS, SIGNALS
from telic.telemetry.sources.gathering import Gathered

pa: Any = pyarrow
START = 1795253400.0  # 2026-11-21T09:30:00Z
STEP = 60.0  # [s]
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)  # that semantic conventions advise
WINDOW = Window(START + 40 * STEP, START + 55 * STEP)
BASELINE = Window(START, START + 40 * STEP)
NAME = "http.server.request.duration"
Minute = Mapping[int, Sequence[float]]  # durations of requests by status [s]
Numbered = tuple[int, float, Any]  # observations, their sum, observations of each bucket


class Process:
    """One process of a service: it counts requests, and exports them."""

    def __init__(self, service: str, begun: float, *, delta: bool = False, unit: str = "s") -> None:
        self._service, self._begun, self._delta, self._unit = service, begun, delta, unit
        self._known: dict[int, Numbered] = {}

    def export(self, minute: Minute, time: float) -> ExportMetricsServiceRequest:
        """Return what is sent at the end of a minute; statuses that were seen once come in every cumulative export."""
        if self._delta:
            self._known = {}
        for status, took in minute.items():
            count, total, buckets = self._known.get(status, (0, 0.0, np.zeros(len(BOUNDS) + 1, np.int64)))
            more = np.histogram(np.asarray(took), [-np.inf, *BOUNDS, np.inf])[0]
            self._known[status] = (count + len(took), total + float(np.sum(took)), buckets + more)
        kind = AggregationTemporality.Value(f"AGGREGATION_TEMPORALITY_{'DELTA' if self._delta else 'CUMULATIVE'}")
        request = ExportMetricsServiceRequest()
        of_resource = request.resource_metrics.add()
        of_resource.resource.attributes.append(_said("service.name", self._service))
        metric = of_resource.scope_metrics.add().metrics.add(name=NAME, unit=self._unit)
        metric.histogram.aggregation_temporality = kind
        start = time - STEP if self._delta else self._begun
        for status, known in self._known.items():
            metric.histogram.data_points.append(_point(status, known, start, time, minute.get(status, ())))
        return request


def _point(status: int, known: Numbered, start: float, time: float, took: Sequence[float]) -> HistogramDataPoint:
    count, total, buckets = known
    route = _said("http.route", "/")
    code = KeyValue(key="http.response.status_code", value=AnyValue(int_value=status))
    made = HistogramDataPoint(attributes=[route, code], count=count, sum=total, explicit_bounds=BOUNDS)
    made.bucket_counts.extend(buckets.tolist())
    made.start_time_unix_nano, made.time_unix_nano = round(start * 1e9), round(time * 1e9)
    if took:
        made.min, made.max = min(took), max(took)
    return made


def _said(key: str, text: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=text))


def rows(requests: Sequence[ExportMetricsServiceRequest]) -> Any:
    """Return exports as the receiver stores them."""
    found = [row for each in requests for row in Metrics(each, 0).rows()]
    return pa.Table.from_batches([chunk_of("metrics", found)])


def recorded(folder: Path, table: Any) -> Path:
    """Write metrics as an incident."""
    tables = {each: SCHEMAS[each].empty_table() for each in SIGNALS}
    return write(Gathered(WINDOW, BASELINE, {**tables, "metrics": table}), folder)


def exported(processes: Mapping[Process, Callable[[int], Minute]], minutes: range = range(55)) -> Any:
    """Return the store after so many minutes of exports, one second after each."""
    return rows(
        [
            process.export(during(minute), START + (minute + 1) * STEP - 1.0)
            for minute in minutes
            for process, during in processes.items()
        ]
    )
