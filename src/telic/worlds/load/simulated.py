"""The same load on virtual time: exchanges go straight to the entry, without sockets or HTTP."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from telic.clock import Clock
from telic.runtime.client.transport import TransportFailed
from telic.runtime.server.messages import Request
from telic.worlds.load.entry import Entry, Handle, Handled
from telic.worlds.load.exchange import METHOD, Answer, Exchange, Line, problem_of
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.order import Order, Prepared, prepare
from telic.worlds.load.pool import LIMIT
from telic.worlds.load.record import SecondLine
from telic.worlds.load.recording import recording
from telic.worlds.load.welcome import welcome

Write = Callable[[SecondLine], None]
Fail = Callable[[BaseException], None]
HOST = "simulated"


async def run(
    order: Order,
    clock: Clock,
    entry: Entry | Handle,
    *,
    write: Write | None = None,
    stop: asyncio.Event | None = None,
    knowledge: Knowledge | None = None,
) -> None:
    """Carry out an order on the running loop, whose time is `clock`'s monotonic time.

    Parameters
    ----------
    entry
        Of the system.
    write
        Gets each second instead of the files that a live run writes.
    stop
        Ends the run early once it is set, with a record that is whole.
    knowledge
        Of the order's design, where somebody has read it already; it is only read and may serve many runs.
    """
    prepared = prepare(order, clock, knowledge)
    way = SimulatedWay(entry)
    try:
        await welcome(prepared.desk, way, HOST, clock.monotonic)
        if write is not None:
            await _drive(prepared, way, write, stop)
            return
        with recording(order, prepared.about) as into_file:
            await _drive(prepared, way, into_file, stop)
    finally:
        way.close()


async def _drive(prepared: Prepared, way: SimulatedWay, write: Write, stop: asyncio.Event | None) -> None:
    generator = prepared.generator(way, HOST, timer=lambda due: VirtualTimer(due, way.fail), write=write)
    way.fail = generator.fail
    watching = None if stop is None else asyncio.ensure_future(_stopping(stop, generator.stop))
    try:
        await generator.run()
    finally:
        if watching is not None:
            watching.cancel()


async def _stopping(stop: asyncio.Event, then: Callable[[], None]) -> None:
    await stop.wait()
    then()


class SimulatedWay:
    """Carries exchanges to an entry, as many at once as a live generator has connections.

    Parameters
    ----------
    limit
        Most requests under way [1]; beyond it they wait, and their time runs.

    Attributes
    ----------
    fail
        Called with an error that the entry must not raise, or that judging an answer raised.
    """

    def __init__(self, entry: Entry | Handle, *, limit: int = LIMIT) -> None:
        self._entry, self._limit = entry if isinstance(entry, Entry) else Handled(entry), limit
        self._under_way: dict[Exchange, Line] = {}
        self._waiting: deque[Exchange] = deque()
        self.fail: Fail = _raise

    def submit(self, exchange: Exchange) -> None:
        """Hand over `exchange` now, or as soon as another one is over."""
        if len(self._under_way) >= self._limit:
            self._waiting.append(exchange)
            return
        ask = exchange.ask
        request = Request(METHOD, ask.path, "", ask.headers(), ask.encoded())
        self._under_way[exchange] = self._entry.begin(request, partial(self._over, exchange))

    def drop(self, exchange: Exchange) -> None:
        """Give up an exchange that ended by itself; its caller leaves."""
        line = self._under_way.pop(exchange, None)
        if line is not None:
            line.drop()
            self._next()

    def close(self) -> None:
        """Leave everything that is under way."""
        self._waiting.clear()
        under_way, self._under_way = self._under_way, {}
        for line in under_way.values():
            line.drop()

    def _over(self, exchange: Exchange, status: int, body: bytes, error: BaseException | None) -> None:
        if self._under_way.pop(exchange, None) is None:
            return  # it was given up
        try:
            if error is None:
                exchange.finish_http(status, body)
            else:
                exchange.finish(Answer(problem=_problem(error)))
        except Exception as failure:  # noqa: BLE001 - ends the run, which raises it
            self.fail(failure)
        if self._waiting:
            self._next()

    def _next(self) -> None:
        while self._waiting and len(self._under_way) < self._limit:
            exchange = self._waiting.popleft()
            if exchange.answer is None:
                self.submit(exchange)


def _problem(error: BaseException) -> str:
    if isinstance(error, TransportFailed):
        return error.error_type
    if isinstance(error, asyncio.CancelledError):
        return "connection_reset"  # by the other side: nobody here left
    if isinstance(error, OSError):
        return problem_of(error)
    raise error


class VirtualTimer:
    """A timer of the running loop.

    Parameters
    ----------
    fail
        Called with what `due` raises: a loop's callbacks tell nobody else.
    """

    def __init__(self, due: Callable[[], None], fail: Fail) -> None:
        self._loop, self._due, self._fail = asyncio.get_running_loop(), due, fail
        self._handle: asyncio.TimerHandle | None = None

    def at(self, when: float) -> None:
        """Call back at `when` [s of the loop's time]; at once when it has passed."""
        if self._handle is not None:
            self._handle.cancel()
        self._handle = self._loop.call_at(when, self._fired)

    def close(self) -> None:
        """Never call back again."""
        if self._handle is not None:
            self._handle.cancel()

    def _fired(self) -> None:
        self._handle = None
        try:
            self._due()
        except Exception as error:  # noqa: BLE001 - ends the run, which raises it
            self._fail(error)


def _raise(error: BaseException) -> None:
    raise error
