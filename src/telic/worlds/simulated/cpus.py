"""The CPUs of a simulated store: jobs start in the order in which they come, each on one CPU, none is taken away."""

from __future__ import annotations

from asyncio import Future, TimerHandle
from collections import deque

from telic.worlds.simulated.loop import VirtualLoop

_NEVER, _FOREVER = float("-inf"), float("inf")
Turn = tuple[int, float]  # a job of known end: which CPU, and until when on the loop's clock [s]


class _Job:
    """Work that has to wait for its turn, or whose speed may change while it runs."""

    __slots__ = ("began", "done", "left", "place", "speed", "timer")

    def __init__(self, seconds: float, done: Future[None]) -> None:
        self.left, self.done = seconds, done  # at full speed [s]
        self.place, self.began, self.speed = -1, 0.0, 1.0
        self.timer: TimerHandle | None = None


class Cpus:
    """`count` CPUs with one queue.

    A job that finds a CPU free at full speed costs no event: the CPU is known to be busy until the job's end, and
    whoever asks later looks at that (`take`). Only jobs that wait, or run on less than a CPU, need timers (`use`).

    Parameters
    ----------
    count
        How many there are [1].
    """

    def __init__(self, loop: VirtualLoop, count: int = 2) -> None:
        self._loop = loop
        self._busy_until = [_NEVER] * count
        self._waiting: deque[_Job] = deque()
        self._running: dict[int, _Job] = {}
        self._armed = False
        self._share = 1.0
        self.seconds = 0.0  # computed so far [s]

    @property
    def share(self) -> float:
        """How much of one CPU all jobs together get [1]; 1.0: every CPU at full speed."""
        return self._share

    @share.setter
    def share(self, share: float) -> None:
        self._share = share
        for each in self._running.values():
            self._pause(each)
        for each in self._running.values():
            self._go(each)
        self._serve()

    @property
    def queued(self) -> int:
        """How many jobs wait [1]."""
        return len(self._waiting)

    def take(self, seconds: float) -> Turn | None:
        """Begin a job of `seconds` [s] now and return its turn, or None where it has to be waited for with `use`."""
        if self._waiting or self._share < 1.0:
            return None
        now = self._loop._now
        for place, until in enumerate(self._busy_until):
            if until <= now:
                self._busy_until[place] = until = now + seconds
                self.seconds += seconds
                return place, until
        return None

    async def use(self, seconds: float) -> None:
        """Wait for a CPU, then until a job of `seconds` [s] is done."""
        job = _Job(seconds, self._loop.create_future())
        self._waiting.append(job)
        self._serve()
        try:
            await job.done
        except BaseException:
            self._drop(job)
            raise

    def give_up(self, turn: Turn) -> None:
        """Free the CPU of a job that ends before its time."""
        now, (place, until) = self._loop._now, turn
        if until > now and self._busy_until[place] == until:
            self._busy_until[place] = now
            self.seconds -= until - now
            self._serve()

    def fail(self, error: Exception) -> None:
        """End every job: whoever waits for one gets `error`."""
        ended = [*self._running.values(), *self._waiting]
        for each in self._running.values():
            self._pause(each)
        self._running.clear()
        self._waiting.clear()
        self._busy_until = [_NEVER] * len(self._busy_until)
        for each in ended:
            if not each.done.done():
                each.done.set_exception(error)

    def _serve(self) -> None:
        now = self._loop._now
        while self._waiting and (place := self._free(now)) >= 0:
            job = self._waiting.popleft()
            job.place, self._running[place], self._busy_until[place] = place, job, _FOREVER
            self._go(job)
        first = self._busy_until[0] if self._share < 1.0 else min(self._busy_until)
        if self._waiting and not self._armed and now < first < _FOREVER:
            self._armed = True
            self._loop.call_at(first, self._ring)

    def _free(self, now: float) -> int:
        if self._share < 1.0:  # less than one CPU for all: one after the other
            return 0 if not self._running and self._busy_until[0] <= now else -1
        return next((place for place, until in enumerate(self._busy_until) if until <= now), -1)

    def _ring(self) -> None:
        self._armed = False
        self._serve()

    def _go(self, job: _Job) -> None:
        job.began = self._loop._now
        job.speed = 1.0 if self._share >= 1.0 else self._share / len(self._running)
        job.timer = self._loop.call_at(job.began + job.left / job.speed, self._finish, job)

    def _pause(self, job: _Job) -> None:
        ran = (self._loop._now - job.began) * job.speed
        self.seconds += ran
        job.left = max(0.0, job.left - ran)
        if job.timer is not None:
            job.timer.cancel()

    def _finish(self, job: _Job) -> None:
        self.seconds += job.left
        self._leave(job)
        if not job.done.done():
            job.done.set_result(None)

    def _drop(self, job: _Job) -> None:
        if self._running.get(job.place) is job:
            self._pause(job)
            self._leave(job)
        elif job in self._waiting:
            self._waiting.remove(job)

    def _leave(self, job: _Job) -> None:
        del self._running[job.place]
        self._busy_until[job.place] = self._loop._now
        self._serve()
