"""A service inside a simulated instance: its release, its chain, its jobs, what it tells of itself."""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Protocol

from telic.errors import UsageError
from telic.runtime.assembly import Assembly
from telic.runtime.config import Config, LiveConfig
from telic.runtime.consuming import consumers
from telic.runtime.jobs import repeat
from telic.runtime.server.messages import Request, Response
from telic.runtime.server.shell import Shell
from telic.runtime.server.system import SystemAnswers
from telic.runtime.telemetry import saturation
from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.simulated.confined import Confined
from telic.worlds.simulated.gate import GatedClock, ProcessGate
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.network import Network
from telic.worlds.simulated.processor import Processor
from telic.worlds.simulated.release import Release
from telic.worlds.simulated.runtime import SimulatedRuntime
from telic.worlds.simulated.runtime import StoresOf as RuntimeStores
from telic.worlds.simulated.streams import stream

RESIDENT = 60e6  # what a forked service holds when it starts [bytes]


class StoresOf(RuntimeStores, Protocol):
    """What gives instances their stores, and puts memory stores in the place of a release's SQL stores."""

    def adapt(self, service: str, modules: Mapping[str, ModuleType], /) -> None:
        """Let a release that was imported use memory stores."""
        ...


class Pipeline(Protocol):
    """Telemetry of one process, from its first log line to its last flush."""

    @property
    def recorder(self) -> Recorder:
        """What spans, logs and metrics are given to."""
        ...

    def apply(self, config: Config) -> None:
        """Follow the configuration: version, revision, on or off."""
        ...

    def pause(self) -> None:
        """Export nothing: the process is stopped."""
        ...

    def resume(self) -> None:
        """Export again."""
        ...

    def skew(self, seconds: float) -> None:
        """Stamp what is recorded from now on with a time that is so much ahead [s]."""
        ...

    def close(self) -> None:
        """Export what is left and end."""
        ...

    def abandon(self) -> None:
        """End; what was not exported is lost."""
        ...


class Host(Protocol):
    """The instance around it."""

    name: str
    service: str
    release: Path
    clock: GatedClock
    log: logging.Logger
    processor: Processor
    draining: bool
    held: int

    async def handle(self, request: Request) -> Response:
        """Return the response to a request, from the CPU's queue on."""
        ...

    def cpu_seconds(self) -> float:
        """Return the CPU time used [s]."""
        ...

    def leave(self, code: int) -> None:
        """End at once with an exit code, as ``os._exit`` does."""
        ...

    def hold(self, size: int) -> None:
        """Hold so much memory more [bytes]."""
        ...

    def block(self, seconds: float) -> None:
        """Do nothing else for `seconds` [s]."""
        ...

    def compute(self, seconds: float) -> None:
        """Do nothing but compute for `seconds` [s]."""
        ...

    def say(self, text: str) -> None:
        """Print."""
        ...


class Place(Protocol):
    """Where it runs."""

    @property
    def loop(self) -> VirtualLoop:
        """Where its time comes from."""
        ...

    @property
    def network(self) -> Network:
        """How it reaches others."""
        ...

    @property
    def stores(self) -> StoresOf:
        """What gives it its stores."""
        ...

    @property
    def seed(self) -> int:
        """Seed of the run."""
        ...


class Service:
    """The live shell and chains around a release's handlers."""

    def __init__(self, host: Host, place: Place, config: Config, gate: ProcessGate, pipeline: Pipeline) -> None:
        self._host, self._loop, self._recorder = host, place.loop, pipeline.recorder
        self.live = live = LiveConfig(config)
        host.log.setLevel(str(config.settings.get("log.level", "INFO")))
        self.runtime = SimulatedRuntime(
            live,
            host.clock,
            pipeline.recorder,
            host.log,
            loop=place.loop,
            network=place.network,
            stores=place.stores,
            gate=gate,
            seed=place.seed,
            name=host.name,
        )
        began = f"{place.loop.time():.6f}"  # a process that starts again draws something else
        release = Release(
            host.service,
            host.release,
            lambda modules: place.stores.adapt(host.service, modules),
            Confined(place.loop, host.clock.time, host, stream(place.seed, "code", host.name, began)).builtins,
        )
        place.loop.at_close(release.forget)
        chance = stream(place.seed, "chain", host.name).random
        with release.active():
            self._application = release.build(self.runtime)
            if self._application.service != config.service:
                raise UsageError(f"{self._application.service} was built where {config.service} should run")
            self._assembly = Assembly(self._application, self.runtime, config, chance=chance)
            self._shell = Shell(
                self._application,
                self._assembly.chain,
                clock=host.clock,
                tokens=self.runtime.tokens,
                recorder=pipeline.recorder,
                log=host.log,
                system=SystemAnswers(host.name, live, lambda: host.draining, host.release).answer,
            )
        self.handle = self._shell.handle
        self._jobs: list[asyncio.Task[None]] = []
        self._consumers = consumers(
            self._application.consumes,
            self.runtime.queue,
            host.handle,
            lambda: live.now.settings,
            clock=host.clock,
            recorder=pipeline.recorder,
            log=host.log,
        )
        live.follow(self._assembly.apply)
        live.follow(pipeline.apply)
        live.follow(lambda config: host.log.setLevel(str(config.settings.get("log.level", "INFO"))))
        self._register()

    async def start(self) -> None:
        """Do what has to be done before requests come; start the jobs."""
        for hook in self._application.on_start:
            await hook()
        for each in self._assembly.jobs():
            work = repeat(each, self._host.clock, self._recorder, self._host.log)
            self._jobs.append(self._loop.create_task(work, context=contextvars.Context()))
        for consumer in self._consumers:
            self._jobs.append(self._loop.create_task(consumer.run(), context=contextvars.Context()))

    async def close(self) -> None:
        """Do what has to be done at the end."""
        self._cancel_jobs()
        for hook in self._application.on_stop:
            await hook()

    def abandon(self) -> None:
        """Drop everything that is under way."""
        self._cancel_jobs()
        self._shell.close()
        self.runtime.close()

    def _cancel_jobs(self) -> None:
        for each in self._jobs:
            each.cancel()

    def _register(self) -> None:
        metrics, host = self._recorder.metrics, self._host
        metrics.counter("process.cpu.time", "s", read=host.cpu_seconds)
        metrics.gauge("process.memory.usage", "By", lambda: RESIDENT + host.held)
        metrics.gauge("telic.event_loop.lag", "s", host.processor.lag)
        saturation.register(metrics, self._assembly.chain.admission)
