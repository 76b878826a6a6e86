"""How far replicas of a database are behind what their primary wrote."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Store, Window
from telic.telemetry.queries.gauges import gauges

LAG = "postgresql.wal.lag"  # [s]; as OpenTelemetry's PostgreSQL receiver calls it


@dataclass(frozen=True)
class ReplicaStep:
    """One reading of one replica."""

    replica: str
    time: float  # [s since the Unix epoch]
    lag: float  # [s]


def replica_steps(store: Store, window: Window) -> list[ReplicaStep]:
    """Return what replicas told in `window`, by replica and time; one that tells nothing is not there."""
    return [ReplicaStep(each.service, each.time, each.value) for each in gauges(store, LAG, window)]
