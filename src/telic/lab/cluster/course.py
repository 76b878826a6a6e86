"""A course in a cluster: a namespace of its own with a design, its telemetry and its harm, and users from here."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import cast

import asyncpg
import msgspec

from telic import loop
from telic.errors import StoreFailed, UsageError
from telic.lab import journey, stored
from telic.lab.cluster import LEFT, plays
from telic.lab.cluster.played import ASK, PlayedWorld, PlayingHarm
from telic.lab.course import Hurt, Tell, Told
from telic.lab.fault import Scene, params_from_text
from telic.lab.injection import Injection, heal_all
from telic.lab.injector import Injector, Wanted
from telic.lab.journey import Journey
from telic.lab.ledger import Ledger
from telic.lab.timing import timed
from telic.model import Design, Harm, dump
from telic.model.intent import EntityType
from telic.operate.events import Event
from telic.settings import Settings
from telic.worlds.kubernetes import place, receiver, starting, waiting
from telic.worlds.kubernetes.api import Api, connect, has_chaos
from telic.worlds.kubernetes.names import PORT
from telic.worlds.kubernetes.pods import Options
from telic.worlds.kubernetes.settings import STORES
from telic.worlds.kubernetes.tunnel import Tunnel

LOOK = 0.05  # whether a thread has ended [s]
Connect = Callable[[str, str], Api]  # to a namespace, by a context


class ClusterCourse(Journey):
    """A loaded system in a cluster; injector and operator are threads of this process, and reach it over the API."""

    world: PlayedWorld

    @cached_property
    def harm(self) -> Harm:  # type: ignore[override]
        """What hurts this world; loads and objects of Chaos Mesh end with the course."""
        return cast(Harm, PlayingHarm(self.world, self.design))

    def operate(self) -> None:
        """Start the operator in a thread."""
        self._stopped = threading.Event()
        self._operated = self.beside("operator", self._operated_until(self._stopped))

    def dismiss(self) -> None:
        """End the operator."""
        if "_stopped" in vars(self):
            self._stopped.set()
            _awaited(self._operated)
            del self._stopped

    @contextmanager
    def injecting(self, hurt: Hurt) -> Iterator[Callable[[], Injection | None]]:
        """Inject from a thread of this process, as an episode's director does."""
        scene = Scene(self.harm, self.design, self.world.changes)
        ledger, found = Ledger(self.world.state_folder / "harm"), list[Injection]()
        injector = Injector(scene, ledger, self.world.clock)
        wanted = Wanted(hurt.fault, hurt.seed, params_from_text(hurt.fault, hurt.params), hurt.after, hurt.decoy_before)

        async def inject() -> None:
            if (done := await injector.run(wanted)) is not None:
                found.append(done)

        done = self.beside("injector", inject())
        try:
            yield lambda: found[0] if done() and found else None
        finally:
            injector.stop.set()
            _awaited(done)
            heal_all(scene, ledger, self.world.clock)

    def things(self, entity: EntityType) -> Sequence[object]:
        """Ask the database, as its owner, through a tunnel that is open for the question alone."""
        api, system = self.world.api, self.design.system
        with Tunnel(api, system, "postgres", STORES["postgres"]) as tunnel:
            return asyncio.run(
                _kept(tunnel.port, starting.secret_of(api, "postgres-admin", "password"), self.design, entity)
            )

    async def _operated_until(self, stopped: threading.Event) -> None:
        stop = asyncio.Event()

        async def hear() -> None:
            await asyncio.to_thread(stopped.wait)
            stop.set()

        hearing = asyncio.create_task(hear())
        try:
            await loop.operate(self.world, self.design, self._on_event, stop)
        finally:
            stopped.set()
            await hearing

    def _on_event(self, event: Event) -> None:
        with self.events_path.open("ab") as sink:
            sink.write(dump(event) + b"\n")


@contextmanager
def start(
    design: Design,
    settings: Settings,
    tell: Tell,
    *,
    kinds: Sequence[str] = (),
    workload: str = "normal",
    rate: float | None = None,
    shape: str = "constant",
    seed: int = 1,
    connected: Connect = lambda namespace, context: connect(namespace, context=context),
) -> Iterator[ClusterCourse]:
    """Start and load a design in a namespace of its own, with nobody at work; at the end the namespace is removed.

    Where this process is killed, the next start on this machine removes it, or `telic lab doctor`.

    Parameters
    ----------
    kinds
        Of the faults that will be played: those that need Chaos Mesh are refused where a cluster has none.
    connected
        Gives the API of a namespace.

    Raises
    ------
    UsageError
        No image, no cluster, no client of it, or no Chaos Mesh for a fault that needs it.
    WorldError
        Something did not get ready; the namespace is removed again.
    """
    plays.require_image(settings, design.system)
    timings: dict[str, float] = {}
    api = connected(place.new_name(design.system), settings.kubernetes)
    place.sweep(api)
    if (needed := plays.needs_chaos(kinds)) and not has_chaos(api):
        raise UsageError(
            f"{', '.join(needed)}: the cluster has no Chaos Mesh",
            hint="install it: chaos-mesh.org, or play other faults",
        )
    folder = settings.system(design.system)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / LEFT).write_bytes(msgspec.json.encode({"context": settings.kubernetes, "namespace": api.namespace}))
    with ExitStack() as ends:
        ends.enter_context(place.held(api, design.system))
        with timed(timings, "ready"):
            url = _up(api, design, settings, folder, lambda text: tell(Told(time.time(), "step", text)), ends)
        world = PlayedWorld(api, design, url, folder)
        course = ends.enter_context(
            journey.loaded(
                ClusterCourse, world, design, tell, workload=workload, rate=rate, shape=shape, seed=seed, operate=False
            )
        )
        course.timings = timings
        yield course


def _up(
    api: Api, design: Design, settings: Settings, folder: Path, tell: Callable[[str], None], ends: ExitStack
) -> str:
    """Start everything in the namespace; return where users enter."""
    image = settings.kubernetes_image
    tell(f"starting {design.system} in namespace {api.namespace}")
    for each in receiver.manifests(design.system, api.namespace, image):
        api.create(each)
    starting.start(api, design, Options(namespace=api.namespace, image=image, telemetry=receiver.ENDPOINT))
    waiting.until_ready(api, image=image, tell=tell)
    ends.enter_context(Tunnel(api, f"{design.system}-lab", receiver.NAME, receiver.ASK, at=folder / ASK))
    tell(f"everything is ready in namespace {api.namespace}")
    if settings.kubernetes_entry:
        return settings.kubernetes_entry.replace("{namespace}", api.namespace)
    return f"http://127.0.0.1:{ends.enter_context(Tunnel(api, design.system, design.entry, PORT)).port}"


def _awaited(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(LOOK)


async def _kept(port: int, password: str, design: Design, entity: EntityType) -> Sequence[object]:
    try:
        database = await asyncpg.connect(
            host="127.0.0.1", port=port, user="postgres", password=password, database=design.system, timeout=10.0
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise StoreFailed(f"the database does not answer: {error}", hint="see the pod of postgres") from error
    try:
        return await stored.kept(database, design, entity)
    finally:
        await database.close()
