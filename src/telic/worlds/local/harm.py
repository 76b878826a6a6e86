"""What hurts a local world, each at its real layer: signals, CPU quota, links, privileges, deploys."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import asyncpg

from telic.errors import StoreFailed, UsageError, WorldError, WorldUnavailable
from telic.registry import near_names
from telic.worlds.local import database, postgres
from telic.worlds.local.colleague import Colleague
from telic.worlds.local.desired import load_desired
from telic.worlds.local.layout import Layout
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
        self._cycles[service] = DutyCycle(pids, share)
        self._cycles[service].start()
        return "signals"

    def link(self, edge: str, *, delay: float = 0.0, drop: bool = False, fail: float = 0.0) -> None:
        """Delay [s] each way, or drop, all messages of an edge's primary link, or break off a share of answers [1].

        No arguments heal it.
        """
        self._ask_proxy({"edge": edge, "delay": delay, "drop": drop, "fail": fail})

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
            self._cycles[service] = DutyCycle(pids, 1 - share, period=every)
            self._cycles[service].start()

    def links(self) -> list[dict[str, object]]:
        """Return the weather and the load of every link."""
        return read(list[dict[str, object]], self._ask_proxy({}).get("links", []))

    def revoke(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Take `privileges` on ``schema.table`` from the role of `service`."""
        words = ", ".join(database.parse_privileges(privileges))
        self._execute(database.privilege_statement("REVOKE", service, table, words))

    def grant(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Give them back; ``ALL`` gives what the design grants."""
        words = self.meant(service, table, privileges)
        self._execute(database.privilege_statement("GRANT", service, table, words))

    def close(self) -> None:
        """End every duty cycle; its processes run on."""
        while self._cycles:
            self._cycles.popitem()[1].stop()

    def _pids(self, service: str) -> list[int]:
        state = self.world.state()
        if service in state.stores:
            instances = [state.stores[service].instance]
        elif service in state.services:
            instances = list(state.services[service].instances)
        else:
            raise UsageError(f"no service {service!r}", hint=near_names(service, [*state.services, *state.stores]))
        pids = [each.pid for each in instances if each.pid]
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

    def _execute(self, statement: str) -> None:
        asyncio.run(_administer(self._layout, self._postgres_port(), self.world.about(), statement))

    def _postgres_port(self) -> int:
        desired = load_desired(self._layout.desired)
        if desired is None or "postgres" not in desired.stores:
            raise UsageError("this system has no PostgreSQL", hint="choose another fault")
        return desired.stores["postgres"]

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


async def _administer(layout: Layout, port: int, about: Mapping[str, object], statement: str) -> None:
    connection = await postgres.connect(layout, port, database=str(about["system"]))
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        raise StoreFailed(f"{statement}: {error}", hint="see the design's grants") from error
    finally:
        await connection.close()
