"""How many spans, records and points a second of the receiver's CPU takes, from the socket to the file."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from benchmarks.ingest.bodies import PATHS, Template, templates
from benchmarks.ingest.receiving import Running, measured_bytes, progress, receiver, send
from benchmarks.result import Metric
from telic.telemetry.client import TelemetryClient

SENDERS = 64  # each waits for its commit, so many are needed to keep the receiver busy [1]
WARM = 8  # bodies before the clock runs [1]
BODIES = 1_000  # that are made at once [1]
FULL, QUICK = 1_000_000, 100_000  # things of each signal [1]
GOALS = {"spans": 120_000, "logs": 200_000, "metrics": 200_000}  # [1/s]


@dataclass(frozen=True)
class Flood:
    """What is sent: one signal, with gzip or without."""

    table: str
    zipped: bool = False

    @property
    def name(self) -> str:
        """What to call it."""
        return f"{self.table} in gzip" if self.zipped else self.table


SPANS, ZIPPED = Flood("spans"), Flood("spans", zipped=True)
LOGS, ZIPPED_LOGS, POINTS = Flood("logs"), Flood("logs", zipped=True), Flood("metrics")
SIGNALS = (SPANS, ZIPPED, LOGS, ZIPPED_LOGS, POINTS)


def rates(quick: bool, metrics: dict[str, Metric], running: Running | None = None) -> dict[str, object]:
    """Measure every signal; return the same numbers of the plain reader, which is the peer.

    The quick run sends all to one receiver, the `running` one, and does not say what a record or a point takes on disk.
    """
    count, found, sizes = QUICK if quick else FULL, dict[Flood, float](), dict[str, float]()
    rounds: list[tuple[Flood, ...]] = [SIGNALS] if quick else [(each,) for each in SIGNALS]
    for together in rounds:
        with nullcontext(running) if running else receiver(compiled=True) as (port, client):
            for each in together:
                found[each] = flood(port, client, each, count)
            if not quick and not together[0].zipped:
                table = together[0].table
                sizes[table] = measured_bytes(client) / getattr(client.status(), table)
    _say(found, sizes, metrics)
    return {"protobuf library, one row after the other": _plain(count // 5, quick)}


def flood(port: int, client: TelemetryClient, what: Flood, count: int, *, seed: int = 1) -> float:
    """Send `count` things over real sockets and let the receiver write them; return how many a CPU-second took.

    All its threads count.
    """
    source, shapes = np.random.default_rng(seed), templates(what.table)
    path, table = PATHS[what.table], what.table
    send(port, path, [shapes[0].body(source)] * WARM, zipped=what.zipped)
    before, left = client.status(), count // len(shapes[0].starts)
    while left > 0:
        size = min(left, BODIES)
        send(port, path, _bodies(shapes, source, size), zipped=what.zipped, senders=SENDERS)
        left -= size
    after = client.status()
    rows = getattr(after, table) - getattr(before, table)
    if rows != count // len(shapes[0].starts) * len(shapes[0].starts):
        raise SystemExit(f"{rows} of {count} {table} arrived")
    rate = float(rows / (after.cpu_seconds - before.cpu_seconds))
    progress(f"{rows:,} {what.name}: {rate:,.0f} per second of CPU")
    return rate


def _bodies(shapes: Sequence[Template], source: np.random.Generator, count: int) -> list[bytes]:
    return [shapes[index % len(shapes)].body(source) for index in range(count)]


def _say(found: dict[Flood, float], sizes: dict[str, float], metrics: dict[str, Metric]) -> None:
    spans, zipped = found[SPANS], found[ZIPPED]
    note = "per second of the receiver's CPU; gzip on or off, whichever is slower"
    metrics["spans_per_core_s"] = Metric(min(spans, zipped), "1/s", GOALS["spans"], True, note)
    metrics["spans_plain_body_per_core_s"] = Metric(spans, "1/s", GOALS["spans"], True, "bodies as they are")
    metrics["spans_gzip_per_core_s"] = Metric(zipped, "1/s", GOALS["spans"], True, "bodies compressed with gzip")
    logs = min(found[LOGS], found[ZIPPED_LOGS])
    metrics["logs_per_core_s"] = Metric(logs, "1/s", GOALS["logs"], True, "gzip on or off, whichever is slower")
    metrics["logs_plain_body_per_core_s"] = Metric(found[LOGS], "1/s", GOALS["logs"], True, "bodies as they are")
    metrics["logs_gzip_per_core_s"] = Metric(found[ZIPPED_LOGS], "1/s", GOALS["logs"], True, "with gzip")
    metrics["metrics_per_core_s"] = Metric(found[POINTS], "1/s", GOALS["metrics"], True)
    for table, size in sizes.items():
        note = "ten attributes; the store, its log included" if table == "spans" else "of the store, its log included"
        metrics[f"bytes_per_{table[:-1]}"] = Metric(size, "bytes", note=note)


def _plain(count: int, quick: bool) -> dict[str, float]:
    with receiver() as (port, client):
        found = {"spans_per_core_s": flood(port, client, SPANS, count)}
        if not quick:
            found["bytes_per_span"] = measured_bytes(client) / client.status().spans
    return found
