"""What hurts a simulated world, each at its layer: processes, their CPUs, links, privileges, deploys."""

from __future__ import annotations

import asyncio
import math
import signal
from collections.abc import Callable
from typing import Unpack

from telic.errors import UsageError, WorldError
from telic.model.design import REPLICA
from telic.model.weather import Weather, WeatherGiven
from telic.registry import near_names
from telic.worlds.load import simulated as traffic
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.local import certificates, database
from telic.worlds.local.colleague import Colleague
from telic.worlds.local.limits import LOOK_EVERY
from telic.worlds.local.nats import STORE as QUEUE
from telic.worlds.local.store_trouble import Trouble, require_store
from telic.worlds.simulated.instance import SimulatedInstance
from telic.worlds.simulated.process import SimulatedProcess
from telic.worlds.simulated.world import SimulatedWorld

_SIGNALS = ("STOP", "CONT", "KILL", "TERM")


class SimulatedHarm(Colleague):
    """A `model.Harm` for one simulated world."""

    def __init__(self, world: SimulatedWorld) -> None:
        super().__init__(world)
        self._system = world.system
        self._cycles: dict[str, asyncio.Task[None]] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._loads: dict[str, asyncio.Event] = {}  # what ends each
        self._knowledge: Knowledge | None = None  # of the design, for loads

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

    def link(self, edge: str, **weather: Unpack[WeatherGiven]) -> None:
        """Give an edge's primary link a `Weather`; no arguments heal it."""
        if edge not in self._system.desired.links:
            raise UsageError(f"no edge {edge!r}", hint=near_names(edge, self._system.desired.links))
        self._system.weather(edge, Weather(**weather))

    def limit(
        self, service: str, *, files: int = 0, memory: float = 0.0, life: float = 0.0, stall: float = 0.0
    ) -> None:
        """Let the process of `service` have fewer files [1], less memory [bytes] or a shorter life [s].

        Memory, stalls [s] and life hold for later processes too, until `close`.
        """
        if min(files, memory, life, stall) < 0:
            raise UsageError("a negative limit", hint="files, memory, life and stall start at 0: no limit")
        kept = self._system.services.get(service)
        if kept is None:
            raise UsageError(f"no service {service!r}", hint=near_names(service, self._system.services))
        watch = self._watches.pop(service, None)
        if watch is not None:
            watch.cancel()
        body = _body(kept.child)
        if body is not None:
            body.files = files
            body.limit_memory(math.inf)
        if memory or life:
            more = (memory or math.inf, stall)
            work = _watch(lambda: self._system.services[service].child, more, life or math.inf)
            self._watches[service] = self._system.loop.create_task(work, name=f"limits of {service}")

    def skew(self, service: str, seconds: float) -> None:
        """Let the wall clock of today's process of `service` be `seconds` ahead; 0 heals."""
        body = _body(self._process(service))
        if body is None:
            raise UsageError(f"{service} has no clock of its own", hint=near_names(service, self._system.services))
        body.skew(seconds)

    def expire(self, service: str, ago: float) -> None:
        """Let the certificate that `service` presents have run out `ago` [s]; 0 heals."""
        certificates.expire(self._system.authority, service, ago, self._system.clock.time())

    def store(self, name: str, trouble: str, *, on: str = "", size: float = 1.0) -> None:
        """Bring about a trouble of PostgreSQL or NATS, or take it back where `size` is 0; see `store_trouble`."""
        if name == QUEUE and name in self._system.desired.stores:
            self.poison(trouble, on, size)
            return
        require_store(name, trouble)
        if name not in self._system.desired.stores:
            raise UsageError(f"this system has no {name}", hint="choose another fault")
        if name == REPLICA:
            self._system.stores.replica.pause(Trouble(trouble, on, size).size > 0)
            return
        self._system.stores.postgres.troubles.set(Trouble(trouble, on, size), self._system.clock.time())

    def load(self, name: str, **order: str | float) -> None:
        """Send the load called `name` besides the usual one; without an order it ends."""
        sending = self._loads.pop(name, None)
        if sending is not None:
            sending.set()
        if order:
            self._knowledge = self._knowledge or Knowledge(self.world.design_folder())
            wanted = self.sent(order)
            stop = self._loads[name] = asyncio.Event()
            self._system.run(
                traffic.run(
                    wanted,
                    self._system.loop_clock,
                    self._system,
                    write=lambda line: None,
                    stop=stop,
                    knowledge=self._knowledge,
                )
            )

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
        """End every cycle of pauses and every watch."""
        for service in list(self._cycles):
            self._end_cycle(service)
        while self._watches:
            self._watches.popitem()[1].cancel()
        while self._loads:
            self._loads.popitem()[1].set()

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
            kept = {**self._system.parts, **self._system.services}[service].child
            if kept is not None:
                self._process(service).send(signal.SIGCONT)


def _body(child: object) -> SimulatedInstance | None:
    body = child.body if isinstance(child, SimulatedProcess) else None
    return body if isinstance(body, SimulatedInstance) else None


async def _watch(child: Callable[[], object], memory: tuple[float, float], life: float) -> None:
    """Hold every process that there is to `memory` [bytes] more than it has, or let it stall [s], and to `life` [s]."""
    known: object = None
    since = 0.0
    clock = asyncio.get_running_loop().time
    while True:
        present = child()
        if present is not known:
            known, since = present, clock()
            body = _body(present)
            if body is not None:
                body.limit_memory(*memory)
        if isinstance(known, SimulatedProcess) and clock() - since >= life:
            known.send(signal.SIGKILL)
        await asyncio.sleep(LOOK_EVERY)


async def _pauses(process: SimulatedProcess, still: float, running: float) -> None:
    """Stop and continue in turn, for as long as the process lives [s]."""
    while not process.exited.done():
        process.send(signal.SIGSTOP)
        await asyncio.sleep(still)
        process.send(signal.SIGCONT)
        await asyncio.sleep(running)
