"""How a world comes up: everything that can start at once does; each failure names its process and its last words."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable

from telic.errors import StoreFailed, WorldError
from telic.model import Design
from telic.worlds.local import configuration, database, http, postgres, valkey
from telic.worlds.local.backoff import Backoff
from telic.worlds.local.layout import log_tail
from telic.worlds.local.namespace import wrap
from telic.worlds.local.processes import Child, python
from telic.worlds.local.supervised import Supervised
from telic.worlds.local.system import System

RECEIVER = "telic.telemetry.receiver"
PART_WITHIN = 15.0  # a store, the receiver, the proxy, the fork server [s]
LAST_EVENTS_WITHIN = 0.3  # the receiver taking them [s]
Step = Callable[[str], None]


async def bring_up(system: System, inner_otlp: socket.socket | None, step: Step) -> None:
    """Start all parts, prepare the stores, start all services; return when everything is ready.

    Raises
    ------
    WorldError
        Something did not get ready.
    """
    configuration.make_token_secret(system.layout)
    await system.proxy.follow(system.routes())
    async with _TaskFailure() as tasks:
        tasks.create_task(_start_stores(system, step))
        tasks.create_task(_part(system, "receiver", _receiver(system, inner_otlp), _receiver_ready(system)))
        tasks.create_task(_part(system, "proxy", system.proxy.start, system.proxy.is_ready))
        tasks.create_task(_part(system, "forkserver", system.forks.start, system.forks.is_ready))
    step("stores, receiver and proxy are ready")
    await _start_services(system)
    step(f"{len(system.services)} services are ready")


async def bring_down(system: System) -> None:
    """End services first, so that they can flush; then everything else."""
    await asyncio.gather(*(each.stop() for each in system.services.values()))
    await asyncio.wait([asyncio.ensure_future(system.events.send())], timeout=LAST_EVENTS_WITHIN)
    await asyncio.gather(*(each.stop() for each in system.parts.values()))


async def _start_stores(system: System, step: Step) -> None:
    async with _TaskFailure() as tasks:
        if "valkey" in system.design.stores:
            port = system.desired.stores["valkey"]
            command = valkey.command(system.layout, port)
            tasks.create_task(_part(system, "valkey", _plain(system, "valkey", command), lambda: valkey.is_ready(port)))
        if "postgres" in system.design.stores:
            tasks.create_task(_start_postgres(system, step))


async def _start_postgres(system: System, step: Step) -> None:
    port, layout = system.desired.stores["postgres"], system.layout
    await asyncio.to_thread(postgres.prepare, layout)

    async def start() -> Child:
        await asyncio.to_thread(postgres.sweep, layout.postgres)
        return await system.children.start(postgres.command(layout, port), log=layout.log("postgres"))

    probe = postgres.Standing(layout, port)
    # SIGINT is PostgreSQL's fast shutdown: it does not wait for clients
    await _part(system, "postgres", start, probe.is_ready, stop_signal=signal.SIGINT)
    rows, applied = await prepare_database(system, system.design)
    if applied or rows:
        step(f"database: {len(applied)} migrations, {rows} seed rows")


async def prepare_database(system: System, design: Design) -> tuple[int, list[str]]:
    """Make database, roles, tables, seed rows and grants; return the rows and migrations that were new."""
    port, layout = system.desired.stores["postgres"], system.layout
    admin = await postgres.connect(layout, port)
    try:
        await database.make_database(admin, design.system)
    finally:
        await admin.close()
    connection = await postgres.connect(layout, port, database=design.system, timeout=30.0)
    try:
        await database.make_roles(connection, design, layout)
        applied = await database.migrate(connection, design)
        rows = await database.seed(connection, design)
        await database.grant_all(connection, design.grants)
    finally:
        await connection.close()
    return rows, applied


async def _start_services(system: System) -> None:
    for each in system.desired.services.values():
        system.write_configuration(each)
        system.services[each.name] = system.keep_running(each)
    system.save()
    ready = await asyncio.gather(*(each.wait_ready(PART_WITHIN) for each in system.services.values()))
    for fine, kept in zip(ready, system.services.values(), strict=True):
        if not fine:
            raise _failure(system, kept, WorldError)


async def _part(
    system: System,
    name: str,
    start: Callable[[], Awaitable[Child]],
    ready: Callable[[], Awaitable[bool]],
    *,
    stop_signal: int = signal.SIGTERM,
) -> None:
    kept = system.parts[name] = Supervised(
        name,
        start=start,
        probe=ready,
        clock=system.clock,
        on_event=lambda event, reason: system.events.record(event, service=name, entity=name, reason=reason),
        backoff=Backoff(first=0.1, longest=5.0),
        grace=0.7,
        stop_signal=stop_signal,
    )
    kept.run()
    if not await kept.wait_ready(PART_WITHIN):
        raise _failure(system, kept, StoreFailed if name in system.design.stores else WorldError)


def _plain(system: System, name: str, command: list[str]) -> Callable[[], Awaitable[Child]]:
    async def start() -> Child:
        return await system.children.start(command, log=system.layout.log(name))

    return start


def _receiver(system: System, inner: socket.socket | None) -> Callable[[], Awaitable[Child]]:
    spec, layout = system.spec, system.layout
    fds = [spec.otlp_fd] + ([inner.fileno()] if inner else [])
    arguments = ["--state", str(layout.state), "--socket", str(layout.telemetry), "--bytes", str(spec.telemetry_bytes)]
    arguments += [part for fd in fds for part in ("--listen-fd", str(fd))]
    arguments += ["--forward", spec.forward] if spec.forward else []
    command = wrap(python(RECEIVER, *arguments))

    async def start() -> Child:
        return await system.children.start(command, log=layout.log("receiver"), fds=fds, outside=bool(inner))

    return start


def _receiver_ready(system: System) -> Callable[[], Awaitable[bool]]:
    async def ready() -> bool:
        return await http.ready(system.layout.telemetry) is not None

    return ready


def _failure(system: System, process: Supervised, kind: type[WorldError]) -> WorldError:
    log = system.layout.log(process.name)
    words = log_tail(log) or "it printed nothing"
    how = process.last_exit or "no answer in time"
    return kind(f"{process.name} did not get ready ({how}): {words}", hint=f"see {log}")


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
