"""Per-second rows for monitors: counted as spans come in, forgotten after a while, exact at round thresholds."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.telemetry.local_store import T0, span

from telic.telemetry.columns import TableRow
from telic.telemetry.live import BOUNDS, LiveRow, bucket_of, quantile
from telic.telemetry.rollup import Counts, Rollup, count_spans


def rolled(*rows: TableRow, now: float = T0, rollup: Rollup | None = None) -> Rollup:
    counts, made = Counts(), rollup or Rollup(kept=100)
    count_spans(rows, counts)
    made.add(counts, now=now)
    return made


def test_server_spans_are_counted_in_the_second_in_which_they_end() -> None:
    rows = rolled(
        span("gateway", "search", at=0.2, took=0.1, http_status=200),
        span("gateway", "search", at=0.9, took=0.3, http_status=504, status="error", error_type="timeout"),
        span("gateway", "reserve", at=0.1, took=0.2, http_status=422),
        span("rate", "rates", at=0.1),
        span("gateway", "rates", at=0.1, kind="client"),
    ).rows(0)
    assert [(each.second - T0, each.service, each.operation, each.count, each.errors) for each in rows] == [
        (0, "gateway", "reserve", 1, 0),
        (0, "gateway", "search", 1, 0),
        (0, "rate", "rates", 1, 0),
        (1, "gateway", "search", 1, 1),
    ]
    assert rows[3].statuses == {504: 1}
    assert rows[2].statuses == {0: 1}
    assert rows[1].latency == {BOUNDS.index(0.1): 1}


def test_what_comes_later_is_added() -> None:
    rollup = rolled(span("gateway", "search"))
    rolled(span("gateway", "search", took=0.2), rollup=rollup)
    (row,) = rollup.rows(T0)
    assert (row.count, row.latency) == (2, {bucket_of(0.01): 1, bucket_of(0.2): 1})


def test_since_leaves_out_seconds_that_ended_before() -> None:
    rollup = rolled(*(span("gateway", "search", at=index) for index in range(5)), now=T0 + 5)
    assert [each.second - T0 for each in rollup.rows(T0 + 3)] == [3, 4]
    assert [each.second - T0 for each in rollup.rows(T0 + 2.5)] == [2, 3, 4]


def test_old_and_future_seconds_are_not_kept() -> None:
    rollup = rolled(*(span("gateway", "search", at=at) for at in (-101, -99, 0, 59, 3600)))
    assert [each.second - T0 for each in rollup.rows(0)] == [-99, 0, 59]
    rolled(now=T0 + 50, rollup=rollup)
    assert [each.second - T0 for each in rollup.rows(0)] == [0, 59]


@given(st.lists(st.integers(0, 200_000_000_000), min_size=1, max_size=50), st.sampled_from(BOUNDS))
def test_counts_above_a_bound_are_exact(durations: list[int], threshold: float) -> None:
    rows = [span("gateway", "search", at=-index, took=each / 1e9) for index, each in enumerate(durations)]
    found = rolled(*rows, now=T0, rollup=Rollup(kept=10_000)).rows(0)
    counted = [each / 1e9 for index, each in enumerate(durations) if each / 1e9 - index < 60]
    slow = sum(row.slower_than(threshold) for row in found)
    assert slow == sum(each > threshold for each in counted)


@given(st.lists(st.floats(0.0001, 79.0), min_size=1, max_size=100), st.floats(0.01, 0.99))
def test_quantiles_lie_in_the_bucket_of_the_true_one(values: list[float], q: float) -> None:
    latency = Counter(map(bucket_of, values))
    rank = max(1, -(-len(values) * q // 1))
    true = sorted(values)[int(rank) - 1]
    bucket = bucket_of(true)
    lower = BOUNDS[bucket - 1] if bucket else 0.0
    assert lower - 1e-12 <= quantile(latency, q) <= BOUNDS[bucket] + 1e-12


def test_the_edges_of_a_histogram() -> None:
    assert quantile({}, 0.5) == 0.0
    assert quantile({len(BOUNDS): 1}, 0.99) == BOUNDS[-1]
    row = LiveRow(0, "gateway", "search", 2, 0, {bucket_of(0.1): 1, len(BOUNDS): 1})
    assert row.slower_than(200.0) == 0.0 + 1.0 * (row.latency[len(BOUNDS)] and 0)
    assert row.slower_than(0.0001) == 2.0


def test_between_two_bounds_a_count_is_shared() -> None:
    row = LiveRow(0, "gateway", "search", 10, 0, {BOUNDS.index(0.2): 10})
    assert row.slower_than(0.175) == pytest.approx(5.0)
