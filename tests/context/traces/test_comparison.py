"""The critical path and the flame graph of a request, healthy against now."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.context.traces.traced import incident, trace, usual
from tests.worlds.recorded.folders import ONSET, write

from telic.context.traces.comparison import compare, described
from telic.context.traces.critical import children_of, critical_path
from telic.context.traces.spans import read_spans
from telic.model.traces import Comparison
from telic.report.charts.flame import flame_chart
from telic.worlds.recorded import read


class _Spans:
    """Just what the critical path reads of spans."""

    def __init__(self, parent: list[int], start: list[int], end: list[int]) -> None:
        import numpy as np

        self.parent, self.start, self.end = np.array(parent), np.array(start), np.array(end)


def compared(folder: Path) -> Comparison:
    tables = incident(usual(41), [trace(100 + each, ONSET + each, cart=0.2) for each in range(20)])
    recording = read(write(folder / "one", spans=tables["spans"], logs=[]))
    assert recording.baseline is not None
    found = compare(read_spans(recording, [recording.baseline]), read_spans(recording, [recording.window]))
    assert found is not None
    return found


def test_the_stage_that_grew_comes_first_and_stages_sum_to_the_request(tmp_path: Path) -> None:
    found = compared(tmp_path)
    assert (found.entity, found.name, found.healthy, found.requests) == ("web", "GET /", 40, 20)
    assert (found.stages[0].entity, found.stages[0].name) == ("cart", "Cart.price")
    assert found.stages[0].now - found.stages[0].before == pytest.approx(0.19, rel=1e-3)
    assert sum(each.now for each in found.stages) == pytest.approx(found.now, rel=1e-3)
    assert described(found)[1].startswith("  cart Cart.price 0.01 -> 0.2 s")


def test_bars_lie_inside_those_that_called_them(tmp_path: Path) -> None:
    found = compared(tmp_path)
    assert [(each.depth, each.entity) for each in found.flame] == [(0, "web"), (1, "web"), (2, "cart"), (3, "cart")]
    assert all(each.now <= found.now for each in found.flame)
    drawn = str(flame_chart(found, 400))
    assert drawn.count("<rect") == 2 * len(found.flame)
    assert "lies in cart Cart.price" in drawn


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=30))
def test_the_parts_of_a_critical_path_sum_to_the_request(drawn: list[tuple[int, int, int]]) -> None:
    parent = [-1, *(min(above, number) for number, (above, _, _) in enumerate(drawn))]
    start = [0, *(begin for _, begin, _ in drawn)]
    end = [1000, *(begin + length for _, begin, length in drawn)]
    spans = _Spans(parent, start, end)
    found = critical_path(spans, 0, children_of(spans))  # type: ignore[arg-type]
    assert sum(found.values()) == pytest.approx(1000 / 1e9)
    assert all(each >= 0.0 for each in found.values())
