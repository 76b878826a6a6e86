"""A server on the loopback that answers as a source's server does, or as a broken one."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    params: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes = b""

    def one(self, name: str, default: str = "") -> str:
        return dict(self.params).get(name, default)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.params if key == name]


@dataclass(frozen=True)
class Reply:
    """What is answered."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None  # what Content-Length says, where it lies


Handler = Callable[[Request], Reply]


class Wrong(AssertionError):
    """A request that the documented API would refuse."""


def reply(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)


class Served:
    """A running server and what it was asked."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self.hang = threading.Event()
        served = self

        class Answering(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body in one piece

            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                self._answer()

            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                params = parse_qsl(parts.query, keep_blank_values=True)
                if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
                    params += parse_qsl(body.decode(), keep_blank_values=True)
                request = Request(self.command, parts.path, tuple(params), dict(self.headers), body)
                served.requests.append(request)
                try:
                    found = served.handler(request)
                except Wrong as error:
                    found = reply({"status": "error", "error": f"the replay refuses: {error}"}, 400)
                data, headers = found.body, dict(found.headers)
                if "gzip" in self.headers.get("Accept-Encoding", "") and len(data) > 200 and not headers:
                    data, headers["Content-Encoding"] = gzip.compress(data, 1), "gzip"
                self.send_response(found.status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data) if found.length is None else found.length))
                self.end_headers()
                self.wfile.write(data)
                if found.length is not None:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.hang.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@contextmanager
def serving(handler: Handler) -> Iterator[Served]:
    served = Served(handler)
    try:
        yield served
    finally:
        served.close()


def decoded(data: bytes) -> Any:
    return json.loads(data)
