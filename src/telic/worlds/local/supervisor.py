"""The supervisor: brings a world up, answers on the control socket, brings it down."""

from __future__ import annotations

import asyncio
import os
import socket
from concurrent.futures import Executor
from pathlib import Path

from telic.worlds.local import control, replica_lag
from telic.worlds.local.desired import load_desired
from telic.worlds.local.host_pids import HostPids
from telic.worlds.local.lifetime import Lifetime
from telic.worlds.local.live import LocalSystem
from telic.worlds.local.live_observe import LocalObserver
from telic.worlds.local.methods import methods
from telic.worlds.local.ports import listen
from telic.worlds.local.reconcile import read_design, reconcile
from telic.worlds.local.sampler import Sampler
from telic.worlds.local.spec import Spec
from telic.worlds.local.start import bring_down, bring_up

INNER_OTLP_PORT = 4318  # in the world's own network [1]


def run(spec: Spec, pids: HostPids, pid: int, outside: Executor) -> None:
    """Run one world to its end; `pid` is what the host calls this process."""
    asyncio.run(_live(spec, pids, pid, outside))


async def _live(spec: Spec, pids: HostPids, pid: int, outside: Executor) -> None:
    await _World(spec, pids, pid, outside).live()


class _World(Lifetime):
    _system: LocalSystem | None = None
    _server: asyncio.Server | None = None

    def __init__(self, spec: Spec, pids: HostPids, pid: int, outside: Executor) -> None:
        super().__init__(spec, pid)
        self._pids, self._outside = pids, outside

    async def bring_up(self) -> None:
        self._system, inner = self._make()
        self._sampler = Sampler(self._system.clock, os.getpid())
        self._observer = LocalObserver(self._system, self._sampler)
        self._server = await control.serve(
            self.spec.layout.control, methods(self._system, self._observer, self.ending.set, self.announce)
        )
        await bring_up(self._system, inner, lambda text: self.tell({"step": text}))
        self.started = self._system.clock.time()

    async def run_on(self) -> None:
        assert self._system is not None
        assert self._server is not None
        async with self._server:
            watching = [
                asyncio.create_task(self._sampler.watch(self._observer.pids)),
                asyncio.create_task(self._system.events.send_forever()),
                *(asyncio.create_task(each) for each in replica_lag.watches(self._system)),
            ]
            await self.ending.wait()
            for each in watching:
                each.cancel()

    async def bring_down(self) -> None:
        if self._system is not None:
            await bring_down(self._system)

    def design_folder(self) -> str:
        return self._system.desired.design_folder if self._system else self.spec.design_folder

    def _make(self) -> tuple[LocalSystem, socket.socket | None]:
        spec = self.spec
        design = read_design(Path(spec.design_folder))
        desired = reconcile(load_desired(spec.layout.desired), design, spec.layout)
        inner = listen(INNER_OTLP_PORT) if spec.isolation == "namespace" else None
        otlp_port = INNER_OTLP_PORT if inner else int(spec.otlp.rpartition(":")[2])
        return LocalSystem(spec, design, desired, self._pids, self._outside, otlp_port=otlp_port), inner
