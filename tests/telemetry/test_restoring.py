"""What monitors poll is the same after a receiver started anew."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.telemetry.local_store import T0, LocalStore, span
from tests.telemetry.receiving import Receiver, traces

from telic.telemetry.columns import TableRow
from telic.telemetry.live import BOUNDS
from telic.telemetry.restoring import restore
from telic.telemetry.rollup import Counts, Rollup, count_spans

KEPT = 200


def counted(rows: list[TableRow], now: float) -> Rollup:
    counts, made = Counts(), Rollup(kept=KEPT)
    count_spans(rows, counts)
    made.add(counts, now=now)
    return made


SPANS = st.builds(
    lambda service, at, took, failed, status, kind: span(
        *(service, "find"),
        at=at,
        took=took,
        kind=kind,
        status="error" if failed else "unset",
        http_status=status,
    ),
    st.sampled_from(["gateway", "orders"]),
    st.floats(0, 500),
    st.one_of(st.sampled_from(BOUNDS), st.floats(0, 100)),
    st.booleans(),
    st.sampled_from([None, 200, 500]),
    st.sampled_from(["server", "client"]),
)


@given(st.lists(SPANS, max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_counts_are_those_from_before(tmp_path_factory: pytest.TempPathFactory, rows: list[TableRow]) -> None:
    store, now = LocalStore(tmp_path_factory.mktemp("store")), T0 + 500.0
    if rows:
        store.put("spans", *rows)
    made = Rollup(kept=KEPT)
    restore(made, store.database, now=now, seconds=KEPT, patience=600.0)
    store.database.close()
    assert made.rows(0) == counted(rows, now).rows(0)


def test_a_span_at_the_end_of_time_takes_nothing_away(tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    last = span("orders", "find", start_ns=2**63 - 1, duration_ns=2**63 - 1)
    store.put("spans", last, span("orders", "find"))
    made = Rollup()
    assert restore(made, store.database, now=T0 + 1.0, patience=600.0) == 2
    store.database.close()
    assert [row.count for row in made.rows(0)] == [1]


def test_without_patience_the_oldest_are_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = LocalStore(tmp_path)
    store.put("spans", span("orders", "old", at=0.0), span("orders", "new", at=99.0))
    made = Rollup()
    with caplog.at_level(logging.WARNING):
        assert restore(made, store.database, now=T0 + 99.0, patience=0.0) == 1
    store.database.close()
    assert [row.operation for row in made.rows(0)] == ["new"]
    assert "not counted again" in caplog.text


def test_a_receiver_that_is_started_again_answers_as_before(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path).start()
    try:
        assert receiver.post(traces("find", "find", "book"))[0] == 200
        before = receiver.client.live(0)
        receiver.end()
        receiver.start()
        assert [(row.operation, row.count) for row in before] == [("book", 1), ("find", 2)]
        assert receiver.client.live(0) == before
    finally:
        receiver.close()
