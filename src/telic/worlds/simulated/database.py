"""One service's simulated database: its connections, and the statements of its stores and answers."""

from __future__ import annotations

from asyncio import CancelledError, Future
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from telic.runtime.failures import DependencyFailed
from telic.runtime.ports import Queries, Row
from telic.runtime.statements import Statement
from telic.runtime.stores.postgres import RECOVER_TIMEOUT
from telic.worlds.simulated.charging import Charging
from telic.worlds.simulated.connections import Connections
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.postgres import SimulatedPostgres
from telic.worlds.simulated.statements import Plan, charge, plan
from telic.worlds.simulated.store_path import Link, woken

if TYPE_CHECKING:
    from telic.worlds.simulated.replica import Reading

T = TypeVar("T")
_BEGUN = plan("transaction", (), transaction=True)
_BROKEN = ("connection_reset", "connection_refused", "timeout")
RECOVER = 0.002  # the server drops a cancelled statement and answers a probe [s]


class SimulatedDatabase:
    """Implements `telic.runtime.ports.Database` for answers to idempotency keys; memory stores use `perform`.

    Parameters
    ----------
    way
        Gives the link that leads to the server now; None where nothing listens.
    charging
        How the service pays.
    pool
        Gives how many connections there may be now [1].
    """

    def __init__(
        self,
        loop: VirtualLoop,
        server: SimulatedPostgres,
        way: Callable[[], Link | None],
        charging: Charging,
        *,
        pool: Callable[[], int],
    ) -> None:
        self._loop, self._server, self._way, self._charging = loop, server, way, charging
        self._size = pool
        self._place = self._present()
        self._pool = Connections(loop, pool())
        self._plans: dict[str, Plan] = {}
        self.reading: Reading | None = None  # where reads go, in a service that has a replica

    @property
    def queued(self) -> int:
        """How many callers wait for a connection [1]."""
        return self._pool.queued

    def move(self) -> None:
        """Use new connections from now on if the address or their number has changed."""
        if self.reading is not None:
            self.reading.move()
        place = self._present()
        if place != self._place:
            self.close()
            self._place, self._pool = place, Connections(self._loop, self._size())

    def _present(self) -> tuple[Link | None, int, str]:
        """Return what new connections would be made with."""
        return self._way(), self._size(), str(self._charging.presented() or "")

    def close(self) -> None:
        """Close idle connections; those in use close when they are done."""
        if self.reading is not None:
            self.reading.close()
        self._pool.close()

    async def fetch(self, statement: Statement, *args: object) -> list[Row]:
        """Return all rows of a statement about answers."""
        row = await self.fetch_one(statement, *args)
        return [] if row is None else [row]

    async def fetch_one(self, statement: Statement, *args: object) -> Row | None:
        """Return the row of a statement about answers, or None."""
        found: Row | None = await self._answer(statement, args)
        return found

    async def execute(self, statement: Statement, *args: object) -> int:
        """Run a statement about answers; return how many rows it touched [1]."""
        count: int = await self._answer(statement, args)
        return count

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Queries]:
        """Keep a connection until the block ends; no statement about answers needs more of a transaction."""
        pool, server = self._pool, self._server
        if not pool.take():
            await pool.turn()
        epoch: object | None = None
        try:
            if server.epoch is not None and pool.idle(server.epoch):
                epoch = server.epoch
            else:
                epoch = await self._charging.connect(_BEGUN)
            yield self
        finally:
            pool.release(epoch)

    async def perform(self, plan: Plan, work: Callable[[], Awaitable[T]]) -> T:
        """Pay for the statements of `plan` on one connection, then return what `work` gives; it must not wait.

        One statement over a connection that is idle, on a link without weather, waits once at most and for nobody
        else: that is nearly always so, and has to be fast.

        Raises
        ------
        DependencyFailed
            No connection, no privilege or a connection that broke, as the live database's.
        BusinessError
            What `work` raised; a transaction is rolled back then.
        """
        server, link, charging = self._server, self._way(), self._charging
        epoch = server.epoch
        if link is None or link.fail or not link.clear or not plan.quick or not charging.may(plan):
            return await self._perform(plan, work)
        pool = self._pool
        if not pool.borrow(epoch):
            return await self._perform(plan, work)
        cpu, factor = server.cpus, server.factor()
        turn = cpu.take(plan.cpu * factor)
        if turn is None:
            return await self._carry_on(plan, work, pool, epoch)
        loop, spans = self._loop, charging.spans
        start = spans.begin()
        done: Future[None] = Future(loop=loop)
        loop.bare_at(turn[1] + plan.travel * factor, woken, done)
        try:
            await done
        except CancelledError:
            cpu.give_up(turn)
            spans.end(start, plan.charges[0].statement, "", "cancelled")
            self._recover(pool, epoch)
            raise
        if server.epoch is not epoch:
            return await self._carry_on(plan, work, pool, epoch)
        spans.between(start, spans.begin(), plan.charges[0].statement)
        try:
            return await work()
        finally:
            pool.release(epoch)

    async def _perform(self, plan: Plan, work: Callable[[], Awaitable[T]]) -> T:
        pool, server = self._pool, self._server
        if not pool.take():
            await pool.turn()
        epoch: object | None = None
        try:
            if server.epoch is not None and pool.idle(server.epoch):
                epoch = server.epoch
            else:
                epoch = await self._charging.connect(plan)
        except BaseException:
            pool.release(None)
            raise
        return await self._carry_on(plan, work, pool, epoch)

    async def _carry_on(
        self, plan: Plan, work: Callable[[], Awaitable[T]], pool: Connections, epoch: object | None
    ) -> T:
        """Pay over a connection that was borrowed."""
        try:
            answer = await self._charging.pay(plan, epoch, work) if plan.charges else await work()
        except CancelledError:
            self._recover(pool, epoch)
            raise
        except DependencyFailed as error:
            pool.release(None if error.error_type in _BROKEN else epoch)
            raise
        except BaseException:
            pool.release(epoch)
            raise
        pool.release(epoch)
        return answer

    def _recover(self, pool: Connections, epoch: object | None) -> None:
        """Keep a connection out of the pool until the server has dropped its cancelled statement."""
        link = self._way()
        if link is None or link.drop:
            self._loop.call_later(RECOVER_TIMEOUT, pool.release, None)
        else:
            self._loop.call_later(RECOVER + 2 * link.delay, pool.release, epoch)

    async def _answer(self, statement: Statement, args: tuple[object, ...]) -> Any:
        known = self._plans.get(statement.name)
        if known is None:
            known = self._plans[statement.name] = plan(statement.name, (charge(statement),))
        table = self._server.answers(statement.table)

        async def run() -> object:
            return table.run(statement, args)

        return await self.perform(known, run)
