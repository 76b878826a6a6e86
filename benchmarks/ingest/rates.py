"""How many spans, records and points a second of the receiver's CPU takes, from the socket to the file."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from benchmarks.ingest.bodies import PATHS, Template, templates
from benchmarks.ingest.receiving import receiver, send
from benchmarks.result import Metric

SENDERS = 64  # each waits for its commit, so many are needed to keep the receiver busy [1]
WARM = 8  # bodies before the clock runs [1]
TIDIED = 6.0  # by then the receiver has measured its store [s]
BODIES = 1_000  # that are made at once [1]


@dataclass(frozen=True)
class Rate:
    """One flood."""

    per_cpu_s: float
    bytes_each: float


def flood(table: str, count: int, *, compiled: bool, zipped: bool = False, seed: int = 1) -> Rate:
    """Send `count` things over real sockets and let the receiver write them; all its threads count."""
    source, shapes = np.random.default_rng(seed), templates(table)
    with receiver(compiled=compiled) as (port, client):
        send(port, PATHS[table], [shapes[0].body(source)] * WARM, zipped=zipped)
        before, left = client.status(), count // len(shapes[0].starts)
        while left > 0:
            size = min(left, BODIES)
            bodies = _bodies(shapes, source, size)
            send(port, PATHS[table], bodies, zipped=zipped, senders=SENDERS)
            left -= size
        after = client.status()
        rows = getattr(after, table) - getattr(before, table)
        if rows != count // len(shapes[0].starts) * len(shapes[0].starts):
            raise SystemExit(f"{rows} of {count} {table} arrived")
        time.sleep(TIDIED)
        each = client.status().bytes / getattr(after, table)
    return Rate(rows / (after.cpu_seconds - before.cpu_seconds), each)


def _bodies(shapes: list[Template], source: np.random.Generator, count: int) -> list[bytes]:
    return [shapes[index % len(shapes)].body(source) for index in range(count)]


def rates(quick: bool, metrics: dict[str, Metric]) -> dict[str, object]:
    """Measure every signal; return the same numbers of the plain reader, which is the peer."""
    count = 150_000 if quick else 1_000_000
    spans = flood("spans", count, compiled=True)
    zipped = flood("spans", count, compiled=True, zipped=True)
    metrics["spans_per_core_s"] = Metric(
        min(spans.per_cpu_s, zipped.per_cpu_s), "1/s", 120_000, True, "per second of the receiver's CPU; gzip on or off"
    )
    metrics["spans_plain_body_per_core_s"] = Metric(spans.per_cpu_s, "1/s", 120_000, True, "bodies as they are")
    metrics["spans_gzip_per_core_s"] = Metric(zipped.per_cpu_s, "1/s", 120_000, True, "bodies compressed with gzip")
    for table in ("logs", "metrics"):
        rate = flood(table, count, compiled=True)
        metrics[f"{table}_per_core_s"] = Metric(rate.per_cpu_s, "1/s", 200_000, True)
        metrics[f"bytes_per_{table[:-1]}"] = Metric(rate.bytes_each, "bytes", note="of the store, its log included")
    metrics["bytes_per_span"] = Metric(spans.bytes_each, "bytes", note="ten attributes; the store, its log included")
    plain = flood("spans", count // 5, compiled=False)
    return {
        "protobuf library, one row after the other": {
            "spans_per_core_s": plain.per_cpu_s,
            "bytes_per_span": plain.bytes_each,
        }
    }
