"""How fast the simulated world runs: simulated seconds per second of one core, telemetry kept, no operator."""

from __future__ import annotations

import gc
import time
from dataclasses import dataclass

from benchmarks.loop.healthy import home, quiet
from telic.lab import virtual

RATE = 150.0  # [requests/s]


@dataclass(frozen=True)
class Speed:
    """One run."""

    seconds: float  # simulated [s]
    cpu: float  # of the process [s]
    wall: float  # [s]

    @property
    def ratio(self) -> float:
        """Simulated seconds per second of wall clock [1]."""
        return self.seconds / self.wall

    @property
    def per_request(self) -> float:
        """CPU per user request [s]."""
        return self.cpu / self.seconds / RATE


def measure(seconds: float) -> float:
    """Return simulated seconds per second of wall clock [1] at 150 requests/s, for `seconds` [s] simulated."""
    return run(seconds).ratio


def run(seconds: float) -> Speed:
    """Run the hotel for `seconds` [s] after it has settled."""
    with home() as settings, virtual.start("hotel", settings, quiet, rate=RATE, operate=False) as journey:
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        journey.pause(seconds)
        return Speed(seconds, time.process_time() - cpu, time.perf_counter() - wall)
