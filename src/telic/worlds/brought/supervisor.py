"""The supervisor of somebody's own programs: receiver, proxy and programs up, the control socket, all of it down."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from telic.errors import PortInUse
from telic.model import ServiceState
from telic.worlds.brought.designing import opened
from telic.worlds.brought.pulse import Pulse
from telic.worlds.brought.system import BroughtSystem, start_programs
from telic.worlds.brought.verbs import BroughtMethods
from telic.worlds.local import checks, control, proc
from telic.worlds.local.host_pids import HostPids
from telic.worlds.local.lifetime import Lifetime
from telic.worlds.local.live_observe import LocalObserver
from telic.worlds.local.observe import Vitals
from telic.worlds.local.parts import keep_part
from telic.worlds.local.ports import is_free, listen
from telic.worlds.local.sampler import Sampler
from telic.worlds.local.spec import Spec
from telic.worlds.local.start import bring_down, keep_receiver
from telic.worlds.local.supervisor import INNER_OTLP_PORT


def run(spec: Spec, pids: HostPids, pid: int, outside: Executor) -> None:
    """Run one world to its end; `pid` is what the host calls this process."""
    asyncio.run(_live(spec, pids, pid, outside))


async def _live(spec: Spec, pids: HostPids, pid: int, outside: Executor) -> None:
    await _World(spec, pids, pid, outside).live()


class _World(Lifetime):
    _system: BroughtSystem | None = None
    _server: asyncio.Server | None = None

    def __init__(self, spec: Spec, pids: HostPids, pid: int, outside: Executor) -> None:
        super().__init__(spec, pid)
        self._pids, self._outside = pids, outside

    async def bring_up(self) -> None:
        spec = self.spec
        design, found = opened(Path(spec.design_folder))
        inner = listen(INNER_OTLP_PORT) if spec.isolation == "namespace" else None
        otlp_port = INNER_OTLP_PORT if inner else int(spec.otlp.rpartition(":")[2])
        system = BroughtSystem(
            spec, design, found.app, Path(found.folder), self._pids, self._outside, otlp_port=otlp_port
        )
        self._system = system
        _require_free(system)
        self._sampler = Sampler(system.clock, os.getpid())
        self._observer = FamilyObserver(system, self._sampler)
        methods = BroughtMethods(system, self._observer, self.ending.set, self.announce)
        self._server = await control.serve(spec.layout.control, methods.table())
        await system.proxy.follow(system.routes())
        await keep_receiver(system, inner, system.peers())
        await keep_part(system, "proxy", system.proxy.start, system.proxy.is_ready)
        self.tell({"step": "receiver and proxy are ready"})
        await start_programs(system)
        self.tell({"step": f"{len(system.services)} services are ready"})
        self.started = system.clock.time()

    async def run_on(self) -> None:
        assert self._system is not None
        assert self._server is not None
        pulse = Pulse(self._system, self._observer)
        async with self._server:
            watching = [
                asyncio.create_task(self._sampler.watch(self._observer.pids)),
                asyncio.create_task(self._system.events.send_forever()),
                asyncio.create_task(pulse.send_forever()),
            ]
            await self.ending.wait()
            for each in watching:
                each.cancel()

    async def bring_down(self) -> None:
        if self._system is not None:
            await bring_down(self._system)

    def design_folder(self) -> str:
        return self.spec.design_folder


class FamilyObserver(LocalObserver):
    """Counts what a program started as part of it."""

    def _service(self, name: str, vitals: Mapping[str, Vitals]) -> ServiceState:
        return replace(super()._service(name, vitals), policies={})  # it has none that we know

    async def vitals(self) -> Mapping[str, Vitals]:
        """Measure every program with its children."""
        families = {
            kept.name: (kept.child.pid, proc.family(kept.child.pid))
            for kept in self.system.services.values()
            if kept.child is not None
        }
        memory = await self._sampler.memory(sorted({pid for _, pids in families.values() for pid in pids}))
        return {name: self._vitals(pid, pids, memory) for name, (pid, pids) in families.items()}


def _require_free(system: BroughtSystem) -> None:
    """Refuse to start where somebody else listens at an address that the file names."""
    for each in system.app.services:
        if each.port and not is_free(each.port):
            raise PortInUse(
                f"port {each.port} of {each.name} is in use by {checks.holder(each.port)}",
                hint="end it, or write another port in the file and in the program",
                port=each.port,
            )
