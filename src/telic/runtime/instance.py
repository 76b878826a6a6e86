"""One running instance: its chain, its connections and jobs, and the way it ends."""

from __future__ import annotations

import asyncio
import importlib
import logging
import socket
import sys
from collections.abc import Callable
from pathlib import Path

from telic.clock import SystemClock
from telic.errors import UsageError
from telic.runtime import config as configuration
from telic.runtime import tls
from telic.runtime.application import Application
from telic.runtime.assembly import Assembly
from telic.runtime.config import LiveConfig
from telic.runtime.consuming import consumers
from telic.runtime.jobs import repeat
from telic.runtime.live import LiveRuntime
from telic.runtime.ports import Runtime
from telic.runtime.server.protocol import Connections
from telic.runtime.server.shell import Shell
from telic.runtime.server.system import SystemAnswers
from telic.runtime.telemetry import saturation
from telic.runtime.telemetry.pipeline import Pipeline
from telic.runtime.telemetry.process import LoopLag, register

Build = Callable[[Runtime], Application]
LAME = 0.15  # replies still go out, each with 'connection: close', so that callers leave by themselves [s]
DRAIN = 3.0  # what is in flight may take so long; users have gone by then [s]


class Instance:
    """A service being served."""

    def __init__(self, name: str, build: Build, live: LiveConfig, pipeline: Pipeline, release: Path) -> None:
        self.name, self._live, self._pipeline = name, live, pipeline
        config, recorder = live.now, pipeline.recorder
        self._clock, self.log = SystemClock(), logging.getLogger(config.service)
        self._runtime = LiveRuntime(live, self._clock, recorder, self.log)
        if "opentelemetry.trace" in sys.modules:  # the service's own code makes spans with the official API
            importlib.import_module("telic.runtime.telemetry.official").install(recorder)
        self._application = build(self._runtime)
        if self._application.service != config.service:
            raise UsageError(f"{self._application.service} was built where {config.service} should run")
        self._assembly = Assembly(self._application, self._runtime, config)
        shell = Shell(
            self._application,
            self._assembly.chain,
            clock=self._clock,
            tokens=self._runtime.tokens,
            recorder=recorder,
            log=self.log,
            system=SystemAnswers(name, live, lambda: self.connections.draining, release).answer,
        )
        self._shell = shell
        self.connections = Connections(shell.handle)
        self._consumers = consumers(
            self._application.consumes,
            self._runtime.queue,
            shell.handle,
            lambda: live.now.settings,
            clock=self._clock,
            recorder=recorder,
            log=self.log,
        )
        live.follow(self._assembly.apply)
        live.follow(pipeline.apply)

    async def serve(self, listener: socket.socket, config_file: Path, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; raise `InvalidConfig` when the configuration cannot be applied any more."""
        loop = asyncio.get_running_loop()
        lag = LoopLag(loop)
        self._register(lag)
        for hook in self._application.on_start:
            await hook()
        context = tls.presenting(self._live.now)
        server = await loop.create_server(self.connections, sock=listener, backlog=1024, ssl=context)
        watching = asyncio.create_task(configuration.watch(config_file, self._live, self._clock))
        recorder = self._pipeline.recorder
        jobs = [asyncio.create_task(repeat(each, self._clock, recorder, self.log)) for each in self._assembly.jobs()]
        jobs += [asyncio.create_task(each.run()) for each in self._consumers]
        stopping = asyncio.create_task(stop.wait())
        self.log.info("%s serves at port %d", self.name, listener.getsockname()[1])
        try:
            await asyncio.wait((watching, stopping), return_when=asyncio.FIRST_COMPLETED)
            if watching.done():
                watching.result()
            await self._drain(server)
        finally:
            for each in (watching, stopping, *jobs):
                each.cancel()
            await asyncio.gather(watching, stopping, *jobs, return_exceptions=True)
            for hook in self._application.on_stop:
                await hook()
            lag.close()
            self._runtime.close()

    async def _drain(self, server: asyncio.Server) -> None:
        self.connections.draining = True
        server.close()
        begun = self._clock.monotonic()
        while (spent := self._clock.monotonic() - begun) < DRAIN and (spent < LAME or self.connections.busy):
            await self._clock.sleep(0.01)
        self.connections.close_all()
        self._shell.close()

    def _register(self, lag: LoopLag) -> None:
        metrics, admission = self._pipeline.recorder.metrics, self._assembly.chain.admission
        register(metrics, lag)
        saturation.register(metrics, admission)
