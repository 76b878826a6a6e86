"""The simulated NATS: streams and what is in hand of them on virtual time, and the queue port of each service."""

from __future__ import annotations

import heapq
import itertools
import random
from asyncio import AbstractEventLoop, CancelledError, Future
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from telic.runtime.failures import DependencyFailed
from telic.runtime.queues import DEAD, LIMIT, WINDOW, Delivery, Standing, Terms
from telic.runtime.server.route import encode
from telic.runtime.stores.jetstream import TIMEOUT
from telic.runtime.telemetry.queue_spans import PEER, QueueSpans
from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.simulated.memory_server import MemoryServer
from telic.worlds.simulated.store_path import Link, woken

ROUND_TRIP = 0.0006  # of one question through the proxy, all processes' work included [s]
KEPT = 0.0004  # more for a message that is written to the disk [s]


@dataclass
class _Kept:
    """A message in a stream."""

    number: int
    id: str
    body: bytes
    traceparent: str
    since: float  # [s]
    attempt: int = 0


@dataclass
class _Stream:
    """One subject: what is kept, what is in hand and until when, what comes again."""

    kept: OrderedDict[int, _Kept] = field(default_factory=OrderedDict)
    fresh: int = 1  # number of the next message that nobody has had
    hand: dict[int, float] = field(default_factory=dict)  # until when each message in hand stays there [s]
    ends: list[tuple[float, int]] = field(default_factory=list)  # the same as a heap
    again: list[int] = field(default_factory=list)  # a heap of numbers
    ids: OrderedDict[str, float] = field(default_factory=OrderedDict)  # and when they were sent [s]


class SimulatedNats(MemoryServer):
    """The queue's server: its streams."""

    def __init__(self, loop: AbstractEventLoop) -> None:
        super().__init__(loop)
        self._streams: dict[str, _Stream] = {}
        self._numbers = itertools.count(1)

    def put(self, subject: str, id_: str, body: bytes, traceparent: str) -> bool:
        """Keep a message, once an id; whether there was room."""
        stream, now = self._stream(subject), self._loop.time()
        while stream.ids and next(iter(stream.ids.values())) < now - WINDOW:
            stream.ids.popitem(last=False)
        if id_ in stream.ids:
            return True
        if len(stream.kept) >= LIMIT:
            return False
        number = next(self._numbers)
        stream.kept[number] = _Kept(number, id_, body, traceparent, now)
        stream.ids[id_] = now
        self._wake()
        return True

    def take(self, subject: str, most: int, terms: Terms) -> list[Delivery]:
        """Give up to `most` messages in hand [1], what comes again first; no more are in hand than the terms say."""
        stream, now = self._stream(subject), self._loop.time()
        self._come_again(stream, now)
        found: list[Delivery] = []
        while len(found) < min(most, LIMIT) and len(stream.hand) < terms.pending:
            kept = self._next(stream)
            if kept is None:
                break
            kept.attempt += 1
            self._hold(stream, kept.number, now + terms.ack_wait)
            token = f"{kept.number}.{kept.attempt}"
            found.append(Delivery(subject, kept.id, kept.body, kept.attempt, token, kept.traceparent))
        return found

    def wakes_at(self, subject: str) -> float:
        """Return when the next message in hand comes again by itself [s]; infinity where none is."""
        ends = self._stream(subject).ends
        return ends[0][0] if ends else float("inf")

    def done(self, delivery: Delivery) -> None:
        """Let a message go for good."""
        stream, number = self._stream(delivery.subject), int(delivery.token.partition(".")[0])
        stream.kept.pop(number, None)
        if stream.hand.pop(number, None) is not None:
            self._wake()

    def delay(self, delivery: Delivery, delay: float) -> None:
        """Keep a message in hand for `delay` [s] more, then have it come again; a later delivery is let alone."""
        stream, number = self._stream(delivery.subject), int(delivery.token.partition(".")[0])
        if number in stream.hand and stream.kept[number].attempt == delivery.attempt:
            self._hold(stream, number, self._loop.time() + delay)
            self._wake()

    def standing(self, subject: str) -> Standing:
        """Return how full a subject is."""
        kept = self._stream(subject).kept
        age = self._loop.time() - next(iter(kept.values())).since if kept else 0.0
        return Standing(len(kept), age, len(self._stream(f"{subject}{DEAD}").kept))

    def purge(self, subject: str, prefix: str) -> None:
        """Remove the messages whose ids begin with `prefix`."""
        stream = self._stream(subject)
        for number in [each.number for each in stream.kept.values() if each.id.startswith(prefix)]:
            del stream.kept[number]
            stream.hand.pop(number, None)
        self._wake()

    def _stream(self, subject: str) -> _Stream:
        return self._streams.setdefault(subject, _Stream())

    def _hold(self, stream: _Stream, number: int, until: float) -> None:
        stream.hand[number] = until
        heapq.heappush(stream.ends, (until, number))

    def _come_again(self, stream: _Stream, now: float) -> None:
        while stream.ends and stream.ends[0][0] <= now:
            until, number = heapq.heappop(stream.ends)
            if stream.hand.get(number) == until:
                del stream.hand[number]
                heapq.heappush(stream.again, number)

    def _next(self, stream: _Stream) -> _Kept | None:
        while stream.again:
            kept = stream.kept.get(heapq.heappop(stream.again))
            if kept is not None:
                return kept
        for number, kept in stream.kept.items():  # before the fresh ones stand those in hand alone
            if number >= stream.fresh:
                stream.fresh = number + 1
                return kept
        return None


class SimulatedQueue:
    """Implements `telic.runtime.ports.Queue` and `consuming.Source` with the patience of `JetStreamQueue`.

    Parameters
    ----------
    way
        Gives the link that leads to the server now; None where nothing listens.
    refused
        Says whether the server takes no connection with what the settings present.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        server: SimulatedNats,
        way: Callable[[], Link | None],
        recorder: Recorder,
        rng: random.Random,
        refused: Callable[[], bool] = lambda: False,
    ) -> None:
        self._loop, self._server, self._way, self._rng, self._refused = loop, server, way, rng, refused
        self._spans = QueueSpans(recorder)

    async def publish(self, subject: str, message: object, *, message_id: str) -> None:
        """Have a message kept."""
        span, error_type = self._spans.send(), "cancelled"
        try:
            await self._put(subject, message_id, encode(message), span.traceparent)
            error_type = ""
        except DependencyFailed as failure:
            error_type = failure.error_type
            raise
        finally:
            self._spans.sent(span, subject, error_type)

    async def pull(self, subject: str, most: int, terms: Terms, wait: float) -> Sequence[Delivery]:
        """Take up to `most` messages [1] in hand; wait up to `wait` [s] for the first."""
        await self._ask(f"pull {subject}")
        server, until = self._server, self._loop.time() + wait
        while not (found := server.take(subject, most, terms)):
            left = min(until, server.wakes_at(subject)) - self._loop.time()
            if until <= self._loop.time():
                break
            await server.change(max(0.0, left))
            if server.still or not server.running:
                await self._ask(f"pull {subject}")
        return found

    async def acknowledge(self, delivery: Delivery) -> None:
        """Let a message be done for good."""
        await self._ask(f"settle {delivery.subject}")
        self._server.done(delivery)

    async def release(self, delivery: Delivery, delay: float) -> None:
        """Have it delivered again after `delay` [s]."""
        await self._ask(f"settle {delivery.subject}")
        self._server.delay(delivery, delay)

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Put it aside, to the subject's dead letters."""
        await self._put(f"{delivery.subject}{DEAD}", delivery.id, delivery.body, delivery.traceparent)
        self._server.done(delivery)

    async def standing(self, subject: str) -> Standing:
        """Return how full the queue is."""
        await self._ask(f"look at {subject}")
        return self._server.standing(subject)

    async def _put(self, subject: str, id_: str, body: bytes, traceparent: str) -> None:
        await self._ask(f"publish {subject}", KEPT)
        if not self._server.put(subject, id_, body, traceparent):
            raise self._failed(f"publish {subject}", "refused")

    async def _ask(self, what: str, more: float = 0.0) -> None:
        """Pay for one question; raise where no answer comes."""
        loop, server = self._loop, self._server
        seconds, kind = self._outcome(more)
        if not await server.moves(TIMEOUT):
            raise self._failed(what, "timeout")
        passed: Future[None] = loop.create_future()
        timer = loop.call_later(seconds, woken, passed)
        try:
            await passed
        except CancelledError:
            timer.cancel()
            raise
        if kind or not server.running:
            raise self._failed(what, kind or "connection_reset")

    def _outcome(self, more: float) -> tuple[float, str]:
        """Return how long the next question takes [s] and what goes wrong with it."""
        link = self._way()
        if link is None:
            return ROUND_TRIP, "connection_refused"
        if self._refused():
            return ROUND_TRIP, "authorization"
        return self._server.outcome(link, self._rng, ROUND_TRIP + more, TIMEOUT)

    def _failed(self, what: str, kind: str) -> DependencyFailed:
        return DependencyFailed(f"{PEER} failed to {what} ({kind})", peer=PEER, error_type=kind)
