"""A kept HTTP/1.1 connection that posts protobuf and reads the status; a third of the CPU of ``http.client``."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

LATER = 0  # the status of a post that got no reply
_MOST_HEAD = 16_384  # of a reply [bytes]


class Poster:
    """Blocking, for the export thread.

    Parameters
    ----------
    endpoint
        ``http://host:port``.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint, url = endpoint, urlsplit(endpoint)
        self._address = (url.hostname or "127.0.0.1", url.port or 4318)
        self._base = url.path.rstrip("/")
        self._socket: socket.socket | None = None

    def post(self, path: str, body: bytes, timeout: float) -> int:
        """Return the status of the reply within `timeout` [s] a step, or `LATER` when there was none."""
        for kept in (True, False):  # a kept connection may have been closed by the other side meanwhile
            if kept and self._socket is None:
                continue
            try:
                return self._exchange(path, body, timeout)
            except (OSError, ValueError):
                self.close()
        return LATER

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, path: str, body: bytes, timeout: float) -> int:
        if self._socket is None:
            self._socket = socket.create_connection(self._address, timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(timeout)
        head = (
            f"POST {self._base}{path} HTTP/1.1\r\nhost: {self._address[0]}:{self._address[1]}\r\n"
            f"content-type: application/x-protobuf\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + body)
        return self._reply(self._socket)

    def _reply(self, connection: socket.socket) -> int:
        data = b""
        while (end := data.find(b"\r\n\r\n")) < 0:
            part = connection.recv(4096)
            if not part or len(data) > _MOST_HEAD:
                raise ConnectionResetError("the receiver closed the connection")
            data += part
        lines = data[:end].lower().split(b"\r\n")
        status = int(lines[0][9:12])  # after b"http/1.1 "
        headers = dict(line.split(b": ", 1) for line in lines[1:] if b": " in line)
        if b"content-length" not in headers or headers.get(b"connection") == b"close":
            self.close()  # what follows is of no interest, and its end not worth finding
            return status
        left = int(headers[b"content-length"]) - (len(data) - end - 4)
        while left > 0:
            part = connection.recv(min(left, 65_536))
            if not part:
                self.close()
                break
            left -= len(part)
        return status
