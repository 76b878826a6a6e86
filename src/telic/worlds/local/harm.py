"""What hurts a local world, each at its real layer: signals, CPU quota, links, privileges, deploys."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar, Unpack

from telic.errors import UsageError, WorldError, WorldUnavailable
from telic.model.weather import Weather, WeatherGiven
from telic.registry import near_names
from telic.worlds.load.beside import Beside
from telic.worlds.local import administrator, certificates, database, nats, proc
from telic.worlds.local.certificates import FileAuthority
from telic.worlds.local.colleague import Colleague
from telic.worlds.local.desired import load_desired
from telic.worlds.local.layout import Layout
from telic.worlds.local.limits import MemoryLimit, Watch, limit_files
from telic.worlds.local.skew import skew
from telic.worlds.local.store_trouble import Trouble, require_store
from telic.worlds.local.throttle import CgroupLimit, DutyCycle, send
from telic.worlds.local.world import LocalWorld, read

T = TypeVar("T")
_SIGNALS = ("STOP", "CONT", "KILL", "TERM")
_HARM_WITHIN = 3.0  # an answer of the proxy [s]


class LocalHarm(Colleague):
    """A `model.Harm` for the processes of one local world."""

    def __init__(self, world: LocalWorld, layout: Layout) -> None:
        super().__init__(world)
        self._layout = layout
        self._cycles: dict[str, DutyCycle] = {}
        self._watches: dict[str, Watch] = {}
        self._memory: dict[str, MemoryLimit] = {}
        self._beside = Beside(layout.run)

    @classmethod
    def attach(cls, state_folder: Path) -> LocalHarm:
        """Return the harm of the running world whose state folder this is; raise WorldUnavailable where none runs."""
        return cls(LocalWorld.attach(state_folder), Layout.of(state_folder))

    def signal(self, service: str, name: str) -> None:
        """Send ``STOP``, ``CONT``, ``KILL`` or ``TERM`` to every process of `service`."""
        if name not in _SIGNALS:
            raise UsageError(f"no signal {name!r}", hint=near_names(name, _SIGNALS))
        self._send(service, signal.Signals[f"SIG{name}"])

    def throttle(self, service: str, share: float) -> str:
        """Let today's processes of `service` have `share` [1] of one CPU; 1.0 heals. Returns ``cgroup`` or ``signals``.

        The duty cycle of signals lives in this process: it ends with it, or with `close`.
        """
        if not 0 < share <= 1:
            raise UsageError(f"a share of {share} CPU", hint="above 0, at most 1")
        pids, limit = self._pids(service), CgroupLimit(f"telic-{self._layout.run.name}-{service}")
        cycle = self._cycles.pop(service, None)
        if cycle is not None:
            cycle.stop()
        if share == 1.0:
            limit.heal(pids)
            return "signals" if cycle is not None else "cgroup"
        if limit.limit(pids, share):
            return "cgroup"
        self._cycles[service] = DutyCycle(self._family(service, pids), share)
        self._cycles[service].start()
        return "signals"

    def link(self, edge: str, **weather: Unpack[WeatherGiven]) -> None:
        """Give an edge's primary link a `Weather`; no arguments heal it."""
        self._ask_proxy({"edge": edge, "weather": asdict(Weather(**weather))})

    def limit(
        self, service: str, *, files: int = 0, memory: float = 0.0, life: float = 0.0, stall: float = 0.0
    ) -> None:
        """Let the processes of `service` have fewer files [1], less memory [bytes] or a shorter life [s].

        Memory and life hold for later processes too while this process lives, or until `close`; so do stalls [s].
        """
        if min(files, memory, life, stall) < 0:
            raise UsageError("a negative limit", hint="files, memory, life and stall start at 0: no limit")
        found, watch = self._running(service), self._watches.pop(service, None)
        if watch is not None:
            watch.stop()
        held = self._memory.pop(service, None)
        if held is not None:
            held.heal(found)
        limit = MemoryLimit(f"telic-memory-{self._layout.run.name}-{service}", stall)
        if files:
            limit_files(self._pids(service), files)
            self._cut(service)
        else:
            limit_files(found, 0)
        if not (memory or life):
            limit.heal(found)
            return

        def begin(pid: int) -> None:
            if memory:
                limit.limit([pid], memory)

        if memory:
            self._memory[service] = limit
        watch = Watch(lambda: self._running(service), begin, life)
        watch.start()
        self._watches[service] = watch

    def skew(self, service: str, seconds: float) -> None:
        """Let the wall clock of today's processes of `service` be `seconds` ahead, whole ones; 0 heals."""
        skew(self._pids(service), seconds)

    def expire(self, service: str, ago: float) -> None:
        """Put a certificate that ran out `ago` [s] in the place of the one that `service` presents; 0 heals.

        Connections that are open would go on; they are ended, as a balancer ends them now and then.
        """
        certificates.expire(FileAuthority(self._layout), service, ago, self.world.clock.time())
        if ago:
            self._cut(service)

    def store(self, name: str, trouble: str, *, on: str = "", size: float = 1.0) -> None:
        """Bring about a trouble of PostgreSQL or NATS, or take it back where `size` is 0; see `store_trouble`."""
        if name == nats.STORE:
            self.poison(trouble, on, size)
            return
        require_store(name, trouble)
        administrator.bring_about(self._layout, self.world.about(), name, Trouble(trouble, on, size))

    def load(self, name: str, **order: str | float) -> None:
        """Send the load called `name` besides the usual one; without an order it ends.

        What sends lives in a process that ends with this one, or with `close`.

        Raises
        ------
        WorldError
            It had ended before, by itself: users felt less than is on record.
        """
        self._beside.end(name)
        if order:
            self._beside.send(name, self.sent(order))

    def pause(self, service: str, share: float, *, every: float = 1.0) -> None:
        """Let today's processes of `service` stand still for a `share` [1] of every `every` [s]; 0 heals.

        The cycle lives in this process: it ends with it, or with `close`.
        """
        if not 0 <= share < 1 or every <= 0:
            raise UsageError(f"pauses of {share} of every {every} s", hint="from 0 to below 1 of a time above 0")
        pids = self._pids(service)
        cycle = self._cycles.pop(service, None)
        if cycle is not None:
            cycle.stop()
        if share > 0:
            self._cycles[service] = DutyCycle(self._family(service, pids), 1 - share, period=every)
            self._cycles[service].start()

    def links(self) -> list[dict[str, object]]:
        """Return the weather and the load of every link."""
        return read(list[dict[str, object]], self._ask_proxy({}).get("links", []))

    def revoke(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Take `privileges` on ``schema.table`` from the role of `service`."""
        words = ", ".join(database.parse_privileges(privileges))
        statement = database.privilege_statement("REVOKE", service, table, words)
        administrator.execute(self._layout, self.world.about(), statement)

    def grant(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Give them back; ``ALL`` gives what the design grants."""
        words = self.meant(service, table, privileges)
        statement = database.privilege_statement("GRANT", service, table, words)
        administrator.execute(self._layout, self.world.about(), statement)

    def close(self) -> None:
        """End every duty cycle and every watch; their processes run on."""
        while self._cycles:
            self._cycles.popitem()[1].stop()
        while self._watches:
            self._watches.popitem()[1].stop()
        while self._memory:
            service, limit = self._memory.popitem()
            if limit.stalls:
                limit.heal(self._running(service))
        self._beside.close()

    def _family(self, service: str, pids: list[int]) -> list[int] | Callable[[], list[int]]:
        """Return the processes of a service, or what gives those of a store: its server starts others."""
        if service not in self.world.state().stores:
            return pids
        return lambda: proc.family(pids[0])

    def _cut(self, service: str) -> None:
        """End every connection to a service; those that call it open others."""
        desired = load_desired(self._layout.desired)
        for edge in desired.links if desired is not None else ():
            if edge.endswith(f"->{service}"):
                self._ask_proxy({"edge": edge, "cut": True})

    def _running(self, service: str) -> list[int]:
        """Return the processes of `service`; none where none runs."""
        try:
            return self._pids(service)
        except WorldError:
            return []

    def _pids(self, service: str) -> list[int]:
        state = self.world.state()
        if service in state.stores:
            instances = [state.stores[service].instance]
        elif service in state.services:
            instances = list(state.services[service].instances)
        else:
            raise UsageError(f"no service {service!r}", hint=near_names(service, [*state.services, *state.stores]))
        pids = [each.pid for each in instances if each.pid]
        if service in state.stores:
            pids = [member for pid in pids for member in proc.family(pid)]
        if not pids:
            raise WorldError(f"no process of {service} runs", hint="wait until it is started again")
        return pids

    def _send(self, service: str, number: int) -> None:
        try:
            send(self._pids(service), number)
        except PermissionError as error:
            raise WorldError(
                f"not allowed to signal {service}", hint="run as the user who started the world"
            ) from error

    def _ask_proxy(self, order: Mapping[str, object]) -> dict[str, object]:
        try:
            with socket.socket(socket.AF_UNIX) as channel:
                channel.settimeout(_HARM_WITHIN)
                channel.connect(str(self._layout.harm))
                channel.sendall(json.dumps(order).encode() + b"\n")
                with channel.makefile("rb") as lines:
                    answer = json.loads(lines.readline() or b'{"error": "it hung up"}')
        except (OSError, ValueError) as error:
            raise WorldUnavailable(f"the proxy does not answer: {error}", hint="is the world up?") from error
        if "error" in answer:
            raise UsageError(f"the proxy refuses: {answer['error']}", hint="see `telic status` for the edges")
        return dict(answer)
