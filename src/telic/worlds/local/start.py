"""How a world comes up: everything that can start at once does; each failure names its process and its last words."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from telic.errors import StoreFailed
from telic.model.design import REPLICA
from telic.worlds.local import configuration, database_shelf, http, nats, postgres, replica, valkey
from telic.worlds.local.live import LocalSystem
from telic.worlds.local.namespace import wrap
from telic.worlds.local.parts import keep_part, start_services
from telic.worlds.local.processes import Child, python

RECEIVER = "telic.telemetry.receiver"
LAST_EVENTS_WITHIN = 0.3  # the receiver taking them [s]
Step = Callable[[str], None]


async def bring_up(system: LocalSystem, inner_otlp: socket.socket | None, step: Step) -> None:
    """Start all parts, prepare the stores, start all services; return when everything is ready.

    Raises
    ------
    WorldError
        Something did not get ready.
    """
    configuration.make_token_secret(system.layout)
    await system.proxy.follow(system.routes())
    async with _TaskFailure() as tasks:
        tasks.create_task(keep_receiver(system, inner_otlp))
        tasks.create_task(_start_stores(system, step))
        tasks.create_task(keep_part(system, "proxy", system.proxy.start, system.proxy.is_ready))
        tasks.create_task(keep_part(system, "forkserver", system.forks.start, system.forks.is_ready))
    step("stores, receiver and proxy are ready")
    await start_services(system)
    step(f"{len(system.services)} services are ready")


async def keep_receiver(
    system: LocalSystem, inner_otlp: socket.socket | None, peers: Mapping[int, str] | None = None
) -> None:
    """Start the receiver of telemetry and wait until it is ready.

    Parameters
    ----------
    peers
        Services by port, for spans of calls that name an address alone.

    Raises
    ------
    WorldError
        It does not get ready.
    """
    await keep_part(system, "receiver", _receiver(system, inner_otlp, peers or {}), _receiver_ready(system))


async def bring_down(system: LocalSystem) -> None:
    """End services first, so that they can flush; then everything else."""
    await asyncio.gather(*(each.stop() for each in system.services.values()))
    await asyncio.wait([asyncio.ensure_future(system.events.send())], timeout=LAST_EVENTS_WITHIN)
    await asyncio.gather(*(each.stop() for each in system.parts.values()))


async def _start_stores(system: LocalSystem, step: Step) -> None:
    async with _TaskFailure() as tasks:
        if "valkey" in system.design.stores:
            port = system.desired.stores["valkey"]
            command = valkey.command(system.layout, port)
            tasks.create_task(
                keep_part(system, "valkey", _plain(system, "valkey", command), lambda: valkey.is_ready(port))
            )
        if nats.STORE in system.design.stores:
            tasks.create_task(_start_nats(system))
        if "postgres" in system.design.stores:
            tasks.create_task(_start_postgres(system, step))


async def _start_nats(system: LocalSystem) -> None:
    port, layout = system.desired.stores[nats.STORE], system.layout
    command = nats.command(layout, system.design, port)
    await keep_part(system, nats.STORE, _plain(system, nats.STORE, command), lambda: nats.is_ready(layout, port))


async def _start_postgres(system: LocalSystem, step: Step) -> None:
    port, layout = system.desired.stores["postgres"], system.layout
    replicated = REPLICA in system.design.stores
    if system.spec.databases:
        await database_shelf.fill(layout, system.design, Path(system.spec.databases), system.children, port)
    await asyncio.to_thread(postgres.prepare, layout)

    async def start() -> Child:
        await asyncio.to_thread(postgres.sweep, layout.postgres)
        command = postgres.command(layout, port, settings=replica.OF_PRIMARY if replicated else {})
        return await system.children.start(command, log=layout.log("postgres"))

    probe = postgres.Standing(layout, port)

    async def ready() -> bool:
        try:
            await database_shelf.take_over(layout, port)
        except StoreFailed:
            return False
        return await probe.is_ready()

    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients
    await keep_part(system, "postgres", start, ready, stop_signal=signal.SIGINT)
    rows, applied = await system.make_database(system.design)
    if applied or rows:
        step(f"database: {len(applied)} migrations, {rows} seed rows")
    if replicated:
        await _start_replica(system)


async def _start_replica(system: LocalSystem) -> None:
    port, layout = system.desired.stores[REPLICA], system.layout
    primary = system.desired.stores["postgres"]
    await asyncio.to_thread(replica.prepare, layout, primary)

    async def start() -> Child:
        await asyncio.to_thread(postgres.sweep, layout.replica)
        return await system.children.start(replica.command(layout, port, primary), log=layout.log(REPLICA))

    probe = postgres.Standing(layout, port)
    await keep_part(system, REPLICA, start, probe.is_ready, stop_signal=signal.SIGINT)


def _plain(system: LocalSystem, name: str, command: list[str]) -> Callable[[], Awaitable[Child]]:
    async def start() -> Child:
        return await system.children.start(command, log=system.layout.log(name))

    return start


def _receiver(
    system: LocalSystem, inner: socket.socket | None, peers: Mapping[int, str]
) -> Callable[[], Awaitable[Child]]:
    spec, layout = system.spec, system.layout
    fds = [spec.otlp_fd] + ([inner.fileno()] if inner else [])
    arguments = ["--state", str(layout.state), "--socket", str(layout.telemetry), "--bytes", str(spec.telemetry_bytes)]
    arguments += [part for fd in fds for part in ("--listen-fd", str(fd))]
    arguments += ["--forward", spec.forward] if spec.forward else []
    arguments += ["--peers", ",".join(f"{port}={name}" for port, name in peers.items())] if peers else []
    command = wrap(python(RECEIVER, *arguments))

    async def start() -> Child:
        return await system.children.start(command, log=layout.log("receiver"), fds=fds, outside=bool(inner))

    return start


def _receiver_ready(system: LocalSystem) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return await http.ready(system.layout.telemetry) is not None

    return ready


class _TaskFailure(asyncio.TaskGroup):
    """A task group that raises the first failure itself and not a group of one."""

    async def __aexit__(self, *details: object) -> None:
        try:
            await super().__aexit__(*details)  # type: ignore[arg-type]
        except BaseExceptionGroup as group:
            found: BaseException = group
            while isinstance(found, BaseExceptionGroup):
                found = found.exceptions[0]
            raise found from None
