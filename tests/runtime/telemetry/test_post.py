"""The poster reads every kind of reply, and survives every kind of end."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from telic.runtime.telemetry.post import LATER, Poster


class Peer:
    """Answers each connection with the next of its scripts: bytes to send after each request; empty is to hang up."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.scripts: list[list[bytes]] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            with connection:
                for answer in script:
                    request = b""
                    while not request.endswith(b"body"):
                        part = connection.recv(65_536)
                        if not part:
                            break
                        request += part
                    if not request or not answer:
                        break
                    self.requests.append(request)
                    for byte in range(0, len(answer), 7):
                        connection.sendall(answer[byte : byte + 7])


@pytest.fixture
def peer() -> Iterator[Peer]:
    found = Peer()
    yield found
    found.listener.shutdown(socket.SHUT_RDWR)
    found.listener.close()
    found.thread.join(5)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
LATE = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n"
BARE = b"HTTP/1.1 204 No Content\r\n\r\n"
LAST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\nConnection: close\r\n\r\nno"


def test_replies_are_read_whatever_their_form_and_the_connection_is_kept(peer: Peer) -> None:
    peer.scripts = [[OK, LATE, OK, LAST], [BARE], [OK]]
    poster = Poster(peer.endpoint)
    assert [poster.post("/v1/traces", b"body", 5.0) for _ in range(6)] == [200, 503, 200, 400, 204, 200]
    assert peer.connections == 3
    assert peer.requests[0].startswith(b"POST /v1/traces HTTP/1.1\r\n")
    poster.close()


def test_a_kept_connection_that_was_closed_is_opened_again(peer: Peer) -> None:
    peer.scripts = [[OK], [OK]]
    poster = Poster(peer.endpoint)
    assert [poster.post("/v1/logs", b"body", 5.0) for _ in range(2)] == [200, 200]
    poster.close()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 2oo OK\r\n\r\n"])
def test_what_is_no_reply_means_later(peer: Peer, answer: bytes) -> None:
    peer.scripts = [[answer]]
    poster = Poster(peer.endpoint)
    assert poster.post("/v1/logs", b"body", 5.0) == LATER
    poster.close()


def test_nobody_there_means_later() -> None:
    assert Poster("http://127.0.0.1:1").post("/v1/logs", b"body", 1.0) == LATER
