"""A request and a response as the shell sees them, whatever carried them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

WANTED = frozenset({b"traceparent", b"telic-deadline", b"idempotency-key", b"authorization"})
_ENCODER = msgspec.json.Encoder()
REASONS = {
    200: b"OK",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    413: b"Content Too Large",
    422: b"Unprocessable Content",
    429: b"Too Many Requests",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
    504: b"Gateway Timeout",
}


class Request(msgspec.Struct, frozen=True):
    """What came in; of the headers those in `WANTED`, names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[bytes, str]
    body: bytes


class Response(msgspec.Struct, frozen=True):
    """What goes out."""

    status: int
    body: bytes
    headers: bytes = b""  # further header lines, each ended by CRLF


def error(status: int, name: str, message: str, headers: bytes = b"") -> Response:
    """Return a response that says what went wrong."""
    return Response(status, _ENCODER.encode({"error": name, "message": message}), headers)


def serialise(response: Response, *, keep: bool) -> bytes:
    """Return the response as HTTP/1.1."""
    return b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\n%bcontent-length: %d\r\n%b\r\n%b" % (
        response.status,
        REASONS.get(response.status, b""),
        response.headers,
        len(response.body),
        b"" if keep else b"connection: close\r\n",
        response.body,
    )
