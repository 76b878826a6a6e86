"""Telemetry of a simulated world: what live services would have exported, in the live store's tables, on virtual time.

A `SimulatedRecorder` takes the recorder's place in each instance; `SimulatedTelemetry.attach` exports it every half
second of virtual time; `SimulatedTelemetry.store` answers the queries that the live receiver answers.
"""

from telic.worlds.simulated.telemetry.logs import instance_log
from telic.worlds.simulated.telemetry.recorder import SimulatedRecorder
from telic.worlds.simulated.telemetry.store import SimulatedStore, SimulatedTelemetry

__all__ = ["SimulatedRecorder", "SimulatedStore", "SimulatedTelemetry", "instance_log"]
