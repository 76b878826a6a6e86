"""The simulated PostgreSQL server: its CPUs, its grants, its advisory locks, whether it is up."""

from __future__ import annotations

import math
import random
from asyncio import Future
from collections import deque
from itertools import cycle

from telic.model import Design
from telic.worlds.simulated.answers import AnswerTable
from telic.worlds.simulated.cpus import Cpus
from telic.worlds.simulated.grants import Grants
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.troubles import Troubles

CPUS = 2  # of the machine that the live world was measured on [1]
SIGMA = 0.3  # of the logarithm of a statement's time [1]
_FACTORS = 4099  # times drawn beforehand, used in turn [1]; a prime, so that turns do not fall in step with anything


class SimulatedPostgres:
    """One server for the whole system.

    Attributes
    ----------
    cpus
        What statements compute on; ``cpus.share`` throttles them.
    grants
        What roles may do.
    epoch
        A new object at every start; None while the server is down.
    troubles
        What is wrong with it.
    factor
        Gives by how much the next statement differs from its usual time [1].
    """

    def __init__(self, loop: VirtualLoop, design: Design, rng: random.Random, *, cpus: int = CPUS) -> None:
        tables = [f"{each.name}.{table.name}" for each in design.services for table in each.tables]
        indexes = {index.split(" ")[0] for each in design.services for table in each.tables for index in table.indexes}
        self._loop = loop
        self.cpus = Cpus(loop, cpus)
        self.grants = Grants(design.grants, tables)
        self.indexes = frozenset(indexes | {f"{each.rpartition('.')[2]}_pkey" for each in tables})
        self.epoch: object | None = object()
        self.troubles = Troubles()
        factors = [math.exp(rng.gauss(0.0, SIGMA)) for _ in range(_FACTORS)]
        self.factor = cycle(factors[1:] + factors[:1]).__next__  # from the second: so seeds mean what they always meant
        self._answers: dict[str, AnswerTable] = {}
        self._locks: dict[str, AdvisoryLock] = {}

    @property
    def running(self) -> bool:
        """Whether it answers."""
        return self.epoch is not None

    @property
    def cpu_share(self) -> float:
        """How much of one CPU it gets [1]; 1.0: all CPUs."""
        return self.cpus.share

    @cpu_share.setter
    def cpu_share(self, share: float) -> None:
        self.cpus.share = share

    def start(self) -> None:
        """Come up, with all data; connections from before are gone."""
        self.epoch = object()

    def kill(self) -> None:
        """Go down at once: every connection is reset."""
        self.epoch = None
        self.cpus.fail(ConnectionResetError("the server closed the connection"))
        for each in self._locks.values():
            each.fail(ConnectionResetError("the server closed the connection"))

    def answers(self, table: str) -> AnswerTable:
        """Return a table of answers to idempotency keys."""
        if table not in self._answers:
            self._answers[table] = AnswerTable(self._loop.time)
        return self._answers[table]

    def lock(self, name: str) -> AdvisoryLock:
        """Return an advisory lock."""
        if name not in self._locks:
            self._locks[name] = AdvisoryLock(self._loop)
        return self._locks[name]


class AdvisoryLock:
    """A lock that is given in the order in which it was asked for."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop, self._held = loop, False
        self._waiting: deque[Future[None]] = deque()

    async def take(self) -> None:
        """Wait for the lock."""
        if not self._held:
            self._held = True
            return
        turn: Future[None] = self._loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give()
            raise

    def give(self) -> None:
        """Give it back."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._held = False

    def fail(self, error: Exception) -> None:
        """End everybody who waits; whoever holds it gives it back itself."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(error)
