"""An asyncio event loop on virtual time: when everybody waits, time jumps to the next timer."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import heapq
import itertools
import math
import sys
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar, TypeVarTuple, Unpack

from telic.clock import LoopTimed
from telic.errors import UsageError, WorldError
from telic.worlds.simulated import traps
from telic.worlds.simulated.errands import Errand, current, require_current
from telic.worlds.simulated.handles import Later, Soon

T = TypeVar("T")
Args = TypeVarTuple("Args")
START = 1_800_000_000.0  # wall clock at the loop's time 0 [s since the epoch]
_COLLECT = (20_000, 20, 20)  # as in a service process: requests make few cycles
_copy, _new, _push, _pop = contextvars.copy_context, object.__new__, heapq.heappush, heapq.heappop


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order they were asked for, timers by time and then by order of creation.

    Nothing here looks at a socket or at the machine's clock.

    Parameters
    ----------
    start
        Its first `time` [s].
    patience
        How much CPU time may go by while virtual time stands still, before somebody is said to spin [s].

    Examples
    --------
    >>> loop = VirtualLoop()
    >>> loop.run_until_complete(asyncio.sleep(3600, "an hour later"))
    'an hour later'
    >>> loop.time()
    3600.0
    >>> loop.close()
    """

    many = 256  # cancelled timers that are put up with [1]

    def __init__(self, start: float = 0.0, *, patience: float = traps.PATIENCE) -> None:
        self.patience = patience
        self._running_in: int | None = None
        super().__init__()
        self.set_debug(False)
        self._now, self._leave = start, False
        self._soon: deque[Soon] = deque()
        self._timers: list[tuple[float, int, Later]] = []
        self.cancelled_timers = 0
        self._order = itertools.count().__next__
        self._failure: BaseException | None = None
        self._errands: dict[Errand, None] = {}

    def time(self) -> float:
        """Return virtual time [s]."""
        return self._now

    def is_running(self) -> bool:
        """Whether somebody runs it now."""
        return self._running_in is not None

    def call_soon(
        self,
        callback: Callable[[Unpack[Args]], object],
        *args: *Args,
        context: contextvars.Context | None = None,
    ) -> Soon:
        """Call back as soon as what was asked for before is done."""
        handle = _new(Soon)
        handle._callback, handle._args, handle._context = callback, args, _copy() if context is None else context
        self._soon.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[Args]], object],
        *args: *Args,
        context: contextvars.Context | None = None,
    ) -> Later:
        """Call back after `delay` [s]."""
        return self._timer(self._now + delay, callback, args, _copy() if context is None else context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Args]], object],
        *args: *Args,
        context: contextvars.Context | None = None,
    ) -> Later:
        """Call back at `when` [s]."""
        return self._timer(when, callback, args, _copy() if context is None else context)

    def bare_at(self, when: float, callback: Callable[[Unpack[Args]], object], *args: *Args) -> Later:
        """Call back at `when` [s], in the loop's own context: it is none of what is running now."""
        return self._timer(when, callback, args, None)

    def create_future(self) -> asyncio.Future[Any]:
        """Return a new future of this loop."""
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Generator[Any, None, T] | Coroutine[Any, Any, T],
        *,
        name: object = "",
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[T]:
        """Run a coroutine; tasks without a name are not numbered."""
        return asyncio.Task(coro, loop=self, name=name, context=context)  # type: ignore[arg-type]

    def run_forever(self) -> None:
        """Run until `stop`; raise `WorldError` when nothing is left that could happen."""
        self._run(math.inf)

    def run_until(self, when: float) -> None:
        """Run everything that happens until `when` [s], or until `stop`; the time is `when` then."""
        self._run(when)

    def stop(self) -> None:
        """Stop after the callback that runs now."""
        self._leave = True

    def fail(self, error: BaseException) -> None:
        """Stop and raise `error` from whatever runs the loop, whoever else catches it."""
        self._failure = self._failure or error
        self._leave = True

    def wait_for_virtual(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Park this thread, which `run_in_executor` started, until the loop has run `coroutine`; return its result."""
        return require_current().wait_for(coroutine)

    def ask(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Return the result of `coroutine`, from a thread of `run_in_executor` or while nobody runs the loop.

        Raises
        ------
        UsageError
            From a callback or a task of this loop, which would wait for itself.
        """
        if current() is not None:
            return self.wait_for_virtual(coroutine)
        if self.is_running():
            coroutine.close()
            raise UsageError("a task of the loop asks the loop to wait for it", hint="await the coroutine")
        return self.run_until_complete(coroutine)

    def run_in_executor(self, executor: object, func: Callable[[Unpack[Args]], T], *args: *Args) -> asyncio.Future[T]:
        """Run ``func(*args)`` in a thread while the loop stands still; `executor` is not asked.

        Inside, `wait_for_virtual` lets the loop go on until what is waited for is done.
        """
        future: asyncio.Future[T] = self.create_future()

        def done(result: object, error: BaseException | None) -> None:
            del self._errands[errand]
            if future.done():
                return
            if isinstance(error, StopIteration):  # a future cannot hold it
                error = RuntimeError("the work raised StopIteration")
            if error is None:
                future.set_result(result)  # type: ignore[arg-type]
            elif isinstance(error, asyncio.CancelledError):
                future.cancel()
            else:
                future.set_exception(error)

        errand = Errand(self, lambda: func(*args), done)
        self._errands[errand] = None
        self.call_soon(self._begin_errand, errand)
        return future

    def close(self) -> None:
        """Drop everything that was to happen and end the threads that wait."""
        if self.is_closed():
            return
        for errand in tuple(self._errands):
            errand.abandon()
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._soon.clear()
        self._timers.clear()
        super().close()

    def _begin_errand(self, errand: Errand) -> None:
        errand.begin()

    def _run(self, until: float) -> None:
        self._check_closed()  # type: ignore[attr-defined]
        if self.is_running() or asyncio._get_running_loop() is not None:
            raise RuntimeError("an event loop runs in this thread already")
        self._running_in, self._leave = threading.get_ident(), False
        asyncio._set_running_loop(self)
        hooks, threshold = sys.get_asyncgen_hooks(), gc.get_threshold()
        gc.set_threshold(*_COLLECT)
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)  # type: ignore[attr-defined]
        try:
            with traps.guarded(self):
                self._turn(until)
        except traps.Spinning:
            self._soon.clear()  # whoever spins by asking again and again
        finally:
            sys.set_asyncgen_hooks(*hooks)
            gc.set_threshold(*threshold)
            self._running_in, self._leave = None, False
            asyncio._set_running_loop(None)
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _timer(
        self, when: float, callback: Callable[..., object], args: tuple[Any, ...], context: contextvars.Context | None
    ) -> Later:
        if when != when:
            raise UsageError(f"{callback!r} is to be called at no time", hint="give a number of seconds")
        handle = _new(Later)
        handle._when, handle._callback, handle._args, handle._context = when, callback, args, context
        handle._loop = self
        _push(self._timers, (when, self._order(), handle))
        return handle

    def _turn(self, until: float) -> None:
        soon, next_soon = self._soon, self._soon.popleft
        handle: Soon | Later
        while not self._leave:
            if soon:
                handle = next_soon()
                if handle._callback is None:
                    continue
            else:
                timers = self._timers
                if not timers or timers[0][0] > until:
                    if until == math.inf:
                        raise WorldError("nothing is left that could happen", hint="something waits for nobody")
                    self._now = max(self._now, until)
                    return
                when, _, handle = _pop(timers)
                if handle._callback is None:
                    self.cancelled_timers -= 1
                    continue
                handle._loop = None
                if when > self._now:
                    self._now = when
            context = handle._context
            try:
                if context is None:
                    handle._callback(*handle._args)
                else:
                    context.run(handle._callback, *handle._args)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - as asyncio's own loops: it is told, and on it goes
                self.call_exception_handler({"message": "a callback raised", "exception": error, "handle": handle})

    def sweep(self) -> None:
        """Clear cancelled timers away, if they are more than those that will happen."""
        if self.cancelled_timers * 2 > len(self._timers):
            self._timers = [each for each in self._timers if each[2]._callback is not None]
            heapq.heapify(self._timers)
            self.cancelled_timers = 0


class LoopClock(LoopTimed):
    """The clock of a virtual loop.

    Parameters
    ----------
    start
        Wall clock at the loop's time 0 [s since the epoch].
    """

    def __init__(self, loop: VirtualLoop, start: float = START) -> None:
        self.loop, self.start = loop, start

    def time(self) -> float:
        """Virtual wall clock [s since the epoch]."""
        return self.start + self.loop._now

    def monotonic(self) -> float:
        """The loop's time [s]."""
        return self.loop._now

    def time_ns(self) -> int:
        """Virtual wall clock [ns since the epoch]."""
        return int(self.start) * 1_000_000_000 + int((self.loop._now + self.start % 1.0) * 1e9)

    def call_later(self, delay: float, callback: Callable[[], object]) -> Later:
        """Call `callback` after `delay` [s]."""
        loop = self.loop
        return loop._timer(loop._now + delay, callback, (), None)

    async def sleep(self, delay: float) -> None:
        """Wait `delay` [s]; a thread of the loop waits through `VirtualLoop.ask`."""
        await asyncio.sleep(delay)
