"""What the process itself costs: CPU, memory, and how late its event loop is."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

from telic.runtime.telemetry.metrics import Metrics

_PAGE = os.sysconf("SC_PAGE_SIZE")
_STATM = Path("/proc/self/statm")
TICK = 0.1  # between two looks at the loop [s]


class LoopLag:
    """The worst lateness of a timer since the last export [s]."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._worst = loop, 0.0
        self._due = loop.time() + TICK
        self._handle = loop.call_at(self._due, self._tick)

    def take(self) -> float:
        """Return the worst lateness [s], of a tick that is still due as well, and begin anew."""
        worst, self._worst = self._worst, 0.0
        return max(worst, self._loop.time() - self._due, 0.0)

    def close(self) -> None:
        """Stop looking."""
        self._handle.cancel()

    def _tick(self) -> None:
        now = self._loop.time()
        self._worst = max(self._worst, now - self._due)
        self._due = now + TICK
        self._handle = self._loop.call_at(self._due, self._tick)


def register(metrics: Metrics, lag: LoopLag) -> None:
    """Register ``process.cpu.time``, ``process.memory.usage`` and ``telic.event_loop.lag``."""
    metrics.counter("process.cpu.time", "s", read=time.process_time)
    metrics.gauge("process.memory.usage", "By", resident_bytes)
    metrics.gauge("telic.event_loop.lag", "s", lag.take)


def resident_bytes() -> float:
    """Return the resident set of this process [bytes], 0 where the kernel does not tell."""
    try:
        return float(_STATM.read_bytes().split()[1]) * _PAGE
    except OSError:
        return 0.0
