"""One process that has to run: started, watched, started again when it exits."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from typing import Literal, Protocol

from telic.clock import Clock
from telic.errors import WorldError
from telic.worlds.local.backoff import Backoff

Phase = Literal["starting", "ready", "unready", "backoff", "stopped"]
POLL = 0.5  # between two looks at a process that was ready [s]
MISSES = 2  # late answers in a row that end a process whose life is probed [1]
POLL_STARTING = 0.03  # the same while it starts [s]


class Running(Protocol):
    """A process that was started, real or simulated."""

    @property
    def pid(self) -> int:
        """Number by which the world's own parts know it."""
        ...

    @property
    def host_pid(self) -> int:
        """Number by which people know it."""
        ...

    @property
    def exited(self) -> asyncio.Future[int]:
        """Exit code once it has ended; negative is a signal."""
        ...

    async def stop(self, *, grace: float, number: int = signal.SIGTERM) -> None:
        """Ask it to end, and kill it after `grace` [s]."""
        ...


Start = Callable[[], Awaitable[Running]]


class Supervised:
    """Keeps one process running.

    Readiness is only told, never acted upon: a process that is there but not ready is the operator's work. Only where
    `alive_within` gives a time is a process ended, and started again, that twice in a row takes longer to answer.

    Parameters
    ----------
    name
        The process: ``booking-1``.
    start
        Starts it and returns at once.
    probe
        Whether it is ready now; bounded in time by itself.
    alive_within
        Gives the time in which it has to answer the probe [s]; 0: it is never ended for that.
    on_event
        Called with ``instance.started`` and the like, and the reason.
    """

    def __init__(
        self,
        name: str,
        *,
        start: Start,
        probe: Callable[[], Awaitable[bool]],
        clock: Clock,
        on_event: Callable[[str, str], None],
        alive_within: Callable[[], float] = lambda: 0.0,
        backoff: Backoff | None = None,
        grace: float = 1.5,
        stop_signal: int = signal.SIGTERM,
    ) -> None:
        self.name, self._start, self._probe, self._clock, self._on_event = name, start, probe, clock, on_event
        self._alive_within = alive_within
        self._backoff, self._grace, self._stop_signal = backoff or Backoff(), grace, stop_signal
        self.phase: Phase = "stopped"
        self.child: Running | None = None
        self.started = 0.0
        self.restarts = 0
        self.last_exit = ""
        self.unready_since = 0.0
        self.exits = 0
        self._ready_at = 0.0
        self._stopping = False
        self._asked = False
        self._changed = asyncio.Condition()
        self._hurry = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Start keeping it running."""
        self._stopping = False
        self._task = asyncio.create_task(self._keep(), name=self.name)
        self._task.add_done_callback(_tell)

    async def wait_ready(self, timeout: float, *, first_exit: bool = True) -> bool:
        """Wait until it is ready; False after `timeout` [s] or, with `first_exit`, when it exits before."""
        exits = self.exits

        async def ready() -> None:
            async with self._changed:
                await self._changed.wait_for(lambda: self.phase == "ready" or (first_exit and self.exits > exits))

        try:
            await asyncio.wait_for(ready(), timeout)
        except TimeoutError:
            return False
        return self.phase == "ready"

    async def restart(self) -> None:
        """End the process and start it again at once; this exit was asked for."""
        self.hurry()
        if self.child is not None:
            self._asked = True
            await self.child.stop(grace=self._grace, number=self._stop_signal)

    def hurry(self) -> None:
        """Cut a back-off short, because something changed that may help."""
        self._backoff.reset()
        self._hurry.set()

    async def stop(self) -> None:
        """End the process and keep it ended."""
        self._stopping = True
        self._hurry.set()
        if self.child is not None:
            await self.child.stop(grace=self._grace, number=self._stop_signal)
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self.child = None
        await self._enter("stopped")

    async def _keep(self) -> None:
        while not self._stopping:
            code = await self._once()
            if self._stopping:
                return
            await self._pause(code)

    async def _once(self) -> str:
        self._ready_at, self.unready_since = 0.0, self._clock.time()
        await self._enter("starting")
        try:
            self.child = await self._start()
        except (OSError, WorldError) as error:
            return f"could not start: {error}"
        self.started = self._clock.time()
        self._on_event("instance.started", f"pid {self.child.pid}")
        watching = asyncio.create_task(self._watch(self.child))
        watching.add_done_callback(_tell)
        try:
            code = await asyncio.shield(self.child.exited)
        finally:
            watching.cancel()
        self.child = None
        return f"exit {code}" if code >= 0 else f"signal {-code}"

    async def _pause(self, how: str) -> None:
        asked, self._asked = self._asked, False
        self.last_exit = how
        self.exits += 1
        self._on_event("instance.exited", f"{how}{' (asked for)' if asked else ''}")
        if asked:
            return
        self.restarts += 1
        healthy = self._clock.time() - self._ready_at if self._ready_at else 0.0
        wait = self._backoff.after(healthy=healthy)
        self._hurry.clear()
        await self._enter("backoff")
        self._on_event("instance.backoff", f"next start in {wait:g} s")
        naps = [asyncio.ensure_future(self._clock.sleep(wait)), asyncio.ensure_future(self._hurry.wait())]
        try:
            await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in naps:
                each.cancel()

    async def _watch(self, child: Running) -> None:
        misses = 0  # in a row [1]
        while not child.exited.done():
            asked = self._clock.monotonic()
            ready = await self._probe()
            if child.exited.done() or self._stopping:
                return
            if ready and self.phase != "ready":
                self.unready_since = 0.0
                self._ready_at = self._ready_at or self._clock.time()
                await self._enter("ready")
                self._on_event("instance.ready", "")
            elif not ready and self.phase == "ready":
                self.unready_since = self._clock.time()
                await self._enter("unready")
                self._on_event("instance.unready", "the readiness probe got no answer in time")
            within = self._alive_within() if self._ready_at else 0.0
            dead = within > 0 and not (ready and self._clock.monotonic() - asked <= within)
            misses = misses + 1 if dead else 0
            if misses >= MISSES:
                self._on_event("instance.killed", f"the liveness probe got no answer within {within:g} s")
                await child.stop(grace=self._grace, number=self._stop_signal)
                return
            await self._clock.sleep(POLL_STARTING if self.phase == "starting" else POLL)

    async def _enter(self, phase: Phase) -> None:
        async with self._changed:
            self.phase = phase
            self._changed.notify_all()


def _tell(task: asyncio.Task[None]) -> None:
    """Log at once what should never happen: a supervising task that failed."""
    if not task.cancelled() and (error := task.exception()) is not None:
        asyncio.get_running_loop().call_exception_handler({"message": "supervision failed", "exception": error})
