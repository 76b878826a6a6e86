"""The open loop: every request starts when it was meant to, whatever became of those before."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

from telic.clock import Clock
from telic.worlds.load.exchange import Answer, Ask, Exchange
from telic.worlds.load.flows import Desk
from telic.worlds.load.ledger import Ledger
from telic.worlds.load.pace import Timer
from telic.worlds.load.plan import Planned
from telic.worlds.load.record import LATE, SecondLine

PATIENCE = 3.0  # after its intended start a request unanswered is given up [s]
LOOK = 0.05  # how often to look for those, and for decided seconds [s]
GRACE = 1.0  # after being told to stop, for requests under way [s]


class Way(Protocol):
    """How requests get to the system."""

    def submit(self, exchange: Exchange) -> None:
        """Send `exchange`, now or as soon as there is room."""
        ...

    def drop(self, exchange: Exchange) -> None:
        """Give up an exchange that ended by itself."""
        ...


class Generator:
    """One run of a load.

    Parameters
    ----------
    plan
        The requests to send, in order.
    desk
        Knows what each of them asks and what is a right answer.
    way
        Carries them.
    host
        Named in every request.
    bound
        A right answer that takes longer is not good [s].
    clock
        Real or virtual time.
    timer
        Makes the timer that wakes it.
    write
        Gets each second once it is decided.
    """

    def __init__(
        self,
        plan: Iterator[Planned],
        desk: Desk,
        way: Way,
        *,
        host: str,
        bound: float,
        seconds: float,
        clock: Clock,
        timer: Callable[[Callable[[], None]], Timer],
        write: Callable[[SecondLine], None],
    ) -> None:
        self._plan, self._desk, self._way = plan, desk, way
        self._host, self._bound, self._seconds, self._clock = host, bound, seconds, clock
        self._start, self._wall = clock.monotonic(), clock.time() - clock.monotonic()
        self._ledger = Ledger(self._second(self._start), write)
        self._pending: deque[Exchange] = deque()  # in the order of their intended starts
        self._next = next(self._plan, None)
        self._end = self._start + seconds  # of sending [s of the monotonic clock]
        self._give_up = float("inf")
        self._looked = self._start
        self._failure: BaseException | None = None
        self._done = asyncio.Event()
        self._timer = timer(self._wake)

    async def run(self) -> int:
        """Send everything and wait for the answers; return how many requests [1] nobody decided."""
        self._wake()
        await self._done.wait()
        self._timer.close()
        if self._failure is not None:
            raise self._failure
        for each in self._pending:
            if each.answer is None:
                each.ended = _forget
                self._way.drop(each)
        return self._ledger.close()

    def stop(self) -> None:
        """Send nothing any more; what is under way has `GRACE` to end."""
        self._next = None
        self._end = min(self._end, self._clock.monotonic())
        self._give_up = min(self._give_up, self._clock.monotonic() + GRACE)
        self._wake()

    def fail(self, error: BaseException) -> None:
        """End the run with an error that a callback of the event loop raised."""
        self._failure = self._failure or error
        self._done.set()

    def _wake(self) -> None:
        now = self._clock.monotonic()
        while self._next is not None and self._start + self._next.at <= now:
            planned, self._next = self._next, next(self._plan, None)
            intended = self._start + planned.at
            self._send(self._desk.ask(planned), intended, now - intended)
            now = self._clock.monotonic()
        if now >= self._looked + LOOK:
            self._look(now)
        over = self._next is None and now >= self._end and not self._ledger.in_flight
        if over or now >= self._give_up:
            self._done.set()
            return
        due = self._looked + LOOK
        self._timer.at(due if self._next is None else min(due, self._start + self._next.at))

    def _send(self, ask: Ask, intended: float, lag: float | None) -> None:
        exchange = Exchange(ask, self._host, intended, self._ended)
        self._ledger.sent(self._second(intended), lag)
        self._pending.append(exchange)
        self._way.submit(exchange)

    def _ended(self, exchange: Exchange) -> None:
        answer, now = exchange.answer, self._clock.monotonic()
        assert answer is not None, "an exchange ends by an answer"
        finding = exchange.finding or exchange.ask.judge(answer)
        latency = now - exchange.intended
        reason = finding.reason or (LATE if latency >= self._bound else "")
        self._ledger.decided(self._second(exchange.intended), exchange.ask.id, latency, reason)
        if finding.follow is not None and now < self._end:
            self._send(finding.follow, now, None)

    def _look(self, now: float) -> None:
        self._looked = now
        while self._pending and (self._pending[0].answer is not None or now >= self._pending[0].intended + PATIENCE):
            exchange = self._pending.popleft()
            if exchange.answer is None:
                self._way.drop(exchange)
                exchange.finish(Answer(problem="timeout"))
        self._ledger.flush(self._wall + min(now, self._end))

    def _second(self, moment: float) -> int:
        return int(self._wall + moment)


def _forget(exchange: Exchange) -> None:
    """End an exchange that nobody counts."""
