"""How far the simulated replica is behind, as the metric that a local world sends."""

from __future__ import annotations

from telic.model.design import REPLICA
from telic.telemetry.queries.replicas import LAG
from telic.worlds.local.replica_lag import resource_of
from telic.worlds.simulated.streams import stream
from telic.worlds.simulated.system import SimulatedSystem
from telic.worlds.simulated.telemetry import SimulatedRecorder


def watch(system: SimulatedSystem) -> None:
    """Send the lag of the system's replica from now on."""
    telemetry, replica = system.telemetry, system.stores.replica
    recorder = SimulatedRecorder(stream(system.seed, "recorder", REPLICA), telemetry.now_ns)
    recorder.metrics.gauge(LAG, "s", lambda: replica.lag)
    telemetry.attach(REPLICA, resource_of(system.name), recorder)
