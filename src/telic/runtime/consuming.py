"""Takes messages from the queue and has them done: acknowledged, delivered again, or put aside in the end."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from telic.clock import Clock
from telic.runtime.context import SPAN, SpanContext
from telic.runtime.failures import DependencyFailed
from telic.runtime.ports import Scalar
from telic.runtime.queues import DEAD, MOST, Delivery, Standing, Terms, terms_of
from telic.runtime.server.messages import Request, Response
from telic.runtime.telemetry.queue_spans import QueueSpans
from telic.runtime.telemetry.recorder import Recorder, parse_traceparent

WAIT = 1.0  # for a message, where there is none [s]
REST = 0.5  # after the queue failed [s]
LOOK = 1.0  # between two looks at how full the queue is [s]
DONE = (200, 422)  # statuses of an answer; whoever asked through a queue does not read a business error
NOT_NOW = (429, 503, 504)  # statuses of what may go well as it is, later
Handle = Callable[[Request], Awaitable[Response]]


class Source(Protocol):
    """The consumer's side of a queue; failures raise `DependencyFailed`."""

    async def pull(self, subject: str, most: int, terms: Terms, wait: float) -> Sequence[Delivery]:
        """Take up to `most` messages [1] in hand; wait up to `wait` [s] for the first."""
        ...

    async def acknowledge(self, delivery: Delivery) -> None:
        """Let a message be done for good."""
        ...

    async def release(self, delivery: Delivery, delay: float) -> None:
        """Have it delivered again after `delay` [s]; until then it counts as in hand."""
        ...

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Put it aside, to the subject's dead letters."""
        ...

    async def standing(self, subject: str) -> Standing:
        """Return how full the queue is."""
        ...


class Consumer:
    """Has one operation done for what stands in the queue under its name.

    Parameters
    ----------
    handle
        Serves a request, as the server shell does: what is taken passes the same admission and the same record of
        idempotency keys as what is asked over HTTP.
    settings
        Gives the settings in force now.

    Attributes
    ----------
    standing
        How full the queue was when it was last looked at.
    """

    def __init__(
        self,
        subject: str,
        source: Source,
        handle: Handle,
        settings: Callable[[], Mapping[str, Scalar]],
        *,
        clock: Clock,
        recorder: Recorder,
        log: logging.Logger,
    ) -> None:
        self._subject, self._source, self._handle, self._settings = subject, source, handle, settings
        self._clock, self._recorder, self._log = clock, recorder, log
        self._spans = QueueSpans(recorder)
        self._working: set[asyncio.Task[None]] = set()
        self._next = float("-inf")  # when the rate lets the next message in
        self.standing = Standing()
        metrics = recorder.metrics
        metrics.gauge("telic.queue.depth", "1", lambda: self.standing.depth)
        metrics.gauge("telic.queue.age", "s", lambda: self.standing.age)
        metrics.gauge("telic.queue.dead", "1", lambda: self.standing.dead)
        metrics.gauge("telic.queue.working", "1", lambda: len(self._working))
        labels = {"messaging.destination.name": subject}
        self._again = metrics.counter("telic.queue.redelivered", attributes=labels)
        self._buried = metrics.counter("telic.queue.buried", attributes=labels)

    async def run(self) -> None:
        """Take messages until cancelled; what is in hand then comes again to the next who asks."""
        looking = asyncio.ensure_future(self._look())
        try:
            while True:
                await self._turn()
        finally:
            looking.cancel()
            for each in self._working:
                each.cancel()

    async def _turn(self) -> None:
        terms = terms_of(self._settings())
        free = await self._room(terms)
        if free <= 0:
            return
        try:
            found = await self._source.pull(self._subject, free, terms, WAIT)
        except DependencyFailed as failure:
            self._log.warning("%s: %s", self._subject, failure)
            await self._clock.sleep(REST)
            return
        for each in found:
            self._again.add(each.attempt > 1)
            work = asyncio.get_running_loop().create_task(self._work(each, terms), context=contextvars.Context())
            self._working.add(work)
            work.add_done_callback(self._ended)

    async def _room(self, terms: Terms) -> int:
        """Return how many messages may be taken now [1]; wait for a change where none may."""
        free = terms.pending - len(self._working)
        if free <= 0:
            await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
            return 0
        if terms.rate <= 0:
            return free
        now = self._clock.monotonic()
        if now < self._next:
            await self._clock.sleep(min(self._next - now, REST))
            return 0
        self._next = now + 1 / terms.rate
        return 1

    async def _work(self, delivery: Delivery, terms: Terms) -> None:
        span = self._spans.take(parse_traceparent(delivery.traceparent) if delivery.traceparent else None)
        SPAN.set(SpanContext(span.trace_id, span.span_id))
        error_type = "cancelled"
        try:
            error_type = await self._settle(delivery, terms, span.traceparent)
        except DependencyFailed as failure:  # it comes again when its time in hand is over
            error_type = failure.error_type
            self._log.warning("%s %s: %s", self._subject, delivery.id, failure)
        finally:
            self._spans.taken(span, self._subject, error_type)

    def _ended(self, work: asyncio.Task[None]) -> None:
        self._working.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            self._log.error("%s: %s", self._subject, error, exc_info=error)

    async def _settle(self, delivery: Delivery, terms: Terms, traceparent: str) -> str:
        """Handle one message and say what became of it to the queue; return the error type, ``""`` for none."""
        if delivery.attempt > MOST:
            await self._bury(delivery, f"delivered {delivery.attempt} times")
            return "undeliverable"
        response = await self._handle(self._request(delivery, terms, traceparent))
        if response.status in DONE:
            await self._source.acknowledge(delivery)
            return ""
        refused = response.status not in NOT_NOW
        if refused and 0 < terms.max_deliver <= delivery.attempt:
            await self._bury(delivery, f"status {response.status} at delivery {delivery.attempt}")
        else:
            words = (self._subject, delivery.id, response.status, delivery.attempt)
            self._log.warning("%s %s was answered with status %d at delivery %d", *words)
            await self._source.release(delivery, terms.retry)
        return str(response.status)

    def _request(self, delivery: Delivery, terms: Terms, traceparent: str) -> Request:
        headers = {
            b"traceparent": traceparent,
            b"idempotency-key": delivery.id,
            b"telic-deadline": f"{terms.ack_wait:g}",
        }
        return Request("POST", f"/{self._subject}", "", headers, delivery.body)

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        self._log.error("%s %s goes to %s%s: %s", self._subject, delivery.id, self._subject, DEAD, reason)
        await self._source.bury(delivery, reason)
        self._buried.add()

    async def _look(self) -> None:
        while True:
            with contextlib.suppress(DependencyFailed):  # the failure is told where messages are taken
                self.standing = await self._source.standing(self._subject)
            await self._clock.sleep(LOOK)


def consumers(
    subjects: Sequence[str],
    source: Callable[[], Source],
    handle: Handle,
    settings: Callable[[], Mapping[str, Scalar]],
    *,
    clock: Clock,
    recorder: Recorder,
    log: logging.Logger,
) -> list[Consumer]:
    """Return what takes messages of each subject from a queue, which is asked for only where there are subjects."""
    return [Consumer(each, source(), handle, settings, clock=clock, recorder=recorder, log=log) for each in subjects]
