"""One HTTP/1.1 connection on asyncio and httptools: bodies bounded, answers in order, connections kept."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

import httptools

from telic.telemetry.otlp.body import Answer

HEADERS_MAX = 32 << 10  # [bytes]
PIPELINED_MAX = 16  # requests of one connection that may wait for their answers [1]
REASONS = {
    **{200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout"},
    **{413: "Content Too Large", 415: "Unsupported Media Type", 429: "Too Many Requests"},
    **{500: "Internal Server Error", 503: "Service Unavailable", 504: "Gateway Timeout"},
}


class Request:
    """One request as it comes in."""

    def __init__(self) -> None:
        self.method = self.path = self.query = ""
        self.target = b""
        self.content_type = self.content_encoding = ""
        self.length = 0  # declared [bytes]; 0 where it is not
        self.expects = False
        self.parts: list[bytes] = []
        self.size = 0
        self.reserved = 0
        self.refusal: Answer | None = None
        self.began = time.monotonic()
        self.answer: Answer | None = None
        self.keep_alive = True

    @property
    def body(self) -> bytes:
        """The whole body."""
        return self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)


class Service(Protocol):
    """Who answers requests."""

    def reserve(self, request: Request, size: int) -> Answer | None:
        """Allow `request` to hold `size` more bytes, or say why not."""
        ...

    def release(self, size: int) -> None:
        """Take back what was reserved."""
        ...

    def handle(self, request: Request, reply: Callable[[Answer], None]) -> None:
        """Answer `request`, now or later, by calling `reply` once."""
        ...


class Connection(asyncio.Protocol):
    """One client.

    Parameters
    ----------
    service
        Who answers.
    open_connections
        Where the connection is listed while it is open.
    """

    def __init__(self, service: Service, open_connections: set[Connection]) -> None:
        self._service, self._open = service, open_connections
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._request: Request | None = None
        self._header_bytes = 0
        self._unanswered: deque[Request] = deque()
        self._paused = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.Transport, transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """End; answers to requests under way go nowhere."""
        self._open.discard(self)
        self._transport = None
        self._give_up()

    def data_received(self, data: bytes) -> None:
        """Take what came."""
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            refusal = self._request.refusal if self._request is not None else None
            self._refuse(refusal or Answer(400, b"this is no HTTP/1.1 request", "text/plain"))

    def stale(self, now: float, seconds: float) -> bool:
        """Whether a request has been coming in for longer than `seconds` [s]."""
        return self._request is not None and now - self._request.began > seconds

    def expire(self) -> None:
        """Close a connection whose request does not end."""
        self._refuse(Answer(408, b"the request did not end in time", "text/plain"))

    def close(self) -> None:
        """Close after the answers that were written."""
        if self._transport is not None:
            self._transport.close()

    @property
    def busy(self) -> bool:
        """Whether a request waits for its answer."""
        return bool(self._unanswered)

    # What httptools calls.

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._request = Request()
        self._header_bytes = 0

    def on_url(self, url: bytes) -> None:
        """Take the target."""
        request = self._current()
        self._count_header(len(url))
        request.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one header."""
        request = self._current()
        self._count_header(len(name) + len(value))
        key = name.lower()
        if key == b"content-type":
            request.content_type = value.decode("latin-1")
        elif key == b"content-encoding":
            request.content_encoding = value.decode("latin-1").strip().lower()
        elif key == b"content-length":
            request.length = int(value)
        elif key == b"expect":
            request.expects = value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        """Decide whether the body may come."""
        request = self._current()
        request.method = self._parser.get_method().decode("latin-1")
        request.path, _, request.query = request.target.decode("latin-1").partition("?")
        self._reserve(request, request.length)
        if request.expects and request.refusal is None and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        """Take a part of the body, unless it is refused."""
        request = self._current()
        request.size += len(data)
        if request.size > request.reserved:
            self._reserve(request, len(data))
        if request.refusal is None:
            request.parts.append(data)

    def on_message_complete(self) -> None:
        """Answer the request."""
        request, self._request = self._current(), None
        request.keep_alive = self._parser.should_keep_alive()
        self._unanswered.append(request)
        if len(self._unanswered) >= PIPELINED_MAX and self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        if request.refusal is not None:
            self._reply(request, request.refusal)
        else:
            self._service.handle(request, lambda answer: self._reply(request, answer))

    def _current(self) -> Request:
        assert self._request is not None  # httptools begins a message before anything else
        return self._request

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > HEADERS_MAX:
            raise httptools.HttpParserError("headers too large")

    def _reserve(self, request: Request, size: int) -> None:
        if request.refusal is not None or size == 0:
            return
        request.refusal = self._service.reserve(request, size)
        if request.refusal is None:
            request.reserved += size
        else:
            self._free(request)
            if request.refusal.status == 413:  # no use in reading it to its end
                raise httptools.HttpParserError("body too large")

    def _free(self, request: Request) -> None:
        self._service.release(request.reserved)
        request.reserved = 0
        request.parts = []

    def _reply(self, request: Request, answer: Answer) -> None:
        request.answer = answer
        self._free(request)
        while self._unanswered and (ready := self._unanswered[0].answer) is not None:
            first = self._unanswered.popleft()
            self._write(ready, keep_alive=first.keep_alive)
        if self._paused and len(self._unanswered) < PIPELINED_MAX and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def _write(self, answer: Answer, *, keep_alive: bool) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        head = f"HTTP/1.1 {answer.status} {REASONS[answer.status]}\r\ncontent-length: {len(answer.body)}\r\n"
        if answer.body or answer.status == 200:
            head += f"content-type: {answer.content_type}\r\n"
        if answer.retry_after:
            head += f"retry-after: {answer.retry_after}\r\n"
        head += "\r\n" if keep_alive else "connection: close\r\n\r\n"
        self._transport.write(head.encode("latin-1") + answer.body)
        if not keep_alive:
            self._transport.close()

    def _refuse(self, answer: Answer) -> None:
        self._write(answer, keep_alive=False)
        self._give_up()

    def _give_up(self) -> None:
        if self._request is not None:
            self._free(self._request)
            self._request = None
