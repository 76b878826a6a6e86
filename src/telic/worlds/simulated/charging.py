"""What a connection to the simulated database costs: time on its link, on the database's CPUs, on locks."""

from __future__ import annotations

import random
from asyncio import CancelledError, Future
from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg

from telic.runtime.failures import BusinessError
from telic.runtime.stores.failures import error_type, sqlstate, translate
from telic.runtime.stores.postgres import BEGIN, CONNECT_TIMEOUT
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.postgres import SimulatedPostgres
from telic.worlds.simulated.spans import ComputedSpans, Pace
from telic.worlds.simulated.statements import Charge, Plan
from telic.worlds.simulated.store_path import Link, woken

T = TypeVar("T")
CONNECT_CPU = 0.004  # the server's part of SCRAM, and a process of its own [s]
CONNECT_TRAVEL = 0.004  # round trips and the client's part of SCRAM [s]
CONNECT_MESSAGES = 4  # round trips of a new connection [1]
_LOOK = 0.02  # between two looks at a link or a table that lets nothing through [s]
_GONE = "the server closed the connection"


class Charging:
    """Lets one service pay for what it asks of the server.

    Parameters
    ----------
    service
        The name of its role.
    way
        Gives the link that leads to the server now; None where nothing listens.
    spans
        Where statements are recorded.
    rng
        For messages that a link loses.
    """

    def __init__(
        self,
        loop: VirtualLoop,
        server: SimulatedPostgres,
        service: str,
        way: Callable[[], Link | None],
        spans: ComputedSpans,
        rng: random.Random,
    ) -> None:
        self._loop, self._server, self._service, self._way = loop, server, service, way
        self.spans, self._random = spans, rng.random
        self.presented: Callable[[], asyncpg.PostgresError | None] = lambda: None  # why it refuses what is presented
        self._allowed: dict[Plan, bool] = {}
        self._version = -1

    async def connect(self, plan: Plan) -> object:
        """Open a connection; return the server's epoch that it is of."""
        start = self.spans.begin()
        first = BEGIN if plan.transaction or not plan.charges else plan.charges[0].statement
        try:
            return await self._connect()
        except (asyncpg.PostgresError, OSError) as error:
            self.spans.end(start, first, sqlstate(error), error_type(error))
            raise translate(error, first.name, self.spans.peer) from None

    async def pay(self, plan: Plan, epoch: object, work: Callable[[], Awaitable[T]]) -> T:
        """Pay for all statements of `plan`, then return what `work` gives."""
        if plan.locked or not self.may(plan):
            return await self._one_by_one(plan, epoch, work)
        charges, server, factor = plan.charges, self._server, self._server.factor()
        start = begun = self.spans.begin()
        late = 0.0
        try:
            link = self._way()
            messages = len(charges) + plan.transaction
            if link is not None and (link.fail or not link.clear):
                late = await self._weather(link, messages)
                begun = self.spans.begin()
            await self._spend(plan.cpu * factor, plan.travel * factor + late * messages)
            if server.epoch is not epoch:
                raise ConnectionResetError(_GONE)
        except CancelledError:
            self.spans.until_now(plan, start, begun, Pace(factor, server.cpus.share, late), "cancelled")
            raise
        except OSError as error:
            last = self.spans.until_now(plan, start, begun, Pace(factor, server.cpus.share, late), error_type(error))
            raise translate(error, last.statement.name, self.spans.peer) from None
        if len(charges) == 1:
            self.spans.between(start, self.spans.begin(), charges[0].statement)
            return await work()
        try:
            answer = await work()
        except BusinessError:
            self.spans.all_of(plan, start, Pace(factor, server.cpus.share, late), len(charges) - plan.transaction)
            raise
        self.spans.all_of(plan, start, Pace(factor, server.cpus.share, late), len(charges))
        return answer

    async def _one_by_one(self, plan: Plan, epoch: object, work: Callable[[], Awaitable[T]]) -> T:
        """Pay for each statement by itself: one may be refused, or wait for a lock."""
        held: list[str] = []
        try:
            for each in plan.charges[: len(plan.charges) - plan.transaction]:
                await self._one(each, epoch, held, alone=not plan.transaction)
                if not plan.transaction:
                    self._give(held)
            if not plan.transaction:
                return await work()
            start, last = self.spans.begin(), plan.charges[-1]
            await self._sleep(last.travel * self._server.factor() + self._flushed(plan))
            answer = await work()
            self.spans.between(start, self.spans.begin(), plan.charges[-1].statement)
            return answer
        finally:
            self._give(held)

    def _flushed(self, plan: Plan) -> float:
        """Return how much longer a transaction waits for the disk when it commits [s]."""
        wrote = any(each.statement.cost.writes for each in plan.charges[:-1])
        return self._server.troubles.flushed(plan.charges[-1], alone=False) if wrote else 0.0

    async def _one(self, charge: Charge, epoch: object, held: list[str], *, alone: bool) -> None:
        server, factor = self._server, self._server.factor()
        start = self.spans.begin()
        state, kind = "", "cancelled"
        try:
            link = self._way()
            late = 0.0 if link is None else await self._weather(link, 1)
            refused = server.grants.lacks(self._service, charge.needs)
            if refused:
                await self._sleep(charge.travel * factor + late)
                raise asyncpg.InsufficientPrivilegeError(f"permission denied for table {refused.rpartition('.')[2]}")
            barred = server.troubles.barred(self._service) or self._outdated()
            problem = barred or server.troubles.refused(charge)
            if problem is not None:
                await self._sleep(charge.travel * factor + late)
                raise problem
            while server.troubles.locked(charge):
                await self._sleep(_LOOK)
            if charge.locks and charge.locks not in held:
                await server.lock(charge.locks).take()
                held.append(charge.locks)
            computed = charge.cpu * factor + server.troubles.computed(charge)
            flushed = server.troubles.flushed(charge, alone=alone)
            await self._spend(computed, charge.travel * factor + late + flushed)
            if server.epoch is not epoch:
                raise ConnectionResetError(_GONE)
            kind = ""
        except (asyncpg.PostgresError, OSError) as error:
            state, kind = sqlstate(error), error_type(error)
            raise translate(error, charge.statement.name, self.spans.peer) from None
        finally:
            self.spans.end(start, charge.statement, state, kind)

    def _outdated(self) -> asyncpg.PostgresError | None:
        """Return why connections that were made with a password before this one are ended, or None."""
        changed = self._server.troubles.secret(self._service) != self._service
        return self.presented() if changed else None

    def _give(self, held: list[str]) -> None:
        while held:
            self._server.lock(held.pop()).give()

    async def _connect(self) -> object:
        server, link = self._server, self._way()
        if link is None:
            raise ConnectionRefusedError("nothing listens there")
        patience = CONNECT_TIMEOUT
        while link.drop and patience > 0:
            await self._sleep(_LOOK)
            patience -= _LOOK
        if link.drop:
            raise TimeoutError(f"no connection within {CONNECT_TIMEOUT} s")
        epoch = server.epoch
        if epoch is None or self._random() < link.fail:
            raise ConnectionResetError(_GONE)
        factor = server.factor()
        await self._spend(
            CONNECT_CPU * factor, CONNECT_TRAVEL * factor + sum(link.trip() for _ in range(CONNECT_MESSAGES))
        )
        if server.epoch is not epoch:
            raise ConnectionResetError(_GONE)
        problem = server.troubles.barred(self._service) or self.presented()
        if problem is not None:
            raise problem
        return epoch

    async def _weather(self, link: Link, messages: int) -> float:
        """Return by how much a link delays each of so many messages and its answer [s]; wait while it is cut."""
        while link.drop:
            await self._sleep(_LOOK)
        if link.fail and self._random() >= (1.0 - link.fail) ** messages:
            raise ConnectionResetError(_GONE)
        return 0.0 if link.clear else sum(link.trip() for _ in range(messages)) / max(1, messages)

    async def _spend(self, cpu: float, travel: float) -> None:
        """Compute on the server for `cpu` [s], then be under way for `travel` [s]."""
        cpus = self._server.cpus
        turn = cpus.take(cpu)
        if turn is None:
            await cpus.use(cpu)
            await self._sleep(travel)
            return
        try:
            await self._sleep_until(turn[1] + travel)
        except BaseException:
            cpus.give_up(turn)
            raise

    async def _sleep(self, seconds: float) -> None:
        await self._sleep_until(self._loop.time() + seconds)

    async def _sleep_until(self, when: float) -> None:
        done: Future[None] = self._loop.create_future()
        self._loop.bare_at(when, woken, done)
        await done

    def may(self, plan: Plan) -> bool:
        """Whether the server is well and the service holds what every statement of `plan` needs."""
        if self._server.troubles:
            return False
        grants = self._server.grants
        if grants.version != self._version:
            self._allowed.clear()
            self._version = grants.version
        allowed = self._allowed.get(plan)
        if allowed is None:
            needs = [need for each in plan.charges for need in each.needs]
            allowed = self._allowed[plan] = not grants.lacks(self._service, needs)
        return allowed
