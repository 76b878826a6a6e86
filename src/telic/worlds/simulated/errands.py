"""Blocking work beside a virtual loop: one thread at a time, control handed over like a baton."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar, TypeVarTuple, Unpack

from telic.errors import UsageError
from telic.worlds.simulated import traps
from telic.worlds.simulated.watches import Trapped

T = TypeVar("T")
Args = TypeVarTuple("Args")


class Home(Trapped, Protocol):
    """What errands need of their loop."""

    def call_soon(self, callback: Callable[[Unpack[Args]], object], *args: *Args) -> object:
        """Run a callback in the loop's thread."""
        ...

    def create_task(self, coro: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run a coroutine on the loop."""
        ...


class Errand(threading.Thread):
    """One blocking call in a thread of its own; the loop stands still except while the call waits for the loop.

    Parameters
    ----------
    work
        What to do.
    done
        Gets the result or the error, in the loop's thread.
    """

    def __init__(
        self, home: Home, work: Callable[[], object], done: Callable[[object, BaseException | None], None]
    ) -> None:
        super().__init__(name="telic-errand", daemon=True)
        self._home, self._work, self._done = home, work, done
        self._mine, self._theirs = threading.Semaphore(0), threading.Semaphore(0)
        self._result: object = None
        self._error: BaseException | None = None
        self._abandoned = self.finished = False

    def begin(self) -> None:
        """Let it run until it ends or waits; called in the loop's thread."""
        self.start()
        self._hand_over()

    def abandon(self) -> None:
        """Make it end now: what it waits for raises `asyncio.CancelledError`; called in the loop's thread."""
        if self.is_alive() and not self.finished:
            self._abandoned = True
            self._hand_over()

    def run(self) -> None:
        """Do the work; the thread's own body."""
        self._mine.acquire()
        _THREAD.errand = self
        try:
            with traps.guarded(self._home, progress=False):
                self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - handed to whoever awaits the work
            self._error = error
        finally:
            self.finished = True
            self._theirs.release()

    def wait_for(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Let the loop run `coroutine` and return its result; called in this thread."""
        if self._abandoned:
            coroutine.close()
            raise asyncio.CancelledError
        tasks: list[asyncio.Task[T]] = []
        self._home.call_soon(self._follow, coroutine, tasks)
        self._theirs.release()
        self._mine.acquire()
        if self._abandoned:
            raise asyncio.CancelledError
        return tasks[0].result()

    def _follow(self, coroutine: Coroutine[Any, Any, T], tasks: list[asyncio.Task[T]]) -> None:
        task = self._home.create_task(coroutine)
        tasks.append(task)
        task.add_done_callback(lambda _: self._hand_over())

    def _hand_over(self) -> None:
        if self.finished:
            return
        self._mine.release()
        self._theirs.acquire()
        if self.finished:
            self._done(self._result, self._error)


class _OfThread(threading.local):
    errand: Errand | None = None


_THREAD = _OfThread()


def current() -> Errand | None:
    """Return the errand that this thread runs, or None in any other thread."""
    return _THREAD.errand


def require_current() -> Errand:
    """Return the errand that this thread runs; raise where there is none."""
    errand = current()
    if errand is None:
        raise UsageError(
            f"thread {threading.current_thread().name} cannot wait for virtual time",
            hint="await in a task, or call through asyncio.to_thread",
        )
    return errand
