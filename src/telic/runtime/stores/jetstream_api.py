"""Questions of the JetStream API over a link, and what their answers say.

Source: https://docs.nats.io/reference/reference-protocols/nats_api_reference.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import msgspec

from telic.runtime.queues import DEAD, LIMIT, WINDOW, Delivery, Terms
from telic.runtime.stores.nats import Message, NatsLink, NatsSaid

GROUP = "workers"  # the durable consumer of a stream
ID, TRACE = "Nats-Msg-Id", "traceparent"
_API = "$JS.API"
_GONE = (10043, 10057)  # no such message any more: it was settled meanwhile
_EXISTS = 10058  # a stream of that name with other settings: somebody else's are as good
_NS = 1_000_000_000


async def answer(link: NatsLink, subject: str, body: bytes, headers: Mapping[str, str] | None = None) -> Message:
    """Ask a subject; raise `NatsSaid` where nobody answers it."""
    with link.ask(subject, body, headers) as asked:
        found = await asked.next()
    if found.status == 503:
        raise NatsSaid(f"nobody answers {subject}")
    return found


async def publish(link: NatsLink, subject: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Have a message kept as it stands."""
    _told(await answer(link, subject, body, headers))


async def look(link: NatsLink) -> None:
    """Look at the account: whether the server takes the user and answers."""
    _told(await answer(link, f"{_API}.INFO", b""))


async def state(link: NatsLink, stream: str) -> dict[str, Any]:
    """Return how a stream stands."""
    found: dict[str, Any] = _told(await answer(link, f"{_API}.STREAM.INFO.{stream}", b""))["state"]
    return found


async def make_streams(link: NatsLink, subject: str) -> None:
    """See to it that a subject's stream and that of its dead letters are there."""
    for name, place, retention in ((subject, subject, "workqueue"), (dead(subject), f"{subject}{DEAD}", "limits")):
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
        _told(await answer(link, f"{_API}.STREAM.CREATE.{name}", msgspec.json.encode(order)), fine=(_EXISTS,))


async def make_consumer(link: NatsLink, subject: str, terms: Terms) -> None:
    """See to it that a subject's durable consumer is there, with these terms."""
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
    _told(await answer(link, f"{_API}.CONSUMER.DURABLE.CREATE.{subject}.{GROUP}", msgspec.json.encode(order)))


async def next_message(link: NatsLink, subject: str, wait: float) -> Message | None:
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


async def is_of(link: NatsLink, subject: str, number: int, prefix: str) -> bool:
    """Whether the message of a number is still there, under an id with a prefix."""
    said = await answer(link, f"{_API}.STREAM.MSG.GET.{subject}", msgspec.json.encode({"seq": number}))
    head = base64.b64decode(msgspec.json.decode(said.body).get("message", {}).get("hdrs", ""))
    return f"{ID}: {prefix}".encode() in head


async def remove(link: NatsLink, subject: str, number: int) -> bool:
    """Remove the message of a number; whether it was still there."""
    said = await answer(link, f"{_API}.STREAM.MSG.DELETE.{subject}", msgspec.json.encode({"seq": number}))
    return bool(_told(said, _GONE).get("success"))


def delay(seconds: float) -> bytes:
    """Return the word that has a message delivered again after so many seconds [s]."""
    return b"-NAK " + msgspec.json.encode({"delay": round(seconds * _NS)})


def delivery(subject: str, message: Message) -> Delivery:
    """Return a message in hand: the address of its acknowledgement says which delivery it is.

    ``$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>...``, or with domain and account before the stream.
    """
    parts = message.reply.split(".")
    at = 4 if len(parts) <= 9 else 6
    headers = message.headers
    id_ = headers.get(ID) or f"{subject}-{parts[at + 1]}"
    return Delivery(subject, id_, message.body, int(parts[at]), message.reply, headers.get(TRACE, ""))


def dead(subject: str) -> str:
    """Return the stream of a subject's dead letters."""
    return f"{subject}_dead"


def _told(said: Message, fine: tuple[int, ...] = ()) -> dict[str, Any]:
    """Return what the API says; raise where it says no, apart from the errors that are fine."""
    found = msgspec.json.decode(said.body, type=dict[str, Any])
    error = found.get("error")
    if error and error.get("err_code") not in fine:
        raise NatsSaid(str(error.get("description", error)))
    return found
