"""What stands in queues, from rows made for it: by gauges of consumers, by spans where these say nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pytest
from tests.telemetry.local_store import T0, LocalStore, row

from telic.model import Window
from telic.telemetry import queries
from telic.telemetry.columns import TableRow
from telic.telemetry.queries import Passed
from telic.telemetry.sources.connections import calls_of

WINDOW = Window(float(T0), float(T0 + 6))
SUBJECT = json.dumps({"messaging.system": "nats", "messaging.destination.name": "fan_out"})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path)
    yield made
    made.database.close()


def message(name: str, sent: float, *taken: float, error: str = "") -> list[TableRow]:
    """Return the spans of a message that is sent and handled at these times [s] after T0."""
    handled = [span(f"{name}-{at}", "fanout", "consumer", at, parent=name, error=error) for at in taken]
    return [span(name, "compose", "producer", sent), *handled]


def span(name: str, service: str, kind: str, at: float, *, parent: str = "", error: str = "") -> TableRow:
    return row(
        "spans",
        trace_id=parent or name,
        span_id=name,
        parent_span_id=parent,
        service=service,
        kind=kind,
        start_ns=round((T0 + at) * 1e9),
        duration_ns=4_000_000,
        status="error" if error else "unset",
        error_type=error,
        attributes=SUBJECT,
    )


def gauge(name: str, at: float, value: float, attributes: str = "{}") -> TableRow:
    time = round((T0 + at) * 1e9)
    return row(
        "metrics", time_ns=time, service="fanout", name=f"telic.queue.{name}", value=value, attributes=attributes
    )


def test_spans_tell_what_was_sent_and_not_taken(store: LocalStore) -> None:
    store.put("spans", *message("a", 0.5, 0.6), *message("b", 1.5, 4.2), *message("c", 2.5))
    steps = {each.time - T0: (each.waiting, round(each.age, 2)) for each in queries.untaken_steps(store, WINDOW)}
    assert steps[1.0] == (0.0, 0.0)
    assert steps[2.0] == (1.0, 0.5)
    assert steps[4.0] == (2.0, 2.5)
    assert steps[5.0] == (1.0, 2.5)
    assert {each.consumer for each in queries.untaken_steps(store, WINDOW)} == {"fanout"}
    assert queries.passed(store, WINDOW) == [
        Passed("fanout", "consumer", "fan_out"),
        Passed("compose", "producer", "fan_out"),
    ]


def test_a_message_that_was_not_kept_does_not_wait(store: LocalStore) -> None:
    store.put("spans", span("a", "compose", "producer", 0.5, error="timeout"))
    assert not any(each.waiting for each in queries.untaken_steps(store, WINDOW))


def test_gauges_tell_second_by_second(store: LocalStore) -> None:
    store.put(
        "metrics",
        *(gauge("depth", at, 10 * at) for at in (1.2, 1.7, 2.2)),
        *(gauge("age", at, at) for at in (1.2, 1.7, 2.2)),
        *(gauge("redelivered", at, 3, SUBJECT) for at in (1.2, 1.7)),
    )
    first, second = queries.told_steps(store, WINDOW)
    assert (first.consumer, first.time - T0, first.waiting, first.age, first.again) == ("fanout", 1.0, 17.0, 1.7, 6.0)
    assert first.told
    assert (second.time - T0, second.again) == (2.0, 0.0)


def test_flows_count_deliveries_and_what_failed(store: LocalStore) -> None:
    store.put("spans", *message("a", 0.5, 0.6), *message("b", 1.0, 1.1, 2.1, 3.1, error="400"), *message("c", 1.5))
    store.put("metrics", gauge("redelivered", 2.2, 2, SUBJECT), gauge("buried", 3.2, 1, SUBJECT))
    (found,) = queries.queue_flows(store, WINDOW)
    assert (found.subject, found.consumer, found.producers) == ("fan_out", "fanout", ("compose",))
    assert (found.sent, found.taken, found.failed, found.by_type) == (3, 4, 3, {"400": 3})
    assert (found.redelivered, found.buried) == (2.0, 1.0)
    assert found.p50 == pytest.approx(0.004)


def test_where_nothing_is_sent_nothing_is_told(store: LocalStore) -> None:
    assert queries.told_steps(store, WINDOW) == queries.untaken_steps(store, WINDOW) == []
    assert not queries.queue_flows(store, WINDOW)
    assert not queries.passed(store, WINDOW)


def test_a_message_links_its_sender_to_its_consumer() -> None:
    names = ("trace_id", "span_id", "parent_span_id", "service", "kind", "peer", "attributes")
    rows = [
        ("1", "a", "", "compose", "producer", "nats", SUBJECT),
        ("1", "b", "a", "fanout", "consumer", "", SUBJECT),
        ("2", "c", "", "compose", "producer", "nats", SUBJECT),
    ]
    arrow: Any = pyarrow
    calls, kinds = calls_of(arrow.Table.from_pylist([dict(zip(names, each, strict=True)) for each in rows]))
    assert calls == {("compose", "fanout"): 1, ("compose", "nats"): 1}
    assert kinds == {"nats": "queue"}
