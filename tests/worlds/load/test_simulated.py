"""The load on virtual time: byte-equal by seed, judged as the live one, and a caller who leaves is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.worlds.load.test_generator import WRONG

from telic.model import load
from telic.runtime.client.transport import TransportFailed
from telic.runtime.server.messages import WANTED, Request, Response
from telic.worlds.load import simulated
from telic.worlds.load.entry import Handle
from telic.worlds.load.exchange import Answer, Ask, Exchange, Finding
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.order import About, Order
from telic.worlds.load.pool import LIMIT
from telic.worlds.load.record import Record, read
from telic.worlds.load.simulated import SimulatedWay
from telic.worlds.load.testing import ModelSystem, Reply
from telic.worlds.simulated.clock import START, LoopClock
from telic.worlds.simulated.loop import VirtualLoop


class Entry:
    """The entry of a model system, in place of a gateway; `answer` may be replaced."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.system = ModelSystem(knowledge)
        self.requests: list[Request] = []
        self.under_way = self.most_under_way = self.left = 0
        self.latency: Callable[[float], float] = lambda at: 0.010

    async def __call__(self, request: Request) -> Response:
        self.requests.append(request)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(self.latency(asyncio.get_running_loop().time()))
        except asyncio.CancelledError:
            self.left += 1
            raise
        finally:
            self.under_way -= 1
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        token = request.headers.get(b"authorization", "").removeprefix("Bearer ")
        key = request.headers.get(b"idempotency-key", "")
        body = msgspec.json.decode(request.body)
        right = self.system.answer(request.path.removeprefix("/"), body, token=token, key=key)
        return Response(right.status, msgspec.json.encode(right.body))


def on_virtual_time(work: Callable[[LoopClock], Coroutine[Any, Any, None]]) -> None:
    loop = VirtualLoop()
    try:
        loop.run_until_complete(work(LoopClock(loop)))
    finally:
        loop.close()


def run(knowledge: Knowledge, handle: Handle, path: Path, **chosen: Any) -> Record:
    values: dict[str, Any] = {"workload": "normal", "rate": 100.0, "seconds": 5.0, "quiet": True, **chosen}
    order = Order(knowledge.folder, "http://127.0.0.1:8080", record=path, **values)
    on_virtual_time(lambda clock: simulated.run(order, clock, handle, knowledge=knowledge))
    return read(path)


def test_a_run_leaves_the_record_of_a_live_one(knowledge: Knowledge, tmp_path: Path) -> None:
    entry = Entry(knowledge)
    record = run(knowledge, entry, tmp_path / "load.jsonl", seconds=20.0)
    assert record.good() == 1.0
    assert 1800 < record.total() < 2200
    assert record.percentiles(0.5, 0.99) == pytest.approx((0.010, 0.010))
    assert record.lag() == 0.0
    assert [each.second for each in record.seconds] == list(range(record.seconds[0].second, int(START) + 21))
    about = load(About, (tmp_path / "load.run.json").read_bytes(), schema="telic/load/v1")
    assert (about.workload, about.rate, about.seed, about.url) == ("W1", 100.0, 1, "http://127.0.0.1:8080")


def test_records_of_one_seed_are_equal_byte_by_byte(knowledge: Knowledge, tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.jsonl" for name in ("one", "same", "other")]
    entries = [Entry(knowledge) for _ in paths]
    for entry, path, seed in zip(entries, paths, (4, 4, 5), strict=True):
        entry.latency = lambda at: 0.2 if at % 3 > 2 else 0.010
        run(knowledge, entry, path, seed=seed)
    one, same, other = (path.read_bytes() for path in paths)
    assert one == same != other
    assert entries[0].requests == entries[1].requests
    names = [path.with_suffix(".run.json").read_bytes() for path in paths]
    assert names[0] == names[1] != names[2]


def test_requests_are_those_of_the_server_shell(knowledge: Knowledge, tmp_path: Path) -> None:
    entry = Entry(knowledge)
    run(knowledge, entry, tmp_path / "load.jsonl")
    assert {each.method for each in entry.requests} == {"POST"}
    assert (
        {name for each in entry.requests for name in each.headers} == {b"authorization", b"idempotency-key"} <= WANTED
    )
    assert {each.path.removeprefix("/") for each in entry.requests} <= knowledge.offered.keys()


def test_a_caller_leaves_after_three_seconds_and_whoever_handles_it_is_cancelled(
    knowledge: Knowledge, tmp_path: Path
) -> None:
    entry = Entry(knowledge)
    entry.latency = lambda at: 3600.0 if at > 2.0 else 0.010
    record = run(knowledge, entry, tmp_path / "load.jsonl", seconds=4.0, rate=50.0)
    assert record.reasons().keys() == {"timeout"}
    assert entry.left == record.reasons()["timeout"] > 50
    assert entry.under_way == 0


def test_as_many_are_under_way_as_a_live_generator_has_connections(knowledge: Knowledge, tmp_path: Path) -> None:
    entry = Entry(knowledge)
    entry.latency = lambda at: 2.5 if at > 1.0 else 0.010
    record = run(knowledge, entry, tmp_path / "load.jsonl", seconds=4.0, rate=500.0)
    assert entry.most_under_way == LIMIT
    assert record.reasons()["timeout"] > 0, "who waits for a connection waits for nothing"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TransportFailed("connection_refused", unsent=True), "connection_refused"),
        (TransportFailed("connection_reset", unsent=False), "connection_reset"),
        (ConnectionRefusedError(), "connection_refused"),
        (OSError(113, "No route to host"), "unreachable"),
        (asyncio.CancelledError(), "connection_reset"),
    ],
)
def test_where_no_answer_comes_the_reason_is_that_of_a_live_run(
    knowledge: Knowledge, tmp_path: Path, error: BaseException, reason: str
) -> None:
    async def handle(request: Request) -> Response:
        raise error

    record = run(knowledge, handle, tmp_path / "load.jsonl", seconds=1.0)
    assert record.reasons() == {reason: record.total()}


def test_answers_are_decoded_and_judged_as_those_of_a_live_run(knowledge: Knowledge, tmp_path: Path) -> None:
    answers = {"search_hotels": Response(200, b"<html>"), "read_reviews": Response(200, b'{"reviews": "many"}')}

    async def handle(request: Request) -> Response:
        return answers.get(request.path.removeprefix("/"), Response(503, b"<html>"))

    record = run(knowledge, handle, tmp_path / "load.jsonl", seconds=2.0)
    assert record.reasons("F1").keys() == {"not_json"}
    assert record.reasons("F5").keys() == {"wrong_shape"}
    assert record.reasons("F3").keys() == {"status_503"}


def test_a_handler_that_raises_what_it_must_not_ends_the_run(knowledge: Knowledge, tmp_path: Path) -> None:
    entry = Entry(knowledge)

    def broken(request: Request) -> Response:
        raise KeyError("no such thing")

    async def handle(request: Request) -> Response:
        return broken(request) if asyncio.get_running_loop().time() > 1.0 else await entry(request)

    with pytest.raises(KeyError, match="no such thing"):
        run(knowledge, handle, tmp_path / "load.jsonl")


def test_told_to_stop_it_leaves_a_whole_record(knowledge: Knowledge, tmp_path: Path) -> None:
    entry, path = Entry(knowledge), tmp_path / "load.jsonl"
    order = Order(knowledge.folder, "http://127.0.0.1:8080", "W1", path, rate=50.0, seconds=3600.0, quiet=True)

    async def work(clock: LoopClock) -> None:
        stop = asyncio.Event()
        running = asyncio.ensure_future(simulated.run(order, clock, entry, stop=stop, knowledge=knowledge))
        await asyncio.sleep(4.5)
        stop.set()
        await running
        assert clock.monotonic() < 5.6

    on_virtual_time(work)
    record = read(path)
    assert record.good() == 1.0
    assert record.total() > 100
    assert entry.under_way == 0


def test_lines_can_go_somewhere_else_than_into_files(knowledge: Knowledge, tmp_path: Path) -> None:
    order = Order(knowledge.folder, "http://127.0.0.1:8080", "W1", tmp_path / "none" / "load.jsonl", seconds=3.0)
    lines: list[object] = []
    on_virtual_time(
        lambda clock: simulated.run(order, clock, Entry(knowledge), write=lines.append, knowledge=knowledge)
    )
    assert len(lines) >= 3
    assert not order.record.parent.exists()


def test_an_exchange_that_was_given_up_is_not_answered_twice() -> None:
    async def work(clock: LoopClock) -> None:
        async def handle(request: Request) -> Response:
            try:
                await asyncio.sleep(9.0)
            except asyncio.CancelledError:
                return Response(200, b"{}")  # as policies do that let work go on
            return Response(500, b"")

        ended: list[Exchange] = []
        way = SimulatedWay(handle)
        exchange = Exchange(Ask("F1", "search", {}, lambda answer: Finding()), "simulated", 0.0, ended.append)
        way.submit(exchange)
        await asyncio.sleep(1.0)
        way.drop(exchange)
        exchange.finish(Answer(problem="timeout"))
        await asyncio.sleep(1.0)
        assert ended == [exchange]
        assert exchange.answer == Answer(problem="timeout")

    on_virtual_time(work)


@pytest.mark.parametrize("name", [each for each, (id_, *_) in WRONG.items() if id_ in ("F1", "F2")])
def test_an_answer_known_at_sight_is_judged_as_one_that_is_read(
    knowledge: Knowledge, tmp_path: Path, name: str
) -> None:
    id_, reason, change = WRONG[name]
    entry = Entry(knowledge)
    right, names = entry.answer, {each.name for each in knowledge.serving(knowledge.intent.operation(id_))}

    def sometimes_wrong(request: Request) -> Response:
        given = right(request)
        if request.path.removeprefix("/") not in names or len(entry.requests) % 2:
            return given
        changed = change(Reply(given.status, msgspec.json.decode(given.body)))
        return Response(changed.status, msgspec.json.encode(changed.body))

    entry.answer = sometimes_wrong  # type: ignore[method-assign]
    record = run(knowledge, entry, tmp_path / "load.jsonl", rate=200.0)
    assert record.reasons(id_).get(reason, 0) > 0
    assert 0.3 < record.correct(id_) < 0.9, "what is right is right whatever came before"
