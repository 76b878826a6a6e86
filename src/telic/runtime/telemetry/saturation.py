"""How full an instance is: its slots, who waits for one and how long, who was refused."""

from __future__ import annotations

from telic.runtime.policies.admission import Admission
from telic.runtime.telemetry.metrics import Metrics


def register(metrics: Metrics, admission: Admission) -> None:
    """Register the gauges and counters ``telic.admission.*`` of one instance."""
    metrics.gauge("telic.admission.active", "1", lambda: admission.active)
    metrics.gauge("telic.admission.limit", "1", lambda: admission.limit)
    metrics.gauge("telic.admission.queued", "1", lambda: admission.queued)
    metrics.gauge("telic.admission.age", "s", lambda: admission.age)
    metrics.counter("telic.admission.busy", "s", read=lambda: admission.busy)
    metrics.counter("telic.admission.refused", "1", read=lambda: admission.refused)
