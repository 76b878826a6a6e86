"""A system of real processes: forked services, a proxy on every edge, PostgreSQL, Valkey and NATS."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import asynccontextmanager

import asyncpg

from telic.clock import SystemClock
from telic.errors import StoreFailed
from telic.model import Design
from telic.model.design import REPLICA
from telic.runtime.tls import CERTIFICATE
from telic.worlds.local import database, database_repairs, database_shelf, http, nats, postgres, replica, valkey
from telic.worlds.local.certificates import FileAuthority
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.events import Events
from telic.worlds.local.fork_process import ForkOrder, ForkProcess
from telic.worlds.local.host_pids import HostPids
from telic.worlds.local.layout import log_tail
from telic.worlds.local.ports import Ports
from telic.worlds.local.processes import Child, Children
from telic.worlds.local.proxy.links import RouteOrder
from telic.worlds.local.proxy_process import ProxyProcess
from telic.worlds.local.reconcile import USER
from telic.worlds.local.spec import Spec
from telic.worlds.local.supervised import Start
from telic.worlds.local.system import PrivilegeVerb, System

SERVE = "telic.runtime.serve"  # preload() and run(service, instance, release, config_file)


class LocalSystem(System):
    """One running system in its namespace.

    Parameters
    ----------
    otlp_port
        Where services and the supervisor send telemetry, inside the namespace.
    """

    def __init__(
        self, spec: Spec, design: Design, desired: Desired, pids: HostPids, outside: Executor, *, otlp_port: int
    ) -> None:
        clock = SystemClock()
        super().__init__(
            design,
            desired,
            spec.layout,
            clock=clock,
            events=Events(spec.system, otlp_port, clock),
            ports=Ports(_taken(desired)),
            endpoint=f"http://127.0.0.1:{otlp_port}",
            telemetry=spec.telemetry,
        )
        self.spec, self.otlp_port = spec, otlp_port
        self.authority = FileAuthority(spec.layout)
        self.children = Children(pids, outside)
        self.forks = ForkProcess(self.children, self.layout, SERVE)
        self.proxy = ProxyProcess(self.children, self.layout, spec.gateway_fd)

    def routes(self, callee: str = "") -> list[RouteOrder]:
        """Return the routes of every edge, or of those that lead to `callee`."""
        orders = []
        for edge, ports in self.desired.links.items():
            caller, _, target = edge.partition("->")
            if callee in ("", target):
                stored = target in self.desired.stores
                port = self.desired.stores[target] if stored else self.desired.services[target].port
                fd = self.spec.gateway_fd if caller == USER else -1
                orders.append(RouteOrder(edge, ports, port, rehome=not stored, fd=fd))
        return orders

    def starter(self, service: DesiredService) -> Start:
        """Return what forks the instance."""
        instance = service.instance
        order = ForkOrder(
            service=service.name,
            instance=instance,
            release=self.layout.release(service.name, service.version),
            config=self.layout.config(service.name, instance),
            log=self.layout.log(instance),
        )

        async def start() -> Child:
            return await self.forks.fork(order)

        return start

    async def said(self, service: DesiredService) -> Mapping[str, object] | None:
        """Ask for readiness over HTTP, for 1 s at most."""
        return await http.ready(service.port, tls=CERTIFICATE in service.settings)

    async def lead_traffic(self, callee: str) -> None:
        """Point the proxy's links to where `callee` listens."""
        await self.proxy.follow(self.routes(callee))

    def last_words(self, process: str, lines: int = 3) -> str:
        """Return the end of the process's log."""
        return log_tail(self.layout.log(process), lines)

    async def prepare_database(self, design: Design) -> None:
        """Migrate, seed and grant."""
        if "postgres" in design.stores:
            await self.make_database(design)

    async def make_database(self, design: Design) -> tuple[int, list[str]]:
        """Make database, roles, tables, seed rows and grants; return the rows and migrations that were new."""
        return await database_shelf.make(self.layout, self.desired.stores["postgres"], design)

    async def held(self, service: str, table: str) -> tuple[str, ...]:
        """Ask PostgreSQL."""
        async with self._administrator() as connection:
            return await database.held(connection, service, table)

    async def change_privileges(self, verb: PrivilegeVerb, service: str, table: str, privileges: str) -> None:
        """Execute the statement as PostgreSQL's administrator."""
        statement = database.privilege_statement(verb, service, table, privileges)
        async with self._administrator() as connection:
            try:
                await connection.execute(statement)
            except asyncpg.PostgresError as error:
                raise StoreFailed(f"{statement}: {error}", hint="see postgres.log") from error

    async def repairs(self, store: str) -> list[str]:
        """Compare PostgreSQL or its replica with the design, as its administrator."""
        async with self._administrator(store) as connection:
            if store == REPLICA:
                return await replica.repairs(connection)
            return await database_repairs.repairs(connection, self.design)

    async def repair(self, store: str, statements: Sequence[str]) -> None:
        """Execute the statements as PostgreSQL's administrator."""
        async with self._administrator(store) as connection:
            await database_repairs.repair(connection, statements)

    async def flush_cache(self) -> None:
        """Empty Valkey."""
        await valkey.ask(self.desired.stores["valkey"], "FLUSHALL")

    async def poison_queue(self, subject: str, count: int) -> None:
        """Send them to NATS as its administrator."""
        await nats.poison(self.layout, self.desired.stores[nats.STORE], subject, count)

    @asynccontextmanager
    async def _administrator(self, store: str = "postgres") -> AsyncIterator[asyncpg.Connection]:
        """Give a connection to the system's database that may do everything."""
        port = self.desired.stores[store]
        connection = await postgres.connect(self.layout, port, database=self.design.system)
        try:
            yield connection
        finally:
            await connection.close()


def _taken(desired: Desired) -> list[int]:
    links = [port for ports in desired.links.values() for port in ports.values()]
    return links + list(desired.stores.values()) + [each.port for each in desired.services.values()]
