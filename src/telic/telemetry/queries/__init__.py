"""Questions an operator asks of telemetry: pure functions of a `model.Store` that return frozen records.

Windows select spans by when they started, logs and metrics by their time.
"""

from telic.telemetry.queries.edges import EdgeCalls, edges
from telic.telemetry.queries.failures import ExceptionGroup, LogGroup, errors_in_logs, exceptions
from telic.telemetry.queries.gauges import GaugePoint, freshness, gauges
from telic.telemetry.queries.holding import Held, Waited, held, waited
from telic.telemetry.queries.operations import OperationStep, service_operations
from telic.telemetry.queries.paces import Pace, paces
from telic.telemetry.queries.queues import Passed, QueueFlow, QueueStep, passed, queue_flows, told_steps, untaken_steps
from telic.telemetry.queries.replicas import ReplicaStep, replica_steps
from telic.telemetry.queries.saturation import Peak, Saturation, bottlenecks, full_services, peaks, saturation
from telic.telemetry.queries.statements import StatementCalls, statements
from telic.telemetry.queries.storms import Attempts, EntryStep, Served, attempts, entry_load, wasted_work

__all__ = [
    "Attempts",
    "EdgeCalls",
    "EntryStep",
    "ExceptionGroup",
    "GaugePoint",
    "Held",
    "LogGroup",
    "OperationStep",
    "Pace",
    "Passed",
    "Peak",
    "QueueFlow",
    "QueueStep",
    "ReplicaStep",
    "Saturation",
    "Served",
    "StatementCalls",
    "Waited",
    "attempts",
    "bottlenecks",
    "edges",
    "entry_load",
    "errors_in_logs",
    "exceptions",
    "freshness",
    "full_services",
    "gauges",
    "held",
    "paces",
    "passed",
    "peaks",
    "queue_flows",
    "replica_steps",
    "saturation",
    "service_operations",
    "statements",
    "told_steps",
    "untaken_steps",
    "waited",
    "wasted_work",
]
