"""The few HTTP requests that a supervisor sends: readiness probes and batches of events."""

from __future__ import annotations

import asyncio
import socket
import ssl
from functools import cache
from pathlib import Path

import msgspec

PROBE_WITHIN = 1.0  # [s]
_LARGEST_ANSWER = 65_536  # [bytes]


async def ready(target: int | Path, *, tls: bool = False) -> dict[str, object] | None:
    """Ask ``GET /-/ready`` of a port or unix socket; None unless the answer is 200 within 1 s.

    With `tls` by HTTPS, whatever certificate is presented: as the probes of Kubernetes do, which ask whether a process
    lives and not whether others will believe it.
    """
    request = b"GET /-/ready HTTP/1.1\r\nHost: telic\r\nConnection: close\r\n\r\n"
    try:
        async with asyncio.timeout(PROBE_WITHIN):
            status, body = await (_secured(target, request) if tls else _exchange(target, request))
    except (OSError, TimeoutError, ValueError):
        return None
    if status != 200:
        return None
    try:
        found = msgspec.json.decode(body) if body else {}
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


async def status(port: int, path: str, *, within: float) -> int:
    """Return the status of ``GET path`` of a port of loopback; 0 without an answer within so many seconds [s]."""
    try:
        async with asyncio.timeout(within):
            head = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
            return (await _exchange(port, head.encode()))[0]
    except (OSError, TimeoutError, ValueError):
        return 0


async def listens(port: int, *, within: float) -> bool:
    """Whether a port of loopback accepts a connection within so many seconds [s]."""
    with socket.socket() as channel:
        channel.setblocking(False)
        try:
            async with asyncio.timeout(within):
                await asyncio.get_running_loop().sock_connect(channel, ("127.0.0.1", port))
        except (OSError, TimeoutError):
            return False
    return True


async def post(port: int, path: str, body: bytes, kind: str) -> int:
    """Post a body to a port of loopback and return the status."""
    fields = {"Host": "telic", "Connection": "close", "Content-Type": kind, "Content-Length": str(len(body))}
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    status, _ = await _exchange(port, head.encode() + b"\r\n" + body)
    return status


async def _exchange(target: int | Path, request: bytes) -> tuple[int, bytes]:
    """Send a request and read the answer, on a bare socket: streams cost a third more CPU."""
    loop = asyncio.get_running_loop()
    is_unix = isinstance(target, Path)
    with socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET) as channel:
        channel.setblocking(False)
        await loop.sock_connect(channel, str(target) if is_unix else ("127.0.0.1", target))
        await loop.sock_sendall(channel, request)
        answer = b""
        while len(answer) < _LARGEST_ANSWER and (data := await loop.sock_recv(channel, 65_536)):
            answer += data
            head, found, body = answer.partition(b"\r\n\r\n")
            length = _content_length(head)
            if found and length is not None and len(body) >= length:
                break
    return _parsed(answer)


async def _secured(target: int | Path, request: bytes) -> tuple[int, bytes]:
    """Send a request by TLS and read the answer until the other side closes."""
    if isinstance(target, Path):
        raise ValueError(f"{target}: no TLS over unix sockets")
    reader, writer = await asyncio.open_connection("127.0.0.1", target, ssl=_trusting())
    try:
        writer.write(request)
        answer = b""
        while len(answer) < _LARGEST_ANSWER and (data := await reader.read(65_536)):
            answer += data
        return _parsed(answer)
    finally:
        writer.transport.abort()


@cache
def _trusting() -> ssl.SSLContext:
    """Return what takes any certificate, made once: a default context reads all authorities of the machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _parsed(answer: bytes) -> tuple[int, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    if len(words) < 2:
        raise ConnectionResetError("the connection was closed before an answer")
    return int(words[1]), body


def _content_length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return None
