"""The client: reconnects, and says who has to act."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from telic.errors import StoreFailed, UsageError, WorldUnavailable
from telic.model import Store
from telic.telemetry.client import TelemetryClient
from telic.telemetry.live import LiveRow

Serve = Callable[..., TelemetryClient]


def answer(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body


def whole_request(connection: socket.socket) -> bytes:
    """Read one request with its body, which may come apart from its head; nothing when the client closed."""
    received = connection.recv(65536)
    while received and b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    length = re.search(rb"content-length: (\d+)", received.lower())
    end = received.find(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
    while received and len(received) < end:
        received += connection.recv(65536)
    return received


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Answer connections: each list holds what one connection answers to its requests before it is closed."""
    listening, threads = socket.socket(socket.AF_UNIX), list[threading.Thread]()
    listening.bind(str(tmp_path / "t.sock"))
    listening.listen()
    listening.settimeout(5)
    client = TelemetryClient(tmp_path / "t.sock", timeout=0.5)

    def run(scripts: Sequence[Sequence[bytes]]) -> None:
        for script in scripts:
            connection, _ = listening.accept()
            with connection:
                connection.settimeout(5)
                for each in script:
                    if not whole_request(connection):
                        break
                    connection.sendall(each)

    def start(*scripts: Sequence[bytes]) -> TelemetryClient:
        threads.append(threading.Thread(target=run, args=(scripts,)))
        threads[-1].start()
        return client

    yield start
    client.close()
    for each in threads:
        each.join()
    listening.close()


def test_a_query_returns_rows_by_name(serve: Serve) -> None:
    client = serve([answer(b'{"columns": ["a", "b"], "rows": [[1, null], ["x", 2.5]], "truncated": false}')])
    store: Store = client
    assert store.query("SELECT ...") == [{"a": 1, "b": None}, {"a": "x", "b": 2.5}]


def test_live_rows_come_typed(serve: Serve) -> None:
    body = b'[{"second": 7, "service": "s", "operation": "o", "count": 2, "errors": 1'
    body += b', "latency": {"3": 2}, "statuses": {"200": 2}}]'
    assert serve([answer(body)]).live(0) == [LiveRow(7, "s", "o", 2, 1, {3: 2}, {200: 2})]


def test_a_connection_is_used_again(serve: Serve) -> None:
    client = serve([answer(b"[]"), answer(b"[]"), answer(b"{}")])
    assert client.live(0) == client.live(0) == []
    assert client.ready()


def test_a_connection_that_went_stale_is_replaced(serve: Serve) -> None:
    client = serve([answer(b"[]")], [answer(b"[]")])
    assert client.live(0) == []
    assert client.live(0) == []


def test_a_connection_that_the_receiver_closes_is_not_kept(serve: Serve) -> None:
    client = serve([answer(b"[]", more="connection: close\r\n")], [answer(b"[]")])
    assert client.live(0) == []
    assert client.live(0) == []


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("400 Bad Request", UsageError),
        ("404 Not Found", UsageError),
        ("503 Service Unavailable", StoreFailed),
        ("504 Gateway Timeout", StoreFailed),
    ],
)
def test_errors_come_with_their_hint(serve: Serve, status: str, error: type[UsageError | StoreFailed]) -> None:
    client = serve([answer(b'{"error": "what happened", "hint": "what to do"}', status)])
    with pytest.raises(error, match="what happened") as raised:
        client.query("SELECT 1")
    assert raised.value.hint == "what to do"


def test_nobody_there(tmp_path: Path) -> None:
    client = TelemetryClient(tmp_path / "t.sock")
    with pytest.raises(WorldUnavailable, match="no telemetry receiver answers"):
        client.query("SELECT 1")
    assert not client.ready()


def test_a_receiver_that_dies_in_the_middle(serve: Serve) -> None:
    client = serve([b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n["])
    with pytest.raises(WorldUnavailable):
        client.live(0)


def test_a_receiver_that_hangs(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "t.sock"))
        listening.listen()
        client, began = TelemetryClient(tmp_path / "t.sock", timeout=0.05), time.monotonic()
        with pytest.raises(StoreFailed, match="did not answer within"):
            client.live(0)
        assert time.monotonic() - began >= 0.05


def test_an_answer_that_is_none(serve: Serve) -> None:
    client = serve([answer(b"<html>")])
    with pytest.raises(StoreFailed, match="cannot be read"):
        client.live(0)
