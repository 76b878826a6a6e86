"""One instance of a service on virtual time: the counterpart of `telic.runtime.instance`, as a process's body."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import math
import signal
from itertools import cycle
from pathlib import Path

from telic.runtime.client.transport import Reply
from telic.runtime.config import LOOK_EVERY, parse
from telic.runtime.failures import InvalidConfig
from telic.runtime.instance import DRAIN, LAME
from telic.runtime.server.messages import Request, Response
from telic.worlds.simulated.confined import Left
from telic.worlds.simulated.gate import GatedClock, ProcessGate
from telic.worlds.simulated.links import Exchange
from telic.worlds.simulated.processor import Processor
from telic.worlds.simulated.service import Pipeline, Service
from telic.worlds.simulated.site import Site
from telic.worlds.simulated.streams import stream
from telic.worlds.simulated.telemetry.logs import instance_log

SERVICE_CPU = 0.0005  # of one request, median [s]
SIGMA = 0.4  # of its logarithm [1]
START_CPU = 0.15  # from the fork to a listening socket [s]
PER_BYTE = 0.000000005  # of a long answer: encoded, copied and sent; 5 ns [s]
LONG = 65_536  # shorter answers cost what every request costs [bytes]
FOREVER = 600.0  # who blocks for longer at once never comes back [s]
_TIMES = 2039  # drawn beforehand, used in turn [1]; a prime


class SimulatedInstance:
    """Implements `process.Body` and `network.Callee`.

    Parameters
    ----------
    name, service
        Such as ``hotel-1`` and ``hotel``.
    release
        Folder with ``services/<service>``.
    configuration
        Content of its configuration file.
    pipeline
        Where its telemetry goes.
    exited
        Gets the exit code where it ends by itself.

    Attributes
    ----------
    held
        Memory that its code holds in pieces of 64 KiB and more [bytes].
    files
        How many files it may have open, where that is less than it has [1]; 0: enough.
    """

    def __init__(
        self,
        site: Site,
        name: str,
        service: str,
        release: Path,
        configuration: bytes,
        pipeline: Pipeline,
        exited: asyncio.Future[int],
    ) -> None:
        self.name, self.service, self.release = name, service, release
        self._site, self._loop, self._network = site, site.loop, site.network
        self._configuration, self._pipeline, self._exited = configuration, pipeline, exited
        self._gate = ProcessGate(site.loop)
        self.clock = GatedClock(site.clock, self._gate)
        self.log = instance_log(service, pipeline.recorder)
        rng = stream(site.seed, "instance", name)
        times = [SERVICE_CPU * math.exp(rng.gauss(0.0, SIGMA)) for _ in range(_TIMES)]
        self._time, self._chance = cycle(times).__next__, rng.random
        self.processor = Processor(site.loop)
        self.served: Service | None = None
        self.draining = self._dead = False
        self._present: dict[Exchange, None] = {}
        self.held, self.files, self._most, self._blocked_until, self._own = 0, 0, math.inf, 0.0, 0.0
        self._port, self._more, self._stall = 0, math.inf, 0.0
        self._main: asyncio.Task[None] | None = None
        self.processor.submit(START_CPU * self._time() / SERVICE_CPU, self._start)

    @property
    def ready(self) -> bool:
        """Whether it would answer a readiness probe with 200 before long."""
        return self._port > 0 and not (self.draining or self._dead or self._gate.closed)

    @property
    def busy(self) -> int:
        """Requests under way [1]."""
        return len(self._present)

    def configure(self, configuration: bytes) -> None:
        """Let it find a changed configuration file, within a quarter of a second."""
        self._configuration = configuration
        self._loop.call_later(LOOK_EVERY * self._chance(), self._reload)

    async def handle(self, request: Request) -> Response:
        """Return the response to `request`, from the CPU's queue on."""
        answered: asyncio.Future[Reply] = self._loop.create_future()
        exchange = Exchange(request, answered, None)
        exchange.callee = self
        self.accept(exchange, 0.0)
        try:
            reply = await answered
        except asyncio.CancelledError:
            exchange.leave()
            raise
        return Response(reply.status, reply.body)

    def accept(self, exchange: Exchange, transit: float) -> None:
        """Take a request that arrives after `transit` [s]."""
        if self.files:
            self._loop.bare_at(self._loop._now + transit, exchange.reset)
            return
        self._present[exchange] = None
        self.processor.submit(self._time(), self._begin, exchange, transit=transit)

    def abandon(self, exchange: Exchange) -> None:
        """Stop working on a request whose caller has left."""
        if exchange.task is not None:
            exchange.task.cancel()

    async def terminate(self) -> None:
        """End in good order: what is under way is finished, if it does not take too long."""
        self.draining = True
        begun = self._loop.time()
        await self.clock.sleep(LAME)
        self._close_port()
        while self._present and self._loop.time() - begun < DRAIN:
            await self.clock.sleep(0.01)
        if self._dead:
            return
        if self.served is not None:
            await self.served.close()
        self._pipeline.close()
        self._end()

    def kill(self) -> None:
        """End at once: callers' connections break off, and telemetry that was not sent is lost."""
        if not self._dead:
            self._pipeline.abandon()
            self._end()

    def leave(self, code: int) -> None:
        """End at once by itself, as ``os._exit`` does: telemetry that was not sent is lost."""
        if not self._dead:
            self._pipeline.abandon()
            self._end()
            self._exited.set_result(code)

    def hold(self, size: int) -> None:
        """Hold `size` [bytes] of memory more, or less; the kernel kills or stalls whoever holds more than it may."""
        self.held += size
        if size < 0:  # what it held before it was limited, and gives back, it does not get again
            self._most = min(self._most, self.held + self._more)
        if size > 0 and self.held > self._most and not self._dead:
            if self._stall:
                self.block(self._stall)
                return
            self.leave(-signal.SIGKILL)
            raise Left("out of memory")

    def limit_memory(self, more: float, stall: float = 0.0) -> None:
        """Let it hold `more` memory than it does now [bytes]; who holds more ends, or stands still for `stall` [s]."""
        self._more, self._most, self._stall = more, self.held + more, stall

    def skew(self, seconds: float) -> None:
        """Have a wall clock that is `seconds` ahead, in what its telemetry says as well."""
        self.clock.skew(seconds)
        self._pipeline.skew(seconds)

    def block(self, seconds: float) -> None:
        """Do nothing else for `seconds` [s], as ``time.sleep`` in a handler does."""
        loop = self._loop
        self._blocked_until = max(self._blocked_until, loop.time()) + max(0.0, seconds)
        self._own += max(0.0, seconds)
        self.stop()
        if self._blocked_until - loop.time() > FOREVER:
            raise Left("blocks for ever")
        loop.bare_at(self._blocked_until, self._unblock)

    def compute(self, seconds: float) -> None:
        """Do nothing but compute for `seconds` [s]."""
        self.processor.cpu_seconds += seconds
        self.block(seconds)

    def _unblock(self) -> None:
        if self._loop.time() >= self._blocked_until and not self._dead:
            self.resume()

    def say(self, text: str) -> None:
        """Print: lines go where the log's lines go, but not into telemetry."""
        for handler in self.log.handlers[1:]:
            handler.handle(logging.makeLogRecord({"name": self.service, "levelname": "stderr", "msg": text.rstrip()}))

    def stop(self) -> None:
        """Stand still."""
        self._gate.close()
        self.processor.stop()
        self._pipeline.pause()

    def resume(self) -> None:
        """Go on."""
        self.processor.resume()
        self._pipeline.resume()
        self._gate.open()

    def throttle(self, share: float) -> None:
        """Run on `share` [1] of one CPU."""
        self.processor.share = share

    def cpu_seconds(self) -> float:
        """Return the CPU time used [s]."""
        background = 0.0 if self.served is None else self.served.runtime.background.cpu_seconds
        return self.processor.cpu_seconds + background

    def kept_seconds(self) -> float:
        """Return for how long it was kept from running [s]; that it kept itself does not count."""
        return max(0.0, self.processor.kept_seconds() - self._own)

    def _start(self) -> None:
        self._main = self._loop.create_task(self._serve(), name=self.name, context=contextvars.Context())

    async def _serve(self) -> None:
        try:
            config = parse(self._configuration, f"{self.service}/{self.name}.json")
            if config.service != self.service:
                raise InvalidConfig(f"{self.name} got the configuration of {config.service}", hint="mend --config")
            self._pipeline.apply(config)
            self.served = Service(self, self._site, config, self._gate, self._pipeline)
            await self.served.start()
            self._network.listen(config.listen.port, self)
            self._port = config.listen.port
        except Exception as error:  # the process's border: whatever ends it is said, with its trace
            self.log.exception("%s ends: %s", self.name, error)
            self._fail()
        else:
            self.log.info("%s serves at port %d", self.name, self._port)

    def _begin(self, exchange: Exchange) -> None:
        if exchange.left or self.served is None:
            self._present.pop(exchange, None)
            return
        exchange.task = self._loop.create_task(self._work(exchange, self.served), context=contextvars.Context())

    async def _work(self, exchange: Exchange, served: Service) -> None:
        try:
            response = await served.handle(exchange.request)
            if len(response.body) > LONG:
                await self.processor.use(len(response.body) * PER_BYTE)
            if self._gate.closed:
                await self._gate.passed()
            exchange.answer(response)
        finally:
            self._present.pop(exchange, None)

    def _reload(self) -> None:
        if self._dead or self.served is None:
            return
        try:
            changed = parse(self._configuration, f"{self.service}/{self.name}.json")
            if changed != self.served.live.now:
                self.served.live.apply(changed)
        except Exception as error:  # as a process that cannot follow its configuration
            self.log.exception("%s ends: %s", self.name, error)
            self._fail()

    def _fail(self) -> None:
        if self._dead:
            return
        self._pipeline.close()
        self._end()
        if not self._exited.done():
            self._exited.set_result(1)

    def _end(self) -> None:
        self._dead = True
        self._close_port()
        self.processor.clear()
        if self._main is not None and self._main is not asyncio.current_task(self._loop):
            self._main.cancel()
        present, self._present = self._present, {}
        for exchange in present:
            if exchange.task is not None:
                exchange.task.cancel()
            exchange.reset()
        if self.served is not None:
            self.served.abandon()

    def _close_port(self) -> None:
        if self._port:
            self._network.unlisten(self._port, self)
            self._port = 0
