"""Values of a metric over time, and how fresh the telemetry is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records


@dataclass(frozen=True)
class GaugePoint:
    """One measured value of a gauge or a sum."""

    service: str
    instance: str
    time: float  # [s since the Unix epoch]
    value: float
    attributes: Mapping[str, object] = field(default_factory=dict)


SQL = """
SELECT service, instance, time_ns / 1e9 AS time, value, attributes FROM metrics
WHERE time_ns >= ? AND time_ns < ? AND name = ? AND value IS NOT NULL ORDER BY service, instance, time_ns
"""


def gauges(store: Store, name: str, window: Window, *, limit: int = 50_000) -> list[GaugePoint]:
    """Return all values of the gauge or sum called `name`, by service, instance and time.

    A sum (``process.cpu.time``) is cumulative unless its sender says otherwise; differences are the reader's.
    """
    rows = [dict(each) for each in store.query(SQL, (*bounds(window), name), limit=limit)]
    for row in rows:
        row["attributes"] = msgspec.json.decode(str(row["attributes"]))
    return records(GaugePoint, rows)


def freshness(store: Store) -> float | None:
    """Return the age of the newest telemetry by the store's clock [s]; None where the last hour has none."""
    sql = """
    SELECT (epoch_ns(now()) - max(received_ns)) / 1e9 AS age FROM (
        SELECT received_ns FROM spans WHERE received_ns > epoch_ns(now()) - 3600 * 1e9
        UNION ALL SELECT received_ns FROM metrics WHERE received_ns > epoch_ns(now()) - 3600 * 1e9)
    """
    age = store.query(sql)[0]["age"]
    return None if age is None else float(str(age))
