"""How a simulated world comes up: the live order of things, on virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from telic.model import Design
from telic.model.design import REPLICA
from telic.worlds.local import configuration, launch
from telic.worlds.local.layout import Layout
from telic.worlds.local.methods import methods
from telic.worlds.local.parts import keep_part, start_services
from telic.worlds.local.reconcile import reconcile
from telic.worlds.simulated import collecting, replica_lag
from telic.worlds.simulated.clock import START, LoopClock
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.observe import SimulatedObserver
from telic.worlds.simulated.process import SimulatedProcess
from telic.worlds.simulated.servers import PlainServer, PostgresServer
from telic.worlds.simulated.system import SimulatedSystem
from telic.worlds.simulated.world import SimulatedWorld

URL = "http://simulated"


def up(
    design: Design,
    state: Path,
    *,
    seed: int = 1,
    fresh: bool = True,
    wall: float = START,
    about: Mapping[str, object] | None = None,
    end: Callable[[], None] = lambda: None,
    announce: Callable[[], None] = lambda: None,
) -> SimulatedWorld:
    """Start a system on a virtual loop of its own and wait until every part of it is ready.

    Parameters
    ----------
    state
        Folder for releases, configuration and journal.
    seed
        Of every source of chance of this world.
    fresh
        Discard journal and change log of earlier runs; nothing else of them is used.
    wall
        Virtual wall clock at the start [s since the Unix epoch].
    about
        What is told of the world besides its system and design.
    end, announce
        What the methods ``down`` and ``deploy_design`` of the control socket do besides.

    Raises
    ------
    WorldError
        Something did not get ready.
    """
    layout = Layout.of(state)
    layout.state.mkdir(parents=True, exist_ok=True)
    if fresh:
        launch.discard(layout)
    for folder in (layout.secrets, layout.state / "log"):
        folder.mkdir(parents=True, exist_ok=True)
    loop = VirtualLoop()
    desired = reconcile(None, design, layout, free=lambda port: True)
    configuration.make_token_secret(layout)
    system = SimulatedSystem(design, desired, layout, loop=loop, clock=LoopClock(loop, wall), seed=seed)
    table = methods(system, SimulatedObserver(system), end, announce)
    told = {"system": design.system, "pid": 0, "isolation": "simulated", "url": URL, "otlp": "", "started": wall}
    world = SimulatedWorld(system, table, {**told, **(about or {})})
    loop.run_until_complete(_bring_up(system))
    collecting.settle()
    return world


async def _bring_up(system: SimulatedSystem) -> None:
    await system.lead_traffic()
    await asyncio.gather(*(_start_store(system, name) for name in system.design.stores))
    await start_services(system)
    if REPLICA in system.design.stores:
        replica_lag.watch(system)
    system.run(system.events.send_forever())


async def _start_store(system: SimulatedSystem, name: str) -> None:
    made: list[PostgresServer | PlainServer] = []

    async def start() -> SimulatedProcess:
        stores, loop = system.stores, system.loop
        if name == "postgres":
            made[:] = [PostgresServer(stores.postgres, loop)]
        elif name == REPLICA:
            stores.replica.pause(False)  # a server that starts replays
            made[:] = [PostgresServer(stores.replica.server, loop)]
        else:
            made[:] = [PlainServer(name, stores.nats if name == "nats" else stores.valkey, loop)]
        return system.process(made[0], loop.create_future())

    async def ready() -> bool:
        return bool(made) and made[0].ready

    await keep_part(system, name, start, ready)
