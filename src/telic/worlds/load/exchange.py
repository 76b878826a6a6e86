"""One request, from what is asked to what came back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec


class Answer(msgspec.Struct, frozen=True):
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


class Finding(msgspec.Struct, frozen=True):
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


METHOD = "POST"
_ENCODER, _DECODER = msgspec.json.Encoder(), msgspec.json.Decoder()
Judge = Callable[[Answer], Finding]
Glance = Callable[[bytes], Finding | None]


class Ask(msgspec.Struct, frozen=True):
    """What a user asks of the entry service, and who judges the answer."""

    id: str  # operation of the intent that it counts for
    operation: str  # POST /<operation>
    body: dict[str, object]
    judge: Judge
    token: str = ""  # bearer token; "" without one
    key: str = ""  # idempotency key; "" without one
    glance: Glance | None = None
    """Knows a right body (200) at sight; what it does not know, None, is for `judge` to read."""

    @property
    def path(self) -> str:
        """Where it goes to."""
        return f"/{self.operation}"

    def headers(self) -> dict[bytes, str]:
        """Return the headers that say who asks and what for; names in lower case."""
        found = {}
        if self.token:
            found[b"authorization"] = f"Bearer {self.token}"
        if self.key:
            found[b"idempotency-key"] = self.key
        return found

    def encoded(self) -> bytes:
        """Return the body as JSON."""
        return _ENCODER.encode(self.body)

    def payload(self, host: str) -> bytes:
        """Return the request as HTTP/1.1."""
        body = self.encoded()
        lines = [
            f"{METHOD} {self.path} HTTP/1.1",
            f"host: {host}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            *(f"{name.decode()}: {value}" for name, value in self.headers().items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode() + body


class Exchange:
    """An `Ask` on its way; ends once, by an answer or by a problem.

    Parameters
    ----------
    host
        Named in the request.
    intended
        When the user meant to send it [s of the monotonic clock].
    ended
        Called at its end.

    Attributes
    ----------
    finding
        What the answer was worth, where a glance was enough.
    """

    __slots__ = ("answer", "ask", "ended", "finding", "host", "intended", "line", "tries")

    def __init__(self, ask: Ask, host: str, intended: float, ended: Callable[[Exchange], None]) -> None:
        self.ask, self.host, self.intended, self.ended = ask, host, intended, ended
        self.answer: Answer | None = None
        self.finding: Finding | None = None
        self.line: Line | None = None  # the connection that carries it
        self.tries = 0

    def payload(self) -> bytes:
        """Return the request as HTTP/1.1."""
        return self.ask.payload(self.host)

    def finish(self, answer: Answer) -> None:
        """Take the first answer; later ones change nothing."""
        if self.answer is None:
            self.answer = answer
            self.line = None
            self.ended(self)

    def finish_http(self, status: int, body: bytes) -> None:
        """Take an HTTP answer."""
        if status == 200 and self.ask.glance is not None and self.answer is None:
            self.finding = self.ask.glance(body)
            if self.finding is not None:
                self.finish(Answer(status))
                return
        try:
            reply = _DECODER.decode(body) if body else None
        except msgspec.DecodeError:
            self.finish(Answer(problem="not_json") if status == 200 else Answer(status))
            return
        self.finish(Answer(status, reply))


def problem_of(error: OSError) -> str:
    """Return the problem of an answer that never came because no connection was made."""
    if isinstance(error, ConnectionRefusedError):
        return "connection_refused"
    return "connection_reset" if isinstance(error, ConnectionResetError) else "unreachable"


class Line(Protocol):
    """What carries one exchange at a time."""

    def drop(self) -> None:
        """Let go of the exchange at once: nobody waits for its answer any more."""
        ...
