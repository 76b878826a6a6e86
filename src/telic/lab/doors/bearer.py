"""Guards an HTTP application: the actor's token, the gate's rate, and bodies of bounded size."""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from telic.lab.doors.gate import Gate

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

DRAINED: Final = 256  # times the limit is taken in, so that a large body gets an answer and not a reset [1]


class Bearer:
    """An ASGI application that lets requests through to another one.

    401 without the token, 429 when they come too fast, 413 with a larger body than the gate's limits say; the whole
    body is in memory before the inner application begins.
    """

    def __init__(self, inner: Application, token: str, gate: Gate, note: Callable[[str], Awaitable[object]]) -> None:
        self._inner, self._token, self._gate, self._note = inner, token.encode(), gate, note

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
        elif not self._known(scope):
            await _refuse(send, 401, "give the session's token: Authorization: Bearer TOKEN")
        elif not self._gate.admit():
            await _refuse(send, 429, "too many requests; wait a second", {"retry-after": "1"})
        else:
            body = await self._body(receive)
            if body is None:
                why = f"a body of more than {self._gate.limits.bytes} bytes"
                await self._note(why)
                await _refuse(send, 413, why)
            else:
                await self._inner(scope, _replay(body, receive), send)

    def _known(self, scope: MutableMapping[str, Any]) -> bool:
        given = dict(scope["headers"]).get(b"authorization", b"")
        kind, _, token = given.partition(b" ")
        return kind.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)

    async def _body(self, receive: Receive) -> bytes | None:
        most, whole, size, more = self._gate.limits.bytes, bytearray(), 0, True
        while more and size <= DRAINED * most:
            message = await receive()
            if message["type"] != "http.request":
                break
            part = message.get("body", b"")
            size += len(part)
            if size <= most:
                whole += part
            more = message.get("more_body", False)
        return bytes(whole) if size <= most else None


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a source that gives `body` at once, and then what else comes (that the client left)."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(send: Send, status: int, why: str, headers: MutableMapping[str, str] | None = None) -> None:
    body = json.dumps({"error": why}).encode()
    named = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
    pairs = [(name.encode(), value.encode()) for name, value in named.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})
