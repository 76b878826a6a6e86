"""The same load on virtual time: exchanges are calls of the entry's handler, without sockets or HTTP."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from telic.clock import Clock
from telic.runtime.client.transport import TransportFailed
from telic.runtime.server.messages import Request, Response
from telic.worlds.load.exchange import METHOD, Answer, Exchange, problem_of
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.order import Order, Prepared, prepare
from telic.worlds.load.pool import LIMIT
from telic.worlds.load.record import SecondLine
from telic.worlds.load.recording import recording
from telic.worlds.load.welcome import welcome

Handle = Callable[[Request], Coroutine[Any, Any, Response]]
"""Answers a request at the entry; raises `TransportFailed` or OSError where no answer comes.
Cancelling it is what a closed connection is to a server."""
Write = Callable[[SecondLine], None]
Fail = Callable[[BaseException], None]
HOST = "simulated"


async def run(
    order: Order,
    clock: Clock,
    handle: Handle,
    *,
    write: Write | None = None,
    stop: asyncio.Event | None = None,
    knowledge: Knowledge | None = None,
) -> None:
    """Carry out an order on the running loop, whose time is `clock`'s monotonic time.

    Parameters
    ----------
    handle
        The entry of the system.
    write
        Gets each second instead of the files that a live run writes.
    stop
        Ends the run early once it is set, with a record that is whole.
    knowledge
        Of the order's design, where somebody has read it already; it is only read and may serve many runs.
    """
    prepared = prepare(order, clock, knowledge)
    way = SimulatedWay(handle)
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


class Carried:
    """A request that is being handled; its caller may leave."""

    __slots__ = ("_task",)

    def __init__(self, task: asyncio.Task[Response]) -> None:
        self._task = task

    def drop(self) -> None:
        """Leave: whoever handles it is cancelled."""
        self._task.cancel()


class SimulatedWay:
    """Carries exchanges to a handler, as many at once as a live generator has connections.

    Parameters
    ----------
    limit
        Most requests under way [1]; beyond it they wait, and their time runs.

    Attributes
    ----------
    fail
        Called with an error that the handler must not raise, or that judging an answer raised.
    """

    def __init__(self, handle: Handle, *, limit: int = LIMIT) -> None:
        self._handle, self._limit = handle, limit
        self._loop = asyncio.get_running_loop()
        self._under_way: dict[asyncio.Task[Response], None] = {}
        self._waiting: deque[Exchange] = deque()
        self._closed = False
        self.fail: Fail = _raise

    def submit(self, exchange: Exchange) -> None:
        """Hand over `exchange` now, or as soon as another one is over."""
        if len(self._under_way) >= self._limit:
            self._waiting.append(exchange)
            return
        ask = exchange.ask
        request = Request(METHOD, ask.path, "", ask.headers(), ask.encoded())
        task = self._loop.create_task(self._handle(request))
        exchange.line = Carried(task)
        self._under_way[task] = None
        task.add_done_callback(partial(self._over, exchange))

    def drop(self, exchange: Exchange) -> None:
        """Give up an exchange that ended by itself; its caller leaves."""
        if exchange.line is not None:
            exchange.line.drop()
            exchange.line = None

    def close(self) -> None:
        """Leave everything that is under way."""
        self._closed = True
        self._waiting.clear()
        for task in tuple(self._under_way):
            task.cancel()

    def _over(self, exchange: Exchange, task: asyncio.Task[Response]) -> None:
        del self._under_way[task]
        try:
            self._finish(exchange, task)
        except Exception as error:  # noqa: BLE001 - ends the run, which raises it
            self.fail(error)
        if self._waiting and not self._closed:
            self._next()

    def _finish(self, exchange: Exchange, task: asyncio.Task[Response]) -> None:
        if task.cancelled():
            if exchange.answer is None and not self._closed:
                exchange.finish(Answer(problem="connection_reset"))  # by the other side: nobody here left
            return
        error = task.exception()
        if error is None:
            response = task.result()
            exchange.finish_http(response.status, response.body)
        elif isinstance(error, TransportFailed):
            exchange.finish(Answer(problem=error.error_type))
        elif isinstance(error, OSError):
            exchange.finish(Answer(problem=problem_of(error)))
        else:
            raise error

    def _next(self) -> None:
        while self._waiting and len(self._under_way) < self._limit:
            exchange = self._waiting.popleft()
            if exchange.answer is None:
                self.submit(exchange)


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
