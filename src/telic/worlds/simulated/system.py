"""A system of simulated processes: the live verbs over instances, links and stores on one virtual loop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

import msgspec

from telic.model import Design
from telic.model.design import REPLICA
from telic.model.weather import Weather
from telic.runtime.client.transport import TransportFailed
from telic.runtime.server.messages import Request, Response
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.http import PROBE_WITHIN
from telic.worlds.local.layout import Layout
from telic.worlds.local.nats import BATCH, UNREADABLE
from telic.worlds.local.ports import Ports
from telic.worlds.local.reconcile import USER
from telic.worlds.local.supervised import Start
from telic.worlds.local.system import PrivilegeVerb, System
from telic.worlds.simulated.authority import SimulatedAuthority
from telic.worlds.simulated.caller import Caller, Ended
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.events import SimulatedEvents
from telic.worlds.simulated.instance import SimulatedInstance
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.network import Network
from telic.worlds.simulated.pipeline import LastWords, SimulatedPipeline
from telic.worlds.simulated.process import Body, SimulatedProcess
from telic.worlds.simulated.site import Site
from telic.worlds.simulated.stores import Stores
from telic.worlds.simulated.streams import stream
from telic.worlds.simulated.telemetry import SimulatedTelemetry

FIRST_PID = 1001
_PROBE = Request("GET", "/-/ready", "", {}, b"")


class SimulatedSystem(System):
    """One running system on `loop`.

    Parameters
    ----------
    clock
        Of the loop.
    seed
        Of every source of chance.
    """

    def __init__(
        self, design: Design, desired: Desired, layout: Layout, *, loop: VirtualLoop, clock: LoopClock, seed: int
    ) -> None:
        self.loop, self.loop_clock, self.seed = loop, clock, seed
        self.telemetry = SimulatedTelemetry(loop, seed, start=clock.start)
        super().__init__(
            design,
            desired,
            layout,
            clock=clock,
            events=SimulatedEvents(design.system, clock, self.telemetry),
            ports=Ports(_taken(desired), lambda port: True),
            endpoint="http://127.0.0.1:4318",
            telemetry=True,
        )
        self.network = Network(loop, stream(seed, "network"))
        self.authority = SimulatedAuthority(self.network.certificates)
        self.stores = Stores(loop, self.network, design, seed)
        self._site = Site(loop, clock, self.network, self.stores, seed)
        self._pids = itertools.count(FIRST_PID)
        self._tasks: list[asyncio.Task[object]] = []
        self._instances: dict[str, SimulatedInstance] = {}  # the last process of each name
        self._starts: dict[str, int] = {}
        self._words: dict[str, LastWords] = {}

    def process(self, body: Body, exited: asyncio.Future[int]) -> SimulatedProcess:
        """Return the process of a body."""
        return SimulatedProcess(next(self._pids), body, exited)

    def starter(self, service: DesiredService) -> Start:
        """Return what makes an instance, from the release and the configuration that are on disk."""
        name, instance = service.name, service.instance
        release = self.layout.release(name, service.version)

        async def start() -> SimulatedProcess:
            configuration = self.layout.config(name, instance).read_bytes()
            starts = self._starts[instance] = self._starts.get(instance, 0) + 1
            pipeline = SimulatedPipeline(self.telemetry, name, instance, self.seed, starts)
            exited: asyncio.Future[int] = self.loop.create_future()
            body = SimulatedInstance(self._site, instance, name, release, configuration, pipeline, exited)
            body.log.addHandler(self._words.setdefault(instance, LastWords()))
            self._instances[instance] = body
            return self.process(body, exited)

        return start

    def write_configuration(self, service: DesiredService) -> None:
        """Write the file, and let the instance that reads it find it."""
        super().write_configuration(service)
        instance = self._instances.get(service.instance)
        if instance is not None:
            instance.configure(self.layout.config(service.name, service.instance).read_bytes())

    async def said(self, service: DesiredService) -> Mapping[str, object] | None:
        """Ask the instance over the network, past the links, for 1 s at most."""
        try:
            async with asyncio.timeout(PROBE_WITHIN):
                reply = await self.network.ask(service.port, _PROBE)
        except (TransportFailed, TimeoutError):
            return None
        found: dict[str, object] = msgspec.json.decode(reply.body) if reply.status == 200 else {}
        return found or None

    async def lead_traffic(self, callee: str = "") -> None:
        """Lead the links to where the callee listens."""
        desired = self.desired
        for edge, ports in desired.links.items():
            target = edge.partition("->")[2]
            if callee in ("", target):
                port = desired.stores[target] if target in desired.stores else desired.services[target].port
                self.network.route(edge, ports, port)

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        """Keep a coroutine running for as long as the world lives."""
        self._tasks.append(self.loop.create_task(work))

    def weather(self, edge: str, weather: Weather) -> None:
        """Set what the primary link of an edge does to messages."""
        link = self.network.link(edge)
        if link is not None:
            link.set_weather(weather)

    async def enter(self, request: Request) -> Response:
        """Carry a request of a user to the entry and its answer back.

        Raises
        ------
        TransportFailed
            No answer comes.
        """
        reply = await self.network.ask(self._door, request)
        return Response(reply.status, reply.body)

    def begin(self, request: Request, ended: Ended) -> Caller:
        """Carry a request of a user to the entry; `ended` gets status and body, or the error."""
        caller = Caller(ended)
        caller.exchange = self.network.begin(self._door, request, caller)
        return caller

    @property
    def _door(self) -> int:
        """The port that users know."""
        return self.desired.links[f"{USER}->{self.design.entry}"]["a"]

    def last_words(self, process: str, lines: int = 3) -> str:
        """Return the last lines that an instance logged before it ended."""
        words = self._words.get(process)
        return "\n".join(words.lines[-lines:]) if words else ""

    async def prepare_database(self, design: Design) -> None:
        """Seed and grant: done when the stores were made."""

    async def held(self, service: str, table: str) -> tuple[str, ...]:
        """Ask the simulated database."""
        return self.stores.postgres.grants.held(service, table)

    async def change_privileges(self, verb: PrivilegeVerb, service: str, table: str, privileges: str) -> None:
        """Change them in the simulated database."""
        grants = self.stores.postgres.grants
        (grants.grant if verb == "GRANT" else grants.revoke)(service, table, privileges)

    async def repairs(self, store: str) -> list[str]:
        """Say what is wrong with the simulated database, apart from passwords, or with its replica."""
        if store == REPLICA:
            return self.stores.replica.repairs()
        return self.stores.postgres.troubles.repairs()

    async def repair(self, store: str, statements: Sequence[str]) -> None:
        """Take it back."""
        if store == REPLICA:
            self.stores.replica.pause(False)
            return
        self.stores.postgres.troubles.repair(statements)

    async def flush_cache(self) -> None:
        """Empty the simulated Valkey."""
        self.stores.valkey.flush()

    async def poison_queue(self, subject: str, count: int) -> None:
        """Put them into the simulated NATS."""
        server = self.stores.nats
        server.purge(subject, BATCH)
        for number in range(count):
            server.put(subject, f"{BATCH}{self.loop.time():.6f}-{number}", UNREADABLE, "")


def _taken(desired: Desired) -> list[int]:
    links = [port for ports in desired.links.values() for port in ports.values()]
    return links + list(desired.stores.values()) + [each.port for each in desired.services.values()]
