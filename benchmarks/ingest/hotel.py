"""The telemetry of eight services: what the receiver of a world takes in a second of CPU, what 300 requests/s cost."""

from __future__ import annotations

import http.client
import socket
import sys
import threading
import time
from collections.abc import Sequence

from benchmarks.ingest.otlp_load import EVERY, Body, exports
from benchmarks.ingest.receiving import measured_bytes, progress, receiver
from benchmarks.result import Metric
from telic.model import Window
from telic.telemetry import queries
from telic.telemetry.client import TelemetryClient

RATE = 300.0  # requests of users [1/s]
SENDERS = 24
LARGE = 5.0  # seconds of telemetry in one body of the flood [s]


def hotel(quick: bool, metrics: dict[str, Metric]) -> None:
    """Measure what the services of a hotel send: a flood, and 300 requests/s while an operator looks."""
    with receiver() as (port, client):
        _flood(port, client, 10.0 if quick else 120.0, metrics)
    progress("the flood of a hotel's services")
    with receiver() as (port, client):
        _paced(port, client, 5.0 if quick else 90.0, 1.0 if quick else 5.0, metrics)
    progress(f"a hotel's services at {RATE:g} requests/s")


def _flood(port: int, client: TelemetryClient, seconds: float, metrics: dict[str, Metric]) -> None:
    """Send `seconds` of telemetry as fast as it is taken."""
    start = time.time() - seconds
    rounds = exports(RATE, seconds, start=start, every=LARGE)
    before = client.status().cpu_seconds
    began = time.monotonic()
    _send(port, [[bodies[index] for bodies in rounds] for index in range(SENDERS)])
    wall = time.monotonic() - began
    status = client.status()
    cpu = status.cpu_seconds - before
    rows = status.spans + status.logs + status.metrics
    metrics["spans_per_cpu_s"] = Metric(
        status.spans / cpu, "1/s", None, True, "logs and metrics of the same services on top"
    )
    metrics["rows_per_cpu_s"] = Metric(rows / cpu, "1/s", 60_000, True)
    metrics["rows_per_s"] = Metric(rows / wall, "1/s", None, True, f"{SENDERS} senders on the same machine")
    metrics["bytes_per_row"] = Metric(measured_bytes(client) / rows, "bytes", note="of the store, its log included")
    window = Window(start + seconds - 10.0, start + seconds)
    for name in ("service_operations", "edges", "statements", "exceptions", "errors_in_logs"):
        _time(name, client, window, metrics)


def _time(name: str, client: TelemetryClient, window: Window, metrics: dict[str, Metric]) -> None:
    times = []
    for _ in range(5):
        began = time.perf_counter()
        getattr(queries, name)(client, window)
        times.append(time.perf_counter() - began)
    metrics[f"{name}_ms"] = Metric(sorted(times)[2] * 1e3, "ms", 30.0, note="last 10 s, median of 5")


def _paced(port: int, client: TelemetryClient, seconds: float, warm: float, metrics: dict[str, Metric]) -> None:
    """Send as eight services do at 300 requests/s while an operator looks twice a second; the first seconds are warm.

    Parameters
    ----------
    port, client
        Of the receiver.
    seconds, warm
        How long, and before the clock runs [s].
    metrics
        Filled.
    """
    rounds = exports(RATE, seconds + warm)
    freshness: list[float] = []
    before, began, began_cpu = client.status(), time.monotonic(), 0.0
    for index, bodies in enumerate(rounds):
        time.sleep(max(0.0, began + index * EVERY - time.monotonic()))
        if index == round(warm / EVERY):
            before, began_cpu = client.status(), time.monotonic()
        sent = time.monotonic()
        _send(port, [bodies[offset::8] for offset in range(8)])
        freshness.append(time.monotonic() - sent)
        client.live(time.time() - 5.0)
    status = client.status()
    metrics["core_share_at_300"] = Metric(
        (status.cpu_seconds - before.cpu_seconds) / (time.monotonic() - began_cpu), "1", 0.08, note="of one core"
    )
    metrics["acknowledged_ms"] = Metric(sorted(freshness)[len(freshness) // 2] * 1e3, "ms", note="all of an export")
    metrics["memory_mb"] = Metric(_memory(client), "MB", note="resident")


def _memory(client: TelemetryClient) -> float:
    import psutil

    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(client.socket_path)
        pid = int.from_bytes(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)[:4], sys.byteorder)
    return float(psutil.Process(pid).memory_info().rss) / 1e6


def _send(port: int, shares: Sequence[Sequence[Body]]) -> None:
    threads = [threading.Thread(target=_send_all, args=(port, share)) for share in shares]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _send_all(port: int, bodies: Sequence[Body]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for body in bodies:
        while True:
            connection.request("POST", body.path, body.data, {"Content-Type": "application/x-protobuf"})
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                break
            time.sleep(0.2)
    connection.close()
