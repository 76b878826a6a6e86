"""What stands in a queue: messages, deliveries of them, and how a consumer takes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from telic.runtime.ports import Scalar

LIMIT = 100_000  # messages that one subject holds; more are refused [1]
WINDOW = 120.0  # a message whose id was sent within this time is not kept a second time [s]
MOST = 1000  # deliveries after which a message is put aside whatever happened: it may be what ends its consumer [1]
DEAD = ".dead"  # ends the name of the subject where messages go that were put aside


@dataclass(frozen=True)
class Delivery:
    """A message in hand: it comes again unless it is acknowledged or put aside in time.

    Attributes
    ----------
    attempt
        The how-manieth time it is delivered, from 1 [1].
    token
        What the queue knows this delivery by.
    """

    subject: str
    id: str
    body: bytes
    attempt: int
    token: str
    traceparent: str = ""


@dataclass(frozen=True)
class Standing:
    """How full a queue is."""

    depth: int = 0  # messages that are not done, those in hand included [1]
    age: float = 0.0  # of the oldest of them [s]
    dead: int = 0  # messages that were put aside [1]


@dataclass(frozen=True)
class Terms:
    """How a consumer takes messages: its settings ``queue.*``."""

    pending: int = 8  # in hand at once [1]
    ack_wait: float = 5.0  # what is in hand for longer comes again [s]
    max_deliver: int = 5  # times that a message may be refused before it is put aside [1]; 0: no end
    retry: float = 1.0  # from a refusal to the next delivery [s]
    rate: float = 0.0  # taken at most [1/s]; 0: as many as can be handled


def terms_of(settings: Mapping[str, Scalar]) -> Terms:
    """Return the terms that settings name; what they do not name has its default.

    Examples
    --------
    >>> terms_of({"queue.pending": 2, "queue.rate": 0.5})
    Terms(pending=2, ack_wait=5.0, max_deliver=5, retry=1.0, rate=0.5)
    """
    own = Terms()
    return Terms(
        pending=max(1, int(settings.get("queue.pending", own.pending))),
        ack_wait=float(settings.get("queue.ack_wait", own.ack_wait)),
        max_deliver=int(settings.get("queue.max_deliver", own.max_deliver)),
        retry=float(settings.get("queue.retry", own.retry)),
        rate=float(settings.get("queue.rate", own.rate)),
    )
