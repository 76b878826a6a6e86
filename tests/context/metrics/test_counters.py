"""Cumulative counters become rates, mean latency and failures; what only looks like one stays as it is."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.context.metrics.counters import resolved
from telic.context.metrics.semantics import meaning
from telic.context.metrics.series import Series


def series(name: str, values: list[float], **labels: str) -> Series:
    times = np.arange(len(values), dtype=np.float64) * 10.0 + 1000.0
    return Series("cart", name, "", json.dumps(labels) if labels else "", times, np.array(values, dtype=float))


def test_a_histogram_becomes_mean_latency_requests_and_failures() -> None:
    good = [100.0 * each for each in range(12)]
    bad = [0.0] * 6 + [10.0 * each for each in range(1, 7)]
    spent = [each * 0.02 for each in (a + b for a, b in zip(good, bad, strict=True))]
    found = {
        each.name: each
        for each in resolved(
            [
                series("http_seconds_count", good, status="200"),
                series("http_seconds_count", bad, status="503"),
                series("http_seconds_sum", spent),
                series("http_seconds_bucket", good, le="0.1"),
            ]
        )
    }
    assert set(found) == {"http_seconds_count", "http_seconds_mean", "http_seconds_errors"}
    assert found["http_seconds_mean"].values == pytest.approx(0.02)
    assert meaning("http_seconds_mean", found["http_seconds_mean"].unit) == "latency"
    assert meaning("http_seconds_errors", "1/s") == "errors"
    assert found["http_seconds_count"].values[0] == pytest.approx(10.0)
    assert found["http_seconds_errors"].values.tolist() == pytest.approx([0.0] * 5 + [1.0] * 6)
    assert found["http_seconds_mean"].counters == ("http_seconds_sum", "http_seconds_count")


def test_a_sum_whose_sender_says_that_it_never_falls_is_a_counter_whatever_its_name() -> None:
    placed = [20.0 * each for each in range(6)]
    refused = [0.0] * 3 + [5.0, 10.0, 15.0]
    counters = [series("orders.placed", placed, outcome="ok"), series("orders.placed", refused, outcome="error")]
    said = [replace(each, attributes=each.attributes[:-1] + ',"monotonic":true}') for each in counters]
    rates = {(each.name, each.attributes): each.values.tolist() for each in resolved(said)}
    assert rates[("orders.placed", '{"outcome": "ok"}')] == pytest.approx([2.0] * 5)
    assert rates[("orders.placed_errors", "")] == pytest.approx([0.0, 0.0, 0.5, 0.5, 0.5])
    assert resolved([replace(said[0], times=said[0].times[:1], values=said[0].values[:1])]) == []
    assert resolved(counters) == counters


def test_a_restart_is_no_negative_rate() -> None:
    values = [10.0 * each for each in range(60)] + [5.0, 15.0]
    (found,) = resolved([series("process_cpu_seconds_total", values)])
    assert found.values.min() == pytest.approx(0.5)
    assert found.unit == "s/s"


@pytest.mark.parametrize("values", [[3.0, 2.0, 4.0, 1.0] * 5, [7.0] * 20, [1.0, 2.0]])
def test_what_falls_or_stands_or_is_short_is_no_counter(values: list[float]) -> None:
    given_series = series("requests_total", values)
    assert resolved([given_series]) == [given_series]


@pytest.mark.parametrize("name", ["http_seconds_sum", "http.server.request.duration.sum", "latency.Sum"])
def test_time_that_requests_took_together_is_no_latency(name: str) -> None:
    for values in ([10.0 * each for each in range(20)], [3.0, 9.0, 4.0, 1.0] * 5):
        assert resolved([series(name, values)]) == []


def test_sums_of_other_things_stay() -> None:
    given_series = series("queue.bytes.sum", [3.0, 9.0, 4.0, 1.0] * 5)
    assert resolved([given_series]) == [given_series]


def test_a_status_that_appears_late_is_counted_and_was_none_before() -> None:
    late = series("http_seconds_count", [0.0, 20.0, 40.0], status="500")
    late = replace(late, times=late.times + 90.0)
    good = [100.0 * each for each in range(12)]
    found = resolved([series("http_seconds_count", good), late, series("http_seconds_sum", good)])
    (errors,) = [each for each in found if each.name == "http_seconds_errors"]
    assert errors.values.tolist() == pytest.approx([0.0] * 9 + [2.0] * 2)


@given(st.lists(st.floats(0.0, 1e6), min_size=8, max_size=40))
def test_rates_are_never_negative_and_sum_to_the_increase(steps: list[float]) -> None:
    values = np.cumsum(steps).tolist()
    (found,) = resolved([series("jobs_total", values)])
    if found.counters:
        assert (found.values >= 0.0).all()
        assert found.values.sum() * 10.0 == pytest.approx(values[-1] - values[0], rel=1e-6, abs=1e-3)
