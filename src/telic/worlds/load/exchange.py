"""One request, from what is asked to what came back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import msgspec


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status and its JSON, or a problem with the way (``timeout``, ``connection_reset``)."""

    status: int = 0
    reply: object = None
    problem: str = ""

    @property
    def error(self) -> str:
        """The name of a business error (422), else ``""``."""
        found = self.reply.get("error") if self.status == 422 and isinstance(self.reply, dict) else None
        return found if isinstance(found, str) else ""

    @property
    def unsure(self) -> bool:
        """Whether the request may have been carried out although nobody said so."""
        return self.status not in (200, 422)


@dataclass(frozen=True, slots=True)
class Finding:
    """What an answer was worth.

    Attributes
    ----------
    reason
        Why it is wrong; ``""`` for a right answer.
    follow
        What the same user asks next, at once.
    """

    reason: str = ""
    follow: Ask | None = None


Judge = Callable[[Answer], Finding]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a user asks of the entry service, and who judges the answer."""

    id: str  # operation of the intent that it counts for
    operation: str  # POST /<operation>
    body: dict[str, object]
    judge: Judge = field(repr=False, compare=False)
    token: str = ""  # bearer token; "" without one
    key: str = ""  # idempotency key; "" without one

    def payload(self, host: str) -> bytes:
        """Return the request as HTTP/1.1."""
        body = msgspec.json.encode(self.body)
        lines = [
            f"POST /{self.operation} HTTP/1.1",
            f"host: {host}",
            "content-type: application/json",
            f"content-length: {len(body)}",
        ]
        if self.token:
            lines.append(f"authorization: Bearer {self.token}")
        if self.key:
            lines.append(f"idempotency-key: {self.key}")
        return "\r\n".join([*lines, "", ""]).encode() + body


class Exchange:
    """An `Ask` on its way; ends once, by an answer or by a problem.

    Parameters
    ----------
    intended
        When the user meant to send it [s of the monotonic clock].
    ended
        Called at its end.
    """

    __slots__ = ("answer", "ask", "ended", "intended", "line", "payload", "tries")

    def __init__(self, ask: Ask, payload: bytes, intended: float, ended: Callable[[Exchange], None]) -> None:
        self.ask, self.payload, self.intended, self.ended = ask, payload, intended, ended
        self.answer: Answer | None = None
        self.line: Line | None = None  # the connection that carries it
        self.tries = 0

    def finish(self, answer: Answer) -> None:
        """Take the first answer; later ones change nothing."""
        if self.answer is None:
            self.answer = answer
            self.line = None
            self.ended(self)

    def finish_http(self, status: int, body: bytes) -> None:
        """Take an HTTP answer."""
        try:
            reply = msgspec.json.decode(body) if body else None
        except msgspec.DecodeError:
            self.finish(Answer(problem="not_json") if status == 200 else Answer(status))
            return
        self.finish(Answer(status, reply))


class Line(Protocol):
    """What carries one exchange at a time."""

    def drop(self) -> None:
        """Let go of the exchange at once: nobody waits for its answer any more."""
        ...
