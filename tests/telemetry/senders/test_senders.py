"""The official SDKs, with nothing set but where to send: all that they send can be read, as soon as they send it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from tests.telemetry.receiving import Receiver
from tests.telemetry.senders.packages import modules

pytestmark = pytest.mark.live
HERE = Path(__file__).parent


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    made = Receiver(tmp_path).start()
    yield made
    made.close()


def command(language: str, folder: Path) -> list[str]:
    if language == "python":
        return [sys.executable, str(HERE / "sender.py")]
    found = modules()
    if isinstance(found, str):
        pytest.skip(found)
    copy = folder / "node"
    copy.mkdir()
    shutil.copy(HERE / "node" / "sender.mjs", copy)
    (copy / "node_modules").symlink_to(found.resolve())
    return [shutil.which("node") or "node", str(copy / "sender.mjs")]


@pytest.fixture
def sent(request: pytest.FixtureRequest, receiver: Receiver, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environ |= {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{receiver.port}",
        "OTEL_SERVICE_NAME": "gateway",
        "OTEL_RESOURCE_ATTRIBUTES": "service.version=7,service.instance.id=gateway-1,deployment.environment.name=test",
    }
    process = subprocess.Popen(
        command(request.param, tmp_path), env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    yield process
    process.kill()
    process.communicate()


def until(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


@pytest.mark.parametrize("sent", ["python", "node"], indirect=True)
def test_spans_come_with_the_defaults_and_the_rest_at_the_end(sent: subprocess.Popen[str], receiver: Receiver) -> None:
    assert sent.stdout is not None
    begun = json.loads(sent.stdout.readline())["sent"]
    until(lambda: receiver.count("spans") == 2, "no spans within a minute")
    received = receiver.client.query("SELECT max(received_ns) AS at FROM spans")[0]["at"]
    assert 0 <= int(str(received)) / 1e9 - begun < 60
    assert receiver.count("metrics") == 0, "60 s have not passed"
    assert sent.poll() is None
    sent.communicate("end\n", timeout=60)
    assert sent.returncode == 0
    check_spans(receiver)
    check_metrics(receiver)
    check_logs(receiver)


def check_spans(receiver: Receiver) -> None:
    found: list[Any] = receiver.client.query("SELECT * FROM spans ORDER BY start_ns, name")
    outer, inner = found
    assert (outer["name"], outer["kind"], outer["service"], outer["instance"], outer["version"]) == (
        *("GET /checkout", "server", "gateway", "gateway-1", "7"),
    )
    assert (outer["http_status"], outer["status"], outer["parent_span_id"]) == (500, "unset", "")
    assert (inner["name"], inner["kind"], inner["peer"], inner["status"], inner["status_message"]) == (
        *("POST /orders", "client", "orders", "error", "no stock"),
    )
    assert (inner["parent_span_id"], inner["trace_id"]) == (outer["span_id"], outer["trace_id"])
    said = json.loads(inner["attributes"])
    assert said["events"][0]["attributes"]["exception.message"] == "no stock"
    assert said["resource"]["deployment.environment.name"] == "test"
    assert said["scope"] == {"name": "shop", "version": "1"}


def check_metrics(receiver: Receiver) -> None:
    counter, histogram = receiver.client.query(
        "SELECT * FROM metrics WHERE name IN ('orders.failed', 'http.server.request.duration') ORDER BY name DESC"
    )
    assert (counter["kind"], counter["value"], counter["unit"]) == ("sum", 3.0, "{order}")
    assert (histogram["kind"], histogram["count"], histogram["sum"]) == ("histogram", 1, 0.052)
    assert sum(json.loads(str(histogram["buckets"]))) == 1


def check_logs(receiver: Receiver) -> None:
    (found,) = receiver.client.query("SELECT severity, body, trace_id, service FROM logs WHERE body = 'order failed'")
    (span,) = receiver.client.query("SELECT trace_id FROM spans WHERE kind = 'server'")
    assert found == {"severity": "ERROR", "body": "order failed", "service": "gateway", "trace_id": span["trace_id"]}


def test_the_defaults_are_what_the_guide_says() -> None:
    reader = PeriodicExportingMetricReader(ConsoleMetricExporter())
    try:
        assert reader._export_interval_millis == 60_000
    finally:
        reader.shutdown()
    assert BatchSpanProcessor._default_schedule_delay_millis() == 5000  # type: ignore[no-untyped-call]
    assert BatchLogRecordProcessor._default_schedule_delay_millis() == 1000  # type: ignore[no-untyped-call]
