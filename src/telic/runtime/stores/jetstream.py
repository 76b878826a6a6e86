"""The queue port over JetStream: a stream for each subject, one for its dead letters, a durable consumer that pulls.

Source: https://docs.nats.io/reference/reference-protocols/nats_api_reference.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from telic.clock import Clock
from telic.runtime.failures import DependencyFailed
from telic.runtime.policies.limit import Limit
from telic.runtime.queues import DEAD, LIMIT, WINDOW, Delivery, Standing, Terms
from telic.runtime.server.route import encode
from telic.runtime.stores.nats import Message, NatsLink, NatsSaid
from telic.runtime.telemetry.queue_spans import PEER, QueueSpans
from telic.runtime.telemetry.recorder import Recorder

TIMEOUT = 0.5  # of one question [s]
MORE = 0.002  # for a second message, where there is a first [s]
GROUP = "workers"  # the durable consumer of a stream
_ID, _TRACE = "Nats-Msg-Id", "traceparent"
_API = "$JS.API"
PURGING = 20.0  # of looking through a whole queue, thousands of messages [s]
AT_ONCE = 50  # questions under way while messages are looked through [1]
_GONE = (10043, 10057)  # no such message any more: it was settled meanwhile
_EXISTS = 10058  # a stream of that name with other settings: somebody else's are as good
_NS = 1_000_000_000


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
            await self.put(subject, encode(message), {_ID: message_id, _TRACE: span.traceparent})
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
            _told(await _answer(link, subject, body, headers))

    async def pull(self, subject: str, most: int, terms: Terms, wait: float) -> Sequence[Delivery]:
        """Take up to `most` messages [1] in hand; wait up to `wait` [s] for the first."""
        async with self._asking(f"pull {subject}", TIMEOUT + wait) as link:
            await self._make(link, subject)
            await self._hire(link, subject, terms)
            found: list[Message] = []
            while len(found) < most:
                message = await _next(link, subject, MORE if found else wait)
                if message is None:
                    break
                found.append(message)
                if message.reply.endswith(".0"):  # the acknowledgement's address ends with how many are left
                    break
        return [_delivery(subject, each) for each in found]

    async def acknowledge(self, delivery: Delivery) -> None:
        """Let a message be done for good."""
        await self._settle(delivery, b"+ACK")

    async def release(self, delivery: Delivery, delay: float) -> None:
        """Have it delivered again after `delay` [s]."""
        await self._settle(delivery, b"-NAK " + msgspec.json.encode({"delay": round(delay * _NS)}))

    async def bury(self, delivery: Delivery, reason: str) -> None:
        """Put it aside, to the subject's dead letters."""
        headers = {_ID: delivery.id, _TRACE: delivery.traceparent, "Telic-Reason": reason}
        await self.put(f"{delivery.subject}{DEAD}", delivery.body, {key: text for key, text in headers.items() if text})
        await self._settle(delivery, b"+TERM")

    async def standing(self, subject: str) -> Standing:
        """Return how full the queue is."""
        async with self._asking(f"look at {subject}") as link:
            await self._make(link, subject)
            state = _told(await _answer(link, f"{_API}.STREAM.INFO.{subject}", b""))["state"]
            dead = _told(await _answer(link, f"{_API}.STREAM.INFO.{_dead(subject)}", b""))["state"]
        depth = int(state["messages"])
        since = datetime.fromisoformat(state["first_ts"]).timestamp() if depth else 0.0
        age = max(0.0, self._clock.time() - since) if depth else 0.0
        return Standing(depth, age, int(dead["messages"]))

    async def answers(self) -> bool:
        """Whether the server takes the user and answers."""
        try:
            async with self._asking("look at the account") as link:
                _told(await _answer(link, f"{_API}.INFO", b""))
        except DependencyFailed:
            return False
        return True

    async def purge(self, subject: str, message_prefix: str) -> int:
        """Remove what stands in the queue under ids with a prefix, and return how many these were [1]."""
        removed = 0
        async with self._asking(f"purge {subject}", PURGING) as link:
            await self._make(link, subject)
            state = _told(await _answer(link, f"{_API}.STREAM.INFO.{subject}", b""))["state"]
            first, last = int(state["first_seq"]), int(state["last_seq"])
            for start in range(first, last + 1, AT_ONCE):
                numbers = range(start, min(start + AT_ONCE, last + 1))
                found = await asyncio.gather(*(_is_of(link, subject, each, message_prefix) for each in numbers))
                chosen = [number for number, is_of in zip(numbers, found, strict=True) if is_of]
                removed += sum(await asyncio.gather(*(_removed(link, subject, each) for each in chosen)))
        return removed

    async def _settle(self, delivery: Delivery, word: bytes) -> None:
        async with self._asking(f"settle {delivery.subject}") as link:
            await _answer(link, delivery.token, word)

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
        if subject in self._made:
            return
        for name, place, retention in ((subject, subject, "workqueue"), (_dead(subject), f"{subject}{DEAD}", "limits")):
            order = {
                "name": name,
                "subjects": [place],
                "retention": retention,
                "storage": "file",
                "max_msgs": LIMIT,
                "discard": "new" if retention == "workqueue" else "old",
                "duplicate_window": round(WINDOW * _NS),
                "num_replicas": 1,
            }
            answer = await _answer(link, f"{_API}.STREAM.CREATE.{name}", msgspec.json.encode(order))
            _told(answer, fine=(_EXISTS,))
        self._made.add(subject)

    async def _hire(self, link: NatsLink, subject: str, terms: Terms) -> None:
        """See to it that the subject's durable consumer has these terms."""
        known = self._terms.get(subject)
        if known is not None and (known.pending, known.ack_wait) == (terms.pending, terms.ack_wait):
            return
        order = {
            "stream_name": subject,
            "config": {
                "durable_name": GROUP,
                "ack_policy": "explicit",
                "ack_wait": round(terms.ack_wait * _NS),
                "max_deliver": -1,  # the consumer itself puts aside, so that nothing is lost without a word
                "max_ack_pending": terms.pending,
                "deliver_policy": "all",
                "replay_policy": "instant",
            },
        }
        place = f"{_API}.CONSUMER.DURABLE.CREATE.{subject}.{GROUP}"
        _told(await _answer(link, place, msgspec.json.encode(order)))
        self._terms[subject] = terms


def _kind(error: Exception) -> str:
    """Return ``error.type`` of what went wrong."""
    if isinstance(error, NatsSaid):
        return "authorization" if "uthorization" in str(error) else "refused"
    if isinstance(error, TimeoutError):
        return "timeout"
    return "connection_refused" if isinstance(error, ConnectionRefusedError) else "connection_reset"


async def _answer(link: NatsLink, subject: str, body: bytes, headers: Mapping[str, str] | None = None) -> Message:
    with link.ask(subject, body, headers) as asked:
        found = await asked.next()
    if found.status == 503:
        raise NatsSaid(f"nobody answers {subject}")
    return found


async def _next(link: NatsLink, subject: str, wait: float) -> Message | None:
    """Return the next message, or None where none comes within `wait` [s].

    One at a time: of a larger batch the server may keep the rest back without a word, while too much is in hand, and
    what it sends to somebody who does not wait any more is late by the whole time in hand.
    """
    order = {"batch": 1, "expires": round(wait * _NS)}
    with link.ask(f"{_API}.CONSUMER.MSG.NEXT.{subject}.{GROUP}", msgspec.json.encode(order)) as asked:
        found = await asked.next()
    if found.status == 503:
        raise NatsSaid(f"nobody has messages of {subject}")
    return None if found.status else found


async def _is_of(link: NatsLink, subject: str, number: int, prefix: str) -> bool:
    """Whether the message of a number is still there, under an id with a prefix."""
    answer = await _answer(link, f"{_API}.STREAM.MSG.GET.{subject}", msgspec.json.encode({"seq": number}))
    head = base64.b64decode(msgspec.json.decode(answer.body).get("message", {}).get("hdrs", ""))
    return f"{_ID}: {prefix}".encode() in head


async def _removed(link: NatsLink, subject: str, number: int) -> bool:
    """Remove the message of a number; whether it was still there."""
    answer = await _answer(link, f"{_API}.STREAM.MSG.DELETE.{subject}", msgspec.json.encode({"seq": number}))
    return bool(_told(answer, _GONE).get("success"))


def _told(answer: Message, fine: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return what the API says; raise where it says no, apart from the errors that are fine."""
    said = msgspec.json.decode(answer.body, type=dict[str, Any])
    error = said.get("error")
    if error and error.get("err_code") not in fine:
        raise NatsSaid(str(error.get("description", error)))
    return said


def _delivery(subject: str, message: Message) -> Delivery:
    """Return a message in hand: the address of its acknowledgement says which delivery it is.

    ``$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>...``, or with domain and account before the stream.
    """
    parts = message.reply.split(".")
    at = 4 if len(parts) <= 9 else 6
    headers = message.headers
    id_ = headers.get(_ID) or f"{subject}-{parts[at + 1]}"
    return Delivery(subject, id_, message.body, int(parts[at]), message.reply, headers.get(_TRACE, ""))


def _dead(subject: str) -> str:
    return f"{subject}_dead"
