"""One contract for every store: the file of DuckDB, and ClickHouse (its engine in this process)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.telemetry.local_store import T0, ClickHouse, Embedded, log, row, span

from telic.errors import StoreFailed, TelicError, UsageError
from telic.telemetry.batch import Batch
from telic.telemetry.clickhouse import ClickHouseStore
from telic.telemetry.columns import TableRow
from telic.telemetry.database import Database

HOUR = 3600 * 10**9


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    made = Embedded(tmp_path_factory.mktemp("clickhouse"))
    yield made
    made.session.close()


@pytest.fixture(params=["duckdb", "clickhouse"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "duckdb":
        database = Database(tmp_path / "duckdb")
        yield database
        database.close()
        return
    yield ClickHouse(request.getfixturevalue("engine")).database


def put(store: Any, table: str, *rows: TableRow) -> None:
    batch = Batch()
    batch.add(table, rows)
    store.append(batch.tables())


def test_rows_come_back_as_they_were_put(store: Any) -> None:
    attributes = {"http.route": "/a 'b' \\ \U0001f600"}
    put(store, "spans", span("search", "find", http_status=404, attributes=attributes), span("geo", "near"))
    found = store.query("SELECT service, name, http_status, attributes, start_ns FROM spans ORDER BY service DESC")
    assert [(each["service"], each["name"], each["http_status"]) for each in found] == [
        ("search", "find", 404),
        ("geo", "near", None),
    ]
    assert "\\\\" in str(found[0]["attributes"])
    assert found[0]["start_ns"] == T0 * 10**9


def test_numbers_that_are_missing_or_none_at_all(store: Any) -> None:
    put(store, "metrics", row("metrics", name="a", value=math.nan), row("metrics", name="b", count=2**62, sum=0.5))
    first, second = store.query("SELECT name, value, count, sum FROM metrics ORDER BY name")
    assert math.isnan(first["value"])
    assert (second["value"], second["count"], second["sum"]) == (None, 2**62, 0.5)


def test_values_stand_for_placeholders_only_outside_texts(store: Any) -> None:
    put(store, "logs", log("search", "what?"), log("geo", "no", at=5.0))
    sql = "SELECT body FROM logs WHERE body = 'what?' AND service = ? AND time_ns < ?"
    assert store.query(sql, ("search", (T0 + 1) * 10**9)) == [{"body": "what?"}]
    assert store.query("SELECT body FROM logs WHERE service = ?", ("'; DROP TABLE logs --",)) == []


def test_an_answer_has_at_most_limit_rows(store: Any) -> None:
    put(store, "spans", *(span("search", "find", at=float(index)) for index in range(20)))
    assert len(store.query("SELECT start_ns FROM spans ORDER BY start_ns", limit=7)) == 7
    assert store.query("SELECT count(*) AS n FROM spans")[0]["n"] == 20


def test_groups_and_joins(store: Any) -> None:
    put(store, "spans", span("search", "find"), span("search", "find", status="error"), span("geo", "near"))
    put(store, "logs", log("geo", "far"))
    sql = (
        "SELECT s.service AS service, count(*) AS n FROM spans AS s JOIN logs AS l ON s.service = l.service "
        "GROUP BY s.service"
    )
    assert [(each["service"], each["n"]) for each in store.query(sql)] == [("geo", 1)]


@pytest.mark.parametrize("sql", ["SELECT nothing FROM spans", "SELECT 1 FROM nowhere", "SELEKT"])
def test_a_wrong_statement_is_the_callers_fault(store: Any, sql: str) -> None:
    if isinstance(store, Database):
        pytest.skip("its errors are translated by `reading`, which has tests of its own")
    with pytest.raises(UsageError):
        store.query(sql)


@pytest.mark.parametrize("sql", ["DROP TABLE spans", "SELECT 1; DROP TABLE spans", "INSERT INTO spans SELECT 1"])
def test_only_a_select_is_answered(store: Any, sql: str) -> None:
    if isinstance(store, Database):
        pytest.skip("statements are checked by `reading`, which has tests of its own")
    with pytest.raises(TelicError):
        store.query(sql)
    assert store.query("SELECT count(*) AS n FROM spans") == [{"n": 0}]


def test_whole_hours_go_and_the_size_is_known(store: Any) -> None:
    start = T0 * 10**9 // HOUR * HOUR
    put(store, "spans", *(row("spans", received_ns=start + index * HOUR) for index in range(3)))
    assert store.sizes()[0] > 0
    assert store.drop_before(start + 2 * HOUR + 5)
    (found,) = store.query("SELECT count(*) AS n, min(received_ns) AS first FROM spans")
    assert (found["n"], found["first"]) == (1, start + 2 * HOUR)
    assert store.drop_before(start) == []


def test_what_needs_too_many_rows_says_so(engine: Embedded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telic.telemetry.clickhouse.ROWS_MAX", 10)
    made = ClickHouseStore(engine, "many")
    put(made, "spans", *(span("search", "find", at=float(index)) for index in range(20)))
    bound = (T0 + 5) * 10**9
    assert made.query("SELECT count(*) AS n FROM spans WHERE start_ns < ?", (bound,)) == [{"n": 5}]
    with pytest.raises(UsageError, match="too many rows") as caught:
        made.query("SELECT name FROM spans")
    assert "narrow" in caught.value.hint


def test_the_server_may_be_asked_in_its_own_dialect(engine: Embedded) -> None:
    made = ClickHouseStore(engine, "dialect")
    put(made, "spans", span("search", "what?", took=1.0), span("search", "find", took=3.0))
    sql = "SELECT argMax(name, duration_ns) AS name, '?' AS mark FROM spans WHERE service = ?"
    assert made.native(sql, ("search",)) == [{"name": "find", "mark": "?"}]
    with pytest.raises(UsageError):
        made.native("DROP TABLE spans")
    with pytest.raises(UsageError):
        made.native("SELECT nothing FROM spans")


def test_a_database_of_another_schema_is_refused(engine: Embedded) -> None:
    ClickHouseStore(engine, "other")
    engine.command("ALTER TABLE other.telic_schema DELETE WHERE 1 SETTINGS mutations_sync = 1")
    engine.command("INSERT INTO other.telic_schema VALUES (99)")
    with pytest.raises(StoreFailed, match="99"):
        ClickHouseStore(engine, "other")


@pytest.mark.parametrize("name", ["a-b", "a; DROP", "", "A"])
def test_a_database_has_a_plain_name(name: str) -> None:
    with pytest.raises(UsageError):
        ClickHouseStore(None, name)  # type: ignore[arg-type]
