"""Queries of others: one SELECT, within bounds, and nothing else."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from tests.telemetry.local_store import LocalStore, log, span

from telic.telemetry import reading
from telic.telemetry.reading import Reader

FOREVER = "SELECT count(*) FROM range(1000000000000) a"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path_factory.mktemp("telemetry"))
    made.put("spans", *(span("search", f"op-{index}", at=float(index)) for index in range(20)))
    yield made
    made.database.close()


@pytest.fixture
def reader(store: LocalStore) -> Iterator[Reader]:
    made = Reader(store.database)
    yield made
    made.close()


async def ask(reader: Reader, sql: str, *params: object, **more: object) -> tuple[int, dict[str, Any]]:
    status, body = await reader.answer(json.dumps({"sql": sql, "params": params, **more}).encode())
    return status, json.loads(body)


async def test_rows_come_with_their_columns(reader: Reader) -> None:
    status, found = await ask(reader, "SELECT name, http_status FROM spans WHERE name = ?", "op-3")
    assert (status, found) == (200, {"columns": ["name", "http_status"], "rows": [["op-3", None]], "truncated": False})


async def test_a_limit_cuts_and_says_so(reader: Reader) -> None:
    for limit, truncated in ((19, True), (20, False), (0, True)):
        _, found = await ask(reader, "SELECT name FROM spans ORDER BY start_ns", limit=limit)
        assert len(found["rows"]) == limit
        assert found["truncated"] is truncated


async def test_large_answers_are_whole(reader: Reader) -> None:
    _, found = await ask(reader, "SELECT range AS n FROM range(12345)", limit=20_000)
    assert [each[0] for each in found["rows"]] == list(range(12345))


async def test_values_of_every_kind_have_a_form(reader: Reader) -> None:
    sql = """SELECT 1.5::DECIMAL(9, 2), sum(1::BIGINT), 'x'::BLOB, [1, 2], {'a': NULL}, MAP {'k': 2}, 'NaN'::DOUBLE,
             DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05', true, 2::UTINYINT, INTERVAL 1 HOUR"""
    status, found = await ask(reader, sql)
    assert status == 200
    assert found["rows"][0][:7] == [1.5, 1, "eA==", [1, 2], {"a": None}, {"k": 2}, None]


async def test_large_whole_numbers_are_exact(reader: Reader) -> None:
    _, found = await ask(reader, f"SELECT {2**127 - 1}::HUGEINT")
    assert found["rows"] == [[2**127 - 1]]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE spans",
        "INSERT INTO spans SELECT * FROM spans",
        "DELETE FROM spans",
        "UPDATE spans SET name = 'x'",
        "WITH gone AS (DELETE FROM spans RETURNING *) SELECT * FROM gone",
        "CREATE TABLE mine (a INT)",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE spans",
        "COPY spans TO 'here.csv'",
        "ATTACH 'other.duckdb'",
        "PRAGMA database_size",
        "SET threads = 8",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CHECKPOINT",
        "CALL force_checkpoint()",
        "BEGIN",
        "EXPORT DATABASE 'here'",
        "EXPLAIN ANALYZE DELETE FROM spans",
        "PREPARE p AS SELECT 1",
        "SELECT * FROM read_text('/etc/passwd')",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM parquet_scan('x.parquet')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM force_checkpoint()",
        "SELECT * FROM enable_logging()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM query('DROP TABLE spans')",
        "SELECT * FROM reader",
        "SELECT * FROM arriving_spans",
        "SELEKT 1",
        "",
        "SELECT nothing FROM spans",
        "SELECT ?",
    ],
)
async def test_whatever_is_no_select_of_the_tables_is_refused(reader: Reader, store: LocalStore, sql: str) -> None:
    status, found = await ask(reader, sql)
    assert status == 400, found
    assert found["error"]
    assert store.query("SELECT count(*) AS n FROM spans")[0]["n"] == 20


@pytest.mark.parametrize("body", [b"", b"[]", b'{"sql": 3}', b'{"sql": "SELECT 1", "sqll": 1}', b'{"params": []}'])
async def test_what_is_no_question_is_refused(reader: Reader, body: bytes) -> None:
    status, answer = await reader.answer(body)
    assert status == 400
    assert "not a query" in json.loads(answer)["error"]


async def test_a_query_ends_at_its_deadline(reader: Reader) -> None:
    status, found = await ask(reader, FOREVER, timeout=0.1)
    assert status == 504
    assert "longer than 0.1 s" in found["error"]
    assert (await ask(reader, "SELECT 1"))[0] == 200


async def test_fetching_ends_at_the_deadline_too(reader: Reader) -> None:
    sql = "SELECT md5(a.range::VARCHAR) FROM range(100000000) a WHERE sqrt(a.range) % 7 < 6"
    status, _ = await ask(reader, sql, timeout=0.05, limit=200_000)
    assert status == 504


async def test_a_deadline_before_the_start_is_kept(reader: Reader) -> None:
    slow = [asyncio.create_task(ask(reader, FOREVER, timeout=0.3)) for _ in range(reading.WORKERS)]
    await asyncio.sleep(0)
    status, _ = await ask(reader, "SELECT 1", timeout=0.01)
    assert status == 504
    assert [(await each)[0] for each in slow] == [504] * reading.WORKERS


async def test_too_many_queries_are_turned_away(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WAITING_MAX", 1)
    waiting = [asyncio.create_task(ask(reader, FOREVER, timeout=0.2)) for _ in range(reading.WORKERS + 1)]
    await asyncio.sleep(0)
    assert (await ask(reader, "SELECT 1"))[0] == 503
    assert [(await each)[0] for each in waiting] == [504] * 3


async def test_ingest_goes_on_beside_a_long_query(reader: Reader, store: LocalStore) -> None:
    long = asyncio.create_task(ask(reader, FOREVER, timeout=1.0))
    await asyncio.sleep(0)
    written = threading.Event()

    def write() -> None:
        for index in range(5):
            store.put("logs", log("search", f"body {index}"))
        written.set()

    await asyncio.to_thread(write)
    assert written.is_set()
    assert not long.done()
    assert (await ask(reader, "SELECT count(*) FROM logs"))[1]["rows"] == [[5]]
    assert (await long)[0] == 504


async def test_an_answer_without_bounds_is_refused(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "REPLY_MAX", 100_000)
    status, found = await ask(reader, "SELECT repeat('x', 1000) FROM range(1000)")
    assert status == 400
    assert "more than 100000 bytes" in found["error"]


async def test_a_query_that_needs_too_much_memory_fails_alone(reader: Reader) -> None:
    sql = "SELECT list(a.range ORDER BY hash(a.range)) FROM range(60000000) a"
    status, found = await ask(reader, sql, timeout=20)
    assert status == 503
    assert "memory" in found["error"]
    assert (await ask(reader, "SELECT count(*) FROM spans"))[1]["rows"] == [[20]]


@pytest.mark.skipif(sys.platform != "linux", reason="the address space of a process is read from /proc")
@pytest.mark.parametrize(
    "huge",
    ["repeat('x', 1000000000)", "range(1000000000)", "format('{:>2000000000}', start_ns)"],
)
async def test_a_value_that_needs_more_memory_than_there_is_ends_its_query_only(reader: Reader, huge: str) -> None:
    before = resource.getrlimit(resource.RLIMIT_AS)
    status, found = await ask(reader, f"SELECT {huge} FROM spans")
    assert (status, found["error"][:34]) == (503, "the query needs too much memory: O")
    assert resource.getrlimit(resource.RLIMIT_AS) == before
    assert (await ask(reader, "SELECT count(*) FROM spans"))[1]["rows"] == [[20]]
