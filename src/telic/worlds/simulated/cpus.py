"""The CPUs of a simulated store: jobs start in the order in which they come, each on one CPU, none is taken away."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future
from collections import deque

_NEVER = float("-inf")
Turn = tuple[int, float]  # a job: which CPU, and until when on the loop's clock [s]


class Cpus:
    """`count` CPUs with one queue.

    A job that finds a CPU free costs no event: the CPU is known to be busy until the job's end, and whoever asks later
    looks at that. Only jobs that have to wait need a timer.

    Parameters
    ----------
    count
        How many there are [1].
    """

    def __init__(self, loop: AbstractEventLoop, count: int = 2) -> None:
        self._loop, self._count = loop, count
        self._busy_until = [_NEVER] * count
        self._waiting: deque[tuple[Future[Turn], float]] = deque()
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
        wanted = self._count if share >= 1.0 else 1
        kept = sorted(self._busy_until)[-wanted:]
        self._busy_until = kept + [_NEVER] * (wanted - len(kept))
        self._serve()

    @property
    def queued(self) -> int:
        """How many jobs wait [1]."""
        return len(self._waiting)

    def take(self, seconds: float) -> Turn | None:
        """Begin a job of `seconds` [s] now and return its turn, or None where all CPUs are busy."""
        if self._waiting:
            return None
        return self._begin(seconds, self._loop.time())

    async def wait(self, seconds: float) -> Turn:
        """Like `take`, but wait for a CPU."""
        place: Future[Turn] = self._loop.create_future()
        self._waiting.append((place, seconds))
        self._serve()
        try:
            return await place
        except BaseException:
            if place.done() and not place.cancelled() and place.exception() is None:
                self.give_up(place.result())
            raise

    def give_up(self, turn: Turn) -> None:
        """Free the CPU of a job that ends before its time."""
        now, (place, until) = self._loop.time(), turn
        if until > now and place < len(self._busy_until) and self._busy_until[place] == until:
            self._busy_until[place] = now
            self.seconds -= (until - now) * self._share
            self._serve()

    def fail(self, error: Exception) -> None:
        """End every job: those that wait raise `error`."""
        self._busy_until = [_NEVER] * len(self._busy_until)
        while self._waiting:
            place, _ = self._waiting.popleft()
            if not place.done():
                place.set_exception(error)

    def _begin(self, seconds: float, now: float) -> Turn | None:
        for place, until in enumerate(self._busy_until):
            if until <= now:
                self._busy_until[place] = until = now + seconds / self._share
                self.seconds += seconds
                return place, until
        return None

    def _serve(self) -> None:
        now = self._loop.time()
        while self._waiting:
            place, seconds = self._waiting[0]
            if not place.done():
                turn = self._begin(seconds, now)
                if turn is None:
                    break
                place.set_result(turn)
            self._waiting.popleft()
        if self._waiting and not self._armed:
            self._armed = True
            self._loop.call_at(min(self._busy_until), self._ring)

    def _ring(self) -> None:
        self._armed = False
        self._serve()
