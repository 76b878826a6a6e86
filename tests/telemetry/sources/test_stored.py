"""The same rows in a receiver's file and in ClickHouse give the same answers and the same diagnosis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.telemetry.clickhouse_server import handler
from tests.telemetry.local_store import Embedded, log, row, span
from tests.telemetry.sources.cases import T0, WINDOW
from tests.telemetry.sources.serving import Served, serving
from tests.telemetry.stored_rows import rows
from tests.telemetry.stored_server import answering
from typer.testing import CliRunner

from telic.cli import diagnose
from telic.errors import SourceFailed, StoreFailed, UsageError
from telic.telemetry.batch import Batch
from telic.telemetry.clickhouse import ClickHouseStore
from telic.telemetry.clickhouse_client import ClickHouseServer
from telic.telemetry.columns import TableRow
from telic.telemetry.sources import Limit, Question, source

BROKEN = T0 + 1200  # from then on [s since the Unix epoch]
SHIFT = T0 - 1_800_000_000  # what `at` of a row is from [s]


def incident() -> dict[str, list[TableRow]]:
    """A shop in which payments begin to fail: a change, an exception, errors up to the gateway."""
    spans, logs, points = [], [], []
    for n in range(360):
        at, trace = SHIFT + 5 * n, f"{n + 1:032x}"
        broken = T0 + 5 * n >= BROKEN and n % 3 > 0
        names = ("gateway", "orders", "payment")
        failed: dict[str, Any] = {"status": "error", "http_status": 500} if broken else {"http_status": 200}
        parent = ""
        for depth, service in enumerate(names):
            own = f"{16 * n + depth + 1:016x}"
            ids: dict[str, Any] = {"trace_id": trace, "span_id": own, "parent_span_id": parent}
            took = 0.1 - depth / 50
            spans.append(span(service, "POST /pay", at=at + depth / 100, took=took, **ids, **failed))
            parent = own
        spans.append(span("catalog", "GET /items", at=at, took=0.02, http_status=200))
        if broken:
            said = {"exception.message": "no card", "exception.stacktrace": 'File "pay.py", line 7, in charge'}
            logs.append(log("payment", f"charge {n} failed", at=at, exception_type="KeyError", attributes=said))
        if n % 12 == 0:
            points += [
                row("metrics", time_ns=(T0 + 5 * n) * 10**9, service=each, name="cpu", value=0.2 + n % 7 / 100)
                for each in (*names, "catalog")
            ]
    return {"spans": spans, "logs": logs, "metrics": points}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    engine = Embedded(tmp_path_factory.mktemp("clickhouse"))
    with serving(handler(engine)) as running:
        yield running
    engine.session.close()


@pytest.fixture(autouse=True)
def few_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask for the window in two parts, to save time."""
    monkeypatch.setattr("telic.telemetry.sources.stored.SLICES", 2)


def kept(served: Served, database: str, tables: dict[str, list[TableRow]]) -> ClickHouseStore:
    store = ClickHouseStore(ClickHouseServer(served.url), database)
    for table, some in tables.items():
        batch = Batch()
        batch.add(table, some)
        store.append(batch.tables())
    return store


def test_both_keep_the_same(served: Served, tmp_path: Path) -> None:
    tables = rows(T0)
    kept(served, "same", tables)
    answering(tmp_path / "store", tables)
    asked = [
        source.create("clickhouse", url=served.url, database="same"),
        source.create("telic", url=str(tmp_path / "store")),
    ]
    wanted: tuple[dict[str, Any], ...] = (
        {},
        {"entities": ("orders", "it's", "b\\")},
        {"names": ("POST /pay", "queue.length")},
        {"contains": "payment 3"},
    )
    for more in wanted:
        for signal in asked[0].offers:
            first, second = (each.fetch(Question(signal, WINDOW, **more)) for each in asked)
            order = [(name, "ascending") for name in first.table.schema.names]
            assert first.table.sort_by(order).equals(second.table.sort_by(order))
            assert first.cut == second.cut == ()


@pytest.mark.nightly
def test_a_part_of_the_spans_is_a_sample_of_the_traces_and_said(served: Served) -> None:
    kept(served, "many", {"spans": incident()["spans"]})
    asked = source.create("clickhouse", url=served.url, database="many")
    answer = asked.fetch(Question("spans", WINDOW, limit=Limit(rows=400)))
    assert 300 < answer.table.num_rows <= 400
    assert "a sample of the traces" in answer.cut[0]
    traces = answer.table["trace_id"].to_pylist()
    whole = [each for each in set(traces) if traces.count(each) == 3]
    assert len(whole) > 50, "traces come whole"


def test_the_official_client_reads_and_writes(served: Served) -> None:
    store = kept(served, "client", rows(T0))
    sql = "SELECT service, count(*) AS n, quantile_cont(duration_ns, 0.5) AS half FROM spans WHERE start_ns >= ?"
    assert store.query(sql + " GROUP BY 1 ORDER BY 1", (T0 * 10**9,)) == [
        {"service": "cart", "n": 10, "half": 10_000_000.0},
        {"service": "orders", "n": 10, "half": 10_000_000.0},
    ]
    assert store.native("SELECT count() AS n FROM spans WHERE name = ?", ("POST /pay",)) == [{"n": 10}]
    with pytest.raises(UsageError):
        store.native("SELECT nothing FROM spans")


def test_nobody_there() -> None:
    with pytest.raises(StoreFailed, match="no ClickHouse answers"):
        ClickHouseServer("http://127.0.0.1:9")


def test_other_tables_are_a_typed_error(served: Served) -> None:
    asked = source.create("clickhouse", url=served.url, database="nowhere")
    with pytest.raises(SourceFailed, match="nowhere"):
        asked.fetch(Question("spans", WINDOW))
    with pytest.raises(UsageError, match="database"):
        source.create("clickhouse", url=served.url, database="a;b")


@pytest.mark.parametrize("kind", ["clickhouse", pytest.param("telic", marks=pytest.mark.nightly)])
def test_an_incident_is_diagnosed_where_it_is_kept(served: Served, tmp_path: Path, kind: str) -> None:
    tables = incident()
    if kind == "clickhouse":
        kept(served, "telic", tables)
        where = served.url
    else:
        answering(tmp_path / "store", tables)
        where = str(tmp_path / "store")
    command = ["diagnose", "--source", f"{kind}={where}", "--at", str(T0 + 1800), "--window", "10m", "--json"]
    made = typer.Typer()
    diagnose.register(made)
    made.callback()(lambda: None)
    result = CliRunner().invoke(made, [*command, "--baseline", "20m"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["hypotheses"][0]["entity"] == "payment"
    assert any("changes" in each for each in found["missing"])
