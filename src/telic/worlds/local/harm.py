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
from telic.model import Change, Scalar, State, Topology
from telic.registry import near_names
from telic.worlds.local import control, database, postgres
from telic.worlds.local.desired import load_desired
from telic.worlds.local.layout import Layout
from telic.worlds.local.reconcile import read_design
from telic.worlds.local.throttle import CgroupLimit, DutyCycle, send
from telic.worlds.local.world import LocalWorld, read

T = TypeVar("T")
_SIGNALS = ("STOP", "CONT", "KILL", "TERM")
_WITHIN = 30.0  # a deploy [s]
_HARM_WITHIN = 3.0  # an answer of the proxy [s]


class LocalHarm:
    """A `model.Harm` for the processes of one local world."""

    def __init__(self, world: LocalWorld, layout: Layout) -> None:
        self._world, self._layout = world, layout
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

    def link(self, edge: str, *, delay: float = 0.0, drop: bool = False) -> None:
        """Delay [s] each way, or drop, all messages of an edge's primary link; no arguments heal it."""
        self._ask_proxy({"edge": edge, "delay": delay, "drop": drop})

    def links(self) -> list[dict[str, object]]:
        """Return the weather and the load of every link."""
        return read(list[dict[str, object]], self._ask_proxy({}).get("links", []))

    def revoke(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Take `privileges` on ``schema.table`` from the role of `service`."""
        words = ", ".join(database.parse_privileges(privileges))
        self._execute(f"REVOKE {words} ON {database.quoted(table)} FROM {database.quoted(service)}")

    def grant(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Give them back; ``ALL`` gives what the design grants."""
        wanted = database.parse_privileges(privileges)
        if wanted == database.PRIVILEGES:
            wanted = self._granted(service, table)
        words = ", ".join(wanted)
        self._execute(f"GRANT {words} ON {database.quoted(table)} TO {database.quoted(service)}")

    def push_config(self, service: str, changes: Mapping[str, Scalar], *, author: str, summary: str) -> Change:
        """Push a configuration revision as a colleague would."""
        asked = {"service": service, "changes": dict(changes), "author": author, "summary": summary}
        return read(Change, self._ask("push_config", asked))

    def deploy(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Deploy a version whose files differ by `edits` (path in the release to new text) as a colleague would."""
        asked = {"service": service, "edits": dict(edits), "author": author, "summary": summary}
        return read(Change, self._ask("deploy", asked))

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the source files of the version of `service` that runs now."""
        return self._world.release_files(service)

    def restore(self, service: str, change: Change) -> None:
        """Take back what `push_config` or `deploy` did, if it is still in force."""
        self._ask("restore", {"service": service, "change": change.id})

    def state(self) -> State:
        """Return the world's state, for choosing a place."""
        return self._world.state()

    def topology(self) -> Topology:
        """Return the world's topology, for choosing a place."""
        return self._world.topology()

    def close(self) -> None:
        """End every duty cycle; its processes run on."""
        while self._cycles:
            self._cycles.popitem()[1].stop()

    def _pids(self, service: str) -> list[int]:
        state = self._world.state()
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

    def _granted(self, service: str, table: str) -> tuple[str, ...]:
        grants = read_design(self._world.design_folder()).grants
        found = [each.privileges for each in grants if (each.service, each.table) == (service, table)]
        if not found:
            raise UsageError(f"the design grants {service} nothing on {table}", hint="name the privileges")
        return tuple(privilege for privileges in found for privilege in privileges)

    def _execute(self, statement: str) -> None:
        asyncio.run(_administer(self._layout, self._postgres_port(), self._world.about(), statement))

    def _postgres_port(self) -> int:
        desired = load_desired(self._layout.desired)
        if desired is None or "postgres" not in desired.stores:
            raise UsageError("this system has no PostgreSQL", hint="choose another fault")
        return desired.stores["postgres"]

    def _ask(self, method: str, params: Mapping[str, object]) -> object:
        return control.ask(self._layout.control, method, params, timeout=_WITHIN)

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
