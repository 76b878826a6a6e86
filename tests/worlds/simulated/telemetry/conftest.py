"""A virtual loop and telemetry on it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.telemetry import SimulatedTelemetry


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


@pytest.fixture
def telemetry(loop: VirtualLoop) -> Iterator[SimulatedTelemetry]:
    made = SimulatedTelemetry(loop, seed=7)
    yield made
    made.close()
