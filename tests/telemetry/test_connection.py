"""HTTP as it comes: in pieces, pipelined, too large, too much, wrong."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.telemetry.commits import Arrival, Committer, Counts
from telic.telemetry.connection import HEADERS_MAX, PIPELINED_MAX, Connection
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.body import Answer
from telic.telemetry.reading import Reader
from telic.telemetry.rollup import Rollup
from telic.telemetry.routes import Core, Routes


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.sent, self.closed, self.paused = b"", False, False

    def write(self, data: bytes) -> None:
        self.sent += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Waiting:
    """A committer that commits when the test says so."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.counts = Counts()
        self.compiled = False

    def put(self, arrival: Arrival) -> None:
        self.arrivals.append(arrival)

    def commit(self, *numbers: int) -> None:
        for number in numbers or range(len(self.arrivals)):
            arrival = self.arrivals[number]
            arrival.answer(otlp.accepted(arrival.table, arrival.media))


class Line:
    """One connection to a receiver that is not there."""

    def __init__(self, *, questions: bool = True, body_max: int = 1000, queue_max: int = 3000) -> None:
        self.committer, self.wire, self.open = Waiting(), Wire(), set[Connection]()
        committer, reader = cast(Committer, self.committer), cast(Reader, None)
        self.core = Core(committer, Rollup(), reader, None, body_max=body_max, queue_max=queue_max)
        self.connection = Connection(Routes(self.core, questions=questions), self.open)
        self.connection.connection_made(cast(Any, self.wire))

    def send(self, *data: bytes) -> None:
        for each in data:
            self.connection.data_received(each)

    def statuses(self) -> list[int]:
        return [int(each) for each in re.findall(rb"HTTP/1\.1 (\d{3}) ", self.wire.sent)]


def post(body: bytes, path: str = "/v1/traces", media: str = otlp.PROTOBUF, extra: str = "") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {media}\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5), st.data())
def test_bodies_arrive_whole_however_they_are_cut(bodies: list[bytes], data: st.DataObject) -> None:
    line, stream = Line(), b"".join(map(post, bodies))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    line.send(*(stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)))
    assert [each.data for each in line.committer.arrivals] == bodies
    assert line.core.queued == sum(map(len, bodies))
    line.committer.commit()
    assert line.statuses() == [200] * len(bodies)
    assert line.core.queued == 0


@given(st.permutations(range(5)))
def test_answers_come_in_the_order_of_the_requests(order: list[int]) -> None:
    line = Line()
    line.send(b"".join(post(b"x" * number, ["/v1/traces", "/v1/logs"][number % 2]) for number in range(5)))
    for number in order:
        line.committer.arrivals[number].answer(Answer(200, str(number).encode()))
    answers = line.wire.sent.split(b"HTTP/1.1 200 OK")[1:]
    assert [each[-1:] for each in answers] == [b"0", b"1", b"2", b"3", b"4"]


def test_chunked_bodies_are_read() -> None:
    line = Line()
    head = b"POST /v1/logs HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    line.send(head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n")
    assert [(each.data, each.table, each.media) for each in line.committer.arrivals] == [(b"abcde", "logs", otlp.JSON)]


def test_chunks_without_end_are_cut_off() -> None:
    line = Line()
    line.send(b"POST /v1/logs HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n")
    for _ in range(4):
        line.send(b"190\r\n" + b"x" * 400 + b"\r\n")
    assert line.statuses() == [413]
    assert line.wire.closed
    assert line.core.queued == 0


def test_a_body_that_is_declared_too_large_is_not_read() -> None:
    line = Line()
    line.send(b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-length: 1001\r\n\r\n")
    assert line.statuses() == [413]
    assert line.wire.closed
    assert line.core.queued == 0


def test_a_full_queue_asks_to_come_back_and_takes_the_next_when_there_is_room() -> None:
    line = Line()
    line.send(*(post(b"x" * 900) for _ in range(5)))
    assert len(line.committer.arrivals) == 3
    line.committer.commit()
    assert line.statuses() == [200, 200, 200, 429, 429]
    assert b"retry-after: 1\r\n" in line.wire.sent
    assert line.core.status().refused == 2
    assert line.core.queued == 0
    line.send(post(b"x" * 900))
    assert len(line.committer.arrivals) == 4
    assert not line.wire.closed


def test_a_client_that_leaves_gives_its_room_back() -> None:
    line = Line()
    line.send(post(b"x" * 900)[:-100])
    assert line.core.queued == 900
    line.connection.connection_lost(None)
    assert line.core.queued == 0
    assert not line.open


def test_a_client_that_leaves_before_its_answer_is_forgotten() -> None:
    line = Line()
    line.send(post(b"x"))
    line.connection.connection_lost(None)
    line.committer.commit()
    assert line.wire.sent == b""
    assert line.core.queued == 0


def test_a_client_that_pipelines_without_end_is_made_to_wait() -> None:
    line = Line()
    for _ in range(PIPELINED_MAX):
        line.send(post(b"x"))
    assert line.wire.paused
    line.committer.commit()
    assert not line.wire.paused


def test_a_client_that_asks_may_continue() -> None:
    line = Line()
    head, body = post(b"x" * 10, extra="expect: 100-continue\r\n").split(b"\r\n\r\n")
    line.send(head + b"\r\n\r\n")
    assert line.wire.sent == b"HTTP/1.1 100 Continue\r\n\r\n"
    line.send(body)
    assert len(line.committer.arrivals) == 1


def test_a_request_that_does_not_end_is_ended() -> None:
    line = Line()
    line.send(post(b"x" * 10)[:-1])
    began = line.connection._request.began if line.connection._request else 0.0
    assert not line.connection.stale(began + 29, 30)
    assert line.connection.stale(began + 31, 30)
    line.connection.expire()
    assert line.statuses() == [408]
    assert line.wire.closed
    assert line.core.queued == 0


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"POST /v1/traces HTTP/1.1\r\ncontent-length: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"y" * (HEADERS_MAX + 1) + b"\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused(data: bytes) -> None:
    line = Line()
    line.send(data)
    assert line.statuses()[-1] in (400, 404)
    assert not line.committer.arrivals


@given(st.binary(max_size=300))
def test_noise_never_breaks_the_connection(data: bytes) -> None:
    line = Line()
    line.send(data)
    line.connection.connection_lost(None)
    assert line.core.queued == 0


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post(b"x", media="text/plain"), 415),
        (post(b"x", media=""), 415),
        (post(b"x", extra="content-encoding: br\r\n"), 415),
        (post(b"x", path="/v1/profiles"), 404),
        (post(b"x", path="/"), 404),
        (get("/v1/traces"), 405),
        (get("/query"), 405),
        (get("/"), 404),
        (get("/live?since=soon"), 400),
        (get("/live?since=3"), 200),
        (get("/-/ready"), 200),
        (get("/-/status"), 200),
    ],
)
def test_answers(request_: bytes, status: int) -> None:
    line = Line()
    line.send(request_)
    assert line.statuses() == [status]
    head, _, body = line.wire.sent.partition(b"\r\n\r\n")
    assert b"json" not in head or json.loads(body) is not None


@pytest.mark.parametrize("path", ["/query", "/live?since=0"])
def test_listeners_for_telemetry_answer_no_questions(path: str) -> None:
    line = Line(questions=False)
    line.send(post(b'{"sql": "SELECT 1"}', path=path), get(path))
    assert line.statuses() == [404, 404]


def test_a_connection_is_kept_unless_the_client_says_otherwise() -> None:
    line = Line()
    line.send(get("/-/ready"))
    assert not line.wire.closed
    line.send(b"GET /-/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    assert line.wire.closed
    assert b"connection: close\r\n" in line.wire.sent


def test_requests_are_listed_while_they_are_open() -> None:
    line = Line()
    assert line.open == {line.connection}
    line.send(post(b"x"))
    assert line.connection.busy
    line.committer.commit()
    assert not line.connection.busy
