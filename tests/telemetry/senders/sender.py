"""A service as OpenTelemetry's documentation writes it: the Python SDK with its defaults and nothing else."""

from __future__ import annotations

import json
import logging
import sys
import time
import warnings

from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode


def main() -> None:
    """Send a little of everything, then wait for a line and end as a service does."""
    spans, records = TracerProvider(), LoggerProvider()
    spans.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    records.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
    points = MeterProvider([PeriodicExportingMetricReader(OTLPMetricExporter())])
    trace.set_tracer_provider(spans)
    metrics.set_meter_provider(points)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its successor is a package of its own
        logging.getLogger().addHandler(LoggingHandler(logger_provider=records))

    tracer, meter = trace.get_tracer("shop", "1"), metrics.get_meter("shop")
    with tracer.start_as_current_span("GET /checkout", kind=SpanKind.SERVER) as span:
        span.set_attribute("http.request.method", "GET")
        with tracer.start_as_current_span("POST /orders", kind=SpanKind.CLIENT) as inner:
            inner.set_attribute("peer.service", "orders")
            inner.record_exception(ValueError("no stock"))
            inner.set_status(Status(StatusCode.ERROR, "no stock"))
            logging.getLogger("shop").error("order failed")
        span.set_attribute("http.response.status_code", 500)
    meter.create_counter("orders.failed", unit="{order}").add(3, {"error.type": "stock"})
    meter.create_histogram("http.server.request.duration", unit="s").record(0.052, {"http.route": "/checkout"})
    sys.stdout.write(json.dumps({"sent": time.time()}) + "\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for provider in (spans, records, points):
        provider.shutdown()


if __name__ == "__main__":
    main()
