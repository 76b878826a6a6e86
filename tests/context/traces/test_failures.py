"""Where requests begin to fail, who gives no answer, and which calls are missing."""

from __future__ import annotations

from pathlib import Path

from tests.context.traces.traced import incident, trace, usual
from tests.worlds.recorded.folders import ONSET, Row, write

from telic.context.traces import Spans, read_spans
from telic.context.traces.calls import missing_calls
from telic.context.traces.failures import failure_deviations
from telic.operate.diagnosis.causes import diagnose_recording
from telic.worlds.recorded import Recording, read

Traces = list[tuple[list[Row], list[Row]]]


def recorded(folder: Path, now: Traces) -> Recording:
    tables = incident(usual(40), now)
    return read(write(folder / "one", spans=tables["spans"], logs=[]))


def both(recording: Recording) -> tuple[Spans, Spans]:
    assert recording.baseline is not None
    return read_spans(recording, [recording.baseline]), read_spans(recording, [recording.window])


def failing(number: int, spans: str, without: str = "") -> tuple[list[Row], list[Row]]:
    """A request of which the named spans fail and others were never made."""
    rows, lines = trace(number, ONSET + number)
    kept = [each for each in rows if str(each["span_id"]) not in without]
    return [{**each, "status": "ERROR"} if str(each["span_id"]) in spans else each for each in kept], lines


def test_who_fails_by_itself_is_told_from_who_passes_it_on(tmp_path: Path) -> None:
    found = failure_deviations(*both(recorded(tmp_path, [failing(each, "abc") for each in range(20)])))
    assert [(each.entity, each.signal) for each in found] == [("cart", "Cart.price")]
    assert "fails by itself" in found[0].says


def test_a_call_that_reaches_nobody_is_the_fault_of_whom_it_usually_reaches(tmp_path: Path) -> None:
    recording = recorded(tmp_path, [failing(each, "ab", without="cd") for each in range(20)])
    found = failure_deviations(*both(recording))
    assert [(each.entity, each.pair) for each in found] == [("cart", ("web",))]
    best = diagnose_recording(recording).hypotheses[0]
    assert (best.entity, best.mechanism) == ("cart", "errors")


def test_calls_that_no_longer_happen_are_told_by_edge_and_operation(tmp_path: Path) -> None:
    found = missing_calls(*both(recorded(tmp_path, [failing(each, "", without="bcd") for each in range(60)])))
    assert [(each.entity, each.signal, each.before, each.now) for each in found] == [("web->cart", "GET /", 1.0, 0.0)]
    assert "1 -> 0 calls" in found[0].says


def test_as_many_calls_as_ever_are_not_missing(tmp_path: Path) -> None:
    healthy, now = both(recorded(tmp_path, [failing(each, "") for each in range(30)]))
    assert missing_calls(healthy, now) == []
    assert failure_deviations(healthy, now) == []
