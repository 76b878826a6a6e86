"""Who calls whom, where something counts calls with both ends as labels."""

from __future__ import annotations

import math

from telic.telemetry.sources.card import Question
from telic.telemetry.sources.prometheus.api import instant
from telic.telemetry.sources.rows import Rows
from telic.telemetry.sources.visit import Visit

COUNTERS = (
    ("traces_service_graph_request_total", "client", "server"),  # Tempo, OpenTelemetry's service graph connector
    ("istio_requests_total", "source_workload", "destination_workload"),
)


def rows(visit: Visit, question: Question) -> Rows:
    """Yield one row for every pair with calls in the window."""
    window = question.window
    for counter, client, server in COUNTERS:
        query = f"sum by ({client},{server}) (increase({counter}[{max(1, round(window.seconds))}s]))"
        for series in instant(visit, query, window.end):
            caller, callee = series.metric.get(client, ""), series.metric.get(server, "")
            count = float(series.value[1]) if series.value else 0.0
            if caller and callee and math.isfinite(count) and 0 < count < 2**62:
                yield {"caller": caller, "callee": callee, "kind": "calls", "calls": math.ceil(count)}
