"""Runs a virtual loop at the pace of the machine's clock, on a thread of its own, and takes orders from outside."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from telic.worlds.simulated.loop import VirtualLoop

T = TypeVar("T")
STEP = 0.004  # between two advances while nothing is asked [s]
SLICE = 0.05  # of virtual time at once at most, so that orders are not kept waiting by one that lags [s]


class Pacer:
    """Advances `loop` with the machine's clock; when it cannot keep up, virtual time lags behind.

    Orders come from an ordinary event loop on another thread; they are carried out between two advances.
    """

    def __init__(self, loop: VirtualLoop) -> None:
        self.loop = loop
        self._orders: deque[Callable[[], None]] = deque()
        self._news = threading.Event()
        self._ending = False
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="virtual-time", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the current advance."""
        self._ending = True
        self._news.set()
        self._thread.join()

    @property
    def failure(self) -> BaseException | None:
        """What ended the thread before its time."""
        return self._failure

    async def do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine on the virtual loop; cancelling this cancels it."""
        here, answer = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()
        tasks: list[asyncio.Task[T]] = []

        def begin() -> None:
            task = self.loop.create_task(work())
            tasks.append(task)
            task.add_done_callback(lambda done: here.call_soon_threadsafe(_copy, done, answer))

        self._order(begin)
        try:
            found: T = await answer
        except asyncio.CancelledError:
            self._order(lambda: _cancel(tasks))
            raise
        return found

    async def call(self, work: Callable[[], T]) -> T:
        """Call a function between two advances, while the loop stands still."""
        here, answer = asyncio.get_running_loop(), asyncio.get_running_loop().create_future()

        def run() -> None:
            try:
                found = work()
            except Exception as raised:  # noqa: BLE001 - handed to whoever asked
                here.call_soon_threadsafe(_settle, answer, None, raised)
            else:
                here.call_soon_threadsafe(_settle, answer, found, None)

        self._order(run)
        told: T = await answer
        return told

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.append(order)
        self._news.set()

    def _run(self) -> None:
        try:
            begun = time.monotonic() - self.loop.time()
            while not self._ending:
                self._news.clear()
                while self._orders:
                    self._orders.popleft()()
                behind = time.monotonic() - begun - self.loop.time()
                self.loop.run_until(self.loop.time() + max(0.0, min(SLICE, behind)))
                if behind < SLICE:
                    self._news.wait(STEP)
        except BaseException as error:  # noqa: BLE001 - told by `failure`; the supervisor ends the world then
            self._failure = error


def _cancel(tasks: list[asyncio.Task[T]]) -> None:
    for each in tasks:
        each.cancel()


def _copy(done: asyncio.Task[T], answer: asyncio.Future[T]) -> None:
    if answer.done():
        return
    if done.cancelled():
        answer.cancel()
    elif (error := done.exception()) is not None:
        answer.set_exception(error)
    else:
        answer.set_result(done.result())


def _settle(answer: asyncio.Future[Any], found: object, error: BaseException | None) -> None:
    if answer.done():
        return
    if error is not None:
        answer.set_exception(error)
    else:
        answer.set_result(found)
