"""Typed queries: the numbers that an operator reads, checked against rows made for them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.telemetry.local_store import T0, ClickHouse, Embedded, LocalStore, log, row, span

from telic.errors import StoreFailed
from telic.model import Row, Window
from telic.telemetry import queries
from telic.telemetry.queries.rows import records

WINDOW = Window(T0, T0 + 10)
DB = {"db.system.name": "postgresql", "db.query.text": "SELECT 1"}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Embedded]:
    made = Embedded(tmp_path_factory.mktemp("clickhouse"))
    yield made
    made.session.close()


@pytest.fixture(params=["duckdb", "clickhouse"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    kept = request.param == "duckdb"
    made = LocalStore(tmp_path) if kept else ClickHouse(request.getfixturevalue("engine"))
    yield made
    made.close()


def test_operations_by_service_and_step(store: Any) -> None:
    store.put(
        "spans",
        *(span("gateway", "search", at=0.1 + index / 100, took=index / 1000) for index in range(1, 81)),
        span("gateway", "search", at=1.5, took=1.0, status="error", error_type="timeout", http_status=504),
        span("gateway", "search", at=1.6, took=1.0, status="error", http_status=500),
        span("gateway", "reserve", at=1.7, took=0.2, http_status=422),
        span("rate", "rates", at=1.7, kind="client"),
        span("gateway", "search", at=-0.1),
        span("gateway", "search", at=10.0),
    )
    first, reserve, second = queries.service_operations(store, WINDOW, threshold=0.07)
    assert (first.service, first.operation, first.start, first.count) == ("gateway", "search", T0, 80)
    assert (first.errors, first.slow, first.by_class) == (0, 10, {})
    assert first.p50 == pytest.approx(0.0405)
    assert first.p99 == pytest.approx(0.07921)
    assert first.max == pytest.approx(0.08)
    assert (reserve.operation, reserve.errors, reserve.slow) == ("reserve", 0, 1)
    assert (second.start, second.errors, second.by_class) == (T0 + 1, 2, {"timeout": 1, "500": 1})


def test_one_step_for_the_whole_window(store: Any) -> None:
    store.put("spans", *(span("gateway", "search", at=float(index)) for index in range(10)))
    (found,) = queries.service_operations(store, WINDOW, WINDOW.seconds)
    assert (found.start, found.count) == (T0, 10)
    window = Window(T0 + 0.25, T0 + 2.25)
    starts = [each.start for each in queries.service_operations(store, window)]
    assert starts == pytest.approx([T0 + 0.25, T0 + 1.25], abs=1e-6)


def test_edges_match_calls_with_the_spans_that_answer_them(store: Any) -> None:
    trace = "a" * 32
    for index in range(4):
        called = f"{index:016x}"
        took, inside = 0.1 + index / 10, 0.05
        store.put(
            "spans",
            span("search", "rates", kind="client", peer="rate", took=took, span_id=called, trace_id=trace),
            span("rate", "rates", took=inside, parent_span_id=called, trace_id=trace, at=0.01),
        )
    again = {"http.request.resend_count": 1}
    store.put(
        "spans",
        *(
            span(
                "search",
                "rates",
                kind="client",
                peer="rate",
                took=1.0,
                status="error",
                error_type=kind,
                attributes=again,
            )
            for kind in ("timeout", "timeout", "connection_refused")
        ),
        span("search", "rates", kind="client", peer="rate", took=1.0, status="error", http_status=503),
        span("rate", "by_hotel", kind="client", peer="postgres", statement="by_hotel", attributes=DB),
        span("rate", "get", kind="client", peer="valkey", attributes={"db.system.name": "valkey"}),
        span("rate", "inner", kind="internal"),
    )
    postgres, valkey, rate = queries.edges(store, WINDOW)
    assert (postgres.name, postgres.calls, postgres.unmatched) == ("rate->postgres", 1, 0)
    assert (valkey.name, valkey.unmatched) == ("rate->valkey", 0)
    assert (rate.name, rate.calls, rate.errors, rate.matched, rate.unmatched) == ("search->rate", 8, 4, 4, 4)
    assert rate.by_type == {"timeout": 2, "connection_refused": 1, "503": 1}
    assert rate.resends == 3
    assert rate.gap_p50 == pytest.approx(0.2)
    assert rate.server_p95 == pytest.approx(0.05)
    assert rate.p50 == pytest.approx(0.7)


def test_statements_by_version(store: Any) -> None:
    refused = {"db.response.status_code": "42501"} | DB
    calls: dict[str, Any] = {"kind": "client", "peer": "postgres", "statement": "rates.by_hotel"}
    store.put(
        "spans",
        *(span("rate", "rates.by_hotel", took=0.001 * index, attributes=DB, **calls) for index in range(1, 4)),
        span("rate", "rates.by_hotel", took=0.5, version="2", status="error", attributes=refused, **calls),
        span(
            "rate",
            "rates.by_hotel",
            took=0.5,
            version="2",
            status="error",
            error_type="timeout",
            attributes=DB,
            **calls,
        ),
    )
    old, new = queries.statements(store, WINDOW)
    assert (old.service, old.statement, old.store, old.version) == ("rate", "rates.by_hotel", "postgres", "1")
    assert (old.calls, old.errors, old.by_state, old.text) == (3, 0, {}, "SELECT 1")
    assert (old.p50, old.max, old.seconds) == pytest.approx((0.002, 0.003, 0.006))
    assert (new.version, new.errors, new.by_state) == ("2", 2, {"42501": 1, "timeout": 1})


def test_exceptions_count_once_though_span_and_log_tell_them(store: Any) -> None:
    said = {"exception.type": "KeyError", "exception.message": "'price'", "exception.stacktrace": "Traceback ..."}
    event = {"events": [{"name": "note", "attributes": {}}, {"name": "exception", "attributes": said}]}
    words = {key: value for key, value in said.items() if key != "exception.type"}
    for index in range(3):
        ids: dict[str, Any] = {"trace_id": f"{index:032x}", "span_id": f"{index:016x}"}
        store.put("spans", span("rate", "rates", at=index, status="error", version="2", attributes=event, **ids))
        store.put(
            "logs",
            log("rate", "failed", at=index, version="2", exception_type="KeyError", attributes=words, **ids),
        )
    store.put(
        "logs",
        log("search", "job failed", exception_type="ValueError", attributes={"exception.message": "bad"}),
        log("search", "job failed", at=1, exception_type="ValueError", attributes={"exception.message": "worse"}),
        log("search", "only noted", exception_type="ValueError", level=9),
        log("search", "earlier", at=-1, exception_type="ValueError"),
    )
    first, second = queries.exceptions(store, WINDOW)
    assert (first.service, first.operation, first.type, first.count) == ("rate", "rates", "KeyError", 3)
    assert (first.version, first.message, first.stacktrace) == ("2", "'price'", "Traceback ...")
    assert (first.first, first.last) == pytest.approx((T0 + 0.01, T0 + 2.01))
    assert (second.service, second.operation, second.count, second.message) == ("search", "", 2, "worse")


def test_an_exception_in_a_log_takes_its_operation_from_the_span(store: Any) -> None:
    ids: dict[str, Any] = {"trace_id": "a" * 32, "span_id": "b" * 16}
    store.put("spans", span("rate", "rates", status="error", **ids))
    store.put("logs", log("rate", "failed", exception_type="KeyError", **ids))
    (found,) = queries.exceptions(store, WINDOW)
    assert (found.operation, found.count) == ("rates", 1)


def test_error_logs_are_grouped_but_for_their_digits(store: Any) -> None:
    store.put(
        "logs",
        *(log("booking", f"lost room {index} of 12", at=index) for index in range(3)),
        log("booking", "lost the thread", level=21),
        log("booking", "all is well", level=9),
    )
    first, second = queries.errors_in_logs(store, WINDOW)
    assert (first.body, first.count, first.service, first.severity) == ("lost room 2 of 12", 3, "booking", "ERROR")
    assert (first.first, first.last) == (T0, T0 + 2)
    assert second.count == 1
    assert sum(each.count for each in queries.errors_in_logs(store, WINDOW, severity=1)) == 5


def test_gauges(store: Any) -> None:
    def point(
        at: float, value: float | None, name: str = "lag", attributes: str = '{"state": "idle"}'
    ) -> tuple[object, ...]:
        time_ns = round((T0 + at) * 1e9)
        return row("metrics", time_ns=time_ns, service="rate", name=name, value=value, attributes=attributes)

    store.put("metrics", point(2, 0.5), point(1, 0.25), point(3, None), point(4, 9.0, "other"), point(11, 1.0))
    found = queries.gauges(store, "lag", WINDOW)
    assert [(each.time - T0, each.value) for each in found] == [(1, 0.25), (2, 0.5)]
    assert found[0].attributes == {"state": "idle"}


def test_freshness(store: Any) -> None:
    assert queries.freshness(store) is None
    store.put("metrics", row("metrics", received_ns=time.time_ns() - 7 * 10**9))
    store.put("spans", row("spans", received_ns=time.time_ns() - 9 * 10**9))
    age = queries.freshness(store)
    assert age is not None
    assert 6.9 < age < 60


def test_nothing_is_an_answer(store: Any) -> None:
    for query in (queries.edges, queries.statements, queries.exceptions, queries.errors_in_logs):
        assert query(store, WINDOW) == []
    assert queries.service_operations(store, WINDOW) == []
    assert queries.gauges(store, "lag", WINDOW) == []


def test_an_answer_of_another_shape_is_an_error() -> None:
    odd: list[Row] = [{"service": "rate", "operation": "rates", "start": 0, "count": "many"}]
    with pytest.raises(StoreFailed, match="not a OperationStep"):
        records(queries.OperationStep, odd)
