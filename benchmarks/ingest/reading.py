"""Reading while writing: how fresh an answer is, how long a question takes, what five million spans cost."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import nullcontext

import numpy as np
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from benchmarks.ingest.bodies import PATHS, THINGS, templates
from benchmarks.ingest.receiving import Running, measured_bytes, progress, receiver, send
from benchmarks.result import Metric
from telic.telemetry.client import TelemetryClient

MINUTES = 50  # that the spans are spread over [min]
FIVE_MILLION = 5_000_000 // THINGS * THINGS  # spans, in whole bodies [1]
PROBE_EVERY = 0.5  # [s]
CHUNK = 1_000  # bodies that are made at once [1]
SENDERS = 48
BY_SERVICE = (
    "SELECT service, start_ns // 60000000000 AS minute, quantile_cont(duration_ns, 0.99) AS p99 "
    "FROM spans GROUP BY ALL ORDER BY ALL"
)
QUESTIONS = (
    "SELECT service, name, count(*) AS n, quantile_cont(duration_ns, 0.95) AS p95 FROM spans "
    "WHERE start_ns >= {since} AND kind = 'server' GROUP BY ALL ORDER BY n DESC",
    "SELECT service, count(*) FILTER (status = 'error') / count(*) AS errors FROM spans "
    "WHERE start_ns >= {since} GROUP BY ALL ORDER BY errors DESC",
    "SELECT attribute(attributes, 'http.route') AS route, count(*) AS n FROM spans "
    "WHERE start_ns >= {since} AND service = 'svc-3' GROUP BY ALL ORDER BY n DESC LIMIT 20",
)


def reading(
    quick: bool, per_core_s: float, metrics: dict[str, Metric], *, count: int = 0, running: Running | None = None
) -> None:
    """Fill a store, ask about all of it, then go on at half of `per_core_s` [1/s] and ask meanwhile.

    Parameters
    ----------
    quick
        Whether there are few spans, and little time.
    per_core_s
        What the receiver takes of a core at most [1/s].
    metrics
        Filled.
    count
        How many spans, if not as many as `quick` says [1].
    running
        The receiver that is filled, if not one of its own; what it holds already counts.
    """
    count, seconds = count or (300_000 if quick else FIVE_MILLION), 5.0 if quick else 60.0
    with nullcontext(running) if running else receiver(compiled=True) as (port, client):
        _fill(port, count - client.status().spans)
        count = client.status().spans
        if "bytes_per_span" not in metrics:
            size = measured_bytes(client) / client.status().spans
            metrics["bytes_per_span"] = Metric(size, "bytes", note="ten attributes; the store, its log included")
        times, before = [], client.status().cpu_seconds
        for _ in range(3):
            began = time.perf_counter()
            rows = client.query(BY_SERVICE, timeout=60.0)
            times.append(time.perf_counter() - began)
        cpu = (client.status().cpu_seconds - before) / 3
        metrics["query_5m_cpu_s"] = Metric(cpu, "s", note="the same by CPU time of the receiver, mean of 3")
        note = f"p99 latency by service per minute over {count / 1e6:g}M spans: {len(rows)} rows; median of 3"
        metrics["query_5m_s"] = Metric(sorted(times)[1], "s", 1.0 if count >= FIVE_MILLION else None, note=note)
        progress(f"{note}: {sorted(times)[1]:.2f} s, {cpu:.2f} s of CPU")
        _while_writing(port, client, seconds, per_core_s / 2, metrics)


def _fill(port: int, count: int) -> None:
    source, shapes = np.random.default_rng(3), templates("spans")
    bodies, start = count // THINGS, time.time_ns() - MINUTES * 60 * 10**9
    for first in range(0, bodies, CHUNK):
        some = [
            shapes[index % len(shapes)].body(source, at_ns=start + index * MINUTES * 60 * 10**9 // bodies)
            for index in range(first, min(bodies, first + CHUNK))
        ]
        send(port, PATHS["spans"], some, senders=SENDERS)
        progress(f"{min(bodies, first + CHUNK) * THINGS:,} of {count:,} spans are stored")


def _while_writing(port: int, client: TelemetryClient, seconds: float, rate: float, metrics: dict[str, Metric]) -> None:
    source, shapes = np.random.default_rng(5), templates("spans")
    every, ended = THINGS * SENDERS / rate, threading.Event()
    fresh: list[float] = []
    asked: list[float] = []
    before = client.status()
    began = time.monotonic()
    watchers = [
        threading.Thread(target=_probe, args=(port, client.socket_path, ended, fresh)),
        threading.Thread(target=_question, args=(client.socket_path, ended, asked)),
    ]
    for each in watchers:
        each.start()
    rounds = 0
    while time.monotonic() - began < seconds:
        bodies = [shapes[index % len(shapes)].body(source) for index in range(SENDERS)]
        time.sleep(max(0.0, began + rounds * every - time.monotonic()))
        send(port, PATHS["spans"], bodies, senders=SENDERS)
        rounds += 1
    ended.set()
    for each in watchers:
        each.join()
    after = client.status()
    sent = (after.spans - before.spans) / (time.monotonic() - began)
    note = f"sent to queryable while {sent:,.0f} spans/s are written, checkpoints included, {len(fresh)} probes"
    metrics["freshness_p99_s"] = Metric(_quantile(fresh, 0.99), "s", 2.0, note=note)
    progress(f"{len(fresh)} probes of freshness, {len(asked)} questions")
    metrics["freshness_p50_s"] = Metric(_quantile(fresh, 0.5), "s")
    note = f"questions about the last 10 s while {sent:,.0f} spans/s are written, {len(asked)} of them"
    metrics["query_p50_ms"] = Metric(1e3 * _quantile(asked, 0.5), "ms", note=note)
    metrics["query_p99_ms"] = Metric(1e3 * _quantile(asked, 0.99), "ms", note=note)
    metrics["written_per_s"] = Metric(sent, "1/s", note=f"{rate:,.0f} wanted: half of what a core takes")


def _probe(port: int, socket_path: str, ended: threading.Event, fresh: list[float]) -> None:
    """Send one span now and then, and ask until it is there."""
    client, connection = TelemetryClient(socket_path), http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not ended.wait(PROBE_EVERY):
        request, now = ExportTraceServiceRequest(), time.time_ns()
        scope = request.resource_spans.add().scope_spans.add()
        span_id = now.to_bytes(8, "big")
        scope.spans.add(trace_id=span_id * 2, span_id=span_id, start_time_unix_nano=now, end_time_unix_nano=now)
        began = time.perf_counter()
        headers = {"Content-Type": "application/x-protobuf"}
        connection.request("POST", PATHS["spans"], request.SerializeToString(), headers)
        connection.getresponse().read()
        sql = f"SELECT count(*) AS n FROM spans WHERE start_ns = {now} AND span_id = '{span_id.hex()}'"
        while client.query(sql)[0]["n"] != 1:
            time.sleep(0.02)
        fresh.append(time.perf_counter() - began)
    connection.close()


def _question(socket_path: str, ended: threading.Event, asked: list[float]) -> None:
    client, index = TelemetryClient(socket_path), 0
    while not ended.wait(0.1):
        sql = QUESTIONS[index % len(QUESTIONS)].format(since=time.time_ns() - 10 * 10**9)
        began = time.perf_counter()
        client.query(sql, timeout=30.0)
        asked.append(time.perf_counter() - began)
        index += 1


def _quantile(values: list[float], q: float) -> float:
    return float(np.quantile(values, q)) if values else float("nan")
