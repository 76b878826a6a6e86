"""An asyncio event loop on virtual time: when everybody waits, time jumps to the next timer."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
import math
import sys
import threading
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any, TypeVar, TypeVarTuple, Unpack

from telic.errors import UsageError, WorldError
from telic.worlds.simulated import collecting, traps
from telic.worlds.simulated.blocking import BlockingLoop
from telic.worlds.simulated.handles import Later, Soon

T = TypeVar("T")
Args = TypeVarTuple("Args")
Timed = tuple[float, int, Later | None, Callable[..., object] | None, tuple[Any, ...]]  # the last two without a handle
_copy, _new, _push, _pop = contextvars.copy_context, object.__new__, heapq.heappush, heapq.heappop


class VirtualLoop(BlockingLoop):
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
    get_debug = staticmethod(bool)  # no: every future asks, and so no frame is made to answer

    def __init__(self, start: float = 0.0, *, patience: float = traps.PATIENCE) -> None:
        self.patience = patience
        self._running_in: int | None = None
        super().__init__()
        collecting.begin()
        self.set_debug(False)
        self._now, self._leave = start, False
        self._soon: deque[Soon] = deque()
        self._timers: list[Timed] = []
        self.cancelled_timers = 0
        self._order = itertools.count().__next__
        self._failure: BaseException | None = None
        self._last: list[Callable[[], object]] = []

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

    def bare_at(self, when: float, callback: Callable[[Unpack[Args]], object], *args: *Args) -> None:
        """Call back at `when` [s], in no context of what is running now; nobody can cancel it."""
        _push(self._timers, (when, self._order(), None, callback, args))

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

    def at_close(self, callback: Callable[[], object]) -> None:
        """Call back when nothing will ever run here again."""
        self._last.append(callback)

    def close(self) -> None:
        """Drop everything that was to happen and end the threads that wait."""
        if self.is_closed():
            return
        self._abandon_errands()
        for task in asyncio.all_tasks(self):
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        self._soon.clear()
        self._timers.clear()
        collecting.end()
        super().close()
        while self._last:
            self._last.pop()()

    def _run(self, until: float) -> None:
        self._check_closed()  # type: ignore[attr-defined]
        if self.is_running() or asyncio._get_running_loop() is not None:
            raise RuntimeError("an event loop runs in this thread already")
        self._running_in, self._leave = threading.get_ident(), False
        asyncio._set_running_loop(self)
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)  # type: ignore[attr-defined]
        try:
            with traps.guarded(self):
                self._turn(until)
        except traps.Spinning:
            self._soon.clear()  # whoever spins by asking again and again
        finally:
            sys.set_asyncgen_hooks(*hooks)
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
        _push(self._timers, (when, self._order(), handle, None, ()))
        return handle

    def _turn(self, until: float) -> None:
        soon, next_soon = self._soon, self._soon.popleft
        handle: Soon | Later | None = None
        while not self._leave:
            try:
                while soon:
                    handle = next_soon()
                    callback = handle._callback
                    if callback is not None:
                        handle._context.run(callback, *handle._args)
                        if self._leave:
                            return
                timers = self._timers
                if not timers or timers[0][0] > until:
                    if until == math.inf:
                        self.fail(WorldError("nothing is left that could happen", hint="something waits for nobody"))
                    else:
                        self._now = max(self._now, until)
                    return
                when, _, handle, callback, args = _pop(timers)
                if callback is not None:
                    if when > self._now:
                        self._now = when
                    callback(*args)
                elif handle is not None:
                    self._ring(handle, when)
            except (SystemExit, KeyboardInterrupt):
                raise
            except BaseException as error:  # noqa: BLE001 - as asyncio's own loops: it is told, and on it goes
                told = {"message": "a callback raised", "exception": error}
                self.call_exception_handler(told if handle is None else {**told, "handle": handle})

    def _ring(self, handle: Later, when: float) -> None:
        callback, handle._loop = handle._callback, None
        if callback is None:
            self.cancelled_timers -= 1
            return
        if when > self._now:
            self._now = when
        if handle._context is None:
            callback(*handle._args)
        else:
            handle._context.run(callback, *handle._args)

    def sweep(self) -> None:
        """Clear cancelled timers away, if they are more than those that will happen."""
        if self.cancelled_timers * 2 > len(self._timers):
            self._timers = [each for each in self._timers if each[2] is None or each[2]._callback is not None]
            heapq.heapify(self._timers)
            self.cancelled_timers = 0
