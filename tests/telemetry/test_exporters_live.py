"""The official exporters of OpenTelemetry send to the receiver's process."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from tests.telemetry.receiving import Make

from telic.model import Window
from telic.telemetry import queries

pytestmark = pytest.mark.live


def resource() -> Resource:
    names = {
        "service.name": "search",
        "service.version": "2",
        "service.instance.id": "search-1",
        "service.namespace": "hotel",
    }
    return Resource.create(names)


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip])
def test_spans_of_the_official_exporter(make: Make, compression: Compression) -> None:
    receiver = make().start()
    provider = TracerProvider(resource=resource())
    exporter = OTLPSpanExporter(f"http://127.0.0.1:{receiver.port}/v1/traces", compression=compression)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    tracer = provider.get_tracer("mine", "1.0")
    with tracer.start_as_current_span("search", kind=trace.SpanKind.SERVER) as outer:
        outer.set_attribute("http.response.status_code", 200)
        attributes: dict[str, Any] = {"peer.service": "rate", "server.port": 21000, "tags": ("a", "b")}
        with tracer.start_as_current_span("rates", kind=trace.SpanKind.CLIENT, attributes=attributes):
            pass
        try:
            with tracer.start_as_current_span("inner", kind=trace.SpanKind.SERVER):
                raise KeyError("price")
        except KeyError:
            pass
    assert provider.force_flush()
    rows = {str(each["name"]): each for each in receiver.client.query("SELECT * FROM spans")}
    assert rows["search"]["http_status"] == 200
    client, context = rows["rates"], outer.get_span_context()
    assert (client["service"], client["version"], client["instance"]) == ("search", "2", "search-1")
    assert (client["kind"], client["peer"]) == ("client", "rate")
    assert client["trace_id"] == format(context.trace_id, "032x")
    assert client["parent_span_id"] == format(context.span_id, "016x")
    said = json.loads(str(client["attributes"]))
    assert (said["server.port"], said["tags"]) == (21000, ["a", "b"])
    assert said["resource"]["service.namespace"] == "hotel"
    assert said["scope"] == {"name": "mine", "version": "1.0"}
    now = time.time()
    (found,) = queries.exceptions(receiver.client, Window(now - 60, now))
    assert (found.operation, found.type, found.message, found.count) == ("inner", "KeyError", "'price'", 1)
    assert "Traceback" in found.stacktrace
    assert sum(each.count for each in receiver.client.live(now - 60)) == 2
    provider.shutdown()


def test_metrics_of_the_official_exporter(make: Make) -> None:
    receiver = make().start()
    reader = PeriodicExportingMetricReader(OTLPMetricExporter(f"http://127.0.0.1:{receiver.port}/v1/metrics"))
    provider = MeterProvider([reader], resource=resource())
    meter = provider.get_meter("mine")
    meter.create_histogram("http.server.request.duration", "s").record(0.02, {"http.route": "/search"})
    meter.create_up_down_counter("telic.admission.active", "1").add(3)
    assert provider.force_flush()
    now = time.time()
    (point,) = queries.gauges(receiver.client, "telic.admission.active", Window(now - 60, now + 1))
    assert (point.service, point.instance, point.value) == ("search", "search-1", 3.0)
    (row,) = receiver.client.query("SELECT * FROM metrics WHERE kind = 'histogram'")
    assert (row["name"], row["unit"], row["count"], row["sum"]) == ("http.server.request.duration", "s", 1, 0.02)
    assert len(json.loads(str(row["buckets"]))) == len(json.loads(str(row["bounds"]))) + 1
    provider.shutdown()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_logs_of_the_official_exporter(make: Make) -> None:
    receiver = make().start()
    provider = LoggerProvider(resource=resource())
    provider.add_log_record_processor(
        SimpleLogRecordProcessor(OTLPLogExporter(f"http://127.0.0.1:{receiver.port}/v1/logs"))
    )
    logger = logging.getLogger("tests.official")
    logger.propagate = False
    handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    try:
        raise ValueError("no rate")
    except ValueError:
        logger.exception("rates failed for %d", 7)
    finally:
        logger.removeHandler(handler)
    provider.force_flush()
    (row,) = receiver.client.query("SELECT * FROM logs")
    assert (row["service"], row["severity"], row["severity_number"]) == ("search", "ERROR", 17)
    assert (row["body"], row["exception_type"]) == ("rates failed for 7", "ValueError")
    provider.shutdown()
