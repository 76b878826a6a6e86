"""What hurts a simulated world, each at its layer: processes, their CPUs, links, privileges, deploys."""

from __future__ import annotations

import asyncio
import signal

from telic.errors import UsageError, WorldError
from telic.registry import near_names
from telic.worlds.local import database
from telic.worlds.local.colleague import Colleague
from telic.worlds.simulated.process import SimulatedProcess
from telic.worlds.simulated.world import SimulatedWorld

_SIGNALS = ("STOP", "CONT", "KILL", "TERM")


class SimulatedHarm(Colleague):
    """A `model.Harm` for one simulated world."""

    def __init__(self, world: SimulatedWorld) -> None:
        super().__init__(world)
        self._system = world.system
        self._cycles: dict[str, asyncio.Task[None]] = {}

    def signal(self, service: str, name: str) -> None:
        """Send ``STOP``, ``CONT``, ``KILL`` or ``TERM`` to the process of `service`."""
        if name not in _SIGNALS:
            raise UsageError(f"no signal {name!r}", hint=near_names(name, _SIGNALS))
        self._process(service).send(signal.Signals[f"SIG{name}"])

    def throttle(self, service: str, share: float) -> str:
        """Let today's process of `service` have `share` [1] of one CPU; 1.0 heals."""
        if not 0 < share <= 1:
            raise UsageError(f"a share of {share} CPU", hint="above 0, at most 1")
        self._end_cycle(service)
        self._process(service).throttle(share)
        return "cgroup"

    def link(self, edge: str, *, delay: float = 0.0, drop: bool = False, fail: float = 0.0) -> None:
        """Delay [s] each way, or drop, all messages of an edge's primary link, or break off a share of answers [1].

        No arguments heal it.
        """
        if edge not in self._system.desired.links:
            raise UsageError(f"no edge {edge!r}", hint=near_names(edge, self._system.desired.links))
        if delay < 0 or not 0 <= fail <= 1:
            raise UsageError("a negative delay, or a share that is none", hint="a delay from 0, a share from 0 to 1")
        self._system.weather(edge, delay=delay, drop=drop, fail=fail)

    def pause(self, service: str, share: float, *, every: float = 1.0) -> None:
        """Let today's process of `service` stand still for a `share` [1] of every `every` [s]; 0 heals."""
        if not 0 <= share < 1 or every <= 0:
            raise UsageError(f"pauses of {share} of every {every} s", hint="from 0 to below 1 of a time above 0")
        process = self._process(service)
        self._end_cycle(service)
        if share > 0:
            cycle = _pauses(process, share * every, (1 - share) * every)
            self._cycles[service] = self._system.loop.create_task(cycle, name=f"pauses of {service}")

    def revoke(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Take `privileges` on ``schema.table`` from the role of `service`."""
        words = ", ".join(database.parse_privileges(privileges))
        self._system.loop.ask(self._system.change_privileges("REVOKE", service, table, words))

    def grant(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Give them back; ``ALL`` gives what the design grants."""
        words = self.meant(service, table, privileges)
        self._system.loop.ask(self._system.change_privileges("GRANT", service, table, words))

    def close(self) -> None:
        """End every cycle of pauses."""
        for service in list(self._cycles):
            self._end_cycle(service)

    def _process(self, service: str) -> SimulatedProcess:
        kept = {**self._system.parts, **self._system.services}
        if service not in kept:
            raise UsageError(f"no service {service!r}", hint=near_names(service, kept))
        child = kept[service].child
        if not isinstance(child, SimulatedProcess):
            raise WorldError(f"no process of {service} runs", hint="wait until it is started again")
        return child

    def _end_cycle(self, service: str) -> None:
        cycle = self._cycles.pop(service, None)
        if cycle is not None:
            cycle.cancel()
            self._process(service).send(signal.SIGCONT)


async def _pauses(process: SimulatedProcess, still: float, running: float) -> None:
    """Stop and continue in turn, for as long as the process lives [s]."""
    while not process.exited.done():
        process.send(signal.SIGSTOP)
        await asyncio.sleep(still)
        process.send(signal.SIGCONT)
        await asyncio.sleep(running)
