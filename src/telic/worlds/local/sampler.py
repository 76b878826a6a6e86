"""Watches how much time processes were kept from running: stopped by a signal, or throttled by a cgroup."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telic.clock import Clock
from telic.worlds.local import proc

EVERY = 0.2  # on average [s]
CGROUPS_EVERY = 4  # looks; their counters lose nothing meanwhile [1]
MEMORY_FOR = 5.0  # how long a measurement of memory holds [s]


@dataclass
class Kept:
    """Time that one process was kept from running."""

    stopped: float = 0.0  # estimated from samples [s]
    throttled: float = 0.0  # by its cgroups, added up [s]
    cgroup: Path | None = None
    last: float = 0.0  # reading of that cgroup [s]


class Sampler:
    """Looks at random moments, so that a duty cycle cannot hide between two looks.

    Parameters
    ----------
    ours
        Process whose cgroup counts as no limit of its own: the supervisor.
    """

    def __init__(self, clock: Clock, ours: int) -> None:
        self._clock = clock
        self._home = proc.cpu_cgroup(ours)
        self._kept: dict[int, Kept] = {}
        self._memory: dict[int, tuple[float, int]] = {}
        self._random = random.Random(0)
        self._looks = 0

    def kept(self, pid: int) -> float:
        """Return how long a process has been kept from running since it started [s]."""
        found = self._kept.get(pid, Kept())
        return found.stopped + found.throttled

    def look(self, pids: list[int], elapsed: float) -> None:
        """Look at processes once; `elapsed` [s] have passed since the last look."""
        for gone in set(self._kept) - set(pids):
            del self._kept[gone]
        for pid in pids:
            kept = self._kept.setdefault(pid, Kept())
            now = proc.stat(pid)
            if now is not None and now.state in "Tt":
                kept.stopped += elapsed
            if self._looks % CGROUPS_EVERY == 0:
                self._add_throttling(kept, proc.cpu_cgroup(pid))
        self._looks += 1

    async def watch(self, pids: Callable[[], list[int]]) -> None:
        """Look for ever."""
        before = self._clock.monotonic()
        while True:
            await self._clock.sleep(EVERY * self._random.uniform(0.5, 1.5))
            now = self._clock.monotonic()
            self.look(pids(), now - before)
            before = now

    async def memory(self, pids: list[int]) -> dict[int, int]:
        """Return the memory of processes [bytes], at most 5 s old; read off the event loop, as it takes 1 ms each."""
        now = self._clock.monotonic()
        old = [pid for pid in pids if now - self._memory.get(pid, (-MEMORY_FOR, 0))[0] >= MEMORY_FOR]
        if old:
            sizes = await asyncio.to_thread(lambda: [proc.memory(pid) for pid in old])
            self._memory.update({pid: (now, size) for pid, size in zip(old, sizes, strict=True)})
        found = {pid: self._memory[pid][1] for pid in pids}
        self._memory = {pid: each for pid, each in self._memory.items() if now - each[0] < 10 * MEMORY_FOR}
        return found

    def _add_throttling(self, kept: Kept, cgroup: Path | None) -> None:
        if cgroup is None or cgroup == self._home:
            kept.cgroup = None
            return
        reading = proc.throttled(cgroup)
        if cgroup == kept.cgroup:
            kept.throttled += max(0.0, reading - kept.last)
        kept.cgroup, kept.last = cgroup, reading
