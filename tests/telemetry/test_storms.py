"""Offered load, good answers and wasted work, from rows made for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.telemetry.local_store import T0, LocalStore, span

from telic.model import Window
from telic.telemetry import queries

WINDOW = Window(T0, T0 + 2)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path)
    yield made
    made.database.close()


def test_what_users_offer_does_not_count_what_is_tried_again(store: LocalStore) -> None:
    again = {"http.request.resend_count": 1}
    store.put(
        "spans",
        *(span("gateway", "near", kind="client", peer="search", at=0.1 * each) for each in range(5)),
        *(span("gateway", "near", kind="client", peer="search", at=0.1, attributes=again) for _ in range(7)),
        span("search", "near", kind="client", peer="hotel", at=0.1),
        span("gateway", "near", kind="client", peer="search", at=1.6),
    )
    steps = queries.entry_load(store, WINDOW, "gateway", 0.1)
    assert [(round(each.start - T0, 3), each.asked) for each in steps] == [(0.0, 5), (1.5, 1)]
    called = [(each.name, each.calls, each.resends) for each in queries.attempts(store, WINDOW)]
    assert called == [("gateway->search", 13, 7), ("search->hotel", 1, 0)]


def test_good_is_what_ended_well_and_in_time(store: LocalStore) -> None:
    store.put(
        "spans",
        span("gateway", "near", kind="client", peer="search", at=0.6),
        span("gateway", "near", at=0.45, took=0.09),  # ended in the second step
        span("gateway", "near", at=0.6, took=0.05, http_status=422),
        span("gateway", "near", at=0.6, took=0.05, http_status=404),
        span("gateway", "near", at=0.6, took=0.05, http_status=500, status="error"),
        span("gateway", "near", at=0.6, took=0.2),
    )
    (step,) = queries.entry_load(store, WINDOW, "gateway", 0.1)
    assert (step.asked, step.good) == (1, 2)


def test_work_is_wasted_when_its_caller_had_given_up_before_it_ended(store: LocalStore) -> None:
    trace = "a" * 32
    for number, (caller_takes, failed) in enumerate([(0.1, True), (0.5, False), (0.1, True)]):
        called = f"{number:016x}"
        store.put(
            "spans",
            span(
                "search",
                "near",
                kind="client",
                peer="hotel",
                took=caller_takes,
                span_id=called,
                trace_id=trace,
                status="error" if failed else "unset",
                error_type="timeout" if failed else "",
            ),
            span("hotel", "near", took=0.05 if number == 2 else 0.4, parent_span_id=called, trace_id=trace),
        )
    store.put("spans", span("hotel", "near", took=0.1, status="error", http_status=504))
    (hotel,) = queries.wasted_work(store, WINDOW)
    assert (hotel.service, hotel.served, hotel.wasted) == ("hotel", 3, 1)
