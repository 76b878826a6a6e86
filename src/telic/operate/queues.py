"""Notices that work waits, or is delivered again and again, behind a queue that accepts it as ever.

Whoever sends is answered at once, so that nothing of it shows where users enter until somebody misses what should have
followed. Per consumer, three readings in a row (a second apart; six where the consumer itself is silent and spans have
to tell) have to show one of these, and the last no less of it than the first:

1. *Waiting*: the oldest message waits for at least 2 s, and for four times as long as it ever did while all was well,
   and at least three messages wait, and four times as many as ever did.
2. *Delivered again*: so many redeliveries would happen with a probability below 1e-6 at the rate of well times
   (Poisson), and at least eight of them, while at least three messages wait.

A queue that is worked off is none of this, however much stands in it. Age before depth, since a depth means nothing
without a rate: "Avoiding insurmountable queue backlogs", Amazon Builders' Library, 2019.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from telic.model import Symptom
from telic.operate.statistics import poisson_at_most
from telic.telemetry.queries import QueueStep

OLD = 2.0  # of the oldest message [s]
WAITING = 3.0  # messages [1]
RATIO = 4.0  # of what was usual [1]
READINGS, UNTOLD = 3, 6  # in a row [1]
APART = 2.5  # at most, between two readings in a row [s]
AGAIN = 8.0  # redeliveries [1]
CHANCE = 1e-6  # of so many of them [1]
RARE = 0.1  # redeliveries that are usual at least [1/s]
KEPT = 240  # readings of well times [1]
RECENT = 30.0  # newer ones are not part of what is normal yet: work piles up before it is noticed [s]
STALE = 4.0  # older readings say nothing of now [s]


@dataclass
class _Queue:
    """Readings of one consumer."""

    steps: list[QueueStep] = field(default_factory=list)
    normal: deque[QueueStep] = field(default_factory=lambda: deque(maxlen=KEPT))
    late: deque[QueueStep] = field(default_factory=deque)  # will be normal, if nothing comes of them


class QueueMonitor:
    """Compares what waits at each consumer with what waited there while all was well."""

    def __init__(self) -> None:
        self._queues: dict[str, _Queue] = {}
        self._subjects: dict[str, str] = {}

    def step(self, steps: Sequence[QueueStep], now: float, *, frozen: bool) -> list[Symptom]:
        """Take the readings of the last seconds; return a symptom for each consumer whose work does not get done.

        Parameters
        ----------
        steps
            By consumer and time; what was taken before may come again.
        now
            [s since the Unix epoch]
        frozen
            Whether an incident is open: what is seen now is not what is normal.
        """
        for name in {each.consumer for each in steps}:
            queue = self._queues.setdefault(name, _Queue())
            last = queue.steps[-1].time if queue.steps else 0.0
            new = [each for each in steps if each.consumer == name and each.time > last + 0.5]
            queue.steps = [*queue.steps, *new][-2 * UNTOLD :]
            self._subjects.update((name, each.subject) for each in new if each.subject)
        found = [symptom for name in sorted(self._queues) if (symptom := self._judge(name, now)) is not None]
        if not found and not frozen:
            self._settle(now)
        return found

    def learn(self, steps: Sequence[QueueStep]) -> None:
        """Take readings as what is normal."""
        for each in steps:
            queue = self._queues.setdefault(each.consumer, _Queue())
            queue.normal.append(each)

    def forget(self, start: float) -> None:
        """Leave readings since `start` [s since the Unix epoch] out of what is normal."""
        for queue in self._queues.values():
            queue.normal = deque((each for each in queue.normal if each.time < start), maxlen=KEPT)
            queue.late.clear()

    def standing(self, consumer: str) -> QueueStep | None:
        """Return the newest reading of a consumer."""
        queue = self._queues.get(consumer)
        return queue.steps[-1] if queue is not None and queue.steps else None

    def well(self, consumer: str, now: float) -> bool:
        """Whether nothing waits at `consumer` for longer than usual, and there is a reading that says so."""
        queue, last = self._queues.get(consumer), self.standing(consumer)
        return queue is not None and last is not None and now - last.time < STALE and not _waits(last, queue)

    def _judge(self, name: str, now: float) -> Symptom | None:
        queue = self._queues[name]
        if not queue.steps or now - queue.steps[-1].time >= STALE:
            return None
        count = READINGS if queue.steps[-1].told else UNTOLD
        row = queue.steps[-count:]
        if len(row) < count or any(b.time - a.time > APART for a, b in pairwise(row)):
            return None
        last = row[-1]
        waits = all(_waits(each, queue) for each in row) and last.age >= row[0].age
        if not waits and not _again(row, queue):
            return None
        began = last.time - last.age if waits else next(each.time for each in row if each.again)
        usual = max((each.age for each in queue.normal), default=0.0)
        worse, waiting = last.age / max(usual, OLD / RATIO), round(last.waiting)
        return Symptom("queue", name, self._subjects.get(name, ""), "queue", began, now, worse, waiting, waiting)

    def _settle(self, now: float) -> None:
        for queue in self._queues.values():
            newest = queue.normal[-1].time if queue.normal else 0.0
            young = [each for each in queue.steps if each.age < OLD]  # what is old becomes no habit by lasting
            queue.late.extend(each for each in young if each.time > (queue.late[-1].time if queue.late else newest))
            while queue.late and queue.late[0].time < now - RECENT:
                queue.normal.append(queue.late.popleft())


def _waits(step: QueueStep, queue: _Queue) -> bool:
    age = max((each.age for each in queue.normal), default=0.0)
    waiting = max((each.waiting for each in queue.normal), default=0.0)
    return step.age >= max(OLD, RATIO * age) and step.waiting >= max(WAITING, RATIO * waiting)


def _again(row: Sequence[QueueStep], queue: _Queue) -> bool:
    """Whether messages are delivered again in each of these readings, far more often than usual."""
    count = sum(each.again for each in row)
    if count < AGAIN or any(each.again <= 0 or each.waiting < WAITING for each in row):
        return False
    seconds = len(queue.normal) or 1
    usual = max(RARE, sum(each.again for each in queue.normal) / seconds)
    return 1.0 - poisson_at_most(round(count) - 1, RATIO * usual * len(row)) < CHANCE
