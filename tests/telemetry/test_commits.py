"""Group commits: an answer means that the rows are there; nothing else stops for a bad body or a bad disk."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.telemetry.local_store import LocalStore

from telic.telemetry import upkeep
from telic.telemetry.batch import SLICE
from telic.telemetry.columns import Columns
from telic.telemetry.commits import Arrival, Committer
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.body import Answer
from telic.telemetry.rollup import Rollup


def traces(name: str, count: int = 1) -> bytes:
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    now = time.time_ns()
    for index in range(count):
        ids = {"trace_id": b"t" * 16, "span_id": (index + 1).to_bytes(8, "big")}
        scope.spans.add(name=name, kind=2, start_time_unix_nano=now, end_time_unix_nano=now, **ids)
    return message.SerializeToString()


class Line:
    """A committer and the answers that it gave, in order."""

    def __init__(self, store: LocalStore, *, keep: int | upkeep.Retention = 1 << 40) -> None:
        self.store, self.rollup = store, Rollup()
        self.answers: queue.Queue[tuple[Arrival, Answer, object]] = queue.Queue()
        self.committer = Committer(store.database, self.rollup, keep=keep, deliver=self._deliver, interval=0.0)

    def send(self, data: bytes, *, media: str = otlp.PROTOBUF, encoding: str = "") -> None:
        self.committer.put(Arrival("spans", data, media, encoding, time.time_ns(), lambda _: None))

    def next(self) -> tuple[Answer, object]:
        _, answer, rows = self.answers.get(timeout=10)
        return answer, rows

    def _deliver(self, answers: Sequence[tuple[Arrival, Answer]]) -> None:
        rows = self.store.query("SELECT count(*) AS n FROM spans")[0]["n"] if answers[0][1].status != 503 else None
        for arrival, answer in answers:
            self.answers.put((arrival, answer, rows))


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    store = LocalStore(tmp_path)
    made = Line(store)
    yield made
    made.committer.stop()
    store.database.close()


def test_an_answer_comes_when_the_rows_are_there(line: Line) -> None:
    line.send(traces("search", 3))
    answer, rows = line.next()
    assert (answer.status, rows) == (200, 3)
    assert line.committer.counts.spans == 3
    assert sum(each.count for each in line.rollup.rows(0)) == 3


def test_a_bad_body_is_refused_alone(line: Line) -> None:
    line.send(traces("search"))
    line.send(b"\x0a\xff")
    line.send(b"{}", media=otlp.JSON)
    line.send(b"no gzip", encoding="gzip")
    answers = [line.next()[0] for _ in range(4)]
    assert [each.status for each in answers] == [200, 400, 200, 400]
    assert line.committer.counts.rejected == 2
    line.send(traces("search"))
    assert line.next() == (otlp.accepted("spans", otlp.PROTOBUF), 2)


def test_a_body_that_turns_bad_late_leaves_no_row(line: Line) -> None:
    good = ExportTraceServiceRequest.FromString(traces("search", SLICE + 10))
    good.resource_spans[0].scope_spans[0].spans[-1].attributes.add(key="k" * 50)
    data = good.SerializeToString().replace(b"k" * 50, b"\xff" * 50)  # no UTF-8
    line.send(data)
    line.send(traces("search"))
    assert line.next()[0].status == 400
    assert line.next() == (otlp.accepted("spans", otlp.PROTOBUF), 1)
    assert sum(each.count for each in line.rollup.rows(0)) == 1


def test_a_large_body_comes_in_slices(line: Line) -> None:
    line.send(traces("search", 2 * SLICE + 5))
    assert line.next() == (otlp.accepted("spans", otlp.PROTOBUF), 2 * SLICE + 5)
    assert sum(each.count for each in line.rollup.rows(0)) == 2 * SLICE + 5


def test_when_the_store_cannot_write_senders_are_asked_to_wait(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = True
    append = line.store.database.append

    def fails(tables: dict[str, Columns]) -> None:
        if broken:
            raise duckdb.IOException("IO Error: could not write: No space left on device")
        append(tables)

    monkeypatch.setattr(line.store.database, "append", fails)
    line.send(traces("search"))
    answer, _ = line.next()
    assert (answer.status, answer.retry_after) == (503, 1)
    assert line.rollup.rows(0) == []
    broken = False
    line.send(traces("search"))
    assert line.next()[1] == 1
    assert not list(line.store.database.folder.glob("*.unreadable-*"))


def test_a_store_that_is_damaged_again_and_again_is_begun_anew(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    append, failures = line.store.database.append, [1, 2]

    def fails(tables: dict[str, Columns]) -> None:
        if failures:
            failures.pop()
            raise duckdb.FatalException("FATAL Error: Corrupt database file: computed checksum 1 does not match 2")
        append(tables)

    monkeypatch.setattr(line.store.database, "append", fails)
    line.send(traces("search"))
    assert line.next()[0].status == 503
    assert not list(line.store.database.folder.glob("*.unreadable-*"))
    line.send(traces("search"))
    assert line.next()[0].status == 503
    assert list(line.store.database.folder.glob("*.unreadable-*"))
    line.send(traces("search"))
    assert line.next() == (otlp.accepted("spans", otlp.PROTOBUF), 1)


def test_what_waits_at_the_end_is_committed(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    line = Line(store)
    for _ in range(20):
        line.send(traces("search"))
    line.committer.stop()
    assert store.query("SELECT count(*) AS n FROM spans")[0]["n"] == 20
    store.database.close()


def test_a_store_above_its_bound_becomes_smaller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "TIDY", 0.0)
    store = LocalStore(tmp_path)
    line = Line(store, keep=upkeep.Retention(300_000, archive=False))  # its arrivals lie in the past
    minute, clock = 60 * 10**9, time.time_ns() - 3600 * 10**9 * 5
    for index in range(12):
        line.committer.put(
            Arrival("spans", traces(f"search {index}", 3000), otlp.PROTOBUF, "", clock + index * minute, lambda _: None)
        )
        line.next()
    line.committer.stop()
    (row,) = store.query("SELECT count(*) AS n, min(received_ns) AS oldest, max(received_ns) AS newest FROM spans")
    assert row["newest"] == clock + 11 * minute
    assert int(str(row["oldest"])) > clock
    store.database.close()
