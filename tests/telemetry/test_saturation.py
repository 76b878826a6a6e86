"""How full services were, from rows made for it: exact where requests ended, sampled where they hang."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.telemetry.local_store import T0, LocalStore, row

from telic.model import Edge, Entity, Topology, Window
from telic.telemetry import queries
from telic.telemetry.columns import TableRow

WINDOW = Window(T0, T0 + 10)
EXPORT = 0.5  # [s]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path)
    yield made
    made.database.close()


def exported(service: str, at: float, instance: str = "1", **values: float) -> list[TableRow]:
    """Return the points of the export at `at` [s] after T0, which covers the half second before it."""
    names = {"cpu": "process.cpu.time", "lag": "telic.event_loop.lag"}
    return [
        row(
            "metrics",
            time_ns=round((T0 + at) * 1e9),
            start_ns=round((T0 + at - EXPORT) * 1e9),
            service=service,
            instance=f"{service}-{instance}",
            name=names.get(name, f"telic.admission.{name}"),
            value=value,
        )
        for name, value in values.items()
    ]


def test_slots_of_ended_requests_are_counted_exactly_over_the_time_that_points_cover(store: LocalStore) -> None:
    store.put(
        "metrics",
        *exported("hotel", 0.6, limit=4, active=1, busy=1.5, queued=2, age=0.01, cpu=0.1),
        *exported("hotel", 1.4, limit=4, active=4, busy=2.0, queued=9, age=0.25, refused=3, cpu=0.2),
        *exported("hotel", 1.9, limit=4, active=4, busy=2.0, queued=7, age=0.5, refused=2, cpu=0.3),
    )
    first, second = queries.saturation(store, WINDOW)
    assert (first.service, first.start, first.slots, first.used) == ("hotel", T0, 4, 3.0)
    assert first.utilisation == 0.75
    assert (second.used, second.queued, second.age, second.refused) == (4.0, 9, 0.5, 5)
    assert second.cpu == pytest.approx(0.5)


def test_who_answers_nothing_is_full_although_nothing_ends(store: LocalStore) -> None:
    store.put(
        "metrics",
        *exported("hotel", 0.5, limit=4, active=4, queued=20, age=1.0),
        *exported("hotel", 1.0 - 1e-3, limit=4, active=4, queued=40, age=1.5),
    )
    (found,) = queries.saturation(store, WINDOW)
    assert found.utilisation == 1.0
    assert queries.full_services(queries.peaks([found])) == ["hotel"]


def test_a_burst_of_long_requests_that_end_together_does_not_count_for_more_than_there_is(store: LocalStore) -> None:
    store.put("metrics", *exported("hotel", 0.5, limit=4, active=0, busy=12.0))
    (found,) = queries.saturation(store, WINDOW)
    assert found.used == 4.0


def test_instances_add_up(store: LocalStore) -> None:
    store.put(
        "metrics",
        *exported("hotel", 0.5, "1", limit=4, active=0, busy=2.0, queued=3, age=0.1),
        *exported("hotel", 0.6, "2", limit=4, active=0, busy=0.5, queued=1, age=0.3),
        *exported("lamp", 0.5, active=1),  # declares no limit: nobody knows how full it is
    )
    (found,) = queries.saturation(store, WINDOW)
    assert (found.slots, found.used, found.queued, found.age) == (8, 5.0, 4, 0.3)


def test_the_longest_full_comes_first_and_callers_that_wait_for_it_are_no_bottleneck(store: LocalStore) -> None:
    for at in (0.5, 1.5, 2.5):
        store.put(
            "metrics",
            *exported("gateway", at, limit=256, active=256 if at > 2 else 9, queued=0),
            *exported("hotel", at, limit=4, active=1, busy=1.9 if at > 1 else 1.0),
            *exported("user", at, limit=16, active=1, busy=0.5),
        )
    found = queries.peaks(queries.saturation(store, WINDOW))
    assert [(each.service, each.full) for each in found] == [("hotel", 2.0), ("gateway", 1.0), ("user", 0.0)]
    assert found[0].most == pytest.approx(0.95)
    assert found[0].mean == pytest.approx((0.5 + 0.95 + 0.95) / 3)
    entities = tuple(Entity(name, "service") for name in ("gateway", "search", "hotel", "user"))
    edges = (Edge("gateway", "search"), Edge("search", "hotel"), Edge("gateway", "user"))
    full = queries.full_services(found)
    assert full == ["hotel", "gateway"]
    assert queries.bottlenecks(full, Topology("hotel", entities, edges)) == ["hotel"]
    assert queries.bottlenecks(["user", "hotel"], Topology("hotel", entities, edges)) == ["user", "hotel"]


def test_waits_are_those_of_calls_by_peer_and_step(store: LocalStore) -> None:
    def call(at: float, peer: str, took: float, kind: str = "client") -> TableRow:
        return row(
            "spans",
            start_ns=round((T0 + at) * 1e9),
            duration_ns=round(took * 1e9),
            service="hotel",
            kind=kind,
            peer=peer,
        )

    store.put(
        "spans",
        call(0.1, "postgres", 0.5),
        call(0.9, "postgres", 1.5),
        call(1.0, "rate", 0.25),
        call(1.1, "", 3.0, "server"),
    )
    found = [(each.peer, each.start - T0, each.seconds) for each in queries.waited(store, WINDOW)]
    assert found == [("postgres", 0, 2.0), ("rate", 1, 0.25)]


def test_what_held_the_slots_counts_only_while_they_were_full(store: LocalStore) -> None:
    store.put(
        "metrics",
        *exported("hotel", 0.5, limit=4, active=0, busy=0.2, cpu=0.05, lag=0.0),
        *exported("hotel", 1.5, limit=4, active=4, busy=2.0, cpu=0.1, lag=0.2),
    )
    calm, full = queries.saturation(store, WINDOW)
    waits = [queries.Waited("hotel", "postgres", calm.start, 9.0), queries.Waited("hotel", "postgres", full.start, 3.0)]
    found = queries.held("hotel", [calm, full], waits)
    assert found is not None
    assert (dict(found.peers), found.own, found.lag) == ({"postgres": 0.75}, 0.25, 0.2)
    assert found.cpu == pytest.approx(0.2)
    assert queries.held("hotel", [calm], waits) is None
