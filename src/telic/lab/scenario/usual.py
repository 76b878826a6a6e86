"""What generated scenarios have in common."""

from __future__ import annotations

from telic.lab.scenario.scenario import Phases

PHASES = Phases(warm=6.0, baseline=8.0, spread=2.0, hold=30.0, recovery=8.0)
RATE = 25.0  # [requests/s]
