"""Admission: a bounded number of slots, a bounded queue in front of them, and the declared capacity enforced."""

from __future__ import annotations

import asyncio
import heapq
from collections import deque

from telic.clock import Clock
from telic.runtime.failures import Overloaded
from telic.runtime.policies.aimd import AimdLimit
from telic.runtime.policies.limit import Timer, call_later
from telic.runtime.wiring import NodePolicy

DEFAULT_SLOTS = 256  # where no capacity is declared [1]
ROUNDING = 1e-6  # of times: a timer may fire so much early [s]
Turn = tuple["asyncio.Future[None]", float]  # one that waits, and since when on the monotonic scale [s]


class Admission:
    """Slots and queue of one instance.

    Parameters
    ----------
    policy
        Length and order of the queue, how old what waits may get, kind of limit.
    slots
        Requests served at once [1].
    service_time
        Each holds its slot at least so long [s]; the reply does not wait for it.

    Attributes
    ----------
    busy
        How long slots were taken by those who gave them back, together [s].
    refused
        Requests that got no slot because too many wait, or because they waited too long [1].
    """

    def __init__(
        self, policy: NodePolicy, clock: Clock, *, slots: int = DEFAULT_SLOTS, service_time: float = 0.0
    ) -> None:
        self._clock, self._running = clock, 0
        self.busy, self.refused = 0.0, 0
        self._held: list[float] = []  # until when slots of finished requests stay taken, a heap [s]
        self._waiting: deque[Turn] = deque()  # in the order of arrival
        self._timer: Timer | None = None
        self._age_timer: Timer | None = None
        self.configure(policy, slots=slots, service_time=service_time)

    def configure(self, policy: NodePolicy, *, slots: int, service_time: float) -> None:
        """Apply another policy or capacity; what runs and waits goes on."""
        self._policy, self._slots, self._service_time = policy, slots, service_time
        self._aimd = AimdLimit(slots, self._clock) if policy.limit == "aimd" else None
        self._wake()

    @property
    def active(self) -> int:
        """Slots that are taken [1]; may be read from any thread."""
        now = self._clock.monotonic()
        return self._running + sum(1 for until in tuple(self._held) if until > now)

    @property
    def queued(self) -> int:
        """Requests that wait for a slot [1]."""
        return len(self._waiting)

    @property
    def age(self) -> float:
        """How long the one that waits longest has waited [s]; may be read from any thread."""
        try:
            return max(0.0, self._clock.monotonic() - self._waiting[0][1])
        except IndexError:  # nobody waits
            return 0.0

    @property
    def limit(self) -> int:
        """Requests that may be served at once now [1]."""
        return self._slots if self._aimd is None else self._aimd.slots

    def enter_now(self) -> float | None:
        """Take a free slot and return the time on the clock's monotonic scale [s]; None where one has to wait."""
        if self._waiting:
            return None
        held, now = self._held, self._clock.monotonic()
        while held and held[0] <= now:
            heapq.heappop(held)
        if self._running + len(held) >= (self._slots if self._aimd is None else self._aimd.slots):
            return None
        self._running += 1
        return now

    async def enter(self) -> float:
        """Wait for a slot; return when it was got, on the clock's monotonic scale [s]. Raise `Overloaded` when full."""
        entered = self.enter_now()
        if entered is not None:
            return entered
        self._make_room()
        slot: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turn = (slot, self._clock.monotonic())
        self._waiting.append(turn)
        self._wake_later()
        try:
            await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled() and slot.exception() is None:
                self._running -= 1  # the slot came at the same moment; hand it on
                self._wake()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            raise
        return self._clock.monotonic()

    def leave(self, entered: float, *, ok: bool) -> None:
        """Give the slot back, at the earliest when the declared service time is over."""
        spent = self._clock.monotonic() - entered
        if self._aimd is not None:
            self._aimd.observe(spent, ok=ok)
        self._running -= 1
        if spent < self._service_time:
            heapq.heappush(self._held, entered + self._service_time)
            spent = self._service_time
        self.busy += spent
        if self._waiting:
            self._wake()

    def _taken(self) -> int:
        held, now = self._held, self._clock.monotonic()
        while held and held[0] <= now:
            heapq.heappop(held)
        return self._running + len(held)

    def _make_room(self) -> None:
        self._drop_stale()
        bound = self._policy.queue
        if bound < 0 or len(self._waiting) < bound:
            return
        self.refused += 1
        refusal = Overloaded("the queue is full", retry_after=max(1.0, self._service_time * bound))
        if self._policy.order == "fifo" or not self._waiting:
            raise refusal
        oldest, _ = self._waiting.popleft()  # last in, first out: who waits longest has the least to hope for
        if not oldest.done():
            oldest.set_exception(refusal)

    def _drop_stale(self) -> None:
        """Refuse those who waited too long: most of their callers have left, and the rest will before an answer."""
        longest = self._policy.max_age
        if longest <= 0:
            return
        now = self._clock.monotonic() + ROUNDING
        while self._waiting and self._waiting[0][1] + longest <= now:
            slot, _ = self._waiting.popleft()
            if not slot.done():
                self.refused += 1
                slot.set_exception(Overloaded(f"waited {longest:g} s in the queue", retry_after=max(1.0, longest)))

    def _wake(self) -> None:
        self._drop_stale()
        while self._waiting and self._taken() < self.limit:
            slot, _ = self._waiting.popleft() if self._policy.order == "fifo" else self._waiting.pop()
            if not slot.done():
                self._running += 1
                slot.set_result(None)
        self._wake_later()

    def _wake_later(self) -> None:
        """See to it that those who wait are woken when the next slot is free; a timer runs only while some do."""
        if self._waiting and self._held and self._timer is None:
            self._timer = call_later(self._clock, max(0.0, self._held[0] - self._clock.monotonic()), self._on_time)
        if self._waiting and self._policy.max_age > 0 and self._age_timer is None:
            stale = self._waiting[0][1] + self._policy.max_age - self._clock.monotonic()
            self._age_timer = call_later(self._clock, max(0.0, stale), self._on_age)

    def _on_time(self) -> None:
        self._timer = None
        self._wake()

    def _on_age(self) -> None:
        self._age_timer = None
        self._wake()
