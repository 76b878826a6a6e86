"""Traces healthy against now: where the time goes, and which pair of events was lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.context.traces.traced import LINES, incident, trace, usual
from tests.worlds.recorded.folders import ONSET, Row, write

from telic.context.traces import Broken, Spans, breaks, read_spans, timing, timing_deviations
from telic.context.traces.events import event_name, sequences
from telic.worlds.recorded import Recording, read

Traces = list[tuple[list[Row], list[Row]]]


def recorded(folder: Path, now: Traces, healthy: Traces | None = None) -> Recording:
    tables = incident(usual() if healthy is None else healthy, now)
    return read(write(folder / "one", spans=tables["spans"], logs=tables["logs"]))


def both(recording: Recording) -> tuple[Spans, Spans]:
    assert recording.baseline is not None
    return read_spans(recording, [recording.baseline]), read_spans(recording, [recording.window])


def broken(recording: Recording) -> Broken:
    healthy, now = both(recording)
    assert recording.baseline is not None
    before = sequences(recording, healthy, recording.baseline, covered=True)
    return breaks(healthy, before, now, sequences(recording, now, recording.window))


def test_exclusive_time_is_what_callees_and_the_network_leave(tmp_path: Path) -> None:
    spans = read_spans(recorded(tmp_path, [trace(99, ONSET, cart=0.010, network=0.004, store=0.005)], []), [])
    own = {spans.names[name]: round(value, 4) for name, value in zip(spans.name, spans.exclusive, strict=True)}
    assert own == {"GET /": 0.002, "HTTP POST": 0.004, "Cart.price": 0.010, "SELECT": 0.005}
    assert [spans.entities[spans.entity[each]] for each in np.flatnonzero(spans.remote)] == ["cart"]


def test_a_span_that_waits_beside_a_call_has_no_time_of_its_own(tmp_path: Path) -> None:
    spans, logs = trace(99, ONSET)
    waits = {**spans[1], "span_id": "w", "name": "handler"}
    found = read_spans(recorded(tmp_path, [([*spans, waits], logs)], []), [])
    own = dict(zip((found.names[each] for each in found.name), found.exclusive.round(4), strict=True))
    assert own["handler"] == 0.0


def test_clocks_that_disagree_and_missing_parents_are_taken_as_they_are(tmp_path: Path) -> None:
    spans, logs = trace(99, ONSET)
    odd: list[Row] = [
        {**spans[2], "start": ONSET + 9.0, "end": ONSET + 8.0},  # ends before it starts
        {**spans[3], "parent_span_id": "nobody"},
        {**spans[3], "span_id": "s", "parent_span_id": "s"},  # its own parent
    ]
    found = read_spans(recorded(tmp_path, [([*spans[:2], *odd], logs)], []), [])
    assert (found.exclusive >= 0.0).all()
    assert int((found.parent < 0).sum()) == 3


@pytest.mark.parametrize(
    ("slow", "entity", "kind"),
    [
        ({"network": 0.5}, "web->cart", "network"),
        ({"store": 0.5}, "cart", "latency"),
        ({"cart": 0.5}, "cart", "latency"),
    ],
)
def test_what_is_slow_is_the_largest_excess(tmp_path: Path, slow: dict[str, float], entity: str, kind: str) -> None:
    healthy, now = both(recorded(tmp_path, [trace(100 + each, ONSET + each, **slow) for each in range(20)]))  # type: ignore[arg-type]
    found = timing_deviations(timing(healthy), timing(now))
    assert (found[0].entity, found[0].kind) == (entity, kind)
    assert found[0].surprise > 20.0
    assert found[0].affected == 1.0
    assert abs(found[0].onset - ONSET) < 1.0
    assert sum(each.excess for each in found[1:]) < 0.1 * found[0].excess


def test_what_the_baseline_never_did_has_no_time_before(tmp_path: Path) -> None:
    new: Traces = [
        ([{**each, "name": "GET /x" if each["name"] == "Cart.price" else each["name"]} for each in spans], logs)
        for spans, logs in (trace(100 + each, ONSET + each, cart=0.5) for each in range(20))
    ]
    healthy, now = both(recorded(tmp_path, new))
    says = [each.says for each in timing_deviations(timing(healthy), timing(now)) if each.signal == "GET /x"]
    assert says == ["cart-1: GET /x 0.5 s, no baseline"]


def test_nothing_deviates_where_nothing_changed(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [trace(100 + each, ONSET + each) for each in range(20)])
    healthy, now = both(recording)
    assert timing_deviations(timing(healthy), timing(now)) == []
    assert broken(recording).breaks == ()


def test_the_pair_that_is_lost_names_the_place_in_the_code(tmp_path: Path) -> None:
    wrong = (LINES[0], ("ERROR", "c.CartService#25 no price"), LINES[2])
    found = broken(recorded(tmp_path, [trace(100 + each, ONSET + each, lines=wrong) for each in range(12)]))
    first = found.breaks[0]
    assert first.deviation.signal == "c.CartService#10_c.CartService#20"
    assert first.instead == "c.CartService#25"
    assert (first.rooted, first.traces, first.graver) == (12, 12, 2)
    assert found.traces == found.seen == 12


def test_a_span_that_ends_early_is_seen(tmp_path: Path) -> None:
    found = broken(recorded(tmp_path, [trace(100 + each, ONSET + each, lines=LINES[:1]) for each in range(12)]))
    assert found.breaks[0].ends
    assert found.breaks[0].instead == "Cart.price end"


def test_the_first_line_missing_is_told_by_the_span_that_starts(tmp_path: Path) -> None:
    found = broken(recorded(tmp_path, [trace(100 + each, ONSET + each, lines=()) for each in range(12)]))
    assert found.breaks[0].deviation.signal == "Cart.price start_c.CartService#10"


def test_a_break_that_was_over_counts_less(tmp_path: Path) -> None:
    stopped = [trace(100 + each, ONSET + each, lines=LINES[:1]) for each in range(12)]
    well = [trace(200 + each, ONSET + 60 + each) for each in range(12)]
    still = broken(recorded(tmp_path / "still", stopped)).breaks[0]
    over = broken(recorded(tmp_path / "over", [*stopped, *well])).breaks[0]
    assert over.telling < 0.01 * still.telling


def test_something_that_works_again_is_no_break(tmp_path: Path) -> None:
    failing = (LINES[0], ("ERROR", "c.CartService#25 no price"))
    found = broken(
        recorded(
            tmp_path,
            [trace(100 + each, ONSET + each) for each in range(12)],
            [trace(each, ONSET - 4000 + each, lines=failing) for each in range(12)],
        )
    )
    assert [each for each in found.breaks if each.telling > 1.0] == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("INFO o.e.Shop#12 [buy] 3 items", "o.e.Shop#12"),
        ("cart.py:52: price of 7 missing", "cart.py:52"),
        ("user 'ann' paid 12.50 EUR", "user <*> paid <*> EUR"),
        ("", ""),
    ],
)
def test_lines_are_known_by_where_they_come_from(line: str, name: str) -> None:
    assert event_name(line) == name
