"""The supervisor: brings a world up, answers on the control socket, brings it down."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path

from telic.errors import TelicError, WorldError
from telic.worlds.local import control
from telic.worlds.local.desired import load_desired
from telic.worlds.local.host_pids import HostPids
from telic.worlds.local.layout import write_atomically
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
    asyncio.run(_World(spec, pids, pid, outside).live())


class _World:
    def __init__(self, spec: Spec, pids: HostPids, pid: int, outside: Executor) -> None:
        self._spec, self._pids, self._pid, self._outside = spec, pids, pid, outside
        self._launcher = socket.socket(fileno=spec.talk_fd)
        self._ending = asyncio.Event()
        self._ready = False
        self._started = 0.0

    async def live(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._ending.set)
        up = asyncio.create_task(self._up_and_on())
        orphaned = asyncio.create_task(self._watch_launcher())
        ending = asyncio.create_task(self._ending.wait())
        await asyncio.wait([up, orphaned, ending], return_when=asyncio.FIRST_COMPLETED)
        if orphaned.done() and not up.done():
            return  # whoever started us has gone before we were ready: the end of this process ends everything
        if not up.done() and not self._ready:
            up.cancel()
        for each in (orphaned, ending):
            each.cancel()
        await up

    async def _up_and_on(self) -> None:
        layout = self._spec.layout
        system: LocalSystem | None = None
        try:
            system, inner = self._make()
            observer = LocalObserver(system, sampler := Sampler(system.clock, os.getpid()))
            server = await control.serve(
                layout.control, methods(system, observer, self._ending.set, lambda: self._announce(system))
            )
            await bring_up(system, inner, lambda text: self._tell({"step": text}))
            self._started = system.clock.time()
            self._announce(system)
            self._ready = True
            self._tell({"ready": self._about(system)})
            async with server:
                watching = [
                    asyncio.create_task(sampler.watch(observer.pids)),
                    asyncio.create_task(system.events.send_forever()),
                ]
                await self._ending.wait()
                for each in watching:
                    each.cancel()
        except TelicError as error:
            self._tell({"failed": control.described(error)})
        except asyncio.CancelledError:
            ended = WorldError(f"{self._spec.system} was taken down while it started", hint="start it with `telic up`")
            self._tell({"failed": control.described(ended)})
        finally:
            layout.system_file.unlink(missing_ok=True)
            if system is not None:
                await bring_down(system)
            layout.control.unlink(missing_ok=True)

    def _make(self) -> tuple[LocalSystem, socket.socket | None]:
        spec = self._spec
        design = read_design(Path(spec.design_folder))
        desired = reconcile(load_desired(spec.layout.desired), design, spec.layout)
        inner = listen(INNER_OTLP_PORT) if spec.isolation == "namespace" else None
        otlp_port = INNER_OTLP_PORT if inner else int(spec.otlp.rpartition(":")[2])
        return LocalSystem(spec, design, desired, self._pids, self._outside, otlp_port=otlp_port), inner

    def _announce(self, system: LocalSystem | None) -> None:
        """Write what is up."""
        if system is not None:
            write_atomically(self._spec.layout.system_file, json.dumps(self._about(system), indent=1).encode())

    def _about(self, system: LocalSystem) -> Mapping[str, object]:
        spec = self._spec
        return {
            "system": spec.system,
            "pid": self._pid,
            "isolation": spec.isolation,
            "url": spec.url,
            "otlp": spec.otlp,
            "design": system.desired.design_folder,
            "started": self._started,
        }

    def _tell(self, message: Mapping[str, object]) -> None:
        try:
            self._launcher.sendall(json.dumps(message).encode() + b"\n")
        except OSError:  # it has gone; `_watch_launcher` decides what that means
            return

    async def _watch_launcher(self) -> None:
        """Return when whoever started us has gone without having heard that we are ready."""
        self._launcher.setblocking(False)
        while True:
            said = await asyncio.get_running_loop().sock_recv(self._launcher, 64)
            if b"keep" in said:
                await asyncio.Event().wait()
            if not said:
                return
