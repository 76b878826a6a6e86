"""The queue port over JetStream: a stream for each subject, one for its dead letters, a durable consumer that pulls.

Source: https://docs.nats.io/reference/reference-protocols/nats_api_reference.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from telic.clock import Clock
from telic.runtime.failures import DependencyFailed
from telic.runtime.policies.limit import Limit
from telic.runtime.queues import DEAD, Delivery, Standing, Terms
from telic.runtime.server.route import encode
from telic.runtime.stores import jetstream_api as api
from telic.runtime.stores.nats import Message, NatsLink, NatsSaid
from telic.runtime.telemetry.queue_spans import PEER, QueueSpans
from telic.runtime.telemetry.recorder import Recorder

TIMEOUT = 0.5  # of one question [s]
MORE = 0.002  # for a second message, where there is a first [s]
PURGING = 20.0  # of looking through a whole queue, thousands of messages [s]
AT_ONCE = 50  # questions under way while messages are looked through [1]


@dataclass(frozen=True)
class QueueAddress:
    """Where the queue is, and as whom to ask it."""

    host: str
    port: int
    user: str = ""
    password: str = ""


class JetStreamQueue:
    """Implements `telic.runtime.ports.Queue` and `telic.runtime.consuming.Source`."""

    def __init__(self, address: QueueAddress, recorder: Recorder, clock: Clock, *, name: str = "") -> None:
        self.address = address
        self._clock, self._name, self._spans = clock, name, QueueSpans(recorder)
        self._link: NatsLink | None = None
        self._opening = asyncio.Lock()
        self._made: set[str] = set()  # subjects whose streams are there, as this connection knows
        self._terms: dict[str, Terms] = {}

    def move(self, address: QueueAddress) -> None:
        """Use another address from now on."""
        if address != self.address:
            self.address = address
            self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None

    async def publish(self, subject: str, message: object, *, message_id: str) -> None:
        """Have a message kept."""
        span, error_type = self._spans.send(), "cancelled"
        try:
            await self.put(subject, encode(message), {api.ID: message_id, api.TRACE: span.traceparent})
            error_type = ""
        except DependencyFailed as failure:
            error_type = failure.error_type
            raise
        finally:
            self._spans.sent(span, subject, error_type)

    async def put(self, subject: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Have a message kept as it stands."""
        async with self._asking(f"publish {subject}") as link:
            await self._make(link, subject.removesuffix(DEAD))
            await api.publish(link, subject, body, headers)

    async def pull(self, subject: str, most: int, terms: Terms, wait: float) -> Sequence[Delivery]:
        """Take up to `most` messages [1] in hand; wait up to `wait` [s] for the first."""
        async with self._asking(f"pull {subject}", TIMEOUT + wait) as link:
            await self._make(link, subject)
            await self._hire(link, subject, terms)
            found: list[Message] = []
            while len(found) < most:
                message = await api.next_message(link, subject, MORE if found else wait)
                if message is None:
                    break
                found.append(message)
                if message.reply.endswith(".0"):  # the acknowledgement's address ends with how many are left
                    break
        return [api.delivery(subject, each) for each in found]

    async def acknowledge(self, delivery: Delivery) -> None:
        """Let a message be done for good."""
        await self._settle(delivery, b"+ACK")

    async def release(self, delivery: Delivery, delay: float) -> None:
        """Have it delivered again after `delay` [s]."""
        await self._settle(delivery, api.delay(delay))

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Put it aside, to the subject's dead letters."""
        headers = {api.ID: delivery.id, api.TRACE: delivery.traceparent, "Telic-Reason": reason}
        await self.put(f"{delivery.subject}{DEAD}", delivery.body, {key: text for key, text in headers.items() if text})
        await self._settle(delivery, b"+TERM")

    async def standing(self, subject: str) -> Standing:
        """Return how full the queue is."""
        async with self._asking(f"look at {subject}") as link:
            await self._make(link, subject)
            state = await api.state(link, subject)
            dead = await api.state(link, api.dead(subject))
        depth = int(state["messages"])
        since = datetime.fromisoformat(state["first_ts"]).timestamp() if depth else 0.0
        age = max(0.0, self._clock.time() - since) if depth else 0.0
        return Standing(depth, age, int(dead["messages"]))

    async def answers(self) -> bool:
        """Whether the server takes the user and answers."""
        try:
            async with self._asking("look at the account") as link:
                await api.look(link)
        except DependencyFailed:
            return False
        return True

    async def purge(self, subject: str, message_prefix: str) -> int:
        """Remove what stands in the queue under ids with a prefix, and return how many these were [1]."""
        removed = 0
        async with self._asking(f"purge {subject}", PURGING) as link:
            await self._make(link, subject)
            state = await api.state(link, subject)
            first, last = int(state["first_seq"]), int(state["last_seq"])
            for start in range(first, last + 1, AT_ONCE):
                numbers = range(start, min(start + AT_ONCE, last + 1))
                found = await asyncio.gather(*(api.is_of(link, subject, each, message_prefix) for each in numbers))
                chosen = [number for number, is_of in zip(numbers, found, strict=True) if is_of]
                removed += sum(await asyncio.gather(*(api.remove(link, subject, each) for each in chosen)))
        return removed

    async def _settle(self, delivery: Delivery, word: bytes) -> None:
        async with self._asking(f"settle {delivery.subject}") as link:
            await api.answer(link, delivery.token, word)

    @asynccontextmanager
    async def _asking(self, what: str, within: float = TIMEOUT) -> AsyncIterator[NatsLink]:
        """Give the connection for a while; what goes wrong in it closes it and becomes `DependencyFailed`."""
        try:
            with Limit(self._clock, within):
                yield await self._connected()
        except (OSError, TimeoutError, NatsSaid) as error:
            self.close()
            kind = _kind(error)
            words = f"{PEER} failed to {what} ({kind}): {error}"
            raise DependencyFailed(words, peer=PEER, error_type=kind) from error

    async def _connected(self) -> NatsLink:
        if self._link is not None and not self._link.closed:
            return self._link
        async with self._opening:
            if self._link is None or self._link.closed:
                where = self.address
                make = lambda: NatsLink(where.user, where.password, self._name)  # noqa: E731
                _, link = await asyncio.get_running_loop().create_connection(make, where.host, where.port)
                try:
                    await link.ready
                except BaseException:
                    link.close()
                    raise
                self._link = link
                self._made.clear()
                self._terms.clear()
            return self._link

    async def _make(self, link: NatsLink, subject: str) -> None:
        """See to it that a subject's streams are there."""
        if subject not in self._made:
            await api.make_streams(link, subject)
            self._made.add(subject)

    async def _hire(self, link: NatsLink, subject: str, terms: Terms) -> None:
        """See to it that the subject's durable consumer has these terms."""
        known = self._terms.get(subject)
        if known is None or (known.pending, known.ack_wait) != (terms.pending, terms.ack_wait):
            await api.make_consumer(link, subject, terms)
            self._terms[subject] = terms


def _kind(error: Exception) -> str:
    """Return ``error.type`` of what went wrong."""
    if isinstance(error, NatsSaid):
        return "authorization" if "uthorization" in str(error) else "refused"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "connection_refused" if isinstance(error, ConnectionRefusedError) else "connection_reset"
