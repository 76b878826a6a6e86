"""One simulated CPU: work is done in the order in which it comes; it can be throttled, stopped and emptied."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVarTuple, Unpack

from telic.errors import UsageError
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.quota import Quota

Args = TypeVarTuple("Args")
LOOK_EVERY = 0.1  # between two looks at how much waits [s]


Job = tuple[float, float, Callable[..., object], tuple[Any, ...]]
"""Some work [s], when it will be done as far as is known [s], and what follows it."""


class Processor:
    """The CPU of one instance.

    A job costs one timer: as long as nothing changes, its end is known when it comes.

    Attributes
    ----------
    cpu_seconds
        Work that was done [s].
    throttled_seconds
        How long the quota kept work from running [s].
    stopped_seconds
        How long it was stopped, until the last `resume` [s].
    """

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop
        self._jobs: deque[Job] = deque()
        self._free = self._next_look = 0.0  # when what is known of will be done [s]
        self._quota: Quota | None = None
        self._stopped_at: float | None = None
        self._plans = 0  # timers of earlier plans do nothing [1]
        self._worst = 0.0
        self.cpu_seconds = self.throttled_seconds = self.stopped_seconds = 0.0

    @property
    def share(self) -> float:
        """How much of the CPU there is [1]."""
        return 1.0 if self._quota is None else self._quota.share

    @share.setter
    def share(self, share: float) -> None:
        if not 0 < share <= 1:
            raise UsageError(f"a share of {share} CPU", hint="above 0, at most 1")
        self._replan(lambda: setattr(self, "_quota", Quota(share, self._loop.time()) if share < 1 else None))

    @property
    def stopped(self) -> bool:
        """Whether it stands still."""
        return self._stopped_at is not None

    @property
    def queued(self) -> int:
        """Jobs that are not done [1]."""
        return len(self._jobs)

    def submit(
        self,
        seconds: float,
        call: Callable[[Unpack[Args]], object],
        *args: *Args,
        transit: float = 0.0,
    ) -> None:
        """Call `call` when `seconds` [s] of work are done that arrive after `transit` [s]; no context goes along."""
        loop = self._loop
        now = loop._now
        if self._stopped_at is not None:
            self._jobs.append((seconds, now, call, args))
            return
        if now >= self._next_look:
            self._look(now)
        arrives, end = now + transit, self._free
        if self._quota is None:
            self._free = end = (arrives if arrives > end else end) + seconds
        else:
            end = self._plan(seconds, arrives)
        self._jobs.append((seconds, end, call, args))
        loop.bare_at(end, self._done, self._plans)

    async def use(self, seconds: float) -> None:
        """Wait until `seconds` [s] of work are done."""
        done: asyncio.Future[None] = self._loop.create_future()
        self.submit(seconds, _set, done)
        await done

    def stop(self) -> None:
        """Stand still, as after SIGSTOP."""
        if self._stopped_at is None:
            self._replan(lambda: setattr(self, "_stopped_at", self._loop.time()))

    def resume(self) -> None:
        """Go on."""
        if self._stopped_at is not None:
            stood = self._loop.time() - self._stopped_at
            self.stopped_seconds += stood
            self._worst = max(self._worst, stood)
            self._replan(lambda: setattr(self, "_stopped_at", None))

    def clear(self) -> None:
        """Forget all work."""
        self._plans += 1
        self._jobs.clear()
        self._free = self._loop.time()

    def kept_seconds(self) -> float:
        """Return for how long quota and stops kept it from running [s]."""
        standing = 0.0 if self._stopped_at is None else self._loop.time() - self._stopped_at
        return self.throttled_seconds + self.stopped_seconds + standing

    def lag(self) -> float:
        """Return how late a timer of this process was at worst since the last call [s]."""
        self._look(self._loop.time())
        worst, self._worst = self._worst, 0.0
        return worst

    def _look(self, now: float) -> None:
        self._next_look = now + LOOK_EVERY
        self._worst = max(self._worst, self._free - now)

    def _plan(self, seconds: float, arrives: float) -> float:
        """Return when work will be done that arrives behind all other."""
        start = arrives if arrives > self._free else self._free
        if self._quota is None:
            self._free = start + seconds
        else:
            self._free = self._quota.end(start, seconds)
            self.throttled_seconds += self._free - start - seconds
        return self._free

    def _done(self, plan: int) -> None:
        if plan == self._plans:
            seconds, _, call, args = self._jobs.popleft()
            self.cpu_seconds += seconds
            call(*args)

    def _replan(self, change: Callable[[], object]) -> None:
        """Change how fast it works; what is half done stays half done."""
        now, begun = self._loop.time(), self._stopped_at is None
        self._plans += 1
        if self._jobs and begun:
            seconds, end, call, args = self._jobs[0]
            left = min(seconds, max(0.0, end - now) * self.share)
            self.cpu_seconds += seconds - left
            self._jobs[0] = (left, end, call, args)
        change()
        self._free = now
        if self._stopped_at is None:
            self._jobs = deque((each[0], self._plan(each[0], now), each[2], each[3]) for each in self._jobs)
            for _, end, _, _ in self._jobs:
                self._loop.bare_at(end, self._done, self._plans)


def _set(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
